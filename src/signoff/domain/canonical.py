"""Canonical JSON: one value, one sequence of bytes (RFC 8785, restricted).

Only strings, integers up to 2**53 - 1, booleans, null, lists and objects with ASCII keys. No
fractions, so nothing depends on how a number is printed. Everything that is hashed or signed goes
through `encode`; everything that is checked comes in through `decode`, which refuses whatever
two readers could understand differently.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache, partial
from json.encoder import encode_basestring
from typing import Any, Never, TypeAlias, cast

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"

MAX_INT = 2**53 - 1
MAX_DEPTH = 32
_WORDS: Mapping[bool | None, str] = {None: "null", True: "true", False: "false"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


class Fault(StrEnum):
    """Why bytes or a value have no canonical form."""

    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    DUPLICATE_KEY = "duplicate_key"
    FRACTION = "fraction"
    KEY_NOT_ASCII = "key_not_ascii"
    INT_OUT_OF_RANGE = "int_out_of_range"
    LONE_SURROGATE = "lone_surrogate"
    UNSUPPORTED_TYPE = "unsupported_type"
    TOO_DEEP = "too_deep"
    NOT_CANONICAL = "not_canonical"
    BAD_TIME = "bad_time"


class NotCanonical(ValueError):
    """The value has no canonical form, or the bytes are not in it."""

    def __init__(self, fault: Fault, what: str = "", *, at: int | None = None) -> None:
        super().__init__(fault, what)
        self.fault = fault
        self.what = what
        self.at = at

    def __reduce__(self) -> tuple["partial[NotCanonical]", tuple[Fault, str]]:
        return partial(type(self), at=self.at), (self.fault, self.what)

    def __str__(self) -> str:
        where = "" if self.at is None else f" at byte {self.at}"
        return f"{self.fault.value}{where}" + (f": {self.what}" if self.what else "")


def encode(value: Json) -> bytes:
    """The canonical bytes of `value`."""
    try:
        return _written(value, 0).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(Fault.LONE_SURROGATE) from error


def decode(data: bytes) -> Json:
    """The value in `data`, refusing duplicates, fractions and whatever else is ambiguous.

    White space and key order are not judged here; `require_canonical` does that.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NotCanonical(Fault.NOT_UTF8, at=error.start) from error
    try:
        value = cast(
            Json,
            json.loads(
                text,
                object_pairs_hook=_object,
                parse_float=_no_fraction,
                parse_constant=_no_fraction,
                parse_int=_int,
            ),
        )
    except json.JSONDecodeError as error:
        at = len(text[: error.pos].encode())
        raise NotCanonical(Fault.NOT_JSON, error.msg, at=at) from error
    except RecursionError as error:
        raise NotCanonical(Fault.TOO_DEEP) from error
    encode(value)
    return value


def require_canonical(data: bytes, value: Json) -> None:
    """Refuse `data` unless it is exactly the canonical form of `value`."""
    wanted = encode(value)
    if data == wanted:
        return
    shorter = min(len(data), len(wanted))
    at = next((i for i in range(shorter) if data[i] != wanted[i]), shorter)
    raise NotCanonical(Fault.NOT_CANONICAL, at=at)


@lru_cache(maxsize=1024)
def format_time(moment: datetime) -> str:
    """`moment` in UTC with exactly three digits of a second, cut off, never rounded up."""
    if moment.tzinfo is None:
        raise NotCanonical(Fault.BAD_TIME, "a time without a time zone")
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def parse_time(text: str) -> datetime:
    """The moment written by `format_time`; any other spelling is refused."""
    if not _TIME.fullmatch(text):
        raise NotCanonical(Fault.BAD_TIME, text[:40])
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise NotCanonical(Fault.BAD_TIME, text) from error


def _written(value: object, depth: int) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int):
        if not -MAX_INT <= value <= MAX_INT:
            raise NotCanonical(Fault.INT_OUT_OF_RANGE)
        return int.__repr__(value)
    if depth == MAX_DEPTH:
        raise NotCanonical(Fault.TOO_DEEP)
    if isinstance(value, dict):
        return _members(value, depth + 1)
    if isinstance(value, list | tuple):
        return f"[{','.join([_written(item, depth + 1) for item in value])}]"
    fault = Fault.FRACTION if isinstance(value, float) else Fault.UNSUPPORTED_TYPE
    raise NotCanonical(fault, type(value).__name__)


def _members(value: dict[Any, object], depth: int) -> str:
    # Nearly all members are texts: asking for that here halves the time of an event's digest.
    names = {key: _name(key) for key in value}
    members = [
        names[key]
        + (encode_basestring(item) if type(item := value[key]) is str else _written(item, depth))
        for key in sorted(names)
    ]
    return f"{{{','.join(members)}}}"


@lru_cache(maxsize=4096)
def _name(key: object) -> str:
    if not (isinstance(key, str) and key.isascii()):
        raise NotCanonical(Fault.KEY_NOT_ASCII, ascii(key)[:40])
    return f"{encode_basestring(key)}:"


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in pairs:
        if key in found:
            raise NotCanonical(Fault.DUPLICATE_KEY, ascii(key)[1:41])
        found[key] = value
    return found


def _no_fraction(text: str) -> Never:
    raise NotCanonical(Fault.FRACTION, text[:40])


def _int(text: str) -> int:
    if len(text) > len(str(-MAX_INT)):
        raise NotCanonical(Fault.INT_OUT_OF_RANGE)
    return int(text)
