"""`signoff demo`: ends one line of each card kind and proves it, headless.

It starts an instance of its own and uses it as people do: through the pages, the mailbox, the desk
and the API. Exit status: 0 every certificate verifies, 1 one does not, 2 it could not run.
"""

import argparse
import json
import signal
import sys
from datetime import timedelta
from pathlib import Path
from types import FrameType

from signoff.cli.errors import Refused

# The data card ends with its period: long enough to declare before, short enough to watch it.
_DATA_ENDS_IN = timedelta(seconds=25)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--keep", action="store_true", help="keep its whole data folder")
    parser.add_argument(
        "--home", type=Path, help="a new folder for it (default: below SIGNOFF_HOME/demo)"
    )


def run(options: argparse.Namespace) -> int:
    """Exit status 0 only if every certificate verifies."""
    import httpx

    from signoff.cli import instance
    from signoff.cli.demo import place, play, telling
    from signoff.testing.browsing import NotOnPage, PageRefused

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    with place.own_place(options.home, keep=options.keep) as home:
        try:
            with instance.running(load=_load) as running:
                cases = play.play(running, home)
        except (PageRefused, NotOnPage, httpx.HTTPError) as error:
            raise Refused(f"the demo stopped: {error}; logs: {home}/logs") from error
    if options.json:
        print(json.dumps({"cases": cases, "home": str(home)}, ensure_ascii=False, indent=2))
    else:
        print(telling.told(cases, home=home))
    return 0 if play.all_verified(cases) else 1


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _load() -> None:
    from signoff.cli import seed

    seed.load(data_ends_in=_DATA_ENDS_IN)
