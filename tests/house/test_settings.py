"""What the environment may say, and what Signoff answers when it cannot use it."""

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from signoff.config.env import Env, SettingError
from signoff.config.keys import secret_key


def settings_say(tmp_path: Path, **variables: str) -> str:
    """What a fresh process answers that reads the settings with these variables."""
    done = subprocess.run(
        [sys.executable, "-m", "signoff", "migrate"],
        env={"PATH": os.environ["PATH"], "SIGNOFF_HOME": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    return done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "answer"),
    [
        ("PORT", "eighty", "PORT: 'eighty' is no whole number from 1 to 65535"),
        ("SIGNOFF_DEMO", "perhaps", "SIGNOFF_DEMO: 'perhaps' is neither yes nor no; write 1 or 0"),
        ("DATABASE_URL", "mysql://x/y", "DATABASE_URL: is no URL of the kind postgresql"),
        ("DATABASE_URL", "postgresql://host", "DATABASE_URL: names no database"),
        ("SIGNOFF_SECRET_KEY", "short", "SIGNOFF_SECRET_KEY: is shorter than 32 characters"),
        ("SIGNOFF_BASE_URL", "http://signoff.example", "SIGNOFF_BASE_URL: http on signoff.example"),
        (
            "SIGNOFF_SECRET_KEY_FILE",
            "/no/such",
            "SIGNOFF_SECRET_KEY_FILE: '/no/such': No such file",
        ),
    ],
)
@pytest.mark.slow
def test_a_wrong_variable_is_named_in_one_line(
    tmp_path: Path, *, variable: str, value: str, answer: str
) -> None:
    said = settings_say(tmp_path, **{variable: value})

    assert said.startswith(f"signoff: {answer}")
    assert said.count("\n") == 1


@pytest.mark.slow
def test_an_unreachable_database_is_named_without_its_password(tmp_path: Path) -> None:
    said = settings_say(tmp_path, DATABASE_URL="postgresql://me:hush@127.0.0.1:1/signoff")

    assert said.startswith("signoff: cannot use the database: ")
    assert "hush" not in said
    assert said.count("\n") == 1


def test_a_database_url_is_read_whole() -> None:
    url = "postgresql://me:p%40ss@db.example:6432/sign%20off?sslmode=require"

    database = Env({"DATABASE_URL": url}).database("DATABASE_URL")

    assert database is not None
    assert (database.host, database.port, database.name) == ("db.example", "6432", "sign off")
    assert (database.user, database.password.reveal()) == ("me", "p@ss")
    assert database.options == {"sslmode": "require"}
    assert "p@ss" not in repr(database)


def test_a_socket_folder_may_stand_in_the_query() -> None:
    url = "postgresql:///signoff?host=/run/a%20b&user=me"

    database = Env({"DATABASE_URL": url}).database("DATABASE_URL")

    assert database is not None
    assert (database.host, database.user, database.options) == ("/run/a b", "me", {})


def test_a_secret_comes_from_a_file_and_from_only_one_place(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file\n", encoding="utf-8")

    assert Env({"KEY_FILE": str(file)}).secret("KEY").reveal() == "from the file"
    assert str(Env({"KEY": "hush"}).secret("KEY")) == "Secret('**********')"
    with pytest.raises(SettingError, match="keep one of the two"):
        Env({"KEY": "a", "KEY_FILE": str(file)}).secret("KEY")


def test_a_setting_error_crosses_processes() -> None:
    error = SettingError("PORT", "is odd", mend="make it even")

    assert str(pickle.loads(pickle.dumps(error))) == "PORT: is odd; make it even"


def test_the_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    first = secret_key(Env({}), home=tmp_path)
    again = secret_key(Env({}), home=tmp_path)

    assert first == again
    assert len(first) >= 32
    assert (tmp_path / "keys" / "secret_key").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["secret_key"]


@pytest.mark.django_db
def test_the_database_answers_in_utf8() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        assert cursor.fetchone() == ("UTF8",)


@pytest.mark.django_db
def test_every_page_forbids_foreign_and_inline_scripts(client: Client) -> None:
    answer = client.get("/healthz")

    assert answer.json() == {"database": "ok"}
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.django_db
def test_nobody_signs_up_by_himself(client: Client) -> None:
    form = {"email": "a@b.example", "password1": "long enough 1", "password2": "long enough 1"}

    client.post("/account/signup/", form)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records_user")
        assert cursor.fetchone() == (0,)


def test_every_variable_is_documented() -> None:
    root = Path(__file__).parents[2]
    folder = root / "src/signoff/config"
    source = "".join(
        (folder / name).read_text(encoding="utf-8") for name in ("settings.py", "texting.py")
    )
    reference = (root / "docs/reference/settings.md").read_text(encoding="utf-8")

    read = set(re.findall(r"\b_?env\.\w+\(\s*\"(\w+)\"", source))

    assert len(read) > 10
    assert not {name for name in read if f"`{name}`" not in reference}
