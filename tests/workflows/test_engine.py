"""Wake-ups: part of the transaction, one a step, and never the only thing that remembers."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

import stage
from crash.killing import environment
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.records import models
from signoff.usecases import papers
from signoff.usecases.verify_certificate import verify
from signoff.workflows import act, engine
from signoff.workflows.work import changing, clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_jobs(db: None) -> None:
    """The queue's tables are not Django's: what an earlier test left in them stays there."""
    forget_jobs()


def forget_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


class Rethought(Exception):
    """Rolls a transaction back."""


def jobs() -> Counter[str]:
    """The steps that somebody is woken for."""
    waiting = ProcrastinateJob.objects.filter(status="todo", task_name="signoff.run_step")
    return Counter(job.args["step"] for job in waiting)


def owe(step: Step, *, due_in: timedelta = timedelta(0), lease: timedelta | None = None) -> None:
    """A due row that nobody was woken for."""
    now = clock()
    models.Due.objects.create(
        subject=uuid4(), step=step, due_at=now + due_in, lease_until=now + lease if lease else None
    )


def sweep() -> None:
    engine.sweep(int(time.time()))


def test_a_wake_up_comes_with_its_rows() -> None:
    with changing() as changes:
        changes.owe(Step.ASSESS, uuid4())
        changes.owe(Step.BLOCK, uuid4())

    assert jobs() == {"assess": 1, "block": 1}


def test_a_wake_up_goes_with_its_rows() -> None:
    """Rolled back, nobody is woken for what never was."""
    with pytest.raises(Rethought), changing() as changes:
        changes.owe(Step.ASSESS, uuid4())
        raise Rethought

    with pytest.raises(Rethought), transaction.atomic():
        with changing() as changes:
            changes.owe(Step.ASSESS, uuid4())
        raise Rethought

    assert not models.Due.objects.exists()
    assert jobs() == {}


def test_what_is_owed_later_wakes_nobody_now() -> None:
    with changing() as changes:
        changes.owe(Step.PURGE, uuid4(), due_at=clock() + timedelta(days=14))

    assert models.Due.objects.count() == 1
    assert jobs() == {}


def test_wake_ups_do_not_pile_up() -> None:
    """One job a step waits, whoever and however many owe it; the rest of their work stands."""
    for _ in range(3):
        with changing() as changes:
            changes.owe(Step.ASSESS, uuid4())
            changes.owe(Step.SEND_NOTICE, uuid4())

    assert jobs() == {"assess": 1, "send_notice": 1}
    assert models.Due.objects.count() == 6


def test_what_is_owed_twice_is_owed_once_at_the_earlier_time() -> None:
    subject, now = uuid4(), clock()

    with changing(now) as changes:
        changes.owe(Step.BEGIN, subject, due_at=now + timedelta(days=2))
        changes.owe(Step.BEGIN, subject, due_at=now + timedelta(days=1))
        changes.owe(Step.BEGIN, subject, due_at=now + timedelta(days=3))

    assert models.Due.objects.get().due_at == now + timedelta(days=1)


@pytest.mark.django_db(transaction=True)
def test_the_sweep_finds_what_nobody_was_woken_for() -> None:
    """A lost wake-up, a timer that ran out, a lease that is over."""
    owe(Step.ASSESS)
    owe(Step.PURGE, due_in=timedelta(seconds=-1))
    owe(Step.BLOCK, lease=timedelta(seconds=-1))

    sweep()
    sweep()

    assert jobs() == {"assess": 1, "purge": 1, "block": 1}


@pytest.mark.django_db(transaction=True)
def test_the_sweep_leaves_alone_what_is_not_due_or_held() -> None:
    owe(Step.PURGE, due_in=timedelta(minutes=1))
    owe(Step.BLOCK, lease=timedelta(minutes=1))

    sweep()

    assert jobs() == {}


@pytest.mark.django_db(transaction=True)
def test_people_and_bulk_are_both_swept() -> None:
    owe(Step.ASSESS)
    models.Due.objects.update(lane=1)

    sweep()

    assert jobs() == {"assess": 1}


def wait_until(reached: Callable[[], bool], *, within: float = 60) -> None:
    over = time.monotonic() + within
    while not reached():
        assert time.monotonic() < over, "never came so far"
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_drains_what_is_due_with_and_without_wake_ups(database_url: str) -> None:
    """DESIGN 4: `signoff worker`; half of the wake-ups are lost, the sweep makes up for them."""
    people = stage.cast("farwander")
    with stage.sandbox() as sandbox, stage.mail() as box:
        cases = []
        for number in range(6):
            line = stage.line(
                CardKind.TRAVEL, holder=people.subscriber, sandbox=sandbox, settled=True
            )
            found = act.declare_line(stage.declaration(line), user_id=people.subscriber.id)
            cases.append(found.case_id)
            if number == 3:
                forget_jobs()
        where = environment(database_url, SIGNOFF_SANDBOX_URL=sandbox.url, SIGNOFF_SMTP_URL=box.url)
        worker = subprocess.Popen(
            [sys.executable, "-m", "signoff", "worker"], env=where, stderr=subprocess.DEVNULL
        )
        try:
            wait_until(lambda: not models.Due.objects.exclude(step="purge").exists())
            late = clock() - timedelta(seconds=1)
            models.Case.objects.filter(id=cases[0]).update(restore_until=late)
            models.Due.objects.filter(subject=cases[0]).update(due_at=late)
            wait_until(lambda: not models.Due.objects.filter(subject=cases[0]).exists())
            worker.terminate()
            assert worker.wait(timeout=30) == 0
        finally:
            worker.kill()
            worker.wait()

    states = dict(models.Case.objects.values_list("id", "state"))
    assert states == dict.fromkeys(cases, State.ENDED) | {cases[0]: State.CLOSED}
    keys = registry.signers["installation"].trusted_keys()
    assert all(verify(papers.certificate_json(each), trusted_keys=keys).ok for each in cases)
    assert not models.Attention.objects.exists()
