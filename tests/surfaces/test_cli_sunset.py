"""O1: `signoff sunset` as operators run it, from the list to the verified report."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

import stage
from signoff.domain.sunset import Stage
from signoff.records import models
from usecases.scenes import nothing_happens
from usecases.sunset_scenes import Scene, scene, terms

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def signoff(database_url: str) -> Run:
    """Runs `signoff sunset ...` as a process of its own, as somebody who gives a password."""

    def run(*words: str, password: str = "secret-pass") -> "subprocess.CompletedProcess[str]":
        env = {
            **os.environ,
            "DATABASE_URL": database_url,
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "SIGNOFF_HOME": str(settings.SIGNOFF_HOME),
            "SIGNOFF_PASSWORD": password,
        }
        command = [sys.executable, "-m", "signoff", "sunset", *words]
        return subprocess.run(
            command, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )

    return run


def terms_file(folder: Path) -> Path:
    """Terms as people write them, of an end that has come."""
    now = terms()
    file = folder / "closing.toml"
    dates = "\n".join(f"{name} = {at.isoformat()}" for name, at in now.moments.items())
    file.write_text(f'name = "The last day"\ntime_zone = "UTC"\n{dates}\n')
    return file


def done(ran: "subprocess.CompletedProcess[str]") -> str:
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    return ran.stdout


def created(closing: Scene, signoff: Run, folder: Path) -> str:
    """The number of a run over a list."""
    given = folder / "lines.csv"
    given.write_text(closing.listed("+12025559999999", "nonsense"))
    told = done(
        signoff(
            "create", "--brand", "farwander", "--list", str(given), "--title", "Bye",
            "--terms", str(terms_file(folder)), "--as", closing.first.email,
        )
    )  # fmt: skip
    closing.id = models.Sunset.objects.get().id
    found = re.match(r"run (\d+): (\S+)\n", told)
    assert found is not None
    assert found[2] == str(closing.id)
    return found[1]


def test_the_whole_way(signoff: Run, tmp_path: Path) -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=3)
        first, second = closing.first.email, closing.second.email
        run = created(closing, signoff, tmp_path)
        stage.work()

        told = done(signoff("dry-run", run))
        assert re.search(r"lines to end +3\n", told)
        assert re.search(r"paid back +70\.50 USD \(3 lines\)", told)
        assert "warning: Nobody is told ahead by us." in told
        assert "carrier tmobile: 3 lines" in told

        early = signoff("start", run, "--as", first)
        wrong = signoff("confirm", run, "--count", "4", "--as", first)
        unknown = signoff("confirm", run, "--count", "3", "--as", first, password="guess")
        assert (early.returncode, wrong.returncode, unknown.returncode) == (1, 1, 2)
        assert "Two people must confirm" in early.stderr
        assert "does not equal the lines" in wrong.stderr
        assert unknown.stderr == (
            "signoff: wrong password; give it on the terminal or as SIGNOFF_PASSWORD\n"
        )
        done(signoff("confirm", run, "--count", "3", "--as", first))
        again = signoff("confirm", run, "--count", "3", "--as", first)
        assert (again.returncode, closing.stage) == (1, Stage.HALF_CONFIRMED)
        done(signoff("confirm", run, "--count", "3", "--as", second))

        assert "Ending lines" in done(signoff("start", run, "--as", first))
        assert "Paused" in done(signoff("pause", run, "--as", second))
        assert "Ending lines" in done(signoff("resume", run, "--as", second))
        closing.finish()
        _reported(closing, run, signoff=signoff, folder=tmp_path)


def _reported(closing: Scene, run: str, *, signoff: Run, folder: Path) -> None:
    shown = done(signoff("status", run, "--watch"))
    assert "Done: 3 of 3 (100.0%)" in shown
    first, second = (who.email.partition("@")[0] for who in (closing.first, closing.second))
    acts = re.findall(r"^\S+[+]00:00 (\S+): (.+)$", shown, re.MULTILINE)
    assert acts == [
        (first, "Confirmed, 3 lines"),
        (second, "Confirmed, 3 lines"),
        (first, "Started"),
        (second, "Paused"),
        (second, "Resumed"),
    ]
    told = json.loads(done(signoff("status", run, "--json")))
    assert told["row"]["stage"] == "done"
    assert told["progress"]["counts"] == {"ended": 3, "malformed": 1, "unknown": 1}
    summary, rows = folder / "report.json", folder / "rows.csv"
    done(signoff("report", str(closing.id), "--csv", str(rows), "--json", str(summary)))
    assert "genuine" in done(signoff("verify", str(summary), str(rows)))
    assert done(signoff("report", run)) == summary.read_text()

    rows.write_bytes(rows.read_bytes().replace(b"ended", b"endet", 1))
    spoilt = signoff("verify", str(summary), str(rows))
    assert spoilt.returncode == 1
    assert "not the one the report was signed with" in spoilt.stdout


def test_an_abort_and_a_retry_that_finds_nothing(signoff: Run, tmp_path: Path) -> None:
    closing = scene(lines=1)
    run = created(closing, signoff, tmp_path)

    with nothing_happens():
        refused = signoff("retry", run, "--as", closing.first.email)
        stranger = signoff("abort", run, "--as", closing.auditor.email)
        unready = signoff("report", run)
    assert (refused.returncode, stranger.returncode, unready.returncode) == (1, 2, 2)
    assert "only an operator or supervisor" in stranger.stderr
    assert "no report before the run is over" in unready.stderr

    assert "Aborted" in done(signoff("abort", run, "--as", closing.first.email))
    assert signoff("dry-run", run).returncode == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", "77"), "there is no run 77"),
        (("status", "no-such"), "neither a run's number nor its id"),
        (("start", "77", "--as", ""), "there is no run 77"),
        (("verify", "none.json", "none.csv"), "cannot read none.json"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_status_two(
    words: tuple[str, ...], said: str, signoff: Run
) -> None:
    ran = signoff(*words)

    assert ran.returncode == 2
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_an_unusable_list_or_terms_make_no_run(signoff: Run, tmp_path: Path) -> None:
    closing = scene(lines=1)
    empty, bad = tmp_path / "empty.csv", tmp_path / "bad.toml"
    empty.write_bytes(b"")
    bad.write_text(terms_file(tmp_path).read_text().replace("end_at", "ends_at"))
    good = str(terms_file(tmp_path))
    told = []
    for words in (
        ("--brand", "farwander", "--list", str(empty), "--terms", good),
        ("--brand", "farwander", "--all", "--terms", str(bad)),
        ("--brand", "farwander", "--all", "--terms", str(tmp_path / "none.toml")),
        ("--brand", "nowhere", "--all", "--terms", good),
    ):
        ran = signoff("create", *words, "--as", closing.first.email)
        assert ran.returncode == 2
        told.append(ran.stderr)

    assert "The list is empty" in told[0]
    assert re.search(r"bad\.toml:\d+: end_at: is missing", told[1])
    assert "cannot be read" in told[2]
    assert "only an operator" in told[3]
    assert not models.Sunset.objects.exists()
