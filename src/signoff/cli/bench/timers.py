"""`signoff bench timers`: what sleeping costs, and how soon a sleeper wakes.

A million steps are owed at dates to come. Measured without and with them: the memory of a worker,
what it uses while it waits, and the question "what is due". Then single cases wake at moments of
their own, and many at once. The raw limit takes as many sleepers off the table and puts them back
by plain SQL, in sets of 1,000.
"""

import argparse
import contextlib
import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING

from signoff.cli.bench.report import Figures, result, rounded, spread, tell
from signoff.domain.steps import Step

if TYPE_CHECKING:  # they reach the tables, which need a database to be named first
    from signoff.cli.bench.ground import Ground

_ROWS = 50_000
_QUESTIONS = 200
_APART_S = 0.37
"""Between two wake-ups: no whole part of a second, so that no rhythm of the worker's fits it."""
_SET = 1_000

_SLEEP = """
INSERT INTO records_due (subject, step, lane, due_at, attempts)
SELECT gen_random_uuid(), 'purge', n %% 2, now() + interval '1 day' + n * interval '2 seconds', 0
FROM generate_series(%s::bigint, %s) AS n
"""
_TAKE = """
WITH taken AS (DELETE FROM records_due WHERE id IN (
    SELECT id FROM records_due WHERE step = 'purge' AND lane IN (0, 1)
    ORDER BY lane, due_at LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING *)
INSERT INTO records_due (subject, step, lane, due_at, attempts)
SELECT subject, 'restore', lane, due_at, attempts FROM taken
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N", help="sleeping")
    parser.add_argument("--wakes", type=int, default=30, metavar="N", help="single cases that wake")
    parser.add_argument(
        "--at-once", type=int, default=10_000, metavar="N", help="that wake at once"
    )
    parser.add_argument("--idle", type=float, default=6, metavar="N", help="seconds watched idle")


def measure(options: argparse.Namespace) -> Figures:
    """So many runs, each on an empty database."""
    from signoff.cli.bench import ground, machine

    with ground.ground() as place:
        described = machine.described(place.home)
        runs = []
        for number in range(1, options.runs + 1):
            tell(f"run {number} of {options.runs}")
            runs.append(_Run(place, options).measure())
    asked = {"lines": options.at_once, "rows": options.rows, "wakes": options.wakes}
    return result("timers", runs, **asked, **described)


class _Run:
    """One run. Cases that wake one by one come first, then those that wake at once."""

    def __init__(self, place: "Ground", options: argparse.Namespace) -> None:
        self._place, self._rows, self._wakes = place, options.rows, options.wakes
        self._all = options.wakes + options.at_once
        self._watched = options.idle

    def measure(self) -> Figures:
        from signoff.cli.bench import seeding, tally

        self._place.fresh()
        seeding.seed(1, self._all, carrier="wholesale")
        without = self._idle()
        before = tally.tally()
        self._sleep()
        slept = tally.tally().since(before)
        with_rows = self._idle()
        self._approve()
        woken = self._wake_singly()
        figures = self._wake_at_once()
        raw = self._raw()
        return {
            "seconds": figures["seconds"],
            "per_second": figures["per_second"],
            "raw_per_second": raw,
            "ratio": rounded(figures["per_second"] / raw),
            "wake_up_ms": woken,
            "without_rows": without,
            "with_rows": with_rows,
            "memory_mib_for_all_rows": rounded(with_rows["rss_mib"] - without["rss_mib"]),
            "bytes_per_row": rounded(slept.size / self._rows),
            **figures,
            "wrong": self._wrong(),
        }

    def _idle(self) -> Figures:
        """A worker that has nothing to do, and the question it asks again and again."""
        from django.db import connection

        from signoff.cli.bench import ground, processes
        from signoff.workflows import runner

        with ground.workers(self._place, count=1) as (worker,):
            time.sleep(self._watched / 3)
            watch = processes.Watch({"worker": [worker.pid], "postgres": [self._place.server.pid]})
            watch.begin()
            time.sleep(self._watched)
            watch.end()
            size = processes.resident_mib(worker.pid)
        with connection.cursor() as cursor:
            answer = _microseconds(lambda: cursor.execute("SELECT 1"))
        return {
            "rss_mib": rounded(size),
            "cpu_ms_per_second": {
                role: rounded(cpu / self._watched * 1e3) for role, cpu in watch.cpu.items()
            },
            "question_us": _microseconds(runner.due_steps),
            "any_question_us": answer,
        }

    def _sleep(self) -> None:
        from django.db import connection

        tell(f"putting {self._rows:,} steps to sleep")
        with connection.cursor() as cursor:
            for first in range(1, self._rows + 1, _ROWS):
                cursor.execute(_SLEEP, [first, min(first + _ROWS - 1, self._rows)])
            cursor.execute("VACUUM ANALYZE records_due")
            cursor.execute("CHECKPOINT")

    def _approve(self) -> None:
        """Cases whose next step is their date: it lies in the future until it is set."""
        from signoff.cli.bench import opening
        from signoff.records.models import Due
        from signoff.workflows import runner

        tell(f"opening {self._all:,} cases")
        for first in range(1, self._all + 1, opening.SET):
            opening.open_cases(first, min(first + opening.SET - 1, self._all))
        runner.run(Step.ASSESS, carry=False)
        Due.objects.filter(step__in=[Step.SEND_NOTICE, Step.ASSESS]).delete()
        self._set_date(1, self._all, due_in=3600.0)

    def _wake_singly(self) -> Figures:
        """Each at a moment of its own; how long after it was the case on its way?"""
        from signoff.cli.bench import ground
        from signoff.records.models import Case

        if not self._wakes:
            return {}
        tell(f"{self._wakes} cases wake one by one")
        late = []
        with ground.workers(self._place, count=1, steps=[Step.BEGIN]) as crew:
            for number in range(1, self._wakes + 1):
                case = self._set_date(number, number, due_in=1.0 + number * _APART_S % 1)
                while Case.objects.filter(line_id=number, state="approved").exists():
                    crew[0].require_alive()
                    time.sleep(0.005)
                late.append(time.time() - case)
        return spread(late)

    def _wake_at_once(self) -> Figures:
        """All the others at one moment, taken by two workers."""
        from signoff.cli.bench import ground, waiting
        from signoff.cli.bench.timed import Timed

        many = self._all - self._wakes
        tell(f"{many:,} cases wake at once")
        with ground.workers(self._place, count=2, steps=[Step.BEGIN]) as crew:
            timed = Timed(self._place, worker=crew)
            at = self._set_date(self._wakes + 1, self._all, due_in=3.0)
            time.sleep(max(0.0, at - time.time()))
            timed.begin()
            waiting.until_done(crew, steps=[Step.BEGIN], title="waking")
            timed.end()
        return timed.figures(many)

    def _set_date(self, first: int, last: int, *, due_in: float) -> float:
        """The cases of these lines begin then; says when, in seconds since 1970."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "WITH c AS (UPDATE records_case SET effective_at = "
                "statement_timestamp() + %s * interval '1 second' "
                "WHERE line_id BETWEEN %s AND %s RETURNING id, effective_at), "
                "d AS (UPDATE records_due SET due_at = c.effective_at FROM c "
                "WHERE subject = c.id AND step = 'begin') "
                "SELECT extract(epoch FROM max(effective_at)) FROM c",
                [due_in, first, last],
            )
            return float(cursor.fetchone()[0])

    def _raw(self) -> float:
        """Sleepers taken off and put back by plain SQL, a second."""
        from signoff.cli.embedded.places import NAME

        sets = max(1, min(self._rows, self._all) // _SET)
        with contextlib.closing(self._place.connect(NAME)) as plain:
            started = time.monotonic()
            taken = sum(plain.execute(_TAKE, [_SET]).rowcount for _ in range(sets))
            return rounded(taken / (time.monotonic() - started))

    def _wrong(self) -> list[str]:
        from signoff.cli.bench.checks import differences
        from signoff.records.models import Case, Due

        asleep = Due.objects.filter(step__in=["purge", "restore"]).count()
        found = {
            "cases begun": Case.objects.filter(state="ending").count(),
            "next steps owed": Due.objects.filter(step=Step.BLOCK).count(),
            "still asleep": asleep,
        }
        wanted = {
            "cases begun": self._all,
            "next steps owed": self._all,
            "still asleep": self._rows,
        }
        return differences(wanted, found)


def _microseconds(ask: Callable[[], object]) -> float:
    took = []
    for _ in range(_QUESTIONS):
        started = time.perf_counter()
        ask()
        took.append(time.perf_counter() - started)
    return rounded(median(took) * 1e6)
