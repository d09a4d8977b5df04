"""O1: a run is paused, resumed and aborted wherever it stands; two workers open nothing twice."""

from collections import Counter
from threading import Thread
from typing import Any

import pytest
from django.db import connection

import stage
from signoff.domain.case import State
from signoff.domain.steps import Step
from signoff.domain.sunset import Objection, Stage
from signoff.records import models, sunset_rows
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases.sunsets import parts
from signoff.workflows import runner, sunsets
from signoff.workflows.work import clock
from usecases.scenes import nothing_happens
from usecases.sunset_scenes import Scene, scene

LATER = ("purge", "erase", "remind", "send_notice")
"""Steps no run waits for."""

pytestmark = pytest.mark.django_db(transaction=True)

BULK = (Step.SUNSET_PART, Step.SUNSET_RUN, Step.SUNSET_REPORT)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of two rows, two of them open at once: what takes a million lines, with a handful."""
    for module in _with("PART"):
        monkeypatch.setattr(module, "PART", 2)
    monkeypatch.setattr(parts, "MOST_OPEN", 2)


def _with(name: str) -> list[Any]:
    from signoff.records import sunset_lists, sunset_outcomes
    from signoff.usecases.sunsets import gather

    return [each for each in (sunset_rows, sunset_lists, sunset_outcomes, gather)
            if hasattr(each, name)]  # fmt: skip


def states() -> Counter[str]:
    return Counter(models.Case.objects.values_list("state", flat=True))


def open_only(*steps: Step) -> None:
    """Open parts, and nothing that comes after in the same breath."""
    for step in steps:
        runner.run_once(step, carry=False)


def actives(closing: Scene) -> int:
    """Lines that are as if nothing had happened."""
    untouched = models.Line.objects.filter(brand="farwander", case_id=None, frozen_at=None)
    return untouched.filter(state="active").count()


def test_a_pause_holds_back_what_is_not_at_its_carrier(small_parts: None) -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=6)
        closing.create()
        closing.started()
        open_only(Step.SUNSET_PART)
        assert states() == {"declared": 2}

        assert sunsets.pause(closing.id, by=closing.second.id).allowed
        stage.hasten(but=("purge", "assess", "begin", "block"))
        runner.run(Step.SUNSET_PART)
        with nothing_happens(sandbox):
            for step in (Step.ASSESS, Step.BEGIN, Step.BLOCK):
                runner.run(step)
        assert states() == {"declared": 2}
        assert not sandbox.ledger()
        assert closing.view.progress.seconds_left is None

        assert sunsets.resume(closing.id, by=closing.first.id).allowed
        closing.finish()
        assert set(closing.rows().values()) == {"ended"}
        assert len(sandbox.ledger(op="cut")) == 6


def test_what_is_at_its_carrier_goes_through_a_pause(small_parts: None) -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=6)
        closing.create()
        closing.started()
        runner.run_once(Step.SUNSET_PART)
        assert sunsets.pause(closing.id, by=closing.first.id).allowed
        for _ in range(6):
            stage.work()
            stage.hasten(but=("purge", "assess", "begin", "block"))

        counts = Counter(closing.rows().values())
        assert counts["ended"] + counts["open"] <= 4
        assert counts["ready"] >= 2
        assert closing.stage is Stage.PAUSED
        sunsets.resume(closing.id, by=closing.first.id)
        closing.finish()
        assert len(sandbox.ledger(op="cut")) == 6


def test_a_provider_that_is_down_holds_up_money_and_no_line(small_parts: None) -> None:
    """O1, M2: refunds wait; every line ends all the same, and the run once they are paid."""
    with stage.sandbox() as sandbox:
        closing = scene(sandbox)
        for _ in range(8):
            closing.line(account={})
        closing.create()
        closing.started()
        for _ in range(8):
            for step in set(runner.due_steps()) - {Step.PAY, Step.SEND_NOTICE}:
                runner.run_once(Step(step))
            models.Due.objects.filter(step__startswith="sunset").update(due_at=clock())

        assert states() == {State.CLOSED: 8}
        assert len(sandbox.ledger(op="cut")) == 8
        assert (sandbox.pay_ledger(), closing.stage) == ([], Stage.RUNNING)

        closing.finish()

        assert closing.stage is Stage.DONE
        assert len(sandbox.pay_ledger()) == 16


def test_an_abort_before_the_start_touches_nothing() -> None:
    for way in ("gathering", "ready", "half_confirmed", "confirmed"):
        closing = scene(lines=1)
        closing.create(closing.listed())
        with stage.sandbox():
            if way != "gathering":
                stage.work()
            if way == "half_confirmed":
                sunsets.confirm(closing.id, by=closing.first.id, count=1)
            if way == "confirmed":
                closing.confirmed()
            assert closing.stage == way

            assert sunsets.abort(closing.id, by=closing.first.id).allowed
            stage.work()

            assert closing.stage is Stage.ABORTED
            with nothing_happens():
                assert closing.start().reasons == (Objection.NOT_IN_THIS_STAGE,)
    assert not models.Case.objects.exists()


def test_an_abort_leaves_what_was_not_begun_and_ends_what_is_cut(small_parts: None) -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=8)
        closing.create()
        closing.started()
        runner.run_once(Step.SUNSET_PART)
        open_only(Step.SUNSET_PART)
        assert states()["declared"] == 2

        assert sunsets.abort(closing.id, by=closing.second.id).allowed
        assert closing.run.stage == Stage.STOPPING
        runner.run(Step.SUNSET_PART)
        closing.finish()

        counts = Counter(closing.rows().values())
        assert counts == {"ended": 2, "withdrawn": 2, "not_begun": 4}
        assert closing.stage is Stage.ABORTED
        assert (len(sandbox.ledger(op="cut")), actives(closing)) == (2, 6)
        report = closing.report
        assert (report["stage"], report["adds_up"]) == ("aborted", True)
        assert not models.Due.objects.exclude(step__in=LATER).exists()


def test_an_abort_unblocks_what_was_blocked_and_not_cut() -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=2)
        closing.create()
        closing.started()
        open_only(Step.SUNSET_PART, Step.ASSESS, Step.BEGIN, Step.BLOCK)
        assert states() == {"ending": 2}
        assert len(sandbox.ledger(op="block")) == 2

        assert sunsets.abort(closing.id, by=closing.first.id).allowed
        runner.run(Step.SUNSET_PART)
        closing.finish()

        assert states() == {State.WITHDRAWN: 2}
        assert set(closing.rows().values()) == {"withdrawn"}
        assert not sandbox.ledger(op="cut")
        assert len(sandbox.ledger(op="restore")) == 2
        assert actives(closing) == 2


def test_an_abort_of_a_paused_run_lets_nothing_sleep(small_parts: None) -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=4)
        closing.create()
        closing.started()
        open_only(Step.SUNSET_PART)
        sunsets.pause(closing.id, by=closing.first.id)
        stage.hasten(but=("purge", "assess", "begin", "block"))
        runner.run(Step.SUNSET_PART)

        assert sunsets.abort(closing.id, by=closing.first.id).allowed
        closing.finish()

        assert Counter(closing.rows().values()) == {"withdrawn": 2, "not_begun": 2}
        assert not sandbox.ledger()
        assert not models.Due.objects.exclude(step__in=LATER).exists()


@pytest.mark.parametrize("ask", ["pause", "resume", "abort", "retry"])
def test_what_a_stage_does_not_allow_changes_nothing(ask: str) -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=1)
        closing.create()
        closing.started().finish()
        with nothing_happens(sandbox):
            verdict = getattr(sunsets, ask)(closing.id, by=closing.first.id)

    assert not verdict.allowed
    assert closing.stage is Stage.DONE


def _worker(sandbox: SandboxAdmin) -> None:
    try:
        for _ in range(60):
            stage.work()
            if not models.Due.objects.exclude(step__in=LATER).exists():
                return
            stage.hasten()
    finally:
        connection.close()


@pytest.mark.slow
def test_two_workers_open_no_line_twice(small_parts: None) -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=20)
        closing.create()
        closing.started()
        workers = [Thread(target=_worker, args=[sandbox]) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(timeout=60)
        closing.finish()

        assert set(closing.rows().values()) == {"ended"}
        assert models.Case.objects.count() == 20
        ops = Counter((row["iccid"], row["op"]) for row in sandbox.ledger())
        assert {times for (_, op), times in ops.items() if op == "cut"} == {1}
        assert closing.report["adds_up"]
