"""Making the data folder, and the files in it that say who may connect."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from signoff.cli.embedded.account import Account
from signoff.cli.embedded.errors import EmbeddedError
from signoff.cli.embedded.places import NAME, Places, binary

_MAJOR = "18"


def prepare(places: Places, *, account: Account, durable: bool) -> None:
    """Leaves a cluster in `places.data` that this user, and nobody else, may use.

    Made in a folder beside it and renamed, so that an interrupted first start leaves nothing behind
    that looks finished. Raises EmbeddedError (disk full, another version's data, another's folder).
    """
    if not places.data.is_dir():
        _create(places, account=account, durable=durable)
    version = _version(places.data)
    if version != _MAJOR:
        raise EmbeddedError(
            f"{places.data} holds data of PostgreSQL {version}, this Signoff brings {_MAJOR}; "
            "start the older Signoff once more and move the data with pg_dump"
        )
    _let_in(places.data, account=account)


def _create(places: Places, *, account: Account, durable: bool) -> None:
    shutil.rmtree(places.draft, ignore_errors=True)
    places.draft.mkdir(mode=0o700)
    account.own(places.draft)
    words: list[str | Path] = [binary("initdb"), "--pgdata", places.draft, "--username", NAME]
    words += ["--auth=peer", "--encoding=UTF8", "--locale=C"]
    words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    words += [] if durable else ["--no-sync"]
    done = subprocess.run(
        account.command(words, dies_by="KILL"),
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        cwd="/",
        check=False,
    )
    if done.returncode != 0:
        shutil.rmtree(places.draft, ignore_errors=True)
        raise EmbeddedError(reason(done.stderr, folder=places.home))
    places.draft.rename(places.data)
    if durable:
        _sync(places.data.parent)


ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C", "LC_ALL": "C", "TZ": "UTC"}
"""All that PostgreSQL's programs get to see of ours."""


def reason(output: str, *, folder: Path) -> str:
    """What PostgreSQL's programs complained about, in one line."""
    if "No space left on device" in output:
        return f"the disk is full: PostgreSQL needs room in {folder}; free some and run again"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:"))]
    return f"PostgreSQL: {(telling or lines or ['stopped without a word'])[-1]}"


def _version(data: Path) -> str:
    try:
        return (data / "PG_VERSION").read_text(encoding="ascii").strip()
    except OSError as error:
        raise EmbeddedError(
            f"cannot read the data in {data}: {error.strerror}; run as its owner, "
            "or choose another folder with SIGNOFF_HOME"
        ) from error


def _let_in(data: Path, *, account: Account) -> None:
    """Two system users may connect, by the kernel's word: ours, and the one running the server."""
    ours = pwd.getpwuid(os.getuid()).pw_name
    users = sorted({ours, account.name})
    _write(data / "pg_hba.conf", f"local all all peer map={NAME}\n", account=account)
    lines = "".join(f'{NAME} "{user}" {NAME}\n' for user in users)
    _write(data / "pg_ident.conf", lines, account=account)


def _write(path: Path, text: str, *, account: Account) -> None:
    draft = path.with_name(path.name + ".new")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o600)
    account.own(draft)
    draft.rename(path)


def socket_folder(folder: Path, *, account: Account) -> None:
    """Makes the folder, or accepts one that only we can have made; else raises EmbeddedError.

    Below /tmp another user could have made it first, to stand in for our server.
    """
    try:
        folder.mkdir(mode=0o700)
        account.own(folder)
    except FileExistsError:
        pass
    found = folder.lstat()
    if not folder.is_dir() or folder.is_symlink() or found.st_uid != account.uid:
        raise EmbeddedError(f"{folder} belongs to someone else; remove it and run again")
    if found.st_mode & 0o077:
        folder.chmod(0o700)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
