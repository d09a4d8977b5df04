"""What a reading proves about an operation, and what an adapter raises (C2, C3)."""

import pickle
from uuid import UUID

import pytest

from signoff.ports.carrier import (
    WRONG_ACCOUNT,
    CallbackRefused,
    CarrierError,
    CarrierLockedOut,
    CarrierMisread,
    CarrierUnsupported,
    Judgement,
    LineState,
    Observation,
    Op,
    Outcome,
    OutcomeKind,
    judge,
    wanted_state,
)

S, J = LineState, Judgement


def seen(
    state: LineState, *, connected: bool | None = None, error: str | None = None
) -> Observation:
    return Observation(iccid="8901", state=state, connected=connected, error=error)


@pytest.mark.parametrize("op", list(Op))
def test_wanted_state_is_the_proof(op: Op) -> None:
    assert judge(op, seen(wanted_state(op))) is J.REACHED


@pytest.mark.parametrize(
    ("op", "state", "judgement"),
    [
        (Op.BLOCK, S.ACTIVE, J.NOT_YET),
        (Op.BLOCK, S.DEACTIVATED, J.STRANGE),
        (Op.CUT, S.ACTIVE, J.NOT_YET),
        (Op.CUT, S.SUSPENDED, J.NOT_YET),
        (Op.RESTORE, S.SUSPENDED, J.NOT_YET),
        (Op.RESTORE, S.DEACTIVATED, J.NOT_YET),
        (Op.RESTORE, S.PURGED, J.GONE),
        (Op.PURGE, S.DEACTIVATED, J.NOT_YET),
        (Op.PURGE, S.ACTIVE, J.STRANGE),
        (Op.PURGE, S.SUSPENDED, J.STRANGE),
        (Op.CUT, S.PURGED, J.GONE),
        (Op.BLOCK, S.NOT_FOUND, J.GONE),
        (Op.CUT, S.NOT_FOUND, J.GONE),
    ],
)
def test_other_states_prove_nothing(op: Op, state: LineState, judgement: Judgement) -> None:
    assert judge(op, seen(state)) is judgement


def test_deactivated_but_connected_is_not_yet_cut() -> None:
    assert judge(Op.CUT, seen(S.DEACTIVATED, connected=True)) is J.NOT_YET
    assert judge(Op.CUT, seen(S.DEACTIVATED, connected=False)) is J.REACHED


def test_not_found_is_what_a_purge_wants_except_at_a_wrong_account() -> None:
    assert judge(Op.PURGE, seen(S.NOT_FOUND, error="LINE_NOT_FOUND")) is J.REACHED
    assert judge(Op.PURGE, seen(S.NOT_FOUND, error=WRONG_ACCOUNT)) is J.GONE


@pytest.mark.parametrize("op", list(Op))
def test_no_answer_is_no_reading_and_a_foreign_state_is_strange(op: Op) -> None:
    assert judge(op, seen(S.UNKNOWN, error="TIMEOUT")) is J.UNREAD
    assert judge(op, seen(S.UNKNOWN)) is J.STRANGE


@pytest.mark.parametrize(
    "kind", [CarrierError, CarrierUnsupported, CarrierLockedOut, CarrierMisread, CallbackRefused]
)
def test_exceptions_pickle_and_say_what_they_are(kind: type[CarrierError]) -> None:
    error = pickle.loads(pickle.dumps(kind("CODE")))

    assert type(error) is kind
    assert error.code == "CODE"
    assert str(error).endswith("(CODE)")
    assert "\n" not in str(error)


def test_a_repetition_needs_a_time_and_only_it() -> None:
    with pytest.raises(ValueError, match="retry_after_s"):
        Outcome(intent_id=UUID(int=1), kind=OutcomeKind.RETRY_AFTER)
    with pytest.raises(ValueError, match="retry_after_s"):
        Outcome(intent_id=UUID(int=1), kind=OutcomeKind.DONE, retry_after_s=1)
