"""`signoff bench bulk`: many lines ended at once, the whole way, beside plain SQL.

The clock runs from the first declaration until every case has ended and its certificate can be had.
Refunds and notices are queued by then; carrying those out is measured apart.
"""

import argparse
import contextlib
import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from signoff.cli.bench.report import Figures, result, rounded, tell

if TYPE_CHECKING:  # they reach the tables, which need a database to be named first
    from signoff.cli.bench.ground import Ground, Process
    from signoff.cli.bench.tally import Tally


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lines", type=int, default=100_000, metavar="N")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="worker processes")
    parser.add_argument(
        "--carrier",
        metavar="NAME",
        choices=("wholesale", "tmobile", "verizon"),
        default="wholesale",
        help="wholesale (default), tmobile or verizon",
    )
    parser.add_argument(
        "--with-payments", action="store_true", help="then pay refunds and send mails, timed apart"
    )
    parser.add_argument(
        "--profile",
        metavar="WHAT",
        nargs="?",
        const="functions",
        choices=("functions", "steps"),
        help="where the time goes; `steps` leaves out functions, whose counting slows all down",
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
    asked = {"lines": options.lines, "workers": options.workers, "carrier": options.carrier}
    return result("bulk", runs, **asked, **described)


class _Run:
    """One run: seed, measure, check, and measure plain SQL."""

    def __init__(self, place: "Ground", options: argparse.Namespace) -> None:
        self._place, self._options, self._lines = place, options, options.lines

    def measure(self) -> Figures:
        from signoff.cli.bench import checks, raw

        seeded = self._seed()
        figures, wrote = self._way()
        wrong = checks.ended(self._lines, sandbox=self._place.admin)
        if self._options.with_payments:
            figures["payments"] = self._pay()
            wrong += checks.paid(self._lines, sandbox=self._place.admin)
        workers = self._options.workers
        plain = raw.measure(self._place, lines=self._lines, connections=workers, wrote=wrote)
        return {
            "seconds": figures["seconds"],
            "per_second": figures["per_second"],
            "raw_per_second": plain["per_second"],
            "ratio": rounded(figures["per_second"] / plain["per_second"]),
            **figures,
            "raw": plain,
            "seeding_seconds": seeded,
            "wrong": wrong,
        }

    def _seed(self) -> float:
        from signoff.cli.bench import raw, seeding

        started, carrier = time.monotonic(), self._options.carrier
        tell(f"putting {self._lines:,} lines into the book")
        self._place.fresh()
        seeding.seed(1, self._lines, carrier=carrier)
        seeding.settle_down()
        seeding.provision(1, self._lines, carrier=carrier, sandbox=self._place.admin)
        if self._options.with_payments:
            seeding.make_payments_known(1, self._lines, sandbox=self._place.admin)
        raw.prepare(self._place)
        return rounded(time.monotonic() - started)

    def _way(self) -> "tuple[Figures, Tally]":
        """The timed part, and what it wrote."""
        from signoff.cli.bench import ground, profiling, waiting
        from signoff.cli.bench.timed import Timed

        options, place = self._options, self._place
        with contextlib.ExitStack() as stack:
            crew = stack.enter_context(
                ground.workers(
                    place,
                    count=options.workers,
                    steps=waiting.NOT_LATER,
                    profile=options.profile,
                )
            )
            opening, rehearsed = stack.enter_context(opener(place, last=self._lines))
            timed = Timed(place, worker=crew)
            started = timed.begin()
            opening.input.write("go\n")
            opening.input.flush()
            opened = waiting.until_over([*crew, opening], opener=opening, lines=self._lines)
            timed.end()
            told = json.loads(opening.output.readline())
        figures = timed.figures(self._lines, told={"opening": told})
        figures["opened_seconds"] = rounded(opened - started)
        figures |= rehearsed
        if options.profile:
            figures["profile"] = profiling.merged(sorted(place.logs.glob("profile-*.json")))
        return figures, timed.wrote

    def _pay(self) -> Figures:
        """Refunds paid and mails sent, all of them, by the same workers."""
        from signoff.cli.bench import ground, waiting

        place, count = self._place, self._options.workers
        with ground.mailbox(place), ground.workers(place, count=count) as crew:
            started = time.monotonic()
            waiting.until_done(crew, steps=waiting.LATER, title="paying and mailing")
            waiting.until_done(crew, steps=waiting.SUNSETS, title="reconciling")
            seconds = time.monotonic() - started
        return {"seconds": rounded(seconds), "per_second": rounded(self._lines / seconds)}


@contextlib.contextmanager
def opener(place: "Ground", *, last: int, first: int = 1) -> "Iterator[tuple[Process, Figures]]":
    """A process that ends these lines by a sunset as soon as it is told to go, and its dry run."""
    from signoff.cli.bench.ground import Process

    words = ["--first", str(first), "--last", str(last)]
    process = Process(*words, log=place.logs / "closing.log", module="signoff.cli.bench.closing")
    try:
        said = process.output.readline()
        process.require_alive()
        yield process, json.loads(said)
    finally:
        process.stop()
