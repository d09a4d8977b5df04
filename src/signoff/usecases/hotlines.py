"""Protected hotlines: what calls and messages are left out of lists that leave the house (P9)."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from signoff.usecases.policies import SHIPPED

FILE = "hotlines.toml"
_LONG = 7
"""A number of so many digits has a country and an area; anything shorter is a short code."""


class BadHotlines(ValueError):
    """The list of hotlines cannot be used; nothing may be exported by it."""


@dataclass(frozen=True, slots=True)
class Hotlines:
    """The list, and until when it may be relied on."""

    numbers: frozenset[str]
    good_until: date

    def stale(self, now: datetime) -> bool:
        """Whether the list is too old: then no call or message record leaves the house."""
        return now.date() > self.good_until

    def hides(self, peer: str) -> bool:
        """Whether a call or message with this other side is left out."""
        return bool(peer) and _plain(peer) in self.numbers


def hotlines() -> Hotlines:
    """The list of this installation, or the shipped one. Raises BadHotlines."""
    own = Path(settings.SIGNOFF_POLICIES) / FILE
    path = own if own.exists() else SHIPPED / FILE
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, written: int) -> Hotlines:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        numbers, checked_on = told.pop("numbers"), told.pop("checked_on")
        days = told.pop("good_for_days")
        if told or not isinstance(checked_on, date) or not isinstance(days, int):
            raise BadHotlines(f"{FILE}: checked_on, good_for_days and numbers, and nothing else")
        good = [_plain(str(each)) for each in numbers]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise BadHotlines(f"{FILE}: {error}") from error
    if not good or not all(good):
        raise BadHotlines(f"{FILE}: a number without digits, or none at all")
    return Hotlines(frozenset(good), checked_on + timedelta(days=days))


def _plain(number: str) -> str:
    """The digits of a number; of a North American one the ten that every way of writing shares."""
    digits = "".join(char for char in number if char.isdecimal() and char.isascii())
    return digits[-10:] if len(digits) > _LONG else digits
