"""`signoff import` as an operator runs it: what is printed, what is kept, and the exit status."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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
