"""Wake-ups: part of the transaction, one a step, and never the only thing that remembers."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

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
from signoff.testing.sandbox import SandboxAdmin
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


@contextmanager
def worker(
    database_url: str, sandbox: SandboxAdmin, box: stage.Mailbox, *options: str
) -> Iterator[None]:
    """`signoff worker`; it ends when it is asked to."""
    where = environment(database_url, SIGNOFF_SANDBOX_URL=sandbox.url, SIGNOFF_SMTP_URL=box.url)
    process = subprocess.Popen(
        [sys.executable, "-m", "signoff", "worker", *options], env=where, stderr=subprocess.DEVNULL
    )
    try:
        yield
        process.terminate()
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()


def declared(holder: models.User, *, sandbox: SandboxAdmin) -> UUID:
    line = stage.line(CardKind.TRAVEL, holder=holder, sandbox=sandbox, settled=True)
    return act.declare_line(stage.declaration(line), user_id=holder.id).case_id


def drained() -> bool:
    return not models.Due.objects.exclude(step__in=stage.LATER).exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_drains_what_is_due_with_and_without_wake_ups(database_url: str) -> None:
    """DESIGN 4: `signoff worker`; half of the wake-ups are lost, the sweep makes up for them."""
    holder = stage.cast("farwander").subscriber
    with stage.sandbox() as sandbox, stage.mail() as box:
        cases = [declared(holder, sandbox=sandbox) for _ in range(3)]
        forget_jobs()
        cases += [declared(holder, sandbox=sandbox) for _ in range(3)]
        with worker(database_url, sandbox, box):
            wait_until(drained)
            late = clock() - timedelta(seconds=1)
            models.Case.objects.filter(id=cases[0]).update(restore_until=late)
            purge = models.Due.objects.filter(subject=cases[0], step="purge")
            purge.update(due_at=late)
            wait_until(lambda: not purge.exists())

    states = dict(models.Case.objects.values_list("id", "state"))
    assert states == dict.fromkeys(cases, State.ENDED) | {cases[0]: State.CLOSED}
    keys = registry.signers["installation"].trusted_keys()
    assert all(verify(papers.certificate_json(each), trusted_keys=keys).ok for each in cases)
    assert not models.Attention.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_leaves_other_steps_alone_when_told_its_own(database_url: str) -> None:
    holder = stage.cast("farwander").subscriber
    with stage.sandbox() as sandbox, stage.mail() as box:
        declared(holder, sandbox=sandbox)
        with worker(database_url, sandbox, box, "--steps", "assess,begin"):
            wait_until(lambda: models.Due.objects.filter(step="block").exists())
            time.sleep(2)  # a sweep or two

    assert set(models.Due.objects.values_list("step", flat=True)) == {"block", "send_notice"}
    assert not box.messages


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_outlives_its_database_connections(database_url: str) -> None:
    """Q2: as after a restart of the database; nobody has to start the worker again."""
    holder = stage.cast("farwander").subscriber
    with stage.sandbox() as sandbox, stage.mail() as box, worker(database_url, sandbox, box):
        first = declared(holder, sandbox=sandbox)
        wait_until(drained)
        for _ in range(3):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            second = declared(holder, sandbox=sandbox)
        wait_until(drained, within=150)  # a lease may have to run out

    ended = {first, second}
    states = dict(models.Case.objects.filter(id__in=ended).values_list("id", "state"))
    assert states == dict.fromkeys(ended, State.ENDED)
    assert not models.Attention.objects.exists()
