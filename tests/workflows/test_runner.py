"""Sets of due rows: one bad case stops no other, a lease is kept and known again, nothing spins."""

import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event
from typing import Any, Never
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connections

import stage
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.domain.steps import MOST_ATTEMPTS, Step, pause
from signoff.records import models
from signoff.records.changes import Changes
from signoff.workflows import leases, runner, steps
from signoff.workflows.runner import Again, Inside, Outside, Stuck
from signoff.workflows.work import changing, clock
from usecases.scenes import run, scene

pytestmark = pytest.mark.django_db

STEP = Step.BLOCK


@dataclass
class Errands:
    """A step that goes outside and writes down what it was asked; `bad` subjects break an act."""

    bad: Collection[UUID] = ()
    breaks: str = ""
    answers: dict[UUID, Any] = field(default_factory=dict)
    called: list[UUID] = field(default_factory=list)
    recorded: list[UUID] = field(default_factory=list)

    def plan(self, subjects: Sequence[UUID], changes: Changes) -> list[UUID]:
        self._break("plan", subjects)
        return list(subjects)

    def call(self, planned: list[UUID]) -> None:
        self._break("call", planned)
        self.called += planned

    def record(
        self, subjects: Sequence[UUID], planned: list[UUID], *, changes: Changes
    ) -> list[Again | Stuck]:
        assert list(subjects) == planned
        self._break("record", subjects)
        self.recorded += subjects
        return [self.answers[each] for each in subjects if each in self.answers]

    def part(self, planned: list[UUID], subjects: Collection[UUID]) -> list[UUID]:
        return [each for each in planned if each in subjects]

    def _break(self, act: str, subjects: Sequence[UUID]) -> None:
        if act == self.breaks and set(self.bad) & set(subjects):
            raise ValueError(act)


@pytest.fixture
def errands(monkeypatch: pytest.MonkeyPatch) -> Errands:
    made = Errands()
    kind = Outside(plan=made.plan, call=made.call, record=made.record, part=made.part)
    monkeypatch.setitem(steps.STEPS, STEP, kind)
    return made


def owe(many: int, *, lane: int = 0) -> list[UUID]:
    """Due rows for the step under test, in this order."""
    subjects = [uuid4() for _ in range(many)]
    with changing() as changes:
        for number, each in enumerate(subjects):
            at = changes.now - timedelta(seconds=many - number)
            changes.owe(STEP, each, lane=lane, due_at=at)
    return subjects


def due(subject: UUID) -> models.Due:
    return models.Due.objects.get(subject=subject)


# ---------------------------------------------------------------- one bad case
@pytest.mark.parametrize("breaks", ["plan", "call", "record"])
def test_a_poisoned_row_stops_no_other(breaks: str, errands: Errands) -> None:
    """E5: forty-nine go on at once; the fiftieth waits longer each time, then for a person."""
    subjects = owe(50)
    errands.bad, errands.breaks = [subjects[17]], breaks

    runner.run(STEP)

    good = [each for each in subjects if each != subjects[17]]
    assert sorted(errands.recorded) == sorted(good)
    assert models.Due.objects.get().subject == subjects[17]
    for attempts in range(1, MOST_ATTEMPTS):
        left = due(subjects[17])
        assert (left.attempts, left.lease_until) == (attempts, None)
        assert left.due_at - clock() > pause(attempts - 1) - timedelta(seconds=1)
        assert runner.run_once(STEP) == 0
        models.Due.objects.update(due_at=clock())
        runner.run(STEP)
    assert not models.Due.objects.exists()
    parked = models.Attention.objects.get()
    assert (parked.subject, parked.step, parked.code) == (subjects[17], STEP, "failed")


def test_a_bad_row_of_a_step_of_one_at_a_time_is_not_tried_once_a_halving() -> None:
    """E5: a set is halved from what the step takes at once, not from all that is due."""
    bad, *good = owe(64)
    tried: list[UUID] = []

    def act(subjects: Sequence[UUID], changes: Changes) -> None:
        tried.extend(subjects)
        if bad in subjects:
            raise ValueError

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(steps.STEPS, STEP, Inside(act, most=1))
        assert runner.run_once(STEP) == 1
        assert tried == [bad] * 3  # with the others' steps, without them, and known to be alone
        assert due(bad).attempts == 1

        runner.run(STEP)

    assert tried[3:] == good
    assert models.Due.objects.get().subject == bad


def test_what_was_called_is_not_called_again_because_of_another(errands: Errands) -> None:
    """The set's answers are recorded in halves: forty-nine people get one mail each, not six."""
    subjects = owe(50)
    errands.bad, errands.breaks = [subjects[3]], "record"

    runner.run(STEP)

    assert sorted(errands.called) == sorted(subjects)


def test_a_poisoned_case_in_a_set_of_fifty_is_put_off_and_the_others_go_on() -> None:
    """The same with real cases: one cannot be read at all."""
    with stage.sandbox() as sandbox:
        cases = [scene(sandbox=sandbox).declare() for _ in range(50)]
        bad = cases[31]
        models.Case.objects.filter(id=bad.case_id).update(shown={"currency": "?"})

        run(Step.ASSESS, Step.BEGIN, Step.BLOCK, Step.CUT, Step.SETTLE)
        for _ in range(MOST_ATTEMPTS):
            models.Due.objects.filter(step=Step.ASSESS).update(due_at=clock())
            run(Step.ASSESS)

        states = [models.Case.objects.get(id=each.case_id).state for each in cases]
        assert states.count(State.ENDED) == 49
        assert states[31] == State.DECLARED
        parked = models.Attention.objects.get()
        assert (parked.subject, parked.step) == (bad.case_id, "assess")
        assert len(sandbox.ledger(op="cut")) == 49


def test_a_database_that_is_gone_is_nobodys_poison(
    errands: Errands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Q2: no case is blamed, none is put off; the next worker finds all as it was."""
    subjects = owe(3)
    monkeypatch.setattr(runner, "pause", lambda _: timedelta(0))

    def gone(*_: object, **__: object) -> Never:
        raise OperationalError

    whole = Outside(plan=errands.plan, call=errands.call, record=errands.record, part=errands.part)
    for broken in (
        replace(whole, plan=gone),
        replace(whole, call=gone),
        replace(whole, record=gone),
    ):
        models.Due.objects.update(lease_until=None)
        monkeypatch.setitem(steps.STEPS, STEP, broken)
        with pytest.raises(OperationalError):
            runner.run(STEP)

    assert {due(each).attempts for each in subjects} == {0}
    assert not models.Attention.objects.exists()


# ---------------------------------------------------------------- waiting
def test_what_waits_is_not_asked_for_again_before_its_time(errands: Errands) -> None:
    """Nothing spins: a run ends, and the next one has nothing to do."""
    (subject,) = owe(1)
    later = clock() + timedelta(seconds=30)
    errands.answers = {subject: Again(subject, later)}

    runner.run(STEP)
    runner.run(STEP)

    assert errands.called == [subject]
    assert (due(subject).due_at, due(subject).lease_until) == (later, None)
    assert runner.due_steps() == []


def test_waiting_patiently_is_no_failure(errands: Errands) -> None:
    """An order read back a hundred times has not failed once."""
    (subject,) = owe(1)
    for _ in range(2 * MOST_ATTEMPTS):
        errands.answers = {subject: Again(subject, clock())}
        runner.run_once(STEP)

    assert due(subject).attempts == 0
    errands.bad, errands.breaks = [subject], "record"
    runner.run(STEP)
    assert due(subject).attempts == 1


def test_what_no_repetition_mends_waits_for_a_person(errands: Errands) -> None:
    (subject,) = owe(1)
    errands.answers = {subject: Stuck(subject, "refused")}

    runner.run(STEP)

    assert not models.Due.objects.exists()
    assert models.Attention.objects.get().code == "refused"


def test_people_go_before_bulk() -> None:
    """DESIGN 4: a sunset never delays a person."""
    bulk, people = owe(3, lane=1), owe(2)
    order: list[UUID] = []

    def act(subjects: Sequence[UUID], changes: Changes) -> None:
        order.extend(subjects)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(steps.STEPS, STEP, Inside(act))
        patch.setattr(runner, "SET", 2)
        runner.run(STEP)

    assert order == [*people, *bulk]


# ---------------------------------------------------------------- leases
def test_a_row_that_is_owed_again_stays_with_its_worker(errands: Errands) -> None:
    """Two workers at one line would send twice."""
    (subject,) = owe(1)
    seen: list[int] = []

    def owe_again(planned: list[UUID]) -> None:
        with changing() as changes:
            changes.owe(STEP, subject)
        seen.append(runner.run_once(STEP))

    kind = Outside(plan=errands.plan, call=owe_again, record=errands.record, part=errands.part)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(steps.STEPS, STEP, kind)
        runner.run(STEP)

    assert seen == [0]
    assert errands.recorded == [subject]
    assert not models.Due.objects.exists()


def test_a_worker_that_lost_its_lease_records_nothing(errands: Errands) -> None:
    """It slept too long; another reads back what came of its calls, and records that."""
    subjects = owe(4)

    def too_slow(planned: list[UUID]) -> None:
        errands.called += planned
        taken = models.Due.objects.filter(subject__in=subjects[:2])
        taken.update(lease_until=clock() + timedelta(minutes=9))

    kind = Outside(plan=errands.plan, call=too_slow, record=errands.record, part=errands.part)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(steps.STEPS, STEP, kind)
        runner.run(STEP)

    assert set(models.Due.objects.values_list("subject", flat=True)) == set(subjects[:2])
    assert errands.recorded[-2:] == subjects[2:]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_lease_lasts_as_long_as_the_calls(
    errands: Errands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E5: a carrier that takes one line at a time needs longer for a set than any lease lasts."""
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=0.4))
    monkeypatch.setattr(leases, "RENEW", timedelta(seconds=0.1))
    subjects, calling, over = owe(3), Event(), Event()

    def slow(planned: list[UUID]) -> None:
        errands.called += planned
        calling.set()
        over.wait(10)

    kind = Outside(plan=errands.plan, call=slow, record=errands.record, part=errands.part)
    monkeypatch.setitem(steps.STEPS, STEP, kind)

    def work() -> None:
        runner.run(STEP)
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        calling.wait(10)
        until = time.monotonic() + 1.2
        while time.monotonic() < until:
            assert runner.run_once(STEP) == 0
            time.sleep(0.05)
        over.set()
        working.result()

    assert sorted(errands.called) == sorted(subjects)
    assert sorted(errands.recorded) == sorted(subjects)
    assert not models.Due.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_never_hold_the_same_row(errands: Errands) -> None:
    """DESIGN 4: four of them, five hundred rows in small sets."""
    subjects = owe(500)

    def work() -> None:
        runner.run(STEP)
        connections.close_all()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "SET", 7)
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(work) for _ in range(4)]:
                done.result()

    assert sorted(errands.called) == sorted(subjects)
    assert sorted(errands.recorded) == sorted(subjects)


# ---------------------------------------------------------------- clocks
def test_a_clock_that_jumps_back_does_nothing_twice_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Q2: an hour back in the middle of an ending, then right again."""
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(CardKind.TRAVEL, sandbox=sandbox).declare()
        run(Step.ASSESS, Step.BEGIN, Step.BLOCK)
        with monkeypatch.context() as patch:
            back = timedelta(hours=1)
            patch.setattr("signoff.workflows.work.clock", lambda: clock() - back)
            patch.setattr("signoff.workflows.runner.clock", lambda: clock() - back)
            stage.work()
            assert [row["op"] for row in sandbox.ledger()] == ["block"]

        stage.work()

        assert found.state == State.ENDED
        assert [row["op"] for row in sandbox.ledger()] == ["block", "cut"]
        assert not models.Attention.objects.exists()


def test_a_clock_that_jumps_ahead_and_back_ends_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Q2: what was begun an hour ahead goes on; its events keep their order."""
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(CardKind.TRAVEL, sandbox=sandbox).declare()
        with monkeypatch.context() as patch:
            ahead = timedelta(hours=1)
            patch.setattr("signoff.workflows.work.clock", lambda: clock() + ahead)
            patch.setattr("signoff.workflows.runner.clock", lambda: clock() + ahead)
            run(Step.ASSESS, Step.BEGIN, Step.BLOCK)
        stage.hasten()
        stage.work()

        assert found.state == State.ENDED
        assert [row["op"] for row in sandbox.ledger()] == ["block", "cut"]
        places = models.Event.objects.filter(case_id=found.case_id).order_by("seq")
        assert list(places.values_list("seq", flat=True)) == list(range(1, len(places) + 1))
