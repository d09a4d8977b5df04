"""`signoff sunset verify REPORT CSV`: whether both are as they were signed. Needs no database."""

import argparse
import hashlib
from pathlib import Path

from signoff.cli.errors import Refused
from signoff.cli.verify import trusted_keys
from signoff.domain.sunset_report import Flaw
from signoff.usecases.sunsets.verifying import verify_report

_MOST_BYTES = 16 * 1024 * 1024
_SAID = {
    Flaw.NOT_A_REPORT: "this is no report of a sunset",
    Flaw.WRONG_SIGNATURE: "the report is not as it was signed",
    Flaw.UNKNOWN_KEY: "the report was signed with a key that is not known here",
    Flaw.WRONG_CSV: "the CSV is not the one the report was signed with",
    Flaw.DOES_NOT_ADD_UP: "the report is genuine, and says itself that it does not add up",
}


def run(options: argparse.Namespace) -> int:
    """Prints what is wrong; 0 when nothing is, 1 when something is. Raises Refused."""
    trusted = trusted_keys(options.key)
    found = _flaws(options.report, options.rows, trusted=trusted)
    for flaw in found:
        print(f"{options.report}: {_SAID[flaw]}")
    if not found:
        note = "" if trusted else "; the key is the report's own, nobody vouches for it here"
        print(f"{options.report}: genuine, and {options.rows} is its CSV{note}")
    return 1 if found else 0


def _flaws(report: Path, rows: Path, *, trusted: dict[str, bytes] | None) -> tuple[Flaw, ...]:
    try:
        with report.open("rb") as file:
            content = file.read(_MOST_BYTES)
        with rows.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Refused(f"cannot read {error.filename}: {error.strerror}") from error
    return verify_report(content, csv_sha256=digest, trusted=trusted)
