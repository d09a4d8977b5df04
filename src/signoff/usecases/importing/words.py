"""What pydantic finds wrong with a record, in plain words: field, what, and what to write."""

import re
import types
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from signoff.domain.book import AccountRecord, ContactRecord, Finding, LineRecord, UsageRecord
from signoff.domain.money import Money
from signoff.usecases.importing.columns import At

_PART = re.compile(r"\[\d+\]|[^.\[]+")
_NAME = re.compile(r'^"\w+": ')
# An annotation taken apart at run time: a class, a union or a generic alias.
Kind: TypeAlias = Any

_RECORDS = {
    "account": AccountRecord,
    "line": LineRecord,
    "usage": UsageRecord,
    "contact": ContactRecord,
}
_TYPES = '"account", "line", "usage" or "contact"'
_CALLED = {str: "text in quotes", int: "a whole number", bool: "true or false"}
_CALLED |= {date: "a date", datetime: "a time", Money: "an amount"}
_SAMPLES = {str: '"text"', int: "1", bool: "true or false", date: '"2026-11-20"'}
_SAMPLES |= {datetime: '"2026-11-20T00:00:00Z"', Money: '{"minor": 1250, "currency": "USD"}'}


def findings(error: ValidationError) -> Iterator[Finding]:
    """Every problem of a record. Values are quoted only where they name no person."""
    for detail in error.errors(include_url=False):
        tag, *rest = detail["loc"] or ("",)
        yield _finding(detail, at=tuple(rest), record=_RECORDS.get(str(tag)))


def in_column(found: Finding, column: str) -> Finding:
    """The finding as it concerns a cell of CSV: its column, the value without name and quotes."""
    if not column:
        return found
    instead = _NAME.sub("", found.instead).strip('"')
    return Finding(column, found.what, "a value" if instead[:1] == "{" else instead)


def address(text: str) -> At:
    """What `spell` spelt: `facts.bills[0].amount` as its parts."""
    parts = _PART.findall(text)
    return tuple(int(part[1:-1]) if part[0] == "[" else part for part in parts)


def spell(at: At) -> str:
    """An address as people write it: `facts.bills[0].amount`."""
    text = ""
    for part in at:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _finding(detail: ErrorDetails, *, at: At, record: Kind) -> Finding:
    where, kind, value = spell(at), detail["type"], detail["input"]
    if kind == "json_invalid":
        reason = str(detail["ctx"]["error"]).partition(" at line ")[0]
        return Finding("", f"is not JSON: {reason}", "one whole JSON object on one line")
    if kind == "dict_type":
        return Finding("", "is no JSON object", '{"type": "account", ...}')
    if kind.startswith("union_tag"):
        return Finding("type", "names no kind of record", _TYPES)
    wanted = _kind_at(record, at)
    if kind == "missing":
        return Finding(where, "is missing", f'"{at[-1]}": {_example(wanted)}')
    if kind == "unexpected_keyword_argument":
        return Finding(where, "is not known here", _known(str(at[-1]), _kind_at(record, at[:-1])))
    if kind in ("enum", "literal_error"):
        return Finding(where, f"{_quoted(value)} is none of the choices", _nearest(value, wanted))
    if kind == "value_error":
        return Finding(where, str(detail["ctx"]["error"]), _example(wanted))
    if at[-1:] == ("minor",):
        what = f"{_quoted(value)} is no whole number of minor units"
        return Finding(where, what, "1250 for 12.50 USD")
    shown = _quoted(value) if wanted in (int, bool, date, datetime) else "it"
    return Finding(where, f"{shown} is not {_called(wanted)}", _example(wanted))


def _origin(kind: Kind) -> Kind:
    return get_origin(kind)


def _quoted(value: object) -> str:
    text = str(value) if isinstance(value, int | float) else repr(str(value))
    return text if len(text) <= 40 else f"{text[:37]}..."


@cache
def _hints(kind: Kind) -> dict[str, Kind]:
    return get_type_hints(kind) if is_dataclass(kind) else {}


def _plain(kind: Kind) -> Kind:
    """The type without its `| None`."""
    if _origin(kind) is types.UnionType:
        return next(each for each in get_args(kind) if each is not type(None))
    return kind


def _kind_at(kind: Kind, at: At) -> Kind:
    """The type wanted at an address; None where there is no such address."""
    for part in at:
        kind = _plain(kind)
        kind = get_args(kind)[0] if isinstance(part, int) else _hints(kind).get(part)
    return _plain(kind)


def _known(name: str, kind: Kind) -> str:
    names = [each.name for each in fields(kind)]
    near = get_close_matches(name, names, n=1)
    return near[0] if near else f"one of {', '.join(names)}"


def _choices(kind: Kind) -> list[str]:
    if _origin(kind) is Literal:
        return [str(each) for each in get_args(kind)]
    return [each.value for each in kind]


def _nearest(value: object, kind: Kind) -> str:
    choices = _choices(kind)
    near = get_close_matches(str(value), choices, n=1, cutoff=0.7)
    return f'"{near[0]}"' if near else " or ".join(f'"{each}"' for each in choices)


def _called(kind: Kind) -> str:
    """The type in plain words."""
    if _origin(kind) is tuple:
        return "a list in [ ]"
    return _CALLED.get(kind, "an object in { }")


def _example(kind: Kind) -> str:
    """What a value of this type may look like."""
    if kind in _SAMPLES:
        return _SAMPLES[kind]
    if _origin(kind) is tuple:
        return f"[{_example(_plain(get_args(kind)[0]))}]"
    if _origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        return " or ".join(f'"{each}"' for each in _choices(kind))
    hints = _hints(kind)
    if not hints:
        return "leave it out"
    needed = [
        f'"{each.name}": {_example(_plain(hints[each.name]))}'
        for each in fields(kind)
        if each.default is MISSING and each.default_factory is MISSING
    ]
    return f"{{{', '.join(needed)}}}"
