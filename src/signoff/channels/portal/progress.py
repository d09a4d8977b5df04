"""The way of a case as its subscriber sees it: what lies behind, what is now, what comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signoff.domain.case import State
from signoff.domain.events import Code
from signoff.domain.money import Money
from signoff.domain.policy import Confirmation
from signoff.records.models import Event
from signoff.usecases.look import CaseView


class Place(StrEnum):
    """Where a step lies from here."""

    PAST = "past"
    NOW = "now"
    NEXT = "next"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the way; `at` is when it happened, or the date it is promised for."""

    code: str
    place: Place
    at: datetime | None = None

    @property
    def icon(self) -> str:
        ends = self.code in ("ended", "closed") and self.place is Place.PAST
        return f"signoff/icons/node-{'end' if ends else self.place.value}.svg"


_HALTS = {
    State.WITHDRAWN: Code.WITHDRAWN,
    State.DECLINED: Code.DECLINED,
    State.RESTORED: Code.RESTORED,
}
_HALTED = {*_HALTS, State.PORTED_OUT}


def steps(view: CaseView) -> list[Step]:
    """The steps of a case in order, each with its moment."""
    when = {Code(event.code): event.at for event in view.events}
    state, file, row = view.file.state, view.file, view.row
    way: list[tuple[str, datetime | None, datetime | None]] = [("declared", file.declared_at, None)]
    if _asks_confirmation(view, when=when):
        way.append(("confirmed", file.confirmed_at, file.confirm_until))
    if file.policy.review.by_agent or row.review_due_at:
        decided = when.get(Code.APPROVED) or when.get(Code.DECLINED)
        way.append(("reviewed", decided, row.review_due_at))
    if state is State.NEEDS_INPUT:
        way.append(("needs_input", None, None))
    way += [
        ("approved", when.get(Code.APPROVED), None),
        ("ending", when.get(Code.LINE_VERIFIED) or file.ended_at, file.effective_at),
        ("ended", file.ended_at, None),
        ("closed", row.closed_at if state is State.CLOSED else None, file.restore_until),
    ]
    if state in _HALTED:
        return _halted(way, state=state, when=when)
    return _placed(way, state=state)


def _asks_confirmation(view: CaseView, *, when: dict[Code, datetime]) -> bool:
    asked = view.policy.confirmation.by is Confirmation.LINK
    return asked and not (Code.CONFIRMATION_LAPSED in when and view.file.confirmed_at is None)


def _halted(
    way: Sequence[tuple[str, datetime | None, datetime | None]],
    *,
    state: State,
    when: dict[Code, datetime],
) -> list[Step]:
    past = [Step(code, Place.PAST, at) for code, at, _ in way if at]
    return [*past, Step(state.value, Place.HALTED, when.get(_HALTS.get(state, Code.CLOSED)))]


def _placed(
    way: Sequence[tuple[str, datetime | None, datetime | None]], *, state: State
) -> list[Step]:
    found: list[Step] = []
    for code, at, promised in way:
        if at:
            found.append(Step(code, Place.PAST, at))
        elif all(step.place is Place.PAST for step in found) and state is not State.ENDED:
            found.append(Step(code, Place.NOW, promised))
        else:
            found.append(Step(code, Place.NEXT, promised))
    return found


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as the page tells it."""

    code: str
    at: datetime
    actor: str
    amount: Money | None
    notice: str = ""

    @property
    def values(self) -> dict[str, Money | None]:
        """What the sentence of the event may show."""
        return {"amount": self.amount}


_OURS = frozenset({Code.CLAIMED, Code.RELEASED, Code.NOTE_WRITTEN})


def log(events: Sequence[Event]) -> list[Happening]:
    """Everything that happened, newest first; who of the staff had it in hand stays with them."""
    return [
        Happening(
            event.code,
            event.at,
            event.actor.partition(":")[0],
            _amount(event),
            str(event.facts.get("notice", "")),
        )
        for event in reversed(events)
        if Code(event.code) not in _OURS
    ]


def _amount(event: Event) -> Money | None:
    facts = event.facts
    if {"amount", "currency"} <= facts.keys():
        return Money(int(facts["amount"]), str(facts["currency"]))
    return None
