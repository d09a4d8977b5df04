"""`signoff bench NAME`: how fast and how large, measured beside the raw limit in the same run.

Every bench runs on a PostgreSQL and a sandbox of its own, thrown away afterwards, through the real
processes. bench/README.md says what the figures mean. Exit status: 0 measured and every count was
right, 1 a count was wrong, 2 it could not run.
"""

import argparse
import importlib
import signal
import sys
from types import FrameType, ModuleType

_BENCHES = {
    "bulk": ("bulk", "the whole way for many lines at once"),
    "singles": ("singles", "declarations that come one by one, and how long a person waits"),
    "web": ("web", "a declaration and a checklist, from the web process"),
    "timers": ("timers", "steps that sleep until their date, and how soon they wake"),
    "verify": ("verifying", "a certificate verified offline"),
    "import": ("importing", "an account book of so many lines read"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    below = parser.add_subparsers(dest="bench", metavar="NAME", required=True)
    for name, (module, about) in _BENCHES.items():
        child = below.add_parser(name, help=about, description=about)
        _module(module).arguments(child)
        child.add_argument("--runs", type=int, default=3, metavar="N", help="the median of so many")
        child.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Measures, and prints what was measured."""
    from signoff.cli.bench import report

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    result = _module(_BENCHES[options.bench][0]).measure(options)
    report.show(result, as_json=options.json)
    return 0 if report.right(result) else 1


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"signoff.cli.bench.{name}")


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
