"""`signoff import` as an operator runs it: what is printed, what is kept, and the exit status."""

import csv
import json
import multiprocessing
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signoff.cli.import_book import helpers
from signoff.usecases.import_book import Refused, import_files

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "account-book"
FILES = [str(EXAMPLES / name) for name in ("subscribers.jsonl", "accounts.csv", "lines.csv")]


def signoff(*words: str, database_url: str) -> subprocess.CompletedProcess[str]:
    settings = "signoff.config.settings"
    env = {**os.environ, "DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": settings}
    command = [sys.executable, "-m", "signoff", "import", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_examples_go_in_and_a_second_time_nothing_changes(database_url: str) -> None:
    first = signoff(*FILES, database_url=database_url)
    second = signoff(*FILES, "--json", database_url=database_url)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "11 records read, 0 refused" in first.stdout
    told = json.loads(second.stdout)
    assert told["refused"] == []
    assert told["counts"]["line"] == {"created": 0, "updated": 0, "unchanged": 4}


@pytest.mark.slow
def test_what_is_refused_is_printed_and_kept(database_url: str, tmp_path: Path) -> None:
    bad, kept = tmp_path / "bad.jsonl", tmp_path / "refused.csv"
    bad.write_text('{"type": "line"}\nnonsense\n', encoding="utf-8")

    ran = signoff(FILES[0], str(bad), "--refused", str(kept), database_url=database_url)
    as_json = signoff(str(bad), "--json", "--dry-run", database_url=database_url)

    assert (ran.returncode, as_json.returncode) == (1, 1)
    assert f"{bad}:2: is not JSON" in ran.stdout
    rows = list(csv.DictReader(kept.read_text(encoding="utf-8-sig").splitlines()))
    assert {row["line"] for row in rows} == {"1", "2"}
    assert rows[0]["field"] == "external_id"
    assert rows[0]["write_instead"] == '"external_id": "text"'
    assert [each["line"] for each in json.loads(as_json.stdout)["refused"]] == [1, 2]


@pytest.mark.slow
def test_what_cannot_be_used_is_one_line_and_status_two(database_url: str, tmp_path: Path) -> None:
    missing = signoff(str(tmp_path / "none.csv"), database_url=database_url)
    kept = signoff(FILES[0], "--refused", str(tmp_path / "no" / "r.csv"), database_url=database_url)
    down = signoff(FILES[0], database_url="postgresql://nobody@127.0.0.1:1/none")

    for ran in (missing, kept, down):
        assert ran.returncode == 2
        assert ran.stdout == ""
        assert len(ran.stderr.strip().splitlines()) == 1
    assert "No such file" in missing.stderr
    assert "cannot use the database" in down.stderr


@pytest.mark.slow
def test_helpers_check_large_files_and_end_with_the_import(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = json.loads((EXAMPLES / "subscribers.jsonl").read_text().splitlines()[0])
    file = tmp_path / "book.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for number in range(9_000):
            out.write(json.dumps(account | {"external_id": f"A-{number}"}) + "\n")
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "signoff.config.settings")
    monkeypatch.setenv("DATABASE_URL", database_url)

    with helpers([file]) as others:
        assert others is not None
        refused: list[Refused] = []
        result = import_files([file], now=NOW, refuse=refused.append, others=others)
        working = [child.pid for child in multiprocessing.active_children()]

    assert not refused
    assert result.by_type["account"].created == 9_000
    assert working
    assert not any(Path(f"/proc/{pid}").exists() for pid in working)


def test_two_cores_and_small_files_need_no_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large = tmp_path / "small.jsonl", tmp_path / "large.jsonl"
    small.write_bytes(b"x")
    large.write_bytes(b"x" * 9_000_000)

    for cores, file in ((4, small), (2, large)):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        with helpers([file]) as others:
            assert others is None
