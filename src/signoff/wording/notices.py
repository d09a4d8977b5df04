"""The messages we send, one folder each: wording/notices/<name>/, with what it may say declared.

    notice.toml          audience, channels, [variables] and [optional] with the kind of each
    <language>/subject.txt, body.txt    where it goes by mail
    <language>/sms.txt                  where it also, or only, goes as a text message

and notices/foot/<language>.txt, which ends every message: the code that proves it is ours (S2), and
the warning (S3, S4). Paragraphs are parted by an empty line; one that would show an optional value
that is empty is left out whole. A text message has no foot, and is read line by line in the same
way. Everything is read and checked at the first question: a missing
file or language, or a variable not declared, not used or not in every language, is an error there
and never an empty place in somebody's mail.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from string import Formatter

from signoff.wording.catalogue import LANGUAGES

FOLDER = Path(__file__).parent / "notices"
FOOT = "foot"
MAIL, SMS = "mail", "sms"
FOOT_NAMES = frozenset({"brand_name", "check_code", "check_url"})
TEXT_NAMES = FOOT_NAMES | {"home_url"}
"""What every text message may show; a link to the first page is the shortest there is."""


class Kind(StrEnum):
    """What a variable holds, and so how it is written out in a language."""

    TEXT = "text"
    MOMENT = "moment"
    MONEY = "money"
    REASON = "reason"
    QUOTE = "quote"
    FIELDS = "fields"
    LINES = "lines"
    LINK = "link"


class BadNotice(ValueError):
    """A notice folder is not complete or not consistent."""


class UnknownNotice(LookupError):
    """There is no such notice or language."""


class MissingValue(LookupError):
    """A notice was to go out without a value it needs."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice in all languages, with its variables; those in `optional` may be empty."""

    name: str
    audience: str
    channels: tuple[str, ...]
    variables: Mapping[str, Kind]
    optional: frozenset[str]
    subjects: Mapping[str, str]
    bodies: Mapping[str, str]
    texts: Mapping[str, str]


def render(name: str, language: str, *, values: Mapping[str, str]) -> tuple[str, str]:
    """Subject and body of a notice; `values` also holds those of the foot.

    Raises UnknownNotice and MissingValue.
    """
    notice = of(name)
    if language not in LANGUAGES:
        raise UnknownNotice(f"{name} in {language}")
    for needed in (*notice.variables, *FOOT_NAMES):
        if needed not in notice.optional and not values.get(needed, "").strip():
            raise MissingValue(f"{name} needs {needed}")
    clean = {
        key: _CLEAN.get(notice.variables.get(key, Kind.TEXT), one_line)(value)
        for key, value in values.items()
    }
    subject = one_line(_fill(notice.subjects[language], clean))
    paragraphs = (*notice.bodies[language].split("\n\n"), _foot()[language])
    return subject, "\n\n".join(filter(None, (_paragraph(each, clean) for each in paragraphs)))


def render_text(name: str, language: str, *, values: Mapping[str, str]) -> str:
    """A notice as a text message. Raises UnknownNotice and MissingValue."""
    notice = of(name)
    if language not in notice.texts:
        raise UnknownNotice(f"{name} as a text in {language}")
    text = notice.texts[language]
    for needed in _places(text) - notice.optional:
        if not values.get(needed, "").strip():
            raise MissingValue(f"{name} needs {needed}")
    clean = {key: one_line(value) for key, value in values.items()}
    return "\n".join(filter(None, (_paragraph(line, clean) for line in text.split("\n"))))


def of(name: str) -> Notice:
    """A notice by its name. Raises UnknownNotice."""
    if name not in every():
        raise UnknownNotice(name)
    return every()[name]


@cache
def every() -> Mapping[str, Notice]:
    """All notices that are shipped, by name. Raises BadNotice."""
    return load(FOLDER)


def load(folder: Path) -> dict[str, Notice]:
    """The notices of a folder. Raises BadNotice."""
    inside = sorted(each for each in folder.iterdir() if each.is_dir() and each.name != FOOT)
    _load_foot(folder)
    return {each.name: _load_one(each) for each in inside}


@cache
def _foot() -> Mapping[str, str]:
    return _load_foot(FOLDER)


def _load_foot(folder: Path) -> dict[str, str]:
    foot = {language: _read(folder / FOOT / f"{language}.txt") for language in LANGUAGES}
    for language, text in foot.items():
        if _names(text, folder / FOOT / f"{language}.txt") != FOOT_NAMES:
            raise BadNotice(f"{FOOT}/{language}.txt: it must use {sorted(FOOT_NAMES)}")
    return foot


def _load_one(folder: Path) -> Notice:
    audience, channels, variables, optional = _declared(folder)
    if not channels or set(channels) - {MAIL, SMS}:
        raise BadNotice(f"{folder.name}/notice.toml: channels are {MAIL} and {SMS}")
    subjects: dict[str, str] = {}
    bodies: dict[str, str] = {}
    texts = _load_texts(folder, known=variables.keys() | TEXT_NAMES) if SMS in channels else {}
    for language in LANGUAGES if MAIL in channels else ():
        subjects[language] = _read(folder / language / "subject.txt")
        bodies[language] = _read(folder / language / "body.txt")
        shown = _names(subjects[language], folder / language / "subject.txt")
        used = shown | _names(bodies[language], folder / language / "body.txt")
        if used != variables.keys():
            raise BadNotice(
                f"{folder.name}/{language}: uses {sorted(used - variables.keys())} undeclared, "
                f"lacks {sorted(variables.keys() - used)}"
            )
        if "\n" in subjects[language] or shown & optional:
            raise BadNotice(f"{folder.name}/{language}: a subject is one line, always complete")
    return Notice(folder.name, audience, channels, variables, optional, subjects, bodies, texts)


def _load_texts(folder: Path, *, known: Set[str]) -> dict[str, str]:
    texts = {language: _read(folder / language / "sms.txt") for language in LANGUAGES}
    used = [_names(text, folder / lang / "sms.txt") for lang, text in texts.items()]
    if used[0] - known or any(names != used[0] for names in used):
        raise BadNotice(
            f"{folder.name}: sms.txt: the languages differ, or use what is not declared"
        )
    return texts


def _declared(folder: Path) -> tuple[str, tuple[str, ...], dict[str, Kind], frozenset[str]]:
    try:
        told = tomllib.loads(_read(folder / "notice.toml"))
        needed, optional = told.pop("variables"), told.pop("optional", {})
        audience, channels = str(told.pop("audience")), tuple(told.pop("channels"))
        variables = {key: Kind(kind) for key, kind in {**needed, **optional}.items()}
    except (tomllib.TOMLDecodeError, KeyError, ValueError) as error:
        raise BadNotice(f"{folder.name}/notice.toml: {error}") from error
    if told or needed.keys() & optional.keys():
        raise BadNotice(f"{folder.name}/notice.toml: unknown {sorted(told)}, or declared twice")
    return audience, channels, variables, frozenset(optional)


def _read(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadNotice(f"{file.parent.name}/{file.name}: {error}") from error
    if not text:
        raise BadNotice(f"{file.parent.name}/{file.name}: is empty")
    return text


def _names(text: str, file: Path) -> set[str]:
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        raise BadNotice(f"{file.parent.name}/{file.name}: {error}") from error
    names = {name for _, name, _, _ in pieces if name is not None}
    if any(spec or conversion for _, _, spec, conversion in pieces):
        raise BadNotice(f"{file.parent.name}/{file.name}: a placeholder is a plain name")
    return names


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _paragraph(text: str, values: Mapping[str, str]) -> str:
    if any(not values.get(name) for name in _places(text)):
        return ""
    return _fill(text, values)


def _fill(text: str, values: Mapping[str, str]) -> str:
    pieces = Formatter().parse(text)
    return "".join(literal + (values[name] if name else "") for literal, name, _, _ in pieces)


_SPACE = re.compile(r"\s+")


def one_line(value: str) -> str:
    """A value without line breaks, control and direction marks: it can end no header."""
    return _SPACE.sub(" ", _visible(value)).strip()


def _lines(value: str) -> str:
    """What somebody wrote, quoted line by line, so that it cannot pass for our own words."""
    text = "\n".join(one_line(line) for line in value.splitlines()).strip("\n")
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n")) if text else ""


def _rows(value: str) -> str:
    """A list of ours: one row a line, each as safe as a single one."""
    return "\n".join(filter(None, (one_line(row) for row in value.splitlines())))


_CLEAN: Mapping[Kind, Callable[[str], str]] = {Kind.QUOTE: _lines, Kind.LINES: _rows}


def _visible(value: str) -> str:
    return "".join(
        " " if char.isspace() else char
        for char in value
        if char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
