"""The case: one wish to end one line. Its states and the only table of what may follow what."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signoff.domain.reasons import Refusal


class State(StrEnum):
    """Where a case stands. TM Forum order states are mapped in docs/reference/states.md."""

    DECLARED = "declared"
    CONFIRMING = "confirming"
    IN_REVIEW = "in_review"
    NEEDS_INPUT = "needs_input"
    APPROVED = "approved"
    ENDING = "ending"
    ENDED = "ended"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    RESTORED = "restored"
    PORTED_OUT = "ported_out"


class Act(StrEnum):
    """What moves a case from one state to another."""

    ASK_CONFIRMATION = "ask_confirmation"
    CONFIRM = "confirm"
    LET_CONFIRMATION_LAPSE = "let_confirmation_lapse"
    SEND_TO_REVIEW = "send_to_review"
    ASK_SUBSCRIBER = "ask_subscriber"
    ANSWER = "answer"
    APPROVE = "approve"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    BEGIN_ENDING = "begin_ending"
    PROVE_ENDED = "prove_ended"
    RESTORE = "restore"
    CLOSE = "close"
    PORT_OUT = "port_out"
    CALL_OFF = "call_off"
    RESUBMIT = "resubmit"


_BEFORE_THE_CUT = (
    State.DECLARED,
    State.CONFIRMING,
    State.IN_REVIEW,
    State.NEEDS_INPUT,
    State.APPROVED,
)

TRANSITIONS: dict[tuple[State, Act], State] = {
    (State.DECLARED, Act.ASK_CONFIRMATION): State.CONFIRMING,
    (State.DECLARED, Act.SEND_TO_REVIEW): State.IN_REVIEW,
    (State.DECLARED, Act.ASK_SUBSCRIBER): State.NEEDS_INPUT,
    (State.DECLARED, Act.APPROVE): State.APPROVED,
    (State.CONFIRMING, Act.CONFIRM): State.DECLARED,
    # An unclicked link never voids a declaration (law.md 0.6): a person looks at it instead.
    (State.CONFIRMING, Act.LET_CONFIRMATION_LAPSE): State.IN_REVIEW,
    (State.IN_REVIEW, Act.APPROVE): State.APPROVED,
    (State.IN_REVIEW, Act.DECLINE): State.DECLINED,
    (State.IN_REVIEW, Act.ASK_SUBSCRIBER): State.NEEDS_INPUT,
    # An answer is assessed anew: what was missing may be there now, or a review still due.
    (State.NEEDS_INPUT, Act.ANSWER): State.DECLARED,
    (State.NEEDS_INPUT, Act.DECLINE): State.DECLINED,
    # Declined for want of a proof: with one a person looks anew; the first date counts (R4).
    (State.DECLINED, Act.RESUBMIT): State.IN_REVIEW,
    (State.APPROVED, Act.BEGIN_ENDING): State.ENDING,
    (State.ENDING, Act.PROVE_ENDED): State.ENDED,
    (State.ENDED, Act.RESTORE): State.RESTORED,
    (State.ENDED, Act.CLOSE): State.CLOSED,
    **{(state, Act.WITHDRAW): State.WITHDRAWN for state in _BEFORE_THE_CUT},
    **{(state, Act.PORT_OUT): State.PORTED_OUT for state in _BEFORE_THE_CUT},
    # The operator stops what it began itself (O1); a subscriber's own wish is theirs to take back.
    **{(state, Act.CALL_OFF): State.WITHDRAWN for state in (*_BEFORE_THE_CUT, State.ENDING)},
}

OPEN = frozenset(
    {*_BEFORE_THE_CUT, State.ENDING, State.ENDED},
)
"""States in which the line still belongs to a case; a second declaration finds this case (F5)."""

OVER = frozenset(State) - OPEN
"""States in which the line is free of the case."""

FINAL = OVER - {State.DECLINED}
"""States nothing leads out of."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule decided, with every reason found, at the moment it was asked."""

    allowed: bool
    reasons: tuple[Refusal, ...]
    at: datetime
    to: State | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a rule must know of a case to decide about it.

    `curable`: it was declined for a reason that a proof mends, and its line is free.
    """

    state: State
    blockers: tuple[Refusal, ...] = ()
    confirmed_at: datetime | None = None
    confirm_until: datetime | None = None
    needs_confirmation: bool = False
    effective_at: datetime | None = None
    restore_until: datetime | None = None
    proven: bool = False
    being_cut: bool = False
    curable: bool = False


def decide(standing: Standing, act: Act, *, now: datetime) -> Verdict:
    """Whether the act is allowed on this case now, and where it leads."""
    to = TRANSITIONS.get((standing.state, act))
    if to is None:
        too_late = act is Act.WITHDRAW and standing.state in {State.ENDING, State.ENDED, *OVER}
        reason = Refusal.TOO_LATE_TO_WITHDRAW if too_late else Refusal.NOT_IN_THIS_STATE
        return Verdict(allowed=False, reasons=(reason,), at=now)
    reasons = _objections(standing, act, now=now)
    return Verdict(allowed=not reasons, reasons=reasons, at=now, to=None if reasons else to)


def _objections(standing: Standing, act: Act, *, now: datetime) -> tuple[Refusal, ...]:
    match act:
        case Act.APPROVE:
            waiting = standing.needs_confirmation and standing.confirmed_at is None
            # A person who reviewed it stands in for the link nobody clicked.
            skipped = waiting and standing.state is State.DECLARED
            return (*standing.blockers, *((Refusal.CONFIRMATION_MISSING,) if skipped else ()))
        case Act.CONFIRM if standing.confirm_until is not None and now > standing.confirm_until:
            return (Refusal.CONFIRMATION_EXPIRED,)
        case Act.LET_CONFIRMATION_LAPSE if (
            standing.confirm_until is not None and now < standing.confirm_until
        ):
            return (Refusal.TOO_EARLY,)
        case Act.BEGIN_ENDING if standing.effective_at is None or now < standing.effective_at:
            return (Refusal.TOO_EARLY,)
        case Act.RESUBMIT if not standing.curable:
            return (Refusal.NOT_IN_THIS_STATE,)
        case Act.CALL_OFF if standing.being_cut:
            return (Refusal.TOO_LATE_TO_WITHDRAW,)
        case Act.PROVE_ENDED if not standing.proven:
            return (Refusal.NO_PROOF,)
        case Act.RESTORE if standing.restore_until is None or now >= standing.restore_until:
            return (Refusal.RESTORE_WINDOW_OVER,)
        case Act.CLOSE if standing.restore_until is not None and now < standing.restore_until:
            return (Refusal.TOO_EARLY,)
        case _:
            return ()
