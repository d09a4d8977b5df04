"""Q2, O1: a brand of 20,000 lines closes with two workers, one of them killed on the way."""

import signal
import time
from collections.abc import Callable

import pytest

import stage
from crash.closing_brand import closing, leases_run_out, require_all_once
from crash.test_worker_killed import worker
from signoff.domain.sunset import Stage

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]

LINES = 20_000


def test_a_killed_worker_loses_and_doubles_no_line(database_url: str) -> None:
    with stage.mail() as box, closing(LINES) as run:
        with worker(database_url, sandbox=run.sandbox, box=box) as living:
            with worker(database_url, sandbox=run.sandbox, box=box) as dying:
                _wait_until(lambda: run.ended >= LINES // 4, within=300)
                dying.send_signal(signal.SIGKILL)
                dying.wait()
            leases_run_out()
            with worker(database_url, sandbox=run.sandbox, box=box):
                _wait_until(lambda: run.stage is Stage.DONE, within=600)
            assert living.poll() is None

        require_all_once(run)


def _wait_until(reached: Callable[[], bool], *, within: float) -> None:
    """Looks now and then: counting cases all the time would be the load that is measured."""
    over = time.monotonic() + within
    while not reached():
        assert time.monotonic() < over, "never came so far"
        time.sleep(0.25)
