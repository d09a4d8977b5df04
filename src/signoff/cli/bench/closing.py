"""A sunset of a range of lines, made and confirmed as by two people, then started when told to.

Runs as a process of its own: makes the run, waits until the workers have rehearsed it, confirms it,
says `ready` and how long that took, begins when it is told to, and ends when every part was opened.
"""

import argparse
import io
import json
import resource
import sys
import time
from datetime import timedelta
from uuid import UUID

from signoff.cli import database
from signoff.cli.bench.seeding import BRAND

_POLL_S = 0.2


def main() -> None:
    """Ends the lines of the numbers from first to last."""
    parser = argparse.ArgumentParser(prog="signoff.cli.bench.closing")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--last", type=int, required=True)
    options = parser.parse_args()
    database.set_up_django()
    from signoff.workflows import sunsets

    began = time.monotonic()
    run_id, operator = _confirmed(options.first, options.last)
    print(json.dumps({"rehearsed_seconds": round(time.monotonic() - began, 2)}), flush=True)
    sys.stdin.readline()
    before = time.process_time()
    _require(sunsets.start(run_id, by=operator))
    _wait(run_id, until="opened")
    used = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": used, "peak_mib": peak}), flush=True)


def _confirmed(first: int, last: int) -> tuple[UUID, int]:
    """A run over these lines that two operators have confirmed, and one of the two."""
    from signoff.domain.sunset import Selection
    from signoff.domain.sunset_terms import Terms
    from signoff.records import models
    from signoff.workflows import sunsets
    from signoff.workflows.work import clock

    operators = [
        models.User.objects.create_user(f"operator{number}@example.com") for number in (1, 2)
    ]
    for each in operators:
        models.StaffRole.objects.create(user=each, brand=BRAND, role="operator")
    now = clock().replace(microsecond=0)
    terms = Terms(
        name="Closing",
        time_zone="UTC",
        sales_stop_at=now - timedelta(days=60),
        notice_by=now - timedelta(days=40),
        refund_open_at=now - timedelta(days=60),
        end_at=now - timedelta(minutes=1),
        restore_days=14,
    )
    rows = "".join(f"8901240{number:012d}\n" for number in range(first, last + 1))
    run_id = sunsets.create(
        brand=BRAND,
        title="The last day",
        terms=terms,
        by=operators[0].id,
        selection=Selection.LIST,
        given=io.BytesIO(f"iccid\n{rows}".encode()),
    )
    _wait(run_id, until="ready")
    for each in operators:
        _require(sunsets.confirm(run_id, by=each.id, count=last - first + 1))
    return run_id, operators[0].id


def _wait(run_id: UUID, *, until: str) -> None:
    """Until the run is rehearsed, or every part of it was opened."""
    from signoff.records import models

    while True:
        if until == "ready":
            over = models.Sunset.objects.filter(id=run_id, stage="ready").exists()
        else:
            parts = models.SunsetPart.objects.filter(sunset_id=run_id, opened_at=None)
            over = not parts.exists()
        if over:
            return
        time.sleep(_POLL_S)


def _require(verdict: object) -> None:
    if not getattr(verdict, "allowed", False):
        raise SystemExit(f"the run does not go on: {verdict}")


if __name__ == "__main__":
    main()
