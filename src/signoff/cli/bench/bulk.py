"""`signoff bench bulk`: many lines ended at once, the whole way, beside plain SQL.

The clock runs from the first declaration until every case has ended and its certificate can be had.
Refunds and notices are queued by then; carrying those out is measured apart.
"""

import argparse
import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from signoff.cli.bench.report import Figures, result, rounded, tell
from signoff.domain.steps import Step

LATER = (Step.PAY, Step.SEND_NOTICE)
"""Steps with a clock of their own."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lines", type=int, default=100_000, metavar="N")
    parser.add_argument("--workers", type=int, default=2, metavar="W", help="worker processes")
    parser.add_argument(
        "--carrier", choices=("wholesale", "tmobile", "verizon"), default="wholesale"
    )
    parser.add_argument(
        "--with-payments", action="store_true", help="then pay refunds and send mails, timed apart"
    )
    parser.add_argument(
        "--profile",
        nargs="?",
        const="functions",
        choices=("functions", "steps"),
        help="where the time goes; `steps` leaves out functions, whose counting slows all down",
    )


def measure(options: argparse.Namespace) -> Figures:
    """So many runs, each on an empty database."""
    from signoff.cli.bench import ground, machine

    with ground.ground() as place:
        described = {"machine": machine.machine(place.home), "versions": machine.versions()}
        runs = []
        for number in range(1, options.runs + 1):
            tell(f"run {number} of {options.runs}")
            runs.append(_Run(place, options).measure())
    asked = {"lines": options.lines, "workers": options.workers, "carrier": options.carrier}
    return result("bulk", runs, **asked, **described)


class _Run:
    """One run: seed, measure, check, and measure plain SQL."""

    def __init__(self, place: Any, options: argparse.Namespace) -> None:
        self._place, self._options, self._lines = place, options, options.lines

    def measure(self) -> Figures:
        from signoff.cli.bench import checks, raw

        seeded = self._seed()
        figures, wrote = self._way()
        wrong = checks.ended(self._lines, sandbox=self._place.admin)
        if self._options.with_payments:
            figures["payments"] = self._pay()
            wrong += checks.paid(self._lines, sandbox=self._place.admin)
        plain = raw.measure(
            self._place, lines=self._lines, connections=self._options.workers, wrote=wrote
        )
        ratio = plain["seconds"] / figures["seconds"]
        return {
            "seconds": figures.pop("seconds"),
            "per_second": figures.pop("per_second"),
            "raw_per_second": plain["per_second"],
            "ratio": rounded(ratio),
            **figures,
            "raw": plain,
            "seeding_seconds": seeded,
            "wrong": wrong,
        }

    def _seed(self) -> float:
        from signoff.cli.bench import raw, seeding

        started = time.monotonic()
        tell(f"putting {self._lines:,} lines into the book")
        self._place.fresh()
        seeding.seed(1, self._lines, carrier=self._options.carrier)
        seeding.settle_down()
        sandbox = self._place.admin
        seeding.provision(1, self._lines, carrier=self._options.carrier, sandbox=sandbox)
        if self._options.with_payments:
            seeding.make_payments_known(1, self._lines, sandbox=sandbox)
        raw.prepare(self._place)
        return rounded(time.monotonic() - started)

    def _way(self) -> tuple[Figures, Any]:
        """The timed part, and what it wrote."""
        from signoff.cli.bench import ground, processes, tally

        before = tally.tally()
        steps = [step.value for step in Step if step not in LATER]
        options, place = self._options, self._place
        with (
            ground.workers(
                place, count=options.workers, steps=steps, profile=options.profile
            ) as crew,
            _opener(place, lines=self._lines, profile=options.profile) as opener,
        ):
            watch = processes.Watch(
                {
                    "worker": [each.pid for each in crew],
                    "sandbox": [place.sandbox.pid],
                    "postgres": [place.server.pid],
                }
            )
            watch.begin()
            started = time.monotonic()
            opener.input.write("go\n")
            opener.input.flush()
            opened = wait_until_over([*crew, opener], opener=opener, lines=self._lines)
            seconds = time.monotonic() - started
            watch.end()
            told = json.loads(opener.output.readline())
        wrote = tally.tally().since(before)
        figures = _figures(seconds, watch, told=told, wrote=wrote, lines=self._lines)
        figures["opened_seconds"] = rounded(opened - started)
        if options.profile:
            figures["profile"] = _profile(place.logs)
        return figures, wrote

    def _pay(self) -> Figures:
        """Refunds paid and mails sent, all of them, by the same workers."""
        from signoff.cli.bench import ground

        smtp = ground.mailbox(self._place)
        with smtp, ground.workers(self._place, count=self._options.workers) as crew:
            started = time.monotonic()
            wait_until_done(crew, steps=LATER, title="paying and mailing")
            seconds = time.monotonic() - started
        return {"seconds": rounded(seconds), "per_second": rounded(self._lines / seconds)}


@contextlib.contextmanager
def _opener(place: Any, *, lines: int, profile: str | None) -> Iterator[Any]:
    from signoff.cli.bench.ground import Process

    words = ["bench", "open-cases", "--last", str(lines)]
    if profile == "functions":
        words += ["--profile-into", str(place.logs / "profile-opening.json")]
    opener = Process(*words, log=place.logs / "opening.log")
    try:
        opener.output.readline()
        opener.require_alive()
        yield opener
    finally:
        opener.stop()


def _figures(
    seconds: float, watch: Any, *, told: dict[str, float], wrote: Any, lines: int
) -> Figures:
    cpu = watch.cpu | {"opening": told["cpu"]}
    peak = watch.peak | {"opening": told["peak_mib"]}
    return {
        "seconds": rounded(seconds),
        "per_second": rounded(lines / seconds),
        "cpu_seconds": {role: rounded(each) for role, each in cpu.items()},
        "cpu_us_per_line": {role: rounded(each / lines * 1e6) for role, each in cpu.items()},
        "cpu_us_per_line_in_all": rounded(sum(cpu.values()) / lines * 1e6),
        "peak_rss_mib": {role: rounded(each) for role, each in peak.items()},
        "rss_mib_over_time": {
            role: [rounded(each) for each in sizes] for role, sizes in watch.courses().items()
        },
        "bytes_per_case": rounded(wrote.size / lines),
        "log_bytes_per_case": rounded(wrote.log / lines),
        "rows_per_case": wrote.each(lines),
    }


_WAY = tuple(
    step.value
    for step in Step
    if step not in (*LATER, Step.PURGE, Step.RESTORE, Step.LAPSE_CONFIRMATION)
)
_OVER = """
SELECT NOT EXISTS (SELECT 1 FROM records_due WHERE step = ANY(%s))
   AND coalesce((SELECT id FROM records_event ORDER BY id DESC LIMIT 1), 0) <=
       coalesce((SELECT last_event_id FROM records_evidencechunk ORDER BY number DESC LIMIT 1), 0)
"""
_POLL_S = 0.05
_TELL_S = 2.0
_STALLED_S = 180.0


def wait_until_over(processes: Sequence[Any], *, opener: Any, lines: int) -> float:
    """Until all was opened, nothing is owed on the way any more, and the log is sealed.

    Says when all was opened. Raises Refused where a process stops or nothing moves any more.
    """
    from django.db import connection

    progress = _Progress(lines)
    opened = 0.0
    while True:
        for each in processes:
            each.require_alive()
        if not opened and opener.over():
            opened = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(_OVER, [list(_WAY)])
            if opened and cursor.fetchone()[0]:
                return opened
        progress.tell()
        time.sleep(_POLL_S)


def wait_until_done(processes: Sequence[Any], *, steps: Sequence[str], title: str) -> None:
    """Until none of these steps is owed any more."""
    from django.db import connection

    told = time.monotonic()
    while True:
        for each in processes:
            each.require_alive()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM records_due WHERE step = ANY(%s))", [list(steps)]
            )
            if not cursor.fetchone()[0]:
                return
            if time.monotonic() - told > _TELL_S:
                told = time.monotonic()
                cursor.execute(
                    "SELECT count(*) FROM records_due WHERE step = ANY(%s)", [list(steps)]
                )
                tell(f"{title}: {cursor.fetchone()[0]:,} still owed")
        time.sleep(_POLL_S)


class _Progress:
    """Tells how far it is every two seconds, and notices when nothing moves."""

    def __init__(self, lines: int) -> None:
        self._lines = lines
        self._begun = self._told = self._moved = time.monotonic()
        self._seen = -1

    def tell(self) -> None:
        from django.db import connection

        from signoff.cli.errors import Refused

        now = time.monotonic()
        if now - self._told < _TELL_S:
            return
        self._told = now
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname, n_tup_ins FROM pg_stat_user_tables WHERE relname IN "
                "('records_case', 'records_certificate', 'records_event')"
            )
            counts = dict(cursor.fetchall())
            if counts["records_event"] != self._seen:
                self._seen, self._moved = counts["records_event"], now
            elif now - self._moved > _STALLED_S:
                cursor.execute("SELECT step, count(*) FROM records_due GROUP BY step")
                raise Refused(f"nothing moves any more; still owed: {dict(cursor.fetchall())}")
        ended = counts["records_certificate"]
        speed = ended / (now - self._begun)
        opened = counts["records_case"]
        tell(f"{opened:,} opened, {ended:,} of {self._lines:,} ended, {speed:,.0f} a second")


def _profile(logs: Path) -> Figures:
    from signoff.cli.bench import profiling

    return profiling.merged(sorted(logs.glob("profile-*.json")))
