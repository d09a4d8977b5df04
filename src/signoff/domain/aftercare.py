"""What is left to see to after a line has ended, each with its date, and when to remind (X6)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Care(StrEnum):
    """A thing to see to. Those of `WITHOUT_DATE` can be done at once."""

    EVIDENCE = "evidence"
    CONTACTS = "contacts"
    FINAL_BILL = "final_bill"
    REFUND = "refund"
    STATEMENT = "statement"
    RESTORE_END = "restore_end"
    SIM = "sim"
    ERASURE = "erasure"


WITHOUT_DATE = frozenset({Care.EVIDENCE, Care.CONTACTS})
CYCLE = timedelta(days=30)
"""How far apart bank statements are looked at: card and bank statements come monthly."""

_AHEAD = {Care.RESTORE_END: timedelta(days=3)}
_TOO_LATE = timedelta(days=14)
_SILENT = frozenset({Care.ERASURE})


@dataclass(frozen=True, slots=True)
class Ending:
    """What the dates are computed from. `erased_at` is None where no date is known."""

    ended_at: datetime
    restore_until: datetime
    cycle_ends_at: datetime
    billed: bool
    refunded: bool
    refund_days: int
    watch_cycles: int
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CareItem:
    """One line of the list. `turn` tells those apart that come several times; 0 for the others."""

    code: Care
    at: datetime | None = None
    turn: int = 0

    @property
    def key(self) -> str:
        return f"{self.code.value}-{self.turn}" if self.turn else self.code.value

    @property
    def remind_at(self) -> datetime | None:
        """When a mail reminds of it; None where none does."""
        if self.at is None or self.code in _SILENT:
            return None
        return self.at - _AHEAD.get(self.code, timedelta(0))


def care(ending: Ending) -> tuple[CareItem, ...]:
    """The list after the end of a line: what can be done now, then by date."""
    dated = sorted(_dated(ending), key=lambda item: (item.at or ending.ended_at, item.key))
    return (CareItem(Care.EVIDENCE), CareItem(Care.CONTACTS), *dated)


def _dated(ending: Ending) -> Iterator[CareItem]:
    ended = ending.ended_at
    if ending.billed:
        yield CareItem(Care.FINAL_BILL, max(ended, ending.cycle_ends_at))
    if ending.refunded:
        yield CareItem(Care.REFUND, ended + timedelta(days=ending.refund_days))
    for turn in range(1, ending.watch_cycles + 1):
        yield CareItem(Care.STATEMENT, ended + turn * CYCLE, turn)
    if ending.restore_until > ended:
        yield CareItem(Care.RESTORE_END, ending.restore_until)
    yield CareItem(Care.SIM, max(ended, ending.restore_until))
    if ending.erased_at is not None:
        yield CareItem(Care.ERASURE, ending.erased_at)


def reminders(
    items: Sequence[CareItem], *, settled: Collection[str], now: datetime
) -> tuple[tuple[CareItem, ...], datetime | None]:
    """What to remind of now, and when to look again; None where nothing is left.

    `settled` are the keys that were ticked or reminded of before. What lies two weeks back helps
    nobody any more, and the end of a window is no news once it has passed.
    """
    open_items = [item for item in items if item.remind_at and item.key not in settled]
    due = [item for item in open_items if item.remind_at and item.remind_at <= now]
    later = [item.remind_at for item in open_items if item.remind_at and item.remind_at > now]
    return tuple(item for item in due if not _stale(item, now)), min(later, default=None)


def _stale(item: CareItem, now: datetime) -> bool:
    assert item.at is not None
    last = item.at if item.code is Care.RESTORE_END else item.at + _TOO_LATE
    return now >= last
