"""`signoff bench web`: what a page costs a person, from the real web process.

Declarations arrive at a steady pace, whether earlier ones were answered or not: each is timed from
the moment it was due to be sent. Then the checklist of an account that has everything is fetched.
The raw limit is the page that only asks the database whether it is there.
"""

import argparse
import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from signoff.cli.bench.report import Figures, result, rounded, spread, tell

if TYPE_CHECKING:  # they reach the tables, which need a database to be named first
    from signoff.cli.bench.ground import Ground, Process

_CLIENTS = 32
_PROFILED = 50
"""So many declarations more, where a profile is asked for."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rate", type=float, default=100, metavar="N", help="requests a second")
    parser.add_argument("--seconds", type=float, default=20, metavar="N", help="for so long")
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="of the web")
    parser.add_argument(
        "--workers", type=int, default=0, metavar="N", help="that carry on what is declared"
    )
    parser.add_argument("--pages", type=int, default=200, metavar="N", help="checklists fetched")
    parser.add_argument(
        "--profile", action="store_true", help="where the time of a declaration goes"
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
        "lines": round(options.rate * options.seconds),
        "requests_per_second": options.rate,
        "processes": options.processes,
        "workers": options.workers,
    }
    return result("web", runs, **asked, **described)


class _Run:
    """One run. Everyone declares for one line; the checklist's account comes after them."""

    def __init__(self, place: "Ground", options: argparse.Namespace) -> None:
        self._place, self._options = place, options
        self._lines = max(1, round(options.rate * options.seconds))
        self._more = _PROFILED if options.profile else 0

    def measure(self) -> Figures:
        from signoff.cli.bench import ground, seeding, waiting, web_people
        from signoff.cli.bench.timed import Timed

        self._place.fresh()
        after = self._lines + self._more
        seeding.seed(1, after + 2, carrier="wholesale")
        full, bare = web_people.make_full(after + 1), after + 2
        seeding.settle_down()
        steps, count = waiting.NOT_LATER, self._options.workers
        with contextlib.ExitStack() as stack:
            web = stack.enter_context(_serving(self._place, processes=self._options.processes))
            crew = stack.enter_context(ground.workers(self._place, count=count, steps=steps))
            tell(f"{self._lines:,} people open the form")
            forms = web_people.open_forms(range(1, self._lines + 1), clients=4)
            profile = web_people.profiled(range(self._lines + 1, after + 1)) if self._more else {}
            tell(f"they declare, {self._options.rate:g} a second")
            timed = Timed(self._place, web=[web], **({"worker": crew} if crew else {}))
            timed.begin()
            posted = web_people.post(forms, rate=self._options.rate, clients=_CLIENTS)
            timed.end()
            tell("the checklist, and a page with nothing on it")
            pages = web_people.fetch_checklist(full, times=self._options.pages)
            empty = web_people.fetch_health(self._lines, rate=self._options.rate, clients=_CLIENTS)
        figures = timed.figures(self._lines)
        queries = {"full": web_people.queries(full), "bare": web_people.queries(bare)}
        declared, nothing = spread(posted.seconds), spread(empty)
        return {
            "seconds": figures["seconds"],
            "per_second": figures["per_second"],
            "raw_per_second": rounded(1000 / nothing["p50"]),
            "ratio": rounded(nothing["p50"] / declared["p50"]),
            "declare_ms": declared,
            "checklist_ms": spread(pages),
            "checklist_queries": queries,
            "raw_ms": nothing,
            **figures,
            **({"profile": profile} if profile else {}),
            "wrong": self._wrong(posted.accepted, queries),
        }

    def _wrong(self, accepted: int, queries: dict[str, int]) -> list[str]:
        from signoff.cli.bench.checks import differences
        from signoff.records.models import Case, Notice

        found = {
            "declarations accepted": accepted,
            "cases": Case.objects.count(),
            "receipts queued": Notice.objects.filter(name="declared").count(),
            "queries of the checklist": queries["full"],
        }
        wanted = {
            "declarations accepted": self._lines,
            "cases": self._lines + self._more,
            "receipts queued": self._lines + self._more,
            "queries of the checklist": queries["bare"],
        }
        return differences(wanted, found)


@contextlib.contextmanager
def _serving(place: "Ground", *, processes: int) -> "Iterator[Process]":
    """The web process, ready to answer."""
    import os

    from signoff.cli.bench.ground import Process, wait_for_port

    web = Process("serve", "--workers", str(processes), log=place.logs / "web.log")
    try:
        wait_for_port(int(os.environ["PORT"]), web)
        time.sleep(1.0)  # it listens a little before it can answer
        yield web
    finally:
        web.stop()
