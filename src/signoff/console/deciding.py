"""What an agent may decide about a case now, and what stands in the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from signoff.domain.case import Act, State, decide
from signoff.domain.reasons import DeclineReason, ReturnReason
from signoff.usecases import desk
from signoff.usecases.look import CaseView
from signoff.usecases.review import CLAIM_LASTS

_WAITING_FOR_AGENT = (State.IN_REVIEW, State.NEEDS_INPUT)


@dataclass(frozen=True, slots=True)
class Deciding:
    """`open`: there is something to decide; `may`: by this agent's role; `yours`: in their hand."""

    open: bool
    may: bool
    yours: bool
    held: str
    until: datetime | None
    approve: bool
    blockers: tuple[str, ...]
    at_once: bool
    ask: tuple[str, ...]
    decline: tuple[str, ...]


def deciding(
    view: CaseView,
    *,
    you: int,
    roles: frozenset[str],
    names: Mapping[int, str],
    now: datetime,
) -> Deciding:
    """The deciding part of a case's page."""
    state, file = view.file.state, view.file
    claimed_at = view.row.claimed_at if view.held_by else None
    verdict = decide(file.standing, Act.APPROVE, now=now)
    in_review = state is State.IN_REVIEW
    return Deciding(
        open=state in _WAITING_FOR_AGENT,
        may=bool(roles & desk.DECIDING),
        yours=view.held_by == you,
        held=names.get(view.held_by, "") if view.held_by else "",
        until=claimed_at + CLAIM_LASTS if claimed_at else None,
        approve=in_review and verdict.allowed,
        blockers=tuple(code.value for code in verdict.reasons) if in_review else (),
        at_once=file.effective_at <= now,
        ask=tuple(code.value for code in ReturnReason) if in_review else (),
        decline=tuple(code.value for code in DeclineReason) if Act.DECLINE in view.may else (),
    )
