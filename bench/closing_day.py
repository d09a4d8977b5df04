"""A brand closes while everything breaks, and afterwards every line is counted (O1, Q2).

A sunset over N lines, made, confirmed and started as an operator would. On the way a worker is
killed, the database is killed and started again, and the carrier goes away for a while. Workers
have to go on by themselves; what a dead one held comes back when its lease ends, two minutes later.

Everything runs on the bench's own ground, with the product's durability. Exit status: 0 every count
is right, 1 one is wrong, 2 it could not run.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from signoff.cli.bench.report import Figures, rounded, tell
from signoff.cli.embedded import EmbeddedError
from signoff.cli.errors import Refused
from signoff.domain.steps import Step
from signoff.domain.sunset import Selection, Stage
from signoff.domain.sunset_terms import Terms

if TYPE_CHECKING:  # they reach the tables, which need a database to be named first
    from signoff.cli.bench.ground import Ground, Process

STEPS = tuple(step.value for step in Step if step is not Step.SEND_NOTICE)
"""What workers carry out: mails stay queued, a mail server's pace is not what is looked at."""

_SLOW_EACH, _SLOW = 1_000, 20
"""Of every thousand lines so many are at a carrier that takes one at a time."""

_STILL_S, _STALLED_S = 10.0, 600.0
"""After so long without a line that ends the run stands still; without an event it is given up."""

_PROVEN = "SELECT count(*) FROM records_carrierintent WHERE state = 'confirmed'"
_FIGURES = ("seconds", "per_second", "still_s", "tail_s")


def main() -> int:
    options = _options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    from signoff.cli.bench import ground

    try:
        with ground.ground() as place:
            found = _measured(place, options)
    except (Refused, EmbeddedError) as error:
        print(f"closing_day: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _show(found)
    return 1 if found["wrong"] else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A brand closes while everything breaks.")
    parser.add_argument("--lines", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--workers", type=int, default=2, metavar="N")
    parser.add_argument("--outage", type=float, default=60, metavar="S", help="carrier's, seconds")
    parser.add_argument(
        "--leases-run-out",
        action="store_true",
        help="end at once the leases that an accident leaves behind, to save the two minutes",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def _measured(place: "Ground", options: argparse.Namespace) -> Figures:
    import closing_counts

    from signoff.cli.bench import checks, ground, machine, waiting

    described = machine.described(place.home)
    _seed(place, lines=options.lines)
    with ground.workers(place, count=options.workers, steps=STEPS) as crew:
        run, by = _confirmed(crew, lines=options.lines)
        day = Day(place, options, crew, run=run, by=by)
        day.pass_by()
        waiting.until_over(crew, opener=None, lines=options.lines)
    asked = {"lines": options.lines, "workers": options.workers, "outage_s": options.outage}
    tell("counting")
    counts = closing_counts.counted(place, lines=options.lines, run=run, by=by)
    wanted = closing_counts.wanted(counts, lines=options.lines)
    return {
        "bench": "closing_day",
        **asked,
        **day.figures(),
        "timeline": day.timeline,
        "counts": counts,
        "wrong": checks.differences(wanted, counts),
        **described,
    }


# ---------------------------------------------------------------- the brand and its run
def _seed(place: "Ground", *, lines: int) -> None:
    """Lines in the book and at two carriers, with money to pay back each."""
    from signoff.cli.bench import seeding

    tell(f"putting {lines:,} lines into the book")
    _start_carrier(place)
    for first in range(1, lines + 1, _SLOW_EACH):
        last = min(first + _SLOW_EACH - 1, lines)
        slow = min(first + _SLOW - 1, last)
        for carrier, some in (("tmobile", (first, slow)), ("wholesale", (slow + 1, last))):
            seeding.seed(*some, carrier=carrier)
            seeding.provision(*some, carrier=carrier, sandbox=place.admin)
    seeding.make_payments_known(1, lines, sandbox=place.admin)
    seeding.settle_down()


def _start_carrier(place: "Ground") -> None:
    """The sandbox, carrier and payment provider in one, as its state file has it."""
    from signoff.cli.bench.ground import Process

    port = place.admin.url.rpartition(":")[2]
    words = ["sandbox", "--port", port, "--state", str(place.home / "sandbox.state")]
    place.sandbox = Process(*words, log=place.logs / "sandbox.log")
    place.sandbox.output.readline()
    place.sandbox.require_alive()


def _worker(place: "Ground") -> "Process":
    from signoff.cli.bench.ground import Process

    return Process("worker", "--steps", ",".join(STEPS), log=place.logs / "worker-next.log")


def _confirmed(crew: "Sequence[Process]", *, lines: int) -> tuple[UUID, int]:
    """A run of the whole brand, rehearsed and confirmed by two; says whose it is."""
    from signoff.cli.bench.seeding import BRAND
    from signoff.records import models
    from signoff.workflows import sunsets

    people = []
    for role in ("operator", "supervisor"):
        user = models.User.objects.create_user(f"{role}@example.com")
        models.StaffRole.objects.create(user=user, brand=BRAND, role=role)
        people.append(user.id)
    by = people[0]
    run = sunsets.create(
        brand=BRAND, title="The last day", terms=_terms(), by=by, selection=Selection.BRAND
    )
    tell("gathering and rehearsing")
    found = models.Sunset.objects.filter(id=run)
    while found.values_list("stage", flat=True).get() != Stage.READY:
        for each in crew:
            each.require_alive()
        time.sleep(0.5)
    for person in people:
        verdict = sunsets.confirm(run, by=person, count=lines)
        if not verdict.allowed:
            raise Refused(f"the run cannot be confirmed: {verdict.reasons}; {found.get().totals}")
    return run, by


def _terms() -> Terms:
    """Announced long ago, over since a minute; a line can be brought back for 30 days."""
    now = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - nobody above could pass it in
    before = now - timedelta(days=60)
    return Terms(
        name="Closing",
        time_zone="UTC",
        sales_stop_at=before,
        notice_by=before,
        refund_open_at=before,
        end_at=now - timedelta(minutes=1),
        unused_back=False,
        restore_days=30,
    )


# ---------------------------------------------------------------- the day
@dataclass
class Day:
    """A run from its start to its report, and what breaks on the way."""

    place: "Ground"
    options: argparse.Namespace
    crew: "list[Process]"
    run: UUID
    by: int
    timeline: list[Figures] = field(default_factory=list)
    _started: float = 0.0
    _ended: int = 0
    _moved: float = 0.0
    """When a line was last seen to have ended."""
    _last: tuple[int, float] = (-1, 0.0)
    """The last event there was, and when it was first seen."""
    _stills: list[tuple[float, float]] = field(default_factory=list)
    """From when until when no line ended, where that was longer than a few seconds."""

    def pass_by(self) -> None:
        """From the start to the report."""
        from signoff.records import models
        from signoff.workflows import sunsets

        verdict, lines = sunsets.start(self.run, by=self.by), self.options.lines
        if not verdict.allowed:
            raise Refused(f"the run does not start: {verdict.reasons}")
        self._started = self._moved = time.monotonic()
        self._note("started")
        for percent, accident in (
            (20, self._kill_a_worker),
            (40, self._restart_the_database),
            (60, self._take_the_carrier_away),
        ):
            # Of all orders, two a line: lines end a thousand at once, those are proven before.
            while self._look(_PROVEN) < 2 * lines * percent / 100:
                pass
            accident()
            before = self._ended
            while self._ended == before < lines:
                self._look()
            self._note("lines end again")
        while self._ended < lines:
            self._look()
        self._note("every line has ended")
        while not models.Sunset.objects.filter(id=self.run, stage=Stage.DONE).exists():
            self._look()
        self._note("paid back, reconciled, report signed")

    def figures(self) -> Figures:
        """`tail_s` is what was spent after the accidents waiting for leases, and then paying."""
        seconds, over = self.timeline[-1]["at_s"], self.timeline[-3]["at_s"]
        tail = [since for since, _ in self._stills if since >= over]
        return {
            "seconds": seconds,
            "per_second": rounded(self.options.lines / seconds),
            "still_s": [round(until - since) for since, until in self._stills],
            "tail_s": round(seconds - min(tail, default=self.timeline[-2]["at_s"])),
        }

    def _kill_a_worker(self) -> None:
        from signoff.cli.bench.ground import Process

        dying = self.crew.pop(0)
        os.kill(dying.pid, signal.SIGKILL)
        dying.stop()
        self._note("a worker killed with kill -9")
        self._let_leases_end()
        log = self.place.logs / "worker-next.log"
        self.crew.append(Process("worker", "--steps", ",".join(STEPS), log=log))
        self._note("another one started")

    def _restart_the_database(self) -> None:
        server = self.place.server
        connection.close()
        os.kill(server.pid, signal.SIGQUIT)  # no checkpoint, no goodbye: recovery from the log
        server.stop()
        self._note("the database killed", count=False)
        server.start()
        self._note("it has recovered and answers")
        self._let_leases_end()

    def _take_the_carrier_away(self) -> None:
        gone = self.place.sandbox
        assert gone is not None
        os.kill(gone.pid, signal.SIGKILL)
        gone.stop()
        self._note("carrier and payment provider gone")
        back = time.monotonic() + self.options.outage
        while time.monotonic() < back:
            self._look()
        _start_carrier(self.place)
        self._note("they are back, as they were")

    def _let_leases_end(self) -> None:
        if self.options.leases_run_out:
            from signoff.records import models

            models.Due.objects.exclude(lease_until=None).update(lease_until=None)

    def _look(self, further: str = "SELECT 0") -> int:
        """See how far it is; counting costs time, so that most of it is spent waiting."""
        begun = time.monotonic()
        for each in self.crew:
            each.require_alive()
        self._count()
        found = _asked(further)
        time.sleep(max(0.2, 20 * (time.monotonic() - begun)))
        return found

    def _count(self) -> None:
        ended, now = _asked("SELECT count(*) FROM records_certificate"), time.monotonic()
        if ended > self._ended:
            if self._ended and now - self._moved > _STILL_S:
                self._stills.append((self._moved - self._started, now - self._started))
            self._moved, self._ended = now, ended
        last = _asked("SELECT coalesce(max(id), 0) FROM records_event")
        if last > self._last[0]:
            self._last = last, now
        elif now - self._last[1] > _STALLED_S:
            raise Refused(f"nothing moves any more; {ended:,} lines have ended")

    def _note(self, what: str, *, count: bool = True) -> None:
        """One row of the timeline, with the pace since the row before."""
        at = round(time.monotonic() - self._started, 1)
        if count:
            self._count()
        before = self.timeline[-1] if self.timeline else {"at_s": 0.0, "ended": 0}
        passed = max(at - before["at_s"], 0.1)
        pace = round((self._ended - before["ended"]) / passed)
        row = {"at_s": at, "ended": self._ended, "per_second": pace, "what": what}
        self.timeline.append(row)
        tell(_row(row))


# ---------------------------------------------------------------- telling
def _asked(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def _show(found: Figures) -> None:
    for row in found["timeline"]:
        print(_row(row))
    for name in _FIGURES:
        print(f"{name:<42} {found[name]}")
    for name, count in found["counts"].items():
        print(f"{name:<42} {count:>14,}")
    for wrong in found["wrong"]:
        print(f"wrong: {wrong}", file=sys.stderr)
    print("wrong" if found["wrong"] else "every count is right")


def _row(row: Figures) -> str:
    at, ended, pace = row["at_s"], row["ended"], row["per_second"]
    return f"{at:8.1f} s  {ended:>9,} ended  {pace:6,}/s  {row['what']}"


if __name__ == "__main__":
    sys.exit(main())
