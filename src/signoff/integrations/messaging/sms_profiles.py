"""How an HTTP gateway for texts wants to be spoken to: a TOML file, two of which are shipped.

A file says how a request is made and what answers and callbacks mean. Addresses and secrets come
from settings, never from the file, so that one can be shared.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from string import Formatter
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

SHIPPED = Path(__file__).parent / "gateways"
PLACES = frozenset({"id", "to", "sender", "text", "callback_url"})
"""What a field may show."""

_STRICT = {"extra": "forbid"}
Fields: TypeAlias = Mapping[str, "str | int | bool | list[str] | dict[str, str]"]


class Body(StrEnum):
    FORM = "form"
    JSON = "json"


class Auth(StrEnum):
    """Basic with user and secret; the secret as bearer token; or alone in a named header."""

    BASIC = "basic"
    BEARER = "bearer"
    HEADER = "header"


class Signature(StrEnum):
    """Twilio's over address and form, or HMAC-SHA256 over a time stamp and the body."""

    TWILIO = "twilio"
    HMAC = "hmac"


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """Where in the answer a message's reference and a refusal's code stand (`error.code`), and what
    codes mean. `ok` names values of `code` that are no refusal, where a gateway answers 200 to all.
    """

    __pydantic_config__ = _STRICT
    reference: str = ""
    code: str = ""
    ok: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallbackRule:
    """How callbacks are signed, and where in them what stands."""

    __pydantic_config__ = _STRICT
    signature: Signature
    body: Body
    sender: str
    text: str
    id: str = ""
    reference: str = ""
    status: str = ""
    delivered: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    signature_header: str = "X-Signoff-Signature"
    time_header: str = "X-Signoff-Timestamp"


@dataclass(frozen=True, slots=True)
class Profile:
    """A gateway's ways."""

    __pydantic_config__ = _STRICT
    body: Body
    auth: Auth
    fields: Fields
    answer: AnswerRule = AnswerRule()
    callback: CallbackRule | None = None
    auth_header: str = "X-Api-Key"
    headers: Mapping[str, str] = field(default_factory=dict)


class BadProfile(ValueError):
    """A gateway's file cannot be used; the message says where and why."""


def load(named: str) -> Profile:
    """A shipped profile by its name, or a file by its path. Raises BadProfile."""
    file = Path(named).expanduser() if named.endswith(".toml") else SHIPPED / f"{named}.toml"
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
        profile = TypeAdapter(Profile).validate_python(told)
    except OSError as error:
        shipped = ", ".join(sorted(each.stem for each in SHIPPED.glob("*.toml")))
        raise BadProfile(f"{named}: {error.strerror}; shipped are {shipped}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadProfile(f"{file.name}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadProfile(f"{file.name}: {where}: {first['msg']}") from None
    _check_places(profile.fields, file=file)
    return profile


def filled(value: object, values: Mapping[str, str]) -> object:
    """A field with its places filled in; what is no text stays as it is."""
    if isinstance(value, str):
        return "".join(
            literal + (values[name] if name else "")
            for literal, name, _, _ in Formatter().parse(value)
        )
    if isinstance(value, Mapping):
        return {key: filled(each, values) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [filled(each, values) for each in value]
    return value


def _check_places(value: object, *, file: Path) -> None:
    try:
        filled(value, dict.fromkeys(PLACES, "x"))
    except (KeyError, ValueError) as error:
        known = ", ".join(sorted(PLACES))
        raise BadProfile(f"{file.name}: fields: {error} is none of {known}") from None
