"""Who has a case now, and what its subscriber is waited for: one sentence each."""

from dataclasses import dataclass
from datetime import timedelta

from signoff.domain.case import State
from signoff.usecases.look import CaseView

_HOLDERS = {
    State.DECLARED: "us",
    State.CONFIRMING: "you",
    State.IN_REVIEW: "staff",
    State.NEEDS_INPUT: "you",
    State.APPROVED: "date",
    State.ENDING: "carrier",
    State.ENDED: "date",
}
_NEEDED = {State.CONFIRMING: "confirm", State.NEEDS_INPUT: "some"}
_SLOW = timedelta(seconds=15)
_FAST = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class WaitingFor:
    """`holder` and `needed` are codes of sentences; `every` is how often a page looks again."""

    holder: str
    needed: str
    brand: str
    moving: bool
    standing: str

    @property
    def every(self) -> int:
        """Milliseconds."""
        pause = _FAST if self.moving else _SLOW
        return int(pause.total_seconds() * 1000)

    @property
    def values(self) -> dict[str, str]:
        """What the sentences may show."""
        return {"brand": self.brand}


def waiting_for(view: CaseView, *, brand: str, must: bool, more: str = "") -> WaitingFor:
    """Where a case waits. `must`: something of the checklist holds it up; `more` joins the mark by
    which a page sees that it is no longer as it was."""
    state = view.file.state
    stuck = bool(view.attention) and state is not State.CLOSED
    holder = "stuck" if stuck else _HOLDERS.get(state, "nobody")
    needed = _NEEDED.get(state, "some" if must else "none")
    moving = state in (State.DECLARED, State.ENDING)
    moving = moving or (state is State.ENDED and not view.certificate)
    standing = f"{state.value}.{int(view.certificate)}.{int(stuck)}.{more}"
    return WaitingFor(holder, needed, brand, moving, standing)
