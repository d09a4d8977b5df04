"""Opening the cases of a bulk: declarations in sets of 1,000, as a sunset makes them.

Runs as a process of its own, so that its time is its own: says `ready`, begins when it is told to,
and says at the end what it used.
"""

import argparse
import contextlib
import cProfile
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from signoff.cli import database
from signoff.cli.bench.profiling import functions_of

SET = 1_000


def main() -> None:
    """Opens a case for each line of the numbers from first to last."""
    parser = argparse.ArgumentParser(prog="signoff.cli.bench.opening")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--last", type=int, required=True)
    parser.add_argument("--profile-into", type=Path)
    options = parser.parse_args()
    database.set_up_django()
    from signoff.usecases import rules

    rules.book()
    print("ready", flush=True)
    sys.stdin.readline()
    before = time.process_time()
    with _profiled(options.profile_into):
        for start in range(options.first, options.last + 1, SET):
            open_cases(start, min(start + SET - 1, options.last))
    used = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": used, "peak_mib": peak}), flush=True)


@contextlib.contextmanager
def _profiled(into: Path | None) -> Iterator[None]:
    if into is None:
        yield
        return
    with cProfile.Profile(time.thread_time) as profile:
        yield
    notes = {"steps": {}, "statements": [], "functions": functions_of([profile])}
    into.write_text(json.dumps(notes), encoding="utf-8")


def open_cases(first: int, last: int) -> None:
    """Declare that these lines shall end, in one transaction and in the lane of bulk."""
    from signoff.domain.account import BalanceChoice, NumberChoice
    from signoff.domain.reasons import LeavingReason
    from signoff.records import linefiles
    from signoff.usecases import rules
    from signoff.usecases.declare import Declaration, declare
    from signoff.workflows.ids import new_id, new_number
    from signoff.workflows.work import changing

    with changing() as changes:
        lines = linefiles.load(range(first, last + 1), policy_of=rules.policy_of, lock=True)
        for brand, place in {(line.brand, line.place) for line in lines}:
            rules.keep(brand, place)
        declarations = [
            Declaration(
                case_id=new_id(),
                number=new_number(),
                line_id=line.id,
                user_id=None,
                channel="api",
                language=line.language,
                reason=LeavingReason.NOT_NEEDED,
                number_choice=NumberChoice.RELEASE,
                balance_choice=BalanceChoice.REFUND,
                lane=1,
            )
            for line in lines
        ]
        declare(declarations, lines, changes=changes)


if __name__ == "__main__":
    main()
