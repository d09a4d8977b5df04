"""Sentences in three languages, side by side, by key.

    [bills.unpaid]
    en = "{number} is unpaid"
    zh-Hans = "{number} 未支付"
    zh-Hant = "{number} 未支付"

    [bills.count.one]
    en = "One bill"
    [bills.count.other]
    en = "{count} bills"
    zh-Hans = "{count} 张账单"
    zh-Hant = "{count} 張帳單"

A sentence that differs with `count` has `one` (English only; Chinese does not tell one from many)
and `other`. Placeholders are plain names. Whatever is missing, too much or different between the
languages is refused when the file is read, and values that do not fit when a sentence is asked
for: never an empty place on a page.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Formatter

LANGUAGES = ("zh-Hans", "zh-Hant", "en")
_ONE = frozenset({"en"})
_FOLDER = Path(__file__).parent


class CatalogueError(ValueError):
    """A catalogue is not complete or not consistent."""

    def __init__(self, file: str, key: str, *, problem: str) -> None:
        super().__init__(f"{file}: {key or 'file'}: {problem}")
        self.file = file
        self.key = key
        self.problem = problem

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (self.file, self.key, self.problem)


def _rebuilt(*parts: str) -> CatalogueError:
    return CatalogueError(parts[0], parts[1], problem=parts[2])


class UnknownSentence(LookupError):
    """There is no such key or language."""


class WrongValues(TypeError):
    """The values given are not those the sentence asks for."""


@dataclass(frozen=True, slots=True)
class _Text:
    """Literal parts and placeholder names in turn."""

    parts: tuple[tuple[str, str | None], ...]
    names: frozenset[str]

    def fill(self, values: Mapping[str, str | int]) -> str:
        return "".join(
            literal if name is None else literal + str(values[name]) for literal, name in self.parts
        )


@dataclass(frozen=True, slots=True)
class _Sentence:
    """The texts by language; `one` where a count of one reads differently."""

    other: Mapping[str, _Text]
    one: Mapping[str, _Text]
    names: frozenset[str]
    plural: bool


class Catalogue:
    """All sentences of some files."""

    def __init__(self, sentences: Mapping[str, _Sentence]) -> None:
        self._sentences = sentences

    @classmethod
    def load(cls, *paths: Path) -> "Catalogue":
        """Read the files; a key may stand in one of them only."""
        sentences: dict[str, _Sentence] = {}
        for path in paths:
            for key, sentence in _read(path):
                if key in sentences:
                    raise CatalogueError(path.name, key, problem="the key stands twice")
                sentences[key] = sentence
        return cls(sentences)

    def say(self, key: str, lang: str, /, **values: str | int) -> str:
        """The sentence `key` in `lang` with its placeholders filled."""
        sentence = self._sentences.get(key)
        if sentence is None or lang not in LANGUAGES:
            raise UnknownSentence(f"{key} in {lang}")
        if values.keys() != sentence.names:
            raise WrongValues(f"{key} wants {sorted(sentence.names)}, not {sorted(values)}")
        texts = sentence.other
        if sentence.plural and values["count"] == 1 and lang in sentence.one:
            texts = sentence.one
        return texts[lang].fill(values)

    def __contains__(self, key: object) -> bool:
        return key in self._sentences

    def keys(self) -> Iterable[str]:
        """Every key."""
        return self._sentences.keys()

    def placeholders(self, key: str) -> frozenset[str]:
        """The names of the values that `say(key, ...)` wants."""
        return self._sentences[key].names


@lru_cache
def shipped(*names: str) -> Catalogue:
    """The catalogue of wording/<name>.toml for these names, or of all files; read once."""
    paths = [_FOLDER / f"{name}.toml" for name in names] or sorted(_FOLDER.glob("*.toml"))
    return Catalogue.load(*paths)


def _read(path: Path) -> Iterable[tuple[str, _Sentence]]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(path.name, "", problem=str(error)) from error
    yield from _walk(tables, file=path.name, key="")


def _walk(table: Mapping[str, object], *, file: str, key: str) -> Iterable[tuple[str, _Sentence]]:
    if "one" in table or table.keys() == {"other"}:
        yield key, _plural(table, file=file, key=key)
    elif any(not isinstance(item, Mapping) for item in table.values()) or not table:
        texts = _texts(table, file=file, key=key, languages=frozenset(LANGUAGES))
        names = _same_names(texts, file=file, key=key)
        yield key, _Sentence(texts, {}, names, plural=False)
    else:
        for name, inner in table.items():
            if isinstance(inner, Mapping):
                yield from _walk(inner, file=file, key=f"{key}.{name}" if key else name)


def _plural(table: Mapping[str, object], *, file: str, key: str) -> _Sentence:
    one, other = table.get("one"), table.get("other")
    if len(table) != 2 or not isinstance(one, Mapping) or not isinstance(other, Mapping):
        raise CatalogueError(file, key, problem="a plural has the tables one and other")
    many = _texts(other, file=file, key=f"{key}.other", languages=frozenset(LANGUAGES))
    single = _texts(one, file=file, key=f"{key}.one", languages=_ONE)
    names = _same_names(many, file=file, key=f"{key}.other")
    if "count" not in names:
        raise CatalogueError(file, key, problem="other does not show {count}")
    if _same_names(single, file=file, key=f"{key}.one") | {"count"} != names:
        raise CatalogueError(file, key, problem="one and other have different placeholders")
    return _Sentence(many, single, names, plural=True)


def _texts(
    table: Mapping[str, object], *, file: str, key: str, languages: frozenset[str]
) -> dict[str, _Text]:
    if table.keys() != languages:
        missing, extra = sorted(languages - table.keys()), sorted(table.keys() - languages)
        raise CatalogueError(file, key, problem=f"missing {missing}, not expected {extra}")
    return {lang: _text(raw, file=file, key=f"{key} ({lang})") for lang, raw in table.items()}


def _text(raw: object, *, file: str, key: str) -> _Text:
    if not isinstance(raw, str) or not raw or raw != raw.strip():
        raise CatalogueError(file, key, problem="not a text, empty, or with space around it")
    try:
        pieces = list(Formatter().parse(raw))
    except ValueError as error:
        raise CatalogueError(file, key, problem=str(error)) from error
    for _, name, spec, conversion in pieces:
        if name is not None and (spec or conversion or not name.isidentifier()):
            raise CatalogueError(file, key, problem=f"placeholder {{{name}}} is no plain name")
    parts = tuple((literal, name) for literal, name, _, _ in pieces)
    return _Text(parts, frozenset(name for _, name in parts if name is not None))


def _same_names(texts: Mapping[str, _Text], *, file: str, key: str) -> frozenset[str]:
    found = {text.names for text in texts.values()}
    if len(found) != 1:
        shown = {lang: sorted(text.names) for lang, text in texts.items()}
        raise CatalogueError(file, key, problem=f"placeholders differ: {shown}")
    return found.pop()
