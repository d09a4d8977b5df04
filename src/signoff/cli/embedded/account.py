"""Which system user runs PostgreSQL, and how a command is started as that user.

PostgreSQL refuses to run as root. When we are root, a system user `signoff` runs it, made if
absent. If that user cannot reach the binaries or the data (a checkout below /root), the process is
given the one capability that lets it pass through folders, so that nothing has to move and no
folder of root's has to be opened to the world.
"""

import os
import pwd
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from signoff.cli.embedded.errors import EmbeddedError
from signoff.cli.embedded.places import NAME

_CAPABILITIES = ("", "dac_read_search", "dac_override")


@dataclass(frozen=True)
class Account:
    """The user that runs PostgreSQL, and the words put before a command to become that user."""

    uid: int
    gid: int
    name: str
    become: tuple[str, ...]

    def command(self, words: Sequence[str | Path], *, dies_by: str) -> list[str]:
        """The full command; when the caller dies, the kernel sends it the signal `dies_by`.

        The kernel watches the calling *thread*: start long-lived commands from the main one.
        """
        return ["setpriv", *self.become, "--pdeathsig", dies_by, "--", *map(str, words)]

    def own(self, path: Path) -> None:
        """Hands a file or folder over to this user."""
        if os.getuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def choose(*, program: Path, folder: Path) -> Account:
    """The account that can run `program` and enter `folder`.

    Raises EmbeddedError when there is none, or when this user has no entry in /etc/passwd.
    """
    if os.getuid() != 0:
        try:
            name = pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            raise EmbeddedError(
                f"user number {os.getuid()} has no name, which PostgreSQL needs; "
                "add it to /etc/passwd, or set DATABASE_URL to a server of yours"
            ) from None
        return Account(os.getuid(), os.getgid(), name, ())
    entry = _system_user()
    for become in _ways(entry):
        account = Account(entry.pw_uid, entry.pw_gid, entry.pw_name, become)
        if _manages(account, [program, "--version"]) and _manages(account, _enter(folder)):
            return account
    raise EmbeddedError(
        f"the system user {NAME} cannot reach {program} and {folder}; "
        "clone into a folder others may enter, or set DATABASE_URL to a server of yours"
    )


def _ways(entry: pwd.struct_passwd) -> Iterator[tuple[str, ...]]:
    drop = (f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups")
    for capability in _CAPABILITIES:
        # PostgreSQL asks access(2), which ignores capabilities of a process that left root,
        # unless this bit says that leaving root changes nothing about them.
        extra = ["--securebits=+no_setuid_fixup"]
        extra += [f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}"]
        yield (*drop, *(extra if capability else []))


def _enter(folder: Path) -> list[str | Path]:
    return ["sh", "-c", 'cd -- "$1"', "sh", folder]


def _manages(account: Account, words: Sequence[str | Path]) -> bool:
    """Tried for real: folder modes alone do not tell (access lists, capabilities, mounts)."""
    command = account.command(words, dies_by="KILL")
    return subprocess.run(command, capture_output=True, cwd="/", check=False).returncode == 0


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        pass
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", NAME]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        problem = done.stderr.strip()
    except FileNotFoundError:
        problem = "no command useradd"
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        raise EmbeddedError(
            f"cannot make the system user {NAME} that is to run PostgreSQL ({problem}); "
            "make it yourself, run Signoff as an ordinary user, or set DATABASE_URL"
        ) from None
