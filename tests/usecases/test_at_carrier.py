"""A carrier that is down, slow, late, or wrong: retried, paced, escalated; once (E2, E3, E5)."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

import stage
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.domain.steps import MOST_ATTEMPTS, Step
from signoff.ports import registry
from signoff.ports.carrier import CallbackHint, CallbackRefused
from signoff.records import models
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases.look import NotYours
from signoff.workflows import act, callbacks
from signoff.workflows.work import clock
from usecases.scenes import Scene, let_time_pass, nothing_happens, run, scene, work_on

pytestmark = pytest.mark.django_db

ONCE = ["block", "cut"]


def ops(sandbox: SandboxAdmin) -> list[str]:
    return [row["op"] for row in sandbox.ledger()]


def require_ended(found: Scene, sandbox: SandboxAdmin) -> None:
    assert found.state == State.ENDED
    assert ops(sandbox) == ONCE
    assert not models.Attention.objects.exists()
    assert found.events().count("line.cut") == 1


FAULTS = [
    ("down, nothing done", {"kind": "down"}),
    ("done, then an error", {"kind": "down_after"}),
    ("reset, nothing done", {"kind": "reset"}),
    ("done, then reset", {"kind": "reset_after"}),
    ("nothing done, no answer", {"kind": "hang"}),
    ("done, no answer", {"kind": "hang_after"}),
    ("done, an answer nobody can read", {"kind": "garbage"}),
    ("too many requests", {"kind": "throttle"}),
    ("the session ended", {"kind": "expire_session"}),
]


@pytest.mark.slow
@pytest.mark.parametrize("carrier", ["wholesale", "verizon"])
@pytest.mark.parametrize(("_case", "fault"), FAULTS)
def test_trouble_with_every_order_ends_the_line_once(
    _case: str, fault: dict[str, Any], carrier: str
) -> None:
    """The sandbox has no idempotency key: what is sent twice is executed twice."""
    with stage.sandbox() as sandbox, stage.mail():
        faults = [{**fault, "endpoint": "operations", "times": 2}]
        sandbox.behave(carrier, faults=faults, hang_ms=2_500, execute_after_ms=20, callbacks=False)
        found = scene(sandbox=sandbox, carrier=carrier).declare()

        _work_until_ended(found, sandbox)

        require_ended(found, sandbox)


@pytest.mark.slow
@pytest.mark.parametrize(("_case", "fault"), FAULTS)
def test_trouble_with_reading_back_proves_nothing_and_repeats_nothing(
    _case: str, fault: dict[str, Any]
) -> None:
    """E3: without a reading there is no proof, and no second order either."""
    with stage.sandbox() as sandbox, stage.mail():
        faults = [{**fault, "endpoint": "query", "times": 2}]
        sandbox.behave("wholesale", faults=faults, hang_ms=2_500)
        found = scene(sandbox=sandbox).declare()

        _work_until_ended(found, sandbox)

        require_ended(found, sandbox)


def _work_until_ended(found: Scene, sandbox: SandboxAdmin) -> None:
    for _ in range(15):
        stage.work()
        if found.state == State.ENDED:
            return
        while sandbox.counts()["requests"]:
            pass
        let_time_pass()


def test_a_carrier_that_is_down_for_long_loses_nothing() -> None:
    """E5: asked again and again, never at once, and no person is troubled."""
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(sandbox=sandbox).declare()
        sandbox.behave("wholesale", faults=[{"kind": "down"}])
        for _ in range(2 * MOST_ATTEMPTS):
            stage.work()
            due = models.Due.objects.get(step=Step.BLOCK)
            assert due.due_at > clock()
            let_time_pass()
        assert found.state == State.ENDING
        assert ops(sandbox) == []

        sandbox.behave("wholesale", reset=True)
        work_on()

        require_ended(found, sandbox)


def test_what_was_never_sent_is_no_attempt() -> None:
    """E5: after a long outage one broken connection is one, and no person's matter."""
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(sandbox=sandbox).declare()
        sandbox.behave("wholesale", faults=[{"kind": "throttle"}])
        work_on(rounds=2 * MOST_ATTEMPTS)
        broken = {"kind": "reset", "endpoint": "operations", "times": 1}
        sandbox.behave("wholesale", reset=True, faults=[broken])

        work_on()

        require_ended(found, sandbox)


def test_a_refusal_waits_for_a_person_and_is_tried_again_by_one() -> None:
    """E5, R6: nothing goes on by itself; whoever may mends it, and the case goes on."""
    with stage.sandbox() as sandbox, stage.mail():
        refuse = {"kind": "refuse", "endpoint": "operations", "code": "CONTRACT_FORBIDS"}
        sandbox.behave("wholesale", faults=[refuse])
        found = scene(sandbox=sandbox).declare()
        stage.work()

        parked = found.attention()
        assert (parked.step, parked.code) == ("block", "CONTRACT_FORBIDS")
        assert found.events().count("carrier.needs-human") == 1
        with nothing_happens(sandbox):
            stage.hasten()
            stage.work()
            for who in (found.people.other_agent.id, found.me):
                with pytest.raises(NotYours):
                    act.retry(found.case_id, parked.id, agent=who)
            with pytest.raises(LookupError):
                act.retry(found.case_id, parked.id + 1, agent=found.agent)

        sandbox.behave("wholesale", reset=True)
        act.retry(found.case_id, parked.id, agent=found.agent)
        with nothing_happens(sandbox), pytest.raises(LookupError):
            act.retry(found.case_id, parked.id, agent=found.agent)
        stage.work()

        assert found.state == State.ENDED
        assert ops(sandbox) == ONCE
        assert not models.Attention.objects.filter(resolved_at=None).exists()


@pytest.mark.parametrize(
    ("_case", "change", "code"),
    [
        ("ported out or recycled", {"account": "tmobile"}, "WRONG_ACCOUNT"),
        ("purged by somebody", {"state": "purged"}, "LINE_PURGED"),
    ],
)
def test_a_line_that_is_not_there_any_more_is_a_persons_matter(
    _case: str, change: dict[str, str], code: str
) -> None:
    """E3: absence is no proof of death."""
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(sandbox=sandbox).declare()
        sandbox.change_line(found.line.iccid, **change)

        work_on()

        assert found.state == State.ENDING
        assert found.attention().code == code
        assert not models.Certificate.objects.exists()


def test_an_order_the_carrier_keeps_waiting_is_not_sent_again() -> None:
    """E2: it says the order is pending, however long that takes; only a day brings a person in."""
    with stage.sandbox() as sandbox, stage.mail():
        sandbox.behave("verizon", execute_after_ms=3_600_000, callbacks=False)
        found = scene(sandbox=sandbox, carrier="verizon").declare()
        work_on(rounds=4)

        intent = models.CarrierIntent.objects.get()
        assert (intent.state, intent.attempts) == ("accepted", 1)
        assert sum(row["requests"] for row in sandbox.counts()["requests"]) == 1

        models.CarrierIntent.objects.update(sent_at=F("sent_at") - timedelta(days=1))
        stage.hasten()
        stage.work()
        assert found.attention().code == "still_waiting"


def test_lost_callbacks_are_not_missed() -> None:
    """E5: nobody ever calls back, and the line ends all the same."""
    with stage.sandbox() as sandbox, stage.mail():
        sandbox.behave("verizon", execute_after_ms=20, callback_lose=-1)
        found = scene(sandbox=sandbox, carrier="verizon").declare()

        _work_until_ended(found, sandbox)

        require_ended(found, sandbox)


def test_callbacks_are_hints_and_count_once() -> None:
    """carriers.md 0.6: repeated, early and lying ones move nothing; forged ones get nowhere."""
    with stage.sandbox() as sandbox, stage.mail():
        sandbox.behave("verizon", execute_after_ms=3_600_000, callbacks=False)
        found = scene(sandbox=sandbox, carrier="verizon").declare()
        stage.work()
        hint = CallbackHint(event_id="e1", iccid=found.line.iccid)

        assert callbacks.take_in("verizon", [hint]) == 1
        assert models.Due.objects.get(step=Step.BLOCK).due_at <= clock()
        stage.work()
        assert callbacks.take_in("verizon", [hint, hint]) == 0
        with nothing_happens(sandbox), pytest.raises(CallbackRefused):
            registry.carriers["verizon"].parse_callback({"X-Sandbox-Signature": "00"}, b"{}")

        assert found.state == State.ENDING
        assert models.Line.objects.get().state == "active"
        assert ops(sandbox) == []


def cutting(sandbox: SandboxAdmin) -> Scene:
    """A blocked line whose carrier carries orders out later, and tells nobody."""
    sandbox.behave("verizon", execute_after_ms=1, callbacks=False)
    found = scene(sandbox=sandbox, carrier="verizon").declare()
    run(Step.ASSESS, Step.BEGIN)
    for _ in range(3):
        run(Step.BLOCK)
        settle_down()
    return found


def settle_down() -> None:
    """The carrier carries out what it accepted, and the time it may take is over."""
    time.sleep(0.05)
    let_time_pass()


def test_a_line_alive_again_after_its_cut_is_cut_again() -> None:
    """E6: somebody reactivated it by hand before the proof was read."""
    with stage.sandbox() as sandbox, stage.mail():
        found = cutting(sandbox)
        run(Step.CUT)
        settle_down()
        sandbox.change_line(found.line.iccid, state="active")

        for _ in range(6):
            stage.work()
            settle_down()

        assert found.state == State.ENDED
        assert ops(sandbox) == ["block", "cut", "cut"]
        assert (found.case.proof or {})["state"] == "deactivated"


def test_a_line_that_keeps_coming_back_is_a_persons_matter() -> None:
    """E5: not cut for ever, not forgotten."""
    with stage.sandbox() as sandbox, stage.mail():
        found = cutting(sandbox)
        for _ in range(3 * MOST_ATTEMPTS):
            run(Step.CUT)
            settle_down()
            sandbox.change_line(found.line.iccid, state="active")

        assert found.attention().code == "too_many_attempts"
        assert ops(sandbox).count("cut") == MOST_ATTEMPTS
        assert found.state == State.ENDING


def test_a_carrier_nobody_wired_is_a_persons_matter() -> None:
    """Q6: a wrong name in the book is not asked for until the end of days."""
    with stage.mail():
        found = scene(CardKind.CALLING, carrier="nowhere").declare()
        run(Step.ASSESS)
        found.approve()
        work_on(rounds=MOST_ATTEMPTS)

        assert found.attention().code == "NotRegistered"
        assert found.state == State.ENDING
