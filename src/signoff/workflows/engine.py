"""The job queue, and all that is known of it: jobs carry wake-ups, rows carry the truth.

A job says "look for due rows of this step". Lost or doubled, it does no harm: the sweep finds what
was missed, and a claim finds nothing where nothing is due.
"""

import asyncio
import logging
import signal
from collections.abc import Iterable, Sequence

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

log = logging.getLogger(__name__)

_PAUSE_S = 1.0


def wake(steps: Iterable[str]) -> None:
    """Wake a worker for each step, as part of the running transaction; once is enough."""
    for step in sorted(steps):
        try:
            with transaction.atomic():
                app.configure_task(
                    "signoff.run_step", queueing_lock=f"step:{step}", queue=f"step:{step}"
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


def run_worker(steps: Sequence[str] = ()) -> None:
    """Work until SIGTERM or SIGINT; the set in hand is finished first. `steps` narrows the work."""
    asyncio.run(_work([*(f"step:{step}" for step in steps), "sweep"] if steps else None))


async def _work(queues: list[str] | None) -> None:
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    asking = asyncio.create_task(asked.wait())
    while not asked.is_set():
        working = asyncio.create_task(_work_on(queues))
        await asyncio.wait({working, asking}, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        # What the queue cannot go on from, a database that restarts above all, it has logged.
        ended = await asyncio.gather(working, return_exceptions=True)
        if not asked.is_set():
            log.warning("worker starts anew", extra={"after": type(ended[0]).__name__})
            await asyncio.sleep(_PAUSE_S)
            await sync_to_async(close_old_connections)()


async def _work_on(queues: list[str] | None) -> None:
    """Work until cancelled; the set in hand is finished first."""
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        await worker_app.run_worker_async(
            queues=queues,  # type: ignore[arg-type]  # None is every queue
            concurrency=settings.SIGNOFF_WORKER_THREADS,
            delete_jobs="always",
            fetch_job_polling_interval=1.0,
            shutdown_graceful_timeout=20,
            install_signal_handlers=False,
        )
