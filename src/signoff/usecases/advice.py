"""What after-care pages know from elsewhere: complaint paths and phones, as dated data (X3, X7)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import TypeAdapter

_FOLDER = Path(__file__).parents[1] / "policies" / "aftercare"


class Confidence(StrEnum):
    """How a fact was learned: read in an official text, reported by another, or no claim at all."""

    VERIFIED = "verified"
    REPORTED = "reported"
    POLICY = "policy"


class Toward(StrEnum):
    """Whom a complaint goes to."""

    BRAND = "brand"
    REGULATOR = "regulator"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Way:
    """A way to complain. Days are calendar days; 0 where none is known or none applies.

    `answer_days` is how long they have to answer, `wait_days` how long the brand is given first,
    `within_days` how long one may come at all. Without `places` it holds everywhere.
    """

    code: str
    kind: Toward
    places: tuple[str, ...]
    confidence: Confidence
    checked_on: date
    url: str = ""
    source: str = ""
    answer_days: int = 0
    wait_days: int = 0
    within_days: int = 0

    @property
    def source_host(self) -> str:
        return _host(self.source)


@dataclass(frozen=True, slots=True)
class Phone:
    """A family of phones whose menus were read at `source`."""

    code: str
    source: str
    confidence: Confidence
    checked_on: date

    @property
    def host(self) -> str:
        return _host(self.source)


@cache
def ways() -> tuple[Way, ...]:
    """Every complaint path."""
    return TypeAdapter(tuple[Way, ...]).validate_python(_read("complaints")["path"])


def ways_in(place: str) -> tuple[Way, ...]:
    """The complaint paths of a place: the brand, the regulator, the card."""
    return tuple(path for path in ways() if not path.places or place in path.places)


@cache
def phones() -> tuple[Phone, ...]:
    """Every family of phones."""
    return TypeAdapter(tuple[Phone, ...]).validate_python(_read("phones")["phone"])


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _read(name: str) -> Mapping[str, object]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
