"""The job queue, and all that is known of it: jobs carry wake-ups, rows carry the truth.

A job says "look for due rows of this step". Lost or doubled, it does no harm: the sweep finds what
was missed, and a claim finds nothing where nothing is due.
"""

import asyncio
import logging
from collections.abc import Iterable

from django.conf import settings
from django.db import close_old_connections, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

log = logging.getLogger(__name__)


def wake(steps: Iterable[str]) -> None:
    """Wake a worker for each step, as part of the running transaction; once is enough."""
    for step in sorted(steps):
        try:
            with transaction.atomic():
                app.configure_task(
                    "signoff.run_step", queueing_lock=f"step:{step}", queue="steps"
                ).defer(step=step)
        except AlreadyEnqueued:
            continue


@app.task(name="signoff.run_step", queue="steps", pass_context=False)
def run_step(step: str) -> None:
    """Carry out a step for everything that is due."""
    from signoff.workflows import runner

    close_old_connections()  # one that broke with a database restart is opened anew
    runner.run(step)


@app.periodic(cron="* * * * * *")
@app.task(name="signoff.sweep", queue="sweep", queueing_lock="sweep")
def sweep(timestamp: int) -> None:
    """Find due rows nobody was woken for: timers that ran out, lost wake-ups, ended leases."""
    from signoff.workflows import runner

    close_old_connections()
    with transaction.atomic():
        wake(runner.due_steps())


def run_worker() -> None:
    """Work until SIGTERM or SIGINT; the set in hand is finished first."""
    asyncio.run(_work())


async def _work() -> None:
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        await worker_app.run_worker_async(
            concurrency=settings.SIGNOFF_WORKER_THREADS,
            delete_jobs="always",
            fetch_job_polling_interval=1.0,
            shutdown_graceful_timeout=20,
        )
