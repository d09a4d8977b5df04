"""`signoff sunset ACTION`: end every line of a list, a plan or a brand, and prove it (O1).

Exit status: 0 done, 1 refused or (verify) altered, 2 something given cannot be used.
"""

import argparse
import importlib
import os
from pathlib import Path

from signoff.cli import database

_ACTS = {
    "start": "begin to end the lines",
    "pause": "open no more cases and hold back what is not at its carrier",
    "resume": "go on after a pause",
    "abort": "stop for good: what is not cut goes on as before",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _create(actions.add_parser("create", help="make a run and have it looked up and rehearsed"))
    _dry_run(actions.add_parser("dry-run", help="show what a run would come to"))
    _confirm(actions.add_parser("confirm", help="confirm a run; two different people must"))
    for name, about in _ACTS.items():
        _run_of(actions.add_parser(name, help=about), acting=True)
    _retry(actions.add_parser("retry", help="try lines again that wait for a person"))
    _status(actions.add_parser("status", help="show how far a run is"))
    _report(actions.add_parser("report", help="write the reconciliation of a run that is over"))
    _verify(actions.add_parser("verify", help="check a report and its CSV, offline"))


def _run_of(parser: argparse.ArgumentParser, *, acting: bool) -> None:
    parser.add_argument("run", metavar="RUN", help="the run's number or id")
    if acting:
        _who(parser)


def _who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as", dest="by", metavar="EMAIL", default=os.environ.get("SIGNOFF_AS", ""),
        help="who asks for it: an operator or supervisor of the brand (default: SIGNOFF_AS)",
    )  # fmt: skip


def _create(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--brand", required=True, help="the brand whose lines end")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--list", type=Path, metavar="FILE", help="CSV with msisdn or iccid")
    which.add_argument("--all", action="store_true", help="every line of the brand")
    which.add_argument("--plan", default="", help="every line on this plan")
    parser.add_argument("--terms", type=Path, metavar="FILE", required=True, help="what holds")
    parser.add_argument("--title", default="", help="what people will know the run by")
    _who(parser)


def _dry_run(parser: argparse.ArgumentParser) -> None:
    _run_of(parser, acting=False)
    parser.add_argument("--again", action="store_true", help="count everything anew first")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    _who(parser)


def _confirm(parser: argparse.ArgumentParser) -> None:
    _run_of(parser, acting=True)
    parser.add_argument(
        "--count", type=int, required=True, metavar="N", help="how many lines the run ends"
    )


def _retry(parser: argparse.ArgumentParser) -> None:
    _run_of(parser, acting=True)
    parser.add_argument("--step", default="", help="only lines that failed at this step")
    parser.add_argument("--code", default="", help="only lines that failed for this reason")


def _status(parser: argparse.ArgumentParser) -> None:
    _run_of(parser, acting=False)
    parser.add_argument("--watch", action="store_true", help="go on until the run is over")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _report(parser: argparse.ArgumentParser) -> None:
    _run_of(parser, acting=False)
    parser.add_argument("--csv", type=Path, metavar="FILE", help="every row and what came of it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the signed summary")


def _verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", metavar="REPORT", type=Path, help="the signed summary, JSON")
    parser.add_argument("rows", metavar="CSV", type=Path, help="the rows it was signed with")
    parser.add_argument(
        "--key",
        metavar="FILE|HEX",
        action="append",
        help="public key of the issuer; may be repeated (default: those in SIGNOFF_HOME/keys)",
    )


_MODULES = {
    "create": "acting",
    "confirm": "acting",
    **dict.fromkeys(_ACTS, "acting"),
    "retry": "acting",
    "dry-run": "showing",
    "status": "showing",
    "report": "writing",
    "verify": "checking",
}


def run(options: argparse.Namespace) -> int:
    """Prepares the database, but for `verify`, which needs nothing; returns the exit status."""
    name = f"{__name__}.{_MODULES[options.action]}"
    if options.action == "verify":
        return int(importlib.import_module(name).run(options))
    database.set_up_django()
    with database.ready():
        return int(importlib.import_module(name).run(options))
