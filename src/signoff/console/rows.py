"""The queue as a page shows it: each row with its time, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from signoff.usecases.desk import ATTENTION, Brand, Part
from signoff.usecases.look import QueueRow
from signoff.wording.tags import language, sentence


@dataclass(frozen=True, slots=True)
class Row:
    """One case in a list. `time` is what is left of a promise, or nothing."""

    id: UUID
    number: str
    state: str
    holder: str
    line: str
    brand: str
    at: datetime
    zone: str
    promised: bool
    time: str
    late: bool
    soon: bool
    held: str
    held_by_you: bool
    stuck: Sequence[str]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the queue with its rows in words."""

    code: str
    count: int
    more: int
    late: int
    rows: Sequence[Row]

    @property
    def title(self) -> str:
        """The key of its heading."""
        return f"console.part.{self.code}.title"

    @property
    def empty(self) -> str:
        """The key of what it says when nothing is in it."""
        return f"console.part.{self.code}.empty"

    @property
    def is_attention(self) -> bool:
        """Whether its cases stand in different states."""
        return self.code == ATTENTION


def section(
    part: Part, *, now: datetime, you: int, names: Mapping[int, str], brands: Mapping[str, Brand]
) -> Section:
    """A part of the queue in words."""
    shown = rows(part.rows, now=now, you=you, names=names, brands=brands)
    return Section(part.code, part.count, part.more, sum(row.late for row in shown), shown)


def rows(
    found: Sequence[QueueRow],
    *,
    now: datetime,
    you: int,
    names: Mapping[int, str],
    brands: Mapping[str, Brand],
) -> list[Row]:
    """Cases of a list in words."""
    return [
        _row(each, now=now, you=you, names=names, brand=brands[each.case.brand]) for each in found
    ]


def _row(each: QueueRow, *, now: datetime, you: int, names: Mapping[int, str], brand: Brand) -> Row:
    promise = each.case.review_due_at if each.state.value == "in_review" else None
    return Row(
        id=each.case.id,
        number=each.case.number,
        state=each.state.value,
        holder=each.name,
        line=each.msisdn[-4:],
        brand=brand.names[language()],
        at=promise or each.case.declared_at,
        zone=brand.zone,
        promised=promise is not None,
        time=time_left(promise, now=now) if promise else "",
        late=promise is not None and promise < now,
        soon=promise is not None and now <= promise < now + timedelta(hours=8),
        held=names.get(each.held_by, "") if each.held_by else "",
        held_by_you=each.held_by == you,
        stuck=[attention.step for attention in each.attention],
    )


_DAY, _HOUR = 24 * 60, 60


def time_left(promise: datetime, *, now: datetime) -> str:
    """How long until a promise, or since it was broken, in the largest unit that says enough."""
    family = "console.left" if promise >= now else "console.over"
    minutes = int(abs(promise - now).total_seconds()) // 60
    if minutes >= 2 * _DAY:
        return sentence(f"{family}.days", count=minutes // _DAY)
    if minutes >= 2 * _HOUR:
        return sentence(f"{family}.hours", count=minutes // _HOUR)
    return sentence(f"{family}.minutes", count=minutes)
