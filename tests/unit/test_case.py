"""The one transition table (DESIGN.md 2), every pair of it; F5, R3, R4, X2, W4."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.case import FINAL, OPEN, TRANSITIONS, Act, Standing, State, decide
from signoff.domain.reasons import Refusal

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
BEFORE_THE_CUT = OPEN - {State.ENDING, State.ENDED}

# Everything an act could ask for is there, so that only the table decides.
READY = {
    "confirmed_at": EARLIER,
    "effective_at": EARLIER,
    "restore_until": LATER,
    "proven": True,
    "curable": True,
}

MOMENTS = st.one_of(
    st.none(), st.integers(-9, 9).map(lambda seconds: NOW + timedelta(seconds=seconds))
)
STANDINGS = st.builds(
    Standing,
    state=st.sampled_from(State),
    blockers=st.sampled_from([(), (Refusal.UNPAID_BILL,)]),
    confirmed_at=MOMENTS,
    confirm_until=MOMENTS,
    needs_confirmation=st.booleans(),
    effective_at=MOMENTS,
    restore_until=MOMENTS,
    proven=st.booleans(),
    curable=st.booleans(),
)


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("state", State)
def test_only_the_table_leads_on(state: State, act: Act) -> None:
    until = EARLIER if act is Act.CLOSE else LATER
    verdict = decide(Standing(state, **READY | {"restore_until": until}), act, now=NOW)  # type: ignore[arg-type]

    assert verdict.to is TRANSITIONS.get((state, act))
    assert verdict.allowed is ((state, act) in TRANSITIONS)
    if not verdict.allowed:
        assert verdict.reasons[0] in {Refusal.NOT_IN_THIS_STATE, Refusal.TOO_LATE_TO_WITHDRAW}


def test_every_state_can_be_reached() -> None:
    reached = {State.DECLARED}
    while more := {to for (state, _), to in TRANSITIONS.items() if state in reached} - reached:
        reached |= more

    assert reached == set(State)


def test_nothing_leads_out_of_a_final_state() -> None:
    assert not {state for state, _ in TRANSITIONS} & FINAL
    assert {
        State.CLOSED,
        State.WITHDRAWN,
        State.RESTORED,
        State.PORTED_OUT,
    } == FINAL


def test_every_open_state_has_a_way_out() -> None:
    assert {state for state, _ in TRANSITIONS} == OPEN | {State.DECLINED}


def test_what_was_declined_goes_on_only_where_a_proof_mends_it() -> None:
    """R4."""
    curable = decide(Standing(State.DECLINED, curable=True), Act.RESUBMIT, now=NOW)
    not_curable = decide(Standing(State.DECLINED), Act.RESUBMIT, now=NOW)

    assert curable.to is State.IN_REVIEW
    assert not_curable.reasons == (Refusal.NOT_IN_THIS_STATE,)


@pytest.mark.parametrize("act", Act)
def test_every_act_is_possible_somewhere(act: Act) -> None:
    assert any(possible is act for _, possible in TRANSITIONS)


@pytest.mark.parametrize("state", State)
def test_a_subscriber_may_withdraw_until_the_cut_and_never_after(state: State) -> None:
    verdict = decide(Standing(state), Act.WITHDRAW, now=NOW)

    assert verdict.allowed is (state in BEFORE_THE_CUT)
    if not verdict.allowed:
        assert verdict.reasons == (Refusal.TOO_LATE_TO_WITHDRAW,)


@pytest.mark.parametrize("state", sorted(BEFORE_THE_CUT))
def test_a_completed_port_closes_the_case_by_itself(state: State) -> None:
    """W4."""
    assert decide(Standing(state), Act.PORT_OUT, now=NOW).to is State.PORTED_OUT


def test_an_unpaid_bill_holds_up_the_approval() -> None:
    """R3: and names every reason at once."""
    blockers = (Refusal.UNPAID_BILL, Refusal.IDENTITY_DOCUMENT_MISSING)

    verdict = decide(Standing(State.IN_REVIEW, blockers=blockers), Act.APPROVE, now=NOW)

    assert not verdict.allowed
    assert verdict.reasons == blockers
    assert verdict.to is None
    assert verdict.at == NOW


def test_nothing_is_approved_unconfirmed() -> None:
    """F4."""
    waiting = Standing(State.DECLARED, needs_confirmation=True)
    clicked = Standing(State.DECLARED, needs_confirmation=True, confirmed_at=EARLIER)

    assert decide(waiting, Act.APPROVE, now=NOW).reasons == (Refusal.CONFIRMATION_MISSING,)
    assert decide(clicked, Act.APPROVE, now=NOW).to is State.APPROVED


def test_a_review_stands_in_for_the_link_nobody_clicked() -> None:
    """law.md 0.6: an unclicked link never voids a declaration."""
    reviewed = Standing(State.IN_REVIEW, needs_confirmation=True)

    assert decide(reviewed, Act.APPROVE, now=NOW).to is State.APPROVED


@pytest.mark.parametrize(
    ("until", "act", "reason"),
    [
        (EARLIER, Act.CONFIRM, Refusal.CONFIRMATION_EXPIRED),
        (NOW, Act.CONFIRM, None),
        (None, Act.CONFIRM, None),
        (LATER, Act.LET_CONFIRMATION_LAPSE, Refusal.TOO_EARLY),
        (NOW, Act.LET_CONFIRMATION_LAPSE, None),
        (None, Act.LET_CONFIRMATION_LAPSE, None),
    ],
)
def test_a_link_holds_until_its_time_is_over(
    until: datetime | None, act: Act, reason: Refusal | None
) -> None:
    """F4."""
    verdict = decide(Standing(State.CONFIRMING, confirm_until=until), act, now=NOW)

    assert verdict.reasons == (() if reason is None else (reason,))


@pytest.mark.parametrize("effective_at", [None, LATER])
def test_no_line_ends_before_its_date(effective_at: datetime | None) -> None:
    """E1."""
    standing = Standing(State.APPROVED, effective_at=effective_at)

    assert decide(standing, Act.BEGIN_ENDING, now=NOW).reasons == (Refusal.TOO_EARLY,)


def test_a_line_ends_on_its_date_to_the_second() -> None:
    """E1."""
    standing = Standing(State.APPROVED, effective_at=NOW)

    assert decide(standing, Act.BEGIN_ENDING, now=NOW).to is State.ENDING


def test_no_case_ends_without_proof() -> None:
    """E3."""
    assert decide(Standing(State.ENDING), Act.PROVE_ENDED, now=NOW).reasons == (Refusal.NO_PROOF,)


@pytest.mark.parametrize(
    ("until", "restore", "close"),
    [
        (LATER, True, False),
        (NOW, False, True),
        (EARLIER, False, True),
        (None, False, True),
    ],
)
def test_a_line_comes_back_or_closes_never_both(
    until: datetime | None, restore: bool, close: bool
) -> None:
    """X2: at every moment exactly one of the two is possible."""
    standing = Standing(State.ENDED, restore_until=until)

    back = decide(standing, Act.RESTORE, now=NOW)
    away = decide(standing, Act.CLOSE, now=NOW)

    assert (back.allowed, away.allowed) == (restore, close)
    assert back.allowed or back.reasons == (Refusal.RESTORE_WINDOW_OVER,)
    assert away.allowed or away.reasons == (Refusal.TOO_EARLY,)


@given(STANDINGS, st.sampled_from(Act))
def test_no_verdict_ever_leaves_the_table(standing: Standing, act: Act) -> None:
    verdict = decide(standing, act, now=NOW)

    if verdict.allowed:
        assert verdict.to is TRANSITIONS[standing.state, act]
        assert verdict.reasons == ()
    else:
        assert verdict.to is None
        assert verdict.reasons


@given(st.lists(STANDINGS, min_size=1, max_size=20), st.sampled_from(Act), st.randoms())
def test_a_set_is_judged_as_each_alone(standings: list[Standing], act: Act, random: object) -> None:
    alone = {standing: decide(standing, act, now=NOW) for standing in standings}
    random.shuffle(standings)  # type: ignore[attr-defined]

    assert [decide(each, act, now=NOW) for each in standings] == [alone[each] for each in standings]


@pytest.mark.parametrize("state", State)
def test_the_operator_calls_off_what_is_not_being_cut(state: State) -> None:
    verdict = decide(Standing(state), Act.CALL_OFF, now=NOW)
    too_late = decide(Standing(state, being_cut=True), Act.CALL_OFF, now=NOW)

    assert verdict.allowed is (state in BEFORE_THE_CUT | {State.ENDING})
    assert not too_late.allowed
    if verdict.allowed:
        assert verdict.to is State.WITHDRAWN
        assert too_late.reasons == (Refusal.TOO_LATE_TO_WITHDRAW,)
