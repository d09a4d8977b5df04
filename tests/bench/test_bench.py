"""`signoff bench` measures what it says, and a figure only counts where every count is right."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from signoff.cli.bench import report, verifying
from signoff.cli.main import main

EVERY = {
    "bench",
    "lines",
    "runs",
    "seconds",
    "per_second",
    "raw_per_second",
    "ratio",
    "cpu_seconds",
    "peak_rss_mib",
    "machine",
    "versions",
    "wrong",
}
WRITING = {"bytes_per_case", "cpu_us_per_line", "rows_per_case", "log_bytes_per_case"}
MACHINE = {"cpu", "cores", "ram_gib", "kernel", "disk", "fsync_ms", "load_before", "additions_s"}


def bench(*words: str, home: Path) -> tuple[int, dict[str, Any], str]:
    """`signoff bench WORDS --json`: its exit status, what it found, and its progress."""
    ours = {k: v for k, v in os.environ.items() if k not in ("DJANGO_SETTINGS_MODULE",)}
    done = subprocess.run(
        [sys.executable, "-m", "signoff", "bench", *words, "--runs", "1", "--json"],
        capture_output=True,
        text=True,
        env={**ours, "SIGNOFF_HOME": str(home)},
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "more"),
    [
        ("bulk", "--lines 60 --with-payments", WRITING | {"opened_seconds", "payments", "raw"}),
        (
            "singles",
            "--cases 40 --rate 10 --seconds 1 --during-bulk 100",
            WRITING | {"idle", "during_bulk", "declared_per_second"},
        ),
        (
            "web",
            "--rate 20 --seconds 1 --pages 5",
            WRITING | {"declare_ms", "checklist_ms", "checklist_queries", "raw_ms"},
        ),
        (
            "timers",
            "--rows 2000 --wakes 2 --at-once 50 --idle 1",
            WRITING | {"wake_up_ms", "with_rows", "without_rows", "bytes_per_row"},
        ),
        ("verify", "--lines 20", {"json_ms", "pdf_ms", "command_seconds"}),
        ("import", "--lines 300", WRITING | {"again_per_second", "file_bytes"}),
    ],
    ids=lambda each: each if isinstance(each, str) and " " not in each else "",
)
def test_a_bench_says_what_it_promises(
    name: str, options: str, more: set[str], tmp_path: Path
) -> None:
    status, found, told = bench(name, *options.split(), home=tmp_path)

    assert found["bench"] == name
    assert found.keys() >= EVERY | more
    assert found["machine"].keys() >= MACHINE
    assert found["versions"]["postgres"]
    assert [run["wrong"] for run in found["runs"]] == [[]]
    assert status == 0
    assert "bench:" in told
    assert not list(tmp_path.iterdir())  # it has a home of its own


@pytest.mark.slow
def test_a_profile_says_where_the_time_goes(tmp_path: Path) -> None:
    _, found, _ = bench("bulk", "--lines", "60", "--profile", home=tmp_path)

    profile = found["runs"][0]["profile"]
    assert sum(step.get("rows", 0) for step in profile["steps"].values()) >= 60
    assert any("records_case" in row["sql"] for row in profile["statements"])
    assert any("validate_json" in row["function"] for row in profile["functions"])


def test_a_wrong_count_fails_the_bench(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ["cases ended: 9 instead of 10"]
    runs = [{"seconds": 1.0, "wrong": []}, {"seconds": 2.0, "wrong": wrong}]
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr(verifying, "measure", lambda _: report.result("verify", runs))

    assert main(["bench", "verify"]) == 1

    assert "run 2: cases ended: 9 instead of 10" in capsys.readouterr().err


def test_figures_are_the_middle_of_the_runs() -> None:
    runs = [
        {"seconds": 3.0, "cpu": {"worker": 1.0}, "sizes": [1, 2], "wrong": []},
        {"seconds": 1.0, "cpu": {"worker": 5.0}, "sizes": [3, 4], "wrong": []},
        {"seconds": 2.0, "cpu": {"worker": 2.0}, "sizes": [5, 6], "wrong": []},
    ]

    found = report.result("bulk", runs, lines=7)

    assert found["seconds"] == 2.0
    assert found["cpu"] == {"worker": 2.0}
    assert found["lines"] == 7
    assert found["runs"] == runs


def test_times_are_told_by_their_spread() -> None:
    assert report.spread([n / 1000 for n in range(1, 102)]) == {"p50": 51, "p99": 100, "max": 101}
