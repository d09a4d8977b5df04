"""The job queue, and all that is known of it: jobs carry wake-ups, rows carry the truth.

A job says "look for due rows of this step". Lost or doubled, it does no harm: the sweep finds what
was missed, and a claim finds nothing where nothing is due.
"""

import asyncio
import logging
import signal
import time
from collections.abc import Iterable, Sequence

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from signoff.domain.steps import Step
from signoff.records.dues import PEOPLE

log = logging.getLogger(__name__)

_PAUSE_S = 1.0


def wake(steps: Iterable[tuple[str, bool]]) -> None:
    """Wake a worker for each step, as part of the running transaction; once is enough.

    Each step says whether a person waits for it: people's work has threads of its own.
    """
    wanted = {_queue(step, person=person): (step, person) for step, person in sorted(steps)}
    waiting = ProcrastinateJob.objects.filter(queueing_lock__in=wanted, status="todo")
    already = set(waiting.values_list("queueing_lock", flat=True)) if wanted else set()
    for queue, (step, person) in wanted.items():
        if queue in already:
            continue
        try:
            with transaction.atomic():
                app.configure_task("signoff.run_step", queueing_lock=queue, queue=queue).defer(
                    step=step, person=person
                )
        except AlreadyEnqueued:
            continue


def _queue(step: str, *, person: bool) -> str:
    return f"{'people' if person else 'bulk'}:{step}"


@app.task(name="signoff.run_step", queue="steps", pass_context=False)
def run_step(step: str, person: bool) -> None:
    """Carry out a step for every person who waits for it, or for one set of a bulk.

    A bulk's job wakes the next one before it works: every idle worker takes a share, and none
    holds a thread for longer than a set.
    """
    from signoff.workflows import runner

    close_old_connections()  # one that broke with a database restart is opened anew
    if person:
        runner.run(step, lane=PEOPLE)
        return
    with transaction.atomic():
        if (step, False) in runner.due():
            wake([(step, False)])
    runner.run_once(Step(step))


@app.periodic(cron="* * * * * *")
@app.task(name="signoff.sweep", queue="sweep", queueing_lock="sweep")
def sweep(timestamp: int) -> None:
    """Find due rows nobody was woken for: timers that ran out, lost wake-ups, ended leases."""
    from signoff.workflows import runner

    close_old_connections()
    for pause in (0, _PAUSE_S / 2):  # twice a second: what is due now begins within one
        time.sleep(pause)
        with transaction.atomic():
            wake(runner.due())


def run_worker(steps: Sequence[str] = ()) -> None:
    """Work until SIGTERM or SIGINT; the set in hand is finished first. `steps` narrows the work."""
    from signoff.workflows import runner

    mine = [Step(step) for step in steps] or list(Step)
    runner.carried.intersection_update(mine)
    asyncio.run(_work(mine))


async def _work(steps: Sequence[str]) -> None:
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    asking = asyncio.create_task(asked.wait())
    while not asked.is_set():
        working = asyncio.create_task(_work_on(steps))
        await asyncio.wait({working, asking}, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        # What the queue cannot go on from, a database that restarts above all, it has logged.
        ended = await asyncio.gather(working, return_exceptions=True)
        if not asked.is_set():
            log.warning("worker starts anew", extra={"after": type(ended[0]).__name__})
            await asyncio.sleep(_PAUSE_S)
            await sync_to_async(close_old_connections)()


async def _work_on(steps: Sequence[str]) -> None:
    """Work until cancelled; the set in hand is finished first."""
    # A bulk never takes the last thread: a person's step begins at once.
    for_bulk = max(1, settings.SIGNOFF_WORKER_THREADS // 2)
    for_people = max(1, settings.SIGNOFF_WORKER_THREADS - for_bulk)
    people = [_queue(step, person=True) for step in steps]
    bulk = [_queue(step, person=False) for step in steps]
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        await asyncio.gather(
            *(
                worker_app.run_worker_async(
                    queues=queues,
                    concurrency=share,
                    delete_jobs="always",
                    fetch_job_polling_interval=1.0,
                    shutdown_graceful_timeout=20,
                    install_signal_handlers=False,
                )
                for queues, share in ((["sweep"], 1), (people, for_people), (bulk, for_bulk))
            )
        )
