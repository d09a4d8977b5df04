"""The database goes while a worker is outside: what carriers answered is written once it is back.

Only the worker that called knows the answers. It asks again for a while, as long as the rows are
leased to it, so that nobody waits for a lease to end because of a restart (Q2, E5).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Timer
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

import stage
from signoff.domain.case import State
from signoff.domain.steps import Step
from signoff.records import models
from signoff.testing.sandbox import SandboxAdmin
from signoff.workflows import runner, steps
from signoff.workflows.runner import Outside
from signoff.workflows.work import clock
from usecases.scenes import scene

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sandbox() -> Iterator[SandboxAdmin]:
    with stage.sandbox() as admin, stage.mail():
        yield admin


@contextmanager
def beside(database: str) -> Iterator[psycopg.Connection]:
    """A session that is not the worker's."""
    at = connection.settings_dict
    where = {"host": at["HOST"], "port": at["PORT"], "user": at["USER"], "password": at["PASSWORD"]}
    given = {name: value for name, value in where.items() if value}
    with psycopg.connect(dbname=database, autocommit=True, **given) as session:
        yield session


def end_session() -> None:
    """What a restart does to a worker: the server ends its session."""
    assert connection.connection is not None
    worker = connection.connection.info.backend_pid
    with beside("postgres") as session:
        ended = session.execute("SELECT pg_terminate_backend(%s, 5000)", [worker]).fetchone()
    assert ended == (True,)


def let_in(let: bool) -> None:
    with beside("postgres") as session:
        name = connection.settings_dict["NAME"]
        session.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {str(let).lower()}')


def after_the_call(patch: pytest.MonkeyPatch, step: Step, then: Callable[[], object]) -> None:
    """Something happens when the carriers have been spoken to for the first time."""
    kind, left = steps.STEPS[step], [then]
    assert isinstance(kind, Outside)
    carry_out = kind.call

    def call(planned: Any) -> None:
        carry_out(planned)
        if left:
            left.pop()()

    patch.setitem(steps.STEPS, step, replace(kind, call=call))


def operations(sandbox: SandboxAdmin) -> list[str]:
    return sorted(row["op"] for row in sandbox.ledger())


@pytest.mark.parametrize("step", [Step.BLOCK, Step.CUT])
def test_answers_are_written_on_a_new_connection(
    step: Step, sandbox: SandboxAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Q2: the cases go on at once; no lease is waited for, nothing is sent or written twice."""
    found = [scene(sandbox=sandbox).declare() for _ in range(2)]
    after_the_call(monkeypatch, step, end_session)

    stage.work()

    assert {each.state for each in found} == {State.ENDED}
    assert operations(sandbox) == ["block", "block", "cut", "cut"]
    assert not models.Due.objects.exclude(lease_until=None).exists()
    assert [each.events().count("line.cut") for each in found] == [1, 1]
    assert models.Certificate.objects.count() == 2


def test_a_database_that_lets_nobody_in_is_waited_for(
    sandbox: SandboxAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Q2: the first new connections are refused, as while it starts up."""
    found = scene(sandbox=sandbox).declare()
    again = Timer(0.7, let_in, [True])

    def away() -> None:
        let_in(False)
        end_session()
        again.start()

    after_the_call(monkeypatch, Step.CUT, away)
    try:
        stage.work()
    finally:
        again.join()

    assert found.state == State.ENDED
    assert operations(sandbox) == ["block", "cut"]
    assert not models.Attention.objects.exists()


def test_a_database_that_stays_away_leaves_all_to_the_next_worker(
    sandbox: SandboxAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E5: after so many tries the set waits for its lease, and whoever comes then reads back."""
    monkeypatch.setattr(runner, "pause", lambda _: timedelta(0))
    found = scene(sandbox=sandbox).declare()

    def away() -> None:
        let_in(False)
        end_session()

    with monkeypatch.context() as patch:
        after_the_call(patch, Step.CUT, away)
        try:
            with pytest.raises(OperationalError):
                stage.work()
        finally:
            let_in(True)
    assert found.state == State.ENDING
    assert models.Due.objects.get(step=Step.CUT).lease_until is not None

    stage.hasten()
    stage.work()

    assert found.state == State.ENDED
    assert operations(sandbox) == ["block", "cut"]


def test_what_another_worker_has_by_now_is_left_to_it(
    sandbox: SandboxAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E2: the lease must still be ours; who has it reads back what came of our calls."""
    found = scene(sandbox=sandbox).declare()
    theirs = clock() + timedelta(minutes=9)

    def taken() -> None:
        models.Due.objects.filter(step=Step.CUT).update(lease_until=theirs)
        end_session()

    after_the_call(monkeypatch, Step.CUT, taken)

    stage.work()

    assert found.state == State.ENDING
    assert models.Due.objects.get(step=Step.CUT).lease_until == theirs


def test_what_was_committed_unheard_is_not_written_again(
    sandbox: SandboxAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Q2: only the answer to the commit was lost: by then the rows are leased to nobody."""
    kind, left = steps.STEPS[Step.CUT], [True]
    assert isinstance(kind, Outside)
    write = kind.record

    def unheard() -> None:
        raise OperationalError("server closed the connection unexpectedly")

    def record(files: Sequence[Any], planned: Any, **more: Any) -> Any:
        if left:
            left.pop()
            transaction.on_commit(unheard)
        return write(files, planned, **more)

    monkeypatch.setitem(steps.STEPS, Step.CUT, replace(kind, record=record))
    found = scene(sandbox=sandbox).declare()

    stage.work()

    assert found.state == State.ENDED
    assert not left
    assert operations(sandbox) == ["block", "cut"]
    assert found.events().count("line.cut") == found.events().count("case.ended") == 1
    assert models.Certificate.objects.count() == 1
