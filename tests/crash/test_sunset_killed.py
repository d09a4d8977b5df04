"""Q2, O1: a brand closes exactly while a worker, the database and the carrier are killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.crash

SCRIPT = Path(__file__).parents[2] / "bench" / "closing_day.py"
LINES = 6_000


def test_a_brand_closes_exactly_while_everything_breaks(tmp_path: Path) -> None:
    """It counts by itself: every row, order, certificate, event, cent, and the signed report."""
    ours = {name: v for name, v in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    words = ["--lines", str(LINES), "--outage", "5", "--leases-run-out", "--json"]

    done = subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        capture_output=True,
        text=True,
        env={**ours, "SIGNOFF_HOME": str(tmp_path)},
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["counts"]["lines with one cut"] == found["counts"]["rows ended"] == LINES
    happened = " ".join(row["what"] for row in found["timeline"])
    assert "worker killed" in happened
    assert "database killed" in happened
    assert "provider gone" in happened
