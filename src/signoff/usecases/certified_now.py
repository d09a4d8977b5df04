"""What became of a certified line since: closed, or alive again (X1). Nothing else is told."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from signoff.domain.case import State
from signoff.domain.events import Code
from signoff.records import models


@dataclass(frozen=True, slots=True)
class Now:
    """The state of a certificate's case today, and the moment that belongs to it."""

    state: State
    at: datetime


_TOLD = (State.ENDED, State.CLOSED, State.RESTORED)


def standing(certificate_id: str) -> Now | None:
    """How a certificate of ours stands today; None where it is none of ours."""
    try:
        found = models.Certificate.objects.filter(id=UUID(certificate_id)).first()
    except ValueError:
        return None
    case = models.Case.objects.filter(id=found.case_id).first() if found else None
    if case is None or State(case.state) not in _TOLD:
        return None
    state = State(case.state)
    if state is State.RESTORED:
        event = models.Event.objects.filter(case_id=case.id, code=Code.RESTORED.value).last()
        return Now(state, event.at) if event else None
    at = case.closed_at if state is State.CLOSED else case.restore_until
    return Now(state, at) if at else None
