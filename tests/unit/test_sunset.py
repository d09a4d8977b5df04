"""O1: what may happen to a run, and in which order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.case import State
from signoff.domain.sunset import (
    AT_REST,
    AT_WORK,
    CAME_TO,
    OVER,
    PEOPLE,
    REFUSED,
    TRANSITIONS,
    Objection,
    Row,
    RunAct,
    RunStanding,
    Stage,
    decide,
)

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def standing(stage: Stage, **changes: Any) -> RunStanding:
    plain: dict[str, Any] = {"lines": 40, "end_at": NOW - timedelta(hours=1), **changes}
    return RunStanding(stage, **plain)


def test_a_run_goes_from_its_list_to_its_report() -> None:
    stage = Stage.GATHERING
    way = [
        (RunAct.GATHERED, {}),
        (RunAct.REHEARSED, {}),
        (RunAct.CONFIRM, {"by": 1, "count": 40}),
        (RunAct.CONFIRM, {"by": 2, "count": 40}),
        (RunAct.START, {}),
        (RunAct.PAUSE, {}),
        (RunAct.RESUME, {}),
        (RunAct.COMPLETE, {}),
        (RunAct.REPORT, {}),
    ]
    for act, words in way:
        first = 1 if stage is Stage.HALF_CONFIRMED else None
        verdict = decide(standing(stage, first_by=first), act, now=NOW, **words)
        assert verdict.allowed, (stage, act, verdict.reasons)
        assert verdict.to is not None
        stage = verdict.to

    assert stage is Stage.DONE


def test_nobody_confirms_twice() -> None:
    half = standing(Stage.HALF_CONFIRMED, first_by=7)

    verdict = decide(half, RunAct.CONFIRM, now=NOW, by=7, count=40)

    assert (verdict.allowed, verdict.to) == (False, None)
    assert verdict.reasons == (Objection.SAME_PERSON,)
    assert decide(half, RunAct.CONFIRM, now=NOW, by=8, count=40).to is Stage.CONFIRMED


def test_somebody_must_confirm() -> None:
    verdict = decide(standing(Stage.READY), RunAct.CONFIRM, now=NOW, count=40)

    assert verdict.reasons == (Objection.SAME_PERSON,)


@given(count=st.none() | st.integers())
def test_only_the_right_count_confirms(count: int | None) -> None:
    verdict = decide(standing(Stage.READY), RunAct.CONFIRM, now=NOW, by=7, count=count)

    assert verdict.allowed is (count == 40)
    assert verdict.allowed or verdict.reasons == (Objection.WRONG_COUNT,)


def test_a_run_that_ends_nothing_is_not_confirmed() -> None:
    verdict = decide(standing(Stage.READY, lines=0), RunAct.CONFIRM, now=NOW, by=7, count=0)

    assert verdict.reasons == (Objection.NOTHING_TO_END,)


@pytest.mark.parametrize(
    "stage", [Stage.GATHERING, Stage.REHEARSING, Stage.READY, Stage.HALF_CONFIRMED]
)
def test_nothing_starts_before_two_have_confirmed(stage: Stage) -> None:
    verdict = decide(standing(stage), RunAct.START, now=NOW)

    assert verdict.reasons == (Objection.NOT_CONFIRMED,)


@pytest.mark.parametrize("stage", [Stage.RUNNING, Stage.DONE, Stage.ABORTED])
def test_nothing_starts_twice(stage: Stage) -> None:
    verdict = decide(standing(stage), RunAct.START, now=NOW)

    assert verdict.reasons == (Objection.NOT_IN_THIS_STAGE,)


def test_nothing_starts_before_the_announced_end() -> None:
    confirmed = standing(Stage.CONFIRMED, end_at=NOW)

    early = decide(confirmed, RunAct.START, now=NOW - timedelta(microseconds=1))

    assert early.reasons == (Objection.BEFORE_THE_END,)
    assert decide(confirmed, RunAct.START, now=NOW).to is Stage.RUNNING


def test_only_what_failed_is_tried_again() -> None:
    assert decide(standing(Stage.DONE), RunAct.RETRY, now=NOW).reasons == (
        Objection.NOTHING_FAILED,
    )
    assert decide(standing(Stage.DONE, failed=1), RunAct.RETRY, now=NOW).to is Stage.RUNNING


@pytest.mark.parametrize("stage", Stage)
def test_an_abort_stops_what_runs_and_drops_what_does_not(stage: Stage) -> None:
    to = decide(standing(stage), RunAct.ABORT, now=NOW).to

    if stage in (Stage.RUNNING, Stage.PAUSED):
        assert to is Stage.STOPPING
    elif stage in (Stage.RECONCILING, Stage.STOPPING, *OVER):
        assert to is None
    else:
        assert to is Stage.ABORTED


def test_every_stage_leads_to_an_end() -> None:
    reached = set(OVER)
    for _ in Stage:
        reached |= {stage for (stage, _), to in TRANSITIONS.items() if to in reached}

    assert reached == set(Stage)


def test_lines_move_only_where_two_have_confirmed() -> None:
    """No way leads to work but over CONFIRMED."""
    without = {(s, a): to for (s, a), to in TRANSITIONS.items() if s is not Stage.CONFIRMED}
    reached = {Stage.GATHERING}
    for _ in Stage:
        reached |= {to for (stage, _), to in without.items() if stage in reached}

    assert reached.isdisjoint(AT_WORK)


def test_people_ask_for_what_the_work_does_not_do() -> None:
    assert set(RunAct) - set(PEOPLE) == {
        RunAct.GATHERED, RunAct.REHEARSED, RunAct.COMPLETE, RunAct.REPORT,
    }  # fmt: skip


def test_every_row_is_refused_under_way_or_at_rest() -> None:
    under_way = {Row.GIVEN, Row.READY, Row.OPEN}

    assert {*REFUSED, *AT_REST} | under_way == set(Row)
    assert not {*REFUSED} & {*AT_REST}
    assert set(CAME_TO.values()) <= set(AT_REST)
    assert set(CAME_TO) == {
        State.ENDED, State.CLOSED, State.WITHDRAWN, State.DECLINED, State.RESTORED,
        State.PORTED_OUT,
    }  # fmt: skip
