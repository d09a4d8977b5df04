"""Where a demo runs: a data folder, ports and a database of its own, and nobody else's touched."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import conninfo, sql

from signoff.cli import preflight
from signoff.cli.errors import Refused

# What would point the demo at something that is in use.
_NOT_OURS = (
    "SIGNOFF_SMTP_URL",
    "SIGNOFF_SANDBOX_URL",
    "SIGNOFF_BASE_URL",
    "SIGNOFF_LISTEN",
    "SIGNOFF_POLICIES",
    "SIGNOFF_INSTALLATION",
    "DATABASE_URL_FILE",
)
_KEPT = ("certificates", "receipts", "archives", "keys")


@contextlib.contextmanager
def own_place(given: Path | None, *, keep: bool) -> Iterator[Path]:
    """Sets the variables an instance reads; yields its data folder.

    Afterwards what was taken along stays, with the public key; everything else goes, unless `keep`
    or something went wrong. Raises Refused.
    """
    base = Path(os.environ.get("SIGNOFF_HOME") or "var").expanduser().absolute()
    home = given.expanduser().absolute() if given else base / "demo" / _stamp()
    if home.exists() and any(home.iterdir()):
        raise Refused(f"{home} is not empty; name a new folder with --home")
    for name in _NOT_OURS:
        os.environ.pop(name, None)
    os.environ["SIGNOFF_HOME"] = str(home)
    os.environ["SIGNOFF_DEMO"] = "1"
    os.environ["PORT"] = str(preflight.any_port())
    with contextlib.ExitStack() as stack:
        if os.environ.get("DATABASE_URL"):
            stack.enter_context(_own_database(os.environ["DATABASE_URL"], keep=keep))
        yield home
    if not keep:
        _clear(home)


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


@contextlib.contextmanager
def _own_database(url: str, *, keep: bool) -> Iterator[None]:
    """A new database on the user's server, dropped at the end."""
    name = f"signoff_demo_{secrets.token_hex(4)}"
    where = {key: str(value) for key, value in conninfo.conninfo_to_dict(url).items()}
    where.pop("dbname", None)
    _execute(url, "CREATE DATABASE {}", name=name)
    os.environ["DATABASE_URL"] = f"postgresql:///{name}?{urlencode(where, quote_via=quote)}"
    try:
        yield
    finally:
        if not keep:
            _execute(url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name=name)


def _execute(url: str, command: str, *, name: str) -> None:
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL(command).format(sql.Identifier(name)))
    except psycopg.Error as error:
        first = (str(error).strip() or "no reason given").splitlines()[0]
        raise Refused(
            f"cannot make a database of the demo's own on the server of DATABASE_URL: {first}; "
            "let its user create databases, or unset DATABASE_URL for an embedded one"
        ) from error


def _clear(home: Path) -> None:
    for path in home.iterdir():
        if path.name in _KEPT:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    for path in (home / "keys").glob("*"):
        # Nobody will sign or decrypt here any more; verifying needs the public key alone.
        if not path.name.startswith("public-"):
            path.unlink(missing_ok=True)
