"""PostgreSQL processes that outlived their owner, found by their working folder.

A pid file proves nothing: numbers are used again. A process whose working folder *is* the data
folder belongs to it, whoever started it.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from signoff.cli.embedded.errors import EmbeddedError
from signoff.cli.embedded.places import PORT


def clear(data: Path, *, sockets: Path, tell: Callable[[str], None]) -> None:
    """Waits until no process lives in `data`, asking a leftover to stop; then drops its pid files.

    Call only while holding the owner's lock. Raises EmbeddedError if some do not stop in a minute.
    """
    started = time.monotonic()
    asked: set[int] = set()
    while leftovers := _living_in(data):
        if not asked:
            tell("waiting for a database left over from an earlier run to stop")
        for pid in leftovers - asked:
            _ask(pid)
        asked |= leftovers
        if time.monotonic() - started > 60:
            numbers = ", ".join(map(str, sorted(leftovers)))
            raise EmbeddedError(f"processes {numbers} still use {data}; end them and run again")
        time.sleep(0.05)
    (data / "postmaster.pid").unlink(missing_ok=True)
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (sockets / name).unlink(missing_ok=True)


def _living_in(data: Path) -> set[int]:
    return {int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _lives_in(entry, data)}


def _lives_in(entry: Path, data: Path) -> bool:
    try:
        return entry.joinpath("cwd").readlink() == data
    except PermissionError:
        return _looks_like_ours(entry, data)
    except OSError:
        return False


def _looks_like_ours(entry: Path, data: Path) -> bool:
    """Without the right to look closer, as for root in a container: by pid, owner and name."""
    try:
        noted = (data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
        return (
            noted == entry.name
            and entry.stat().st_uid == data.stat().st_uid
            and entry.joinpath("comm").read_text(encoding="utf-8").strip() == "postgres"
        )
    except OSError:
        return False


def _ask(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGINT)
    except ProcessLookupError:
        pass
    except PermissionError as error:
        raise EmbeddedError(
            f"process {pid} of another user still uses this database; end it and run again"
        ) from error
