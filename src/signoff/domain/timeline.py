"""The states a case went through, as its events tell them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from signoff.domain.case import State
from signoff.domain.events import Code

REACHED: Mapping[Code, State] = {
    Code.DECLARED: State.DECLARED,
    Code.CONFIRMATION_ASKED: State.CONFIRMING,
    Code.CONFIRMED: State.DECLARED,
    Code.REVIEW_ASKED: State.IN_REVIEW,
    Code.INPUT_ASKED: State.NEEDS_INPUT,
    Code.ANSWERED: State.DECLARED,
    Code.APPROVED: State.APPROVED,
    Code.DECLINED: State.DECLINED,
    Code.WITHDRAWN: State.WITHDRAWN,
    Code.ENDING_BEGUN: State.ENDING,
    Code.ENDED: State.ENDED,
    Code.RESTORED: State.RESTORED,
    Code.CLOSED: State.CLOSED,
}
"""The state a case is in after an event of a code; the codes that are missing move no case."""


def history(events: Iterable[tuple[Code, datetime]]) -> tuple[tuple[State, datetime], ...]:
    """Each state a case entered, with its moment; one it came back to stands there again."""
    return tuple((REACHED[code], at) for code, at in events if code in REACHED)
