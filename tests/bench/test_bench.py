"""`signoff bench` measures what it says, and a figure only counts where every count is right."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from signoff.cli.bench import report, verifying
from signoff.cli.main import main

TOGETHER = Path(__file__).with_name("on_one_ground.py")
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


BULK = ("bulk", "--lines", "8", "--workers", "1", "--with-payments", "--profile")
OTHERS = {
    "singles": "--cases 10 --rate 10 --seconds 1 --during-bulk 20",
    "web": "--rate 20 --seconds 1 --pages 5",
    "timers": "--rows 500 --wakes 1 --at-once 20 --idle 0.5",
    "verify": "--lines 4",
    "import": "--lines 60",
}
MORE = {
    "bulk": WRITING | {"opened_seconds", "payments", "raw", "profile"},
    "singles": WRITING | {"idle", "during_bulk", "declared_per_second"},
    "web": WRITING | {"declare_ms", "checklist_ms", "checklist_queries", "raw_ms"},
    "timers": WRITING | {"wake_up_ms", "with_rows", "without_rows", "bytes_per_row"},
    "verify": {"json_ms", "pdf_ms", "command_seconds"},
    "import": WRITING | {"again_per_second", "file_bytes"},
}


@dataclass(frozen=True)
class Done:
    """What a bench found, its exit status, its progress, and what it left in the home."""

    found: dict[str, Any]
    status: int
    told: str
    left: list[Path]


def run(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    ours = {k: v for k, v in os.environ.items() if k not in ("DJANGO_SETTINGS_MODULE",)}
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        env={**ours, "SIGNOFF_HOME": str(home)},
        check=False,
    )
    assert done.stdout, done.stderr[-2000:]
    return done


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Done]:
    """Every bench once: bulk as people start it, the others on one server together."""
    home = tmp_path_factory.mktemp("home")
    once = ["--runs", "1", "--json"]
    alone = run(home, "-m", "signoff", "bench", *BULK, *once)
    lines = [[name, *options.split(), *once] for name, options in OTHERS.items()]
    together = run(home, str(TOGETHER), json.dumps(lines))
    answers = [(alone.returncode, alone.stdout)]
    answers += [json.loads(line) for line in together.stdout.splitlines()]
    told = [alone.stderr, *[together.stderr] * len(OTHERS)]
    left = list(home.iterdir())
    return {
        name: Done(json.loads(found), status, said, left)
        for name, (status, found), said in zip(["bulk", *OTHERS], answers, told, strict=True)
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", MORE)
def test_a_bench_says_what_it_promises(name: str, benches: Mapping[str, Done]) -> None:
    done = benches[name]

    assert done.found["bench"] == name
    assert done.found.keys() >= EVERY | MORE[name]
    assert done.found["machine"].keys() >= MACHINE
    assert done.found["versions"]["postgres"]
    assert [run["wrong"] for run in done.found["runs"]] == [[]]
    assert done.status == 0
    assert "bench:" in done.told
    assert not done.left  # it has a home of its own


@pytest.mark.slow
def test_a_profile_says_where_the_time_goes(benches: Mapping[str, Done]) -> None:
    profile = benches["bulk"].found["runs"][0]["profile"]

    assert sum(step.get("rows", 0) for step in profile["steps"].values()) >= 8
    assert any("records_" in row["sql"] for row in profile["statements"])
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
