"""The reconciliation of a run, written to files."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from signoff.cli.errors import Refused
from signoff.cli.sunset.finding import run_named
from signoff.usecases.sunsets.reconcile import NotYet, report_csv, report_json


def run(options: argparse.Namespace) -> int:
    """Writes what was asked for; without any file, the summary to standard output."""
    found = run_named(options.run)
    try:
        summary = report_json(found)
        if options.csv is not None:
            _write(options.csv, report_csv(found))
    except NotYet as error:
        raise Refused("there is no report before the run is over") from error
    if options.json is not None:
        _write(options.json, [summary])
    elif options.csv is None:
        print(summary.decode(), end="")
    return 0


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    try:
        with path.open("wb") as file:
            file.writelines(pieces)
    except OSError as error:
        raise Refused(f"cannot write {path}: {error.strerror}") from error
