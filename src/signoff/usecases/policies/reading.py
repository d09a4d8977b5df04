"""Reads one TOML file into a domain dataclass, or says line by line why it cannot be."""

import json
import re
import tomllib
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from signoff.domain.canonical import Json
from signoff.domain.money import Money
from signoff.usecases.policies.problems import Problem
from signoff.usecases.policies.toml_lines import Path as At
from signoff.usecases.policies.toml_lines import line_index, line_of

T = TypeVar("T")

# An annotation taken apart at run time: a class, a union or a generic alias.
Kind: TypeAlias = Any

_SYNTAX_LINE = re.compile(r"(.*?) \(at (?:line (\d+), column \d+|end of document)\)")
_MOST_BYTES = 256 * 1024
_AMOUNT = '{ minor = 1250, currency = "USD" }'


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file as it was read: its values and the line each stands on."""

    file: Path
    values: Mapping[str, Any]
    lines: dict[At, int]

    def problem(self, at: At, what: str, *, instead: str) -> Problem:
        """A problem at this address of the file."""
        return Problem(self.file, line_of(at, self.lines), spell(at), what, instead)


def spell(at: At) -> str:
    """An address as people write it: `fees[0].amount`."""
    text = ""
    for part in at:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_document(file: Path) -> Document | Problem:
    """The file's values, or why there are none."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        return Problem(file, 1, "", what, "a file this account may read")
    return read_text(file, raw)


def read_text(file: Path, raw: bytes) -> Document | Problem:
    """The values of a file's content, wherever it came from, or why there are none."""
    if len(raw) > _MOST_BYTES:
        return Problem(file, 1, "", "is too large for a policy", "at most 256 KiB")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Problem(file, line, "", "is not UTF-8 text", "the same text saved as UTF-8")
    text = text.replace("\r\n", "\n")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _syntax(file, text, error=error)
    except RecursionError:
        return Problem(file, 1, "", "nests too deep", "at most the tables a policy has")
    return Document(file, values, line_index(text))


def _syntax(file: Path, text: str, *, error: tomllib.TOMLDecodeError) -> Problem:
    match = _SYNTAX_LINE.fullmatch(str(error))
    last = text.rstrip().count("\n") + 1
    line = int(match[2]) if match and match[2] else last
    what = match[1] if match else str(error)
    row = text.split("\n")[line - 1].strip()
    return Problem(file, line, "", f"is not TOML: {what}", _mend(row, what))


def _mend(row: str, what: str) -> str:
    """A guess at what the row was meant to be."""
    key, equals, value = row.partition("=")
    if what.startswith("Cannot overwrite"):
        return f"{key.strip()} once only"
    if equals and value.count('"') == 1:
        return f'{key.strip()} = "{value.strip().strip(chr(34))}"'
    if equals and re.fullmatch(r"\s*[A-Za-z][\w-]*\s*", value):
        return f'{key.strip()} = "{value.strip()}"'
    if not equals and ":" in row:
        name, _, rest = row.partition(":")
        return f"{name.strip()} = {rest.strip()}"
    return 'one name = "value" a line; text in quotes, lists in [ ], headings like [contact]'


class Shape(Generic[T]):
    """A domain dataclass as a file format: values in, an object or problems out."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._adapter = TypeAdapter(kind)

    def build(self, document: Document) -> T | list[Problem]:
        """The object these values describe. Types are strict: a number in quotes is text."""
        try:
            return self._adapter.validate_json(_as_json(document.values), strict=True)
        except ValidationError as error:
            return [self._problem(detail, document) for detail in error.errors()]

    def dump(self, value: T) -> Json:
        """The object as plain JSON values."""
        return cast(Json, self._adapter.dump_python(value, mode="json"))

    def _problem(self, detail: ErrorDetails, document: Document) -> Problem:
        at: At = tuple(detail["loc"])
        name, kind = str(at[-1]) if at else "", detail["type"]
        wanted = _kind_at(self._kind, at)
        if kind == "missing":
            what, instead = "is missing", f"{name} = {_example(wanted)}"
        elif kind == "unexpected_keyword_argument":
            what, instead = "is not known here", _known(name, _kind_at(self._kind, at[:-1]))
        elif kind == "enum":
            what = f"{_quoted(detail['input'])} is none of the choices"
            instead = _nearest(detail["input"], wanted)
        elif kind == "value_error":
            what, instead = str(detail["ctx"]["error"]), _example(wanted)
        else:
            what = f"{_quoted(detail['input'])} is not {_called(wanted)}"
            instead = _turned(detail["input"], wanted)
        return document.problem(at, what, instead=instead)


def _as_json(values: Mapping[str, Any]) -> str:
    def plain(value: object) -> str:
        if isinstance(value, date | datetime | time):
            return value.isoformat()
        raise TypeError(type(value).__name__)

    return json.dumps(values, default=plain)


def _quoted(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _origin(kind: Kind) -> Kind:
    return get_origin(kind)


def _plain(kind: Kind) -> Kind:
    """The type without its `| None`."""
    if _origin(kind) is types.UnionType:
        return next(each for each in get_args(kind) if each is not type(None))
    return kind


def _kind_at(kind: Kind, at: At) -> Kind:
    """The type wanted at an address; None where there is no such address."""
    for part in at:
        kind = _plain(kind)
        if isinstance(part, int):
            kind = get_args(kind)[0]
        elif _origin(kind) is Mapping:
            kind = get_args(kind)[1]
        else:
            kind = get_type_hints(kind).get(part) if is_dataclass(kind) else None
    return _plain(kind)


def _known(name: str, kind: Kind) -> str:
    names = [each.name for each in fields(kind)]
    near = get_close_matches(name, names, n=1)
    return near[0] if near else f"one of {', '.join(names)}"


def _nearest(value: object, kind: type[StrEnum]) -> str:
    near = get_close_matches(str(value), [each.value for each in kind], n=1, cutoff=0.7)
    return f'"{near[0]}"' if near else _choices(kind)


def _choices(kind: Iterable[StrEnum]) -> str:
    return " or ".join(f'"{each.value}"' for each in kind)


def _turned(value: object, kind: Kind) -> str:
    """The value as it would be in the wanted type, where that can be guessed."""
    if isinstance(value, str):
        if kind is int and value.strip().isdecimal():
            return value.strip()
        if kind is bool and value.strip().lower() in {"true", "false"}:
            return value.strip().lower()
        if _origin(kind) is tuple and _plain(get_args(kind)[0]) is not Money:
            return f"[{_quoted(value)}]"
    if kind is str and isinstance(value, int | float):
        return f'"{value}"'
    return _example(kind)


def _called(kind: Kind) -> str:
    """The type in plain words."""
    names = {
        str: "text in quotes",
        int: "a whole number",
        bool: "true or false",
        date: "a date",
        datetime: "a date and time with its offset",
    }
    if _origin(kind) is tuple:
        return "a list in [ ]"
    if kind in names:
        return names[kind]
    return "an amount" if kind is Money else "a table of values"


def _example(kind: Kind) -> str:
    """What a value of this type may look like in the file."""
    samples = {
        str: '"text"',
        int: "1",
        bool: "true or false",
        date: "2026-11-20",
        datetime: "2026-11-20T00:00:00-05:00",
    }
    if kind in samples:
        return samples[kind]
    if _origin(kind) is tuple:
        return f"[{_example(_plain(get_args(kind)[0]))}]"
    if _origin(kind) is Mapping:
        return f"{{ name = {_example(_plain(get_args(kind)[1]))} }}"
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _choices(kind)
    if kind is Money:
        return _AMOUNT
    hints = get_type_hints(kind)
    needed = [
        f"{each.name} = {_example(_plain(hints[each.name]))}"
        for each in fields(kind)
        if each.default is MISSING and each.default_factory is MISSING
    ]
    return f"{{ {', '.join(needed)} }}"
