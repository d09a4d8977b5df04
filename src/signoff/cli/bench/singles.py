"""`signoff bench singles`: declarations one by one, each in a transaction of its own.

Two things are measured. How fast workers drain them: so many are declared while the workers stand
still, then the clock runs until every one has ended. And how long a person waits: people declare at
a steady pace while the workers are idle, or, with `--during-bulk`, busy with a bulk.
"""

import argparse
import contextlib
import os
import signal
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from signoff.cli.bench.report import Figures, result, rounded, tell

if TYPE_CHECKING:  # they reach the tables, which need a database to be named first
    from signoff.cli.bench.ground import Ground, Process
    from signoff.cli.bench.tally import Tally

_ONE_BY_ONE = 500
"""So many cases of the raw limit are written one by one as well."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cases", type=int, default=20_000, metavar="N", help="to drain")
    parser.add_argument("--clients", type=int, default=8, metavar="N", help="who declare at once")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="worker processes")
    parser.add_argument("--rate", type=float, default=20, metavar="N", help="people a second")
    parser.add_argument("--seconds", type=float, default=20, metavar="N", help="for so long")
    parser.add_argument(
        "--during-bulk",
        type=int,
        default=0,
        metavar="N",
        help="then people during a bulk of so many lines",
    )


def measure(options: argparse.Namespace) -> Figures:
    """So many runs, each on an empty database."""
    from signoff.cli.bench import ground, machine

    with ground.ground() as place:
        described = machine.described(place.home)
        runs = []
        for number in range(1, options.runs + 1):
            tell(f"run {number} of {options.runs}")
            runs.append(_Run(place, options).measure())
    asked = {
        "lines": options.cases,
        "clients": options.clients,
        "workers": options.workers,
        "people_per_second": options.rate,
        "bulk_lines": options.during_bulk,
    }
    return result("singles", runs, **asked, **described)


class _Run:
    """One run. Lines of people who come later follow those that are drained, then the bulk's."""

    def __init__(self, place: "Ground", options: argparse.Namespace) -> None:
        self._place, self._options = place, options
        self._people = max(1, round(options.rate * options.seconds))
        rounds = 2 if options.during_bulk else 1
        self._bulk = options.cases + rounds * self._people + 1
        self._lines = self._bulk - 1 + options.during_bulk

    def measure(self) -> Figures:
        from signoff.cli.bench import checks, raw, seeding

        tell(f"putting {self._lines:,} lines into the book")
        self._place.fresh()
        seeding.seed(1, self._lines, carrier="wholesale")
        seeding.settle_down()
        seeding.provision(1, self._lines, carrier="wholesale", sandbox=self._place.admin)
        raw.prepare(self._place)
        figures, wrote = self._drained()
        figures |= self._people_come()
        wrong = checks.ended(self._lines, sandbox=self._place.admin, declared=self._bulk - 1)
        plain = raw.measure(
            self._place,
            lines=self._options.cases,
            connections=self._options.workers,
            wrote=wrote,
            one_by_one=min(_ONE_BY_ONE, self._options.cases // 2),
        )
        return {
            "seconds": figures["seconds"],
            "per_second": figures["per_second"],
            "raw_per_second": plain["per_second"],
            "ratio": rounded(figures["per_second"] / plain["per_second"]),
            **figures,
            "raw": plain,
            "wrong": wrong,
        }

    def _drained(self) -> "tuple[Figures, Tally]":
        """Declared while the workers stand still; timed from when they may move."""
        from signoff.cli.bench import ground, people, waiting
        from signoff.cli.bench.timed import Timed

        cases, count = self._options.cases, self._options.workers
        with ground.workers(self._place, count=count, steps=waiting.NOT_LATER) as crew:
            timed = Timed(self._place, worker=crew)
            tell(f"declaring {cases:,} one by one")
            with _standing_still(crew):
                started = time.monotonic()
                people.declare_all(range(1, cases + 1), clients=self._options.clients)
                declared = time.monotonic() - started
            timed.begin()
            waiting.until_over(crew, opener=None, lines=cases)
            timed.end()
        figures = timed.figures(cases)
        return {**figures, "declared_per_second": rounded(cases / declared)}, timed.wrote

    def _people_come(self) -> Figures:
        from signoff.cli.bench import bulk, ground, waiting

        options, place, first = self._options, self._place, self._options.cases + 1
        with ground.workers(place, count=options.workers, steps=waiting.NOT_LATER) as crew:
            tell("people declare while the workers are idle")
            found = {"idle": self._come(first)}
            waiting.until_over(crew, opener=None, lines=options.cases + self._people)
            if options.during_bulk:
                tell(f"people declare during a bulk of {options.during_bulk:,} lines")
                with bulk.opener(place, first=self._bulk, last=self._lines) as (opening, _):
                    opening.input.write("go\n")
                    opening.input.flush()
                    found["during_bulk"] = self._come(first + self._people)
                    found["during_bulk"]["bulk_lines_left"] = self._bulk_left()
                    waiting.until_over([*crew, opening], opener=opening, lines=self._lines)
        return found

    def _bulk_left(self) -> int:
        """Lines of the bulk that had not ended when the last person's had; 0: it was too small."""
        from signoff.records.models import Case

        ended = Case.objects.filter(lane=1, state="ended").count()
        return int(self._options.during_bulk - ended)

    def _come(self, first: int) -> Figures:
        from signoff.cli.bench import people

        numbers = range(first, first + self._people)
        clients, rate = self._options.clients, self._options.rate
        return people.come(self._place, numbers, clients=clients, rate=rate)


@contextlib.contextmanager
def _standing_still(crew: "Sequence[Process]") -> Iterator[None]:
    for each in crew:
        os.kill(each.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in crew:
            os.kill(each.pid, signal.SIGCONT)
