"""Taking a wish back, and a line: until the cut, within the window, and only once (X2)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

import stage
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.domain.reasons import LeavingReason, Refusal
from signoff.domain.steps import Step
from signoff.records import models
from signoff.testing import facts
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases.look import NotYours
from signoff.workflows import act, runner
from signoff.workflows.work import clock
from usecases.scenes import (
    Scene,
    declared_in,
    let_time_pass,
    nothing_happens,
    run,
    scene,
    window_over,
    work_on,
)

pytestmark = pytest.mark.django_db

OPEN = (State.DECLARED, State.CONFIRMING, State.IN_REVIEW, State.NEEDS_INPUT, State.APPROVED)
BEGUN = (State.ENDING, State.ENDED, State.CLOSED, State.RESTORED)


def ops(sandbox: SandboxAdmin) -> list[str]:
    return [row["op"] for row in sandbox.ledger()]


@pytest.mark.parametrize("state", OPEN)
def test_a_wish_is_taken_back_until_the_cut(state: State) -> None:
    """The line is as it was: free, unfrozen, untouched at the carrier."""
    with stage.sandbox() as sandbox, stage.mail():
        found = declared_in(state, sandbox=sandbox)

        assert act.withdraw(found.case_id, user_id=found.me).allowed
        work_on()

        assert found.state == State.WITHDRAWN
        line = models.Line.objects.get(id=found.line.id)
        assert (line.case_id, line.frozen_at, line.state) == (None, None, "active")
        assert ops(sandbox) == []
        assert not models.PaymentIntent.objects.exists()
        assert not models.Due.objects.exclude(step=Step.LAPSE_CONFIRMATION).exists()


@pytest.mark.parametrize("state", [*BEGUN, State.WITHDRAWN, State.DECLINED])
def test_afterwards_it_is_too_late(state: State) -> None:
    with stage.sandbox() as sandbox:
        found = declared_in(state, sandbox=sandbox)

        with nothing_happens(sandbox):
            verdict = act.withdraw(found.case_id, user_id=found.me)

        assert verdict.reasons == (Refusal.TOO_LATE_TO_WITHDRAW,)


def test_nobody_takes_back_what_is_not_theirs() -> None:
    found = declared_in(State.APPROVED)

    with nothing_happens():
        for who in (found.people.stranger, found.people.agent):
            with pytest.raises(NotYours):
                act.withdraw(found.case_id, user_id=who.id)
            with pytest.raises(NotYours):
                act.restore(found.case_id, user_id=who.id)
            with pytest.raises(NotYours):
                act.answer(found.case_id, user_id=who.id, words="x")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_taking_back_against_the_beginning_of_the_end() -> None:
    """Thirty times at once: either the line is cut, or the wish is taken back, never both."""
    with stage.sandbox() as sandbox:
        cases = []
        for _ in range(30):
            cases.append(scene(sandbox=sandbox).declare())
        run(Step.ASSESS)
        together = Barrier(2)

        def begin() -> None:
            for each in cases:
                together.wait()
                runner.run_once(Step.BEGIN, only=[each.case_id], carry=False)
            connections.close_all()

        def take_back() -> list[bool]:
            found = []
            for each in cases:
                together.wait()
                found.append(act.withdraw(each.case_id, user_id=each.me).allowed)
            connections.close_all()
            return found

        with ThreadPoolExecutor(2) as pool:
            begun, taken = pool.submit(begin), pool.submit(take_back)
            begun.result()
            withdrawn = taken.result()
        run(Step.BLOCK, Step.CUT)

        assert [each.state for each in cases] == [
            "withdrawn" if each else "ending" for each in withdrawn
        ]
        cut = {row["iccid"] for row in sandbox.ledger(op="cut")}
        assert cut == {each.line.iccid for each, no in zip(cases, withdrawn, strict=True) if not no}


def test_a_phone_that_was_found_works_again() -> None:
    """W1: lost, blocked at once, found, taken back; and ended another day as any other line."""
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(CardKind.CALLING, sandbox=sandbox).declare(reason=LeavingReason.LOST)
        stage.work()

        assert act.withdraw(found.case_id, user_id=found.me).allowed
        work_on()

        line = models.Line.objects.get()
        assert (line.state, line.case_id, line.generation) == ("active", None, 2)
        assert ops(sandbox) == ["block", "restore"]
        found.declare()
        stage.to_the_end(found.case_id, agent=found.people.agent)
        assert ops(sandbox) == ["block", "restore", "block", "cut"]


def test_a_block_on_its_way_is_undone_all_the_same() -> None:
    """E5: the carrier only accepted it; the wish is taken back before anybody read it back."""
    with stage.sandbox() as sandbox, stage.mail():
        sandbox.behave("verizon", execute_after_ms=150, callbacks=False)
        found = scene(CardKind.CALLING, sandbox=sandbox, carrier="verizon")
        found.declare(reason=LeavingReason.LOST)
        run(Step.ASSESS, Step.BLOCK)
        assert models.CarrierIntent.objects.get().state == "accepted"

        assert act.withdraw(found.case_id, user_id=found.me).allowed
        assert models.Due.objects.get(step=Step.RESTORE).due_at > clock()
        while sandbox.counts()["requests"]:
            pass
        work_on()
        while sandbox.counts()["requests"]:
            pass
        work_on()

        assert ops(sandbox) == ["block", "restore"]
        assert models.Line.objects.get().state == "active"
        assert not models.Due.objects.exists()


def test_a_block_nobody_sent_yet_is_never_sent() -> None:
    with stage.sandbox() as sandbox:
        found = scene(CardKind.CALLING, sandbox=sandbox).declare(reason=LeavingReason.LOST)

        act.withdraw(found.case_id, user_id=found.me)
        work_on()

        assert ops(sandbox) == []
        assert not models.Due.objects.filter(step__in=(Step.BLOCK, Step.RESTORE)).exists()


def test_a_later_case_waits_until_an_earlier_one_is_undone() -> None:
    """Q2: the carrier is down; when it is back, a restore must not meet a cut half-way."""
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(sandbox=sandbox).declare(reason=LeavingReason.LOST)
        run(Step.BLOCK)
        sandbox.behave("wholesale", faults=[{"kind": "down"}])
        act.withdraw(found.case_id, user_id=found.me)
        found.declare()
        work_on(rounds=3)

        assert found.state == State.APPROVED
        assert ops(sandbox) == ["block"]

        sandbox.behave("wholesale", reset=True)
        work_on(rounds=8)

        assert ops(sandbox) == ["block", "restore", "block", "cut"]
        assert found.state == State.ENDED
        assert models.Line.objects.get().state == "terminated"


def test_a_line_comes_back_within_its_window() -> None:
    """X2: asked twice, done once; then it is free to be ended again, and owes nothing twice."""
    with stage.sandbox() as sandbox, stage.mail():
        found = declared_in(State.ENDED, sandbox=sandbox)
        for _ in range(2):
            assert act.restore(found.case_id, user_id=found.me).allowed
        work_on()

        assert found.state == State.RESTORED
        assert ops(sandbox) == ["block", "cut", "restore"]
        line, account = models.Line.objects.get(), models.Account.objects.get()
        assert (line.state, line.case_id, line.frozen_at) == ("active", None, None)
        assert (account.settled_case, account.closed_at) == (None, None)

        found.declare()
        stage.to_the_end(found.case_id, agent=found.people.agent)
        assert ops(sandbox) == ["block", "cut", "restore", "block", "cut"]
        refunds = models.PaymentIntent.objects.values_list("minor", flat=True)
        assert sum(refunds) == 2350


def test_a_restored_line_is_not_charged_twice() -> None:
    """M1: the balance paid the bill at the first end; at the second nothing is left to pay."""
    account = {"bills": (facts.bill("b1", 1000),), "orders": ()}
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(sandbox=sandbox, settled=False, account=account)
        found.declare()
        stage.work()
        assert sum(models.PaymentIntent.objects.values_list("minor", flat=True)) == 1350
        act.restore(found.case_id, user_id=found.me)
        work_on()

        found.declare()
        stage.work()

        assert found.case.final == {"currency": "USD", "lines": []}
        assert sum(models.PaymentIntent.objects.values_list("minor", flat=True)) == 1350


@pytest.mark.parametrize("state", [*OPEN, State.ENDING, State.WITHDRAWN, State.DECLINED])
def test_only_an_ended_line_comes_back(state: State) -> None:
    found = declared_in(state)

    with nothing_happens():
        verdict = act.restore(found.case_id, user_id=found.me)

    assert verdict.reasons == (Refusal.NOT_IN_THIS_STATE,)


@pytest.mark.parametrize("way", ["withdrawn", "restored"])
def test_a_line_that_goes_on_renews_as_before(way: str) -> None:
    """P6: the declaration stopped its plan and add-on; taken back, they are there again."""
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(CardKind.DATA, sandbox=sandbox, carrier="wholesale")
        before = models.Line.objects.get().facts
        found.declare()
        assert models.Line.objects.get().facts["add_ons"] == []
        if way == "withdrawn":
            act.withdraw(found.case_id, user_id=found.me)
        else:
            stage.to_the_end(found.case_id, agent=found.people.agent)
            act.restore(found.case_id, user_id=found.me)
            work_on(rounds=2)

        assert models.Line.objects.get().facts == before


def test_after_the_window_it_is_told_plainly() -> None:
    with stage.sandbox() as sandbox:
        found = declared_in(State.ENDED, sandbox=sandbox)
        window_over(found.case_id)

        with nothing_happens(sandbox):
            verdict = act.restore(found.case_id, user_id=found.me)

        assert verdict.reasons == (Refusal.RESTORE_WINDOW_OVER,)


def test_what_is_being_purged_is_not_promised_back() -> None:
    """Q2: the clock of another machine was ahead, and the purge is on its way already."""
    with stage.sandbox() as sandbox:
        found = declared_in(State.ENDED, sandbox=sandbox)
        until = found.case.restore_until
        sandbox.behave("wholesale", faults=[{"kind": "throttle"}])
        window_over(found.case_id)
        run(Step.PURGE)
        models.Case.objects.update(restore_until=until)

        with nothing_happens(sandbox):
            verdict = act.restore(found.case_id, user_id=found.me)

        assert verdict.reasons == (Refusal.RESTORE_WINDOW_OVER,)


def test_a_line_asked_back_in_time_is_not_purged() -> None:
    """X2, E5: the carrier was down when the window ended; the irreversible call waits."""
    with stage.sandbox() as sandbox, stage.mail():
        found = declared_in(State.ENDED, sandbox=sandbox)
        sandbox.behave("wholesale", faults=[{"kind": "down"}])
        assert act.restore(found.case_id, user_id=found.me).allowed
        run(Step.RESTORE)
        window_over(found.case_id)
        for _ in range(3):
            run(Step.PURGE)
            models.Due.objects.filter(step=Step.PURGE).update(due_at=clock())

        sandbox.behave("wholesale", reset=True)
        for _ in range(6):
            let_time_pass()
            models.Due.objects.update(due_at=clock())
            run(Step.PURGE, Step.RESTORE)

        assert ops(sandbox) == ["block", "cut", "restore"]
        assert found.state == State.RESTORED


def test_a_purge_that_comes_too_early_waits_on() -> None:
    """Q2: the clock went back."""
    with stage.sandbox() as sandbox:
        found = declared_in(State.ENDED, sandbox=sandbox)
        models.Due.objects.filter(step=Step.PURGE).update(due_at=clock())

        run(Step.PURGE)

        assert found.state == State.ENDED
        due = models.Due.objects.get(step=Step.PURGE)
        assert (due.due_at, due.lease_until) == (found.case.restore_until, None)
        assert ops(sandbox) == ["block", "cut"]


def test_a_scene_is_complete() -> None:
    """Every state a test asks for is reached by the real steps."""
    with stage.sandbox() as sandbox:
        for state in (*OPEN, *BEGUN, State.WITHDRAWN, State.DECLINED):
            assert isinstance(declared_in(state, sandbox=sandbox), Scene)
