"""A demo touches nobody else's data: its own folder, ports and database."""

import os
from pathlib import Path

import psycopg
import pytest

from signoff.cli.demo.place import own_place
from signoff.cli.errors import Refused


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever the demo sets is taken back after the test."""
    for name in ("PORT", "SIGNOFF_DEMO", "SIGNOFF_SMTP_URL", "DATABASE_URL"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    monkeypatch.setenv("SIGNOFF_HOME", str(tmp_path / "var"))


def test_what_was_taken_along_stays_and_the_rest_goes() -> None:
    with own_place(None, keep=False) as home:
        for name in ("certificates/a.json", "postgres/base/1", "keys/secret.pem", "x.state"):
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text("x", encoding="ascii")
        (home / "keys" / "public-1.pem").write_text("x", encoding="ascii")

    left = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    assert left == {"certificates/a.json", "keys/public-1.pem"}
    assert "SIGNOFF_SMTP_URL" not in os.environ


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="ascii")

    with pytest.raises(Refused, match="is not empty"), own_place(tmp_path, keep=False):
        pass

    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.slow
def test_on_a_server_of_ones_own_a_database_comes_and_goes(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)

    with own_place(tmp_path / "demo", keep=False):
        (tmp_path / "demo").mkdir()
        within = os.environ["DATABASE_URL"]
        with psycopg.connect(within) as connection:
            name = connection.info.dbname

    assert name.startswith("signoff_demo_")
    with psycopg.connect(database_url) as connection:
        query = "SELECT count(*) FROM pg_database WHERE datname = %s"
        found = connection.execute(query, [name]).fetchone()
    assert found == (0,)


def test_a_server_that_says_no_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    with (
        pytest.raises(Refused, match="cannot make a database"),
        own_place(tmp_path / "demo", keep=False),
    ):
        pass
