"""Where a bench runs: PostgreSQL, sandbox and workers of its own, gone without trace afterwards.

The server's settings are those of the product: what a commit costs there, it costs here.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg
from django.db import connection, connections
from psycopg import sql

from signoff.cli import database, embedded, preflight
from signoff.cli.embedded.places import NAME
from signoff.cli.errors import Refused
from signoff.testing.sandbox import SandboxAdmin

PRISTINE = "pristine"
"""A database that is migrated and empty."""

_PATIENCE = 60.0
# What a user has set for an instance of theirs would make two runs of a bench differ.
_NOT_OURS = (
    "SIGNOFF_BASE_URL",
    "SIGNOFF_LISTEN",
    "SIGNOFF_POLICIES",
    "SIGNOFF_INSTALLATION",
    "SIGNOFF_TIME_ZONE",
    "SIGNOFF_SANDBOX_SECRET",
    "DATABASE_URL_FILE",
)


class Process:
    """A `signoff WORDS...` process that is spoken to; it ends when we do, even if we are killed."""

    def __init__(self, *words: str, log: Path, module: str = "signoff") -> None:
        """Call from the main thread: the kernel ends the process when the calling thread ends."""
        command = ["setpriv", "--pdeathsig", "KILL", "--", sys.executable, "-m", module, *words]
        self.words, self.log = words, log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        self.input: IO[str] = self._process.stdin  # type: ignore[assignment]
        self.output: IO[str] = self._process.stdout  # type: ignore[assignment]

    @property
    def pid(self) -> int:
        return self._process.pid

    def require_alive(self) -> None:
        """Raises Refused, with the last line of its log, where it has stopped."""
        if self._process.poll() is not None and self._process.returncode:
            said = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            last = said[-1] if said else "without a word"
            raise Refused(f"`signoff {' '.join(self.words)}` stopped: {last[:500]}")

    def over(self) -> bool:
        return self._process.poll() is not None

    def stop(self) -> None:
        """Asks it to end; safe to call twice."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.input.close()
        self.output.close()


@dataclass
class Ground:
    """What runs, and where. `fresh` empties it between two runs."""

    home: Path
    server: embedded.Server
    sandbox: Process | None = None
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def admin(self) -> SandboxAdmin:
        return SandboxAdmin(os.environ["SIGNOFF_SANDBOX_URL"])

    def fresh(self) -> None:
        """An empty, migrated database and an empty sandbox."""
        connections.close_all()
        self.drop(NAME)
        self.copy(PRISTINE, to=NAME)
        self._stop_sandbox()
        port = os.environ["SIGNOFF_SANDBOX_URL"].rpartition(":")[2]
        self.sandbox = Process("sandbox", "--port", port, log=self.logs / "sandbox.log")
        self.sandbox.output.readline()
        self.sandbox.require_alive()

    def copy(self, name: str, *, to: str) -> None:
        """Make a database as another one is now; nobody may be connected to that one."""
        connections.close_all()
        command = "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy"
        self._execute(sql.SQL(command).format(sql.Identifier(to), sql.Identifier(name)))

    def drop(self, name: str) -> None:
        command = "DROP DATABASE IF EXISTS {} WITH (FORCE)"
        self._execute(sql.SQL(command).format(sql.Identifier(name)))

    def connect(self, name: str) -> psycopg.Connection:
        """A connection of the bench's own to a database here."""
        return psycopg.connect(
            host=str(self.server.places.sockets), dbname=name, user=NAME, autocommit=True
        )

    def close(self) -> None:
        connections.close_all()
        self._stop_sandbox()

    def _stop_sandbox(self) -> None:
        if self.sandbox:
            self.sandbox.stop()
        self.sandbox = None

    def _execute(self, command: sql.Composed) -> None:
        with contextlib.closing(self.connect("postgres")) as admin:
            admin.execute(command)


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """A place for a bench, with Django set up on it. Call from the main thread, once a process."""
    for name in _NOT_OURS:
        os.environ.pop(name, None)
    with embedded.throw_away(durable=True) as server:
        home = server.places.home / "signoff"
        (home / "logs").mkdir(parents=True)
        os.environ |= {
            "DATABASE_URL": f"postgresql:///{NAME}?host={server.places.sockets}&user={NAME}",
            "SIGNOFF_HOME": str(home),
            "SIGNOFF_DEMO": "1",
            "SIGNOFF_SANDBOX_URL": f"http://127.0.0.1:{preflight.any_port()}",
            "SIGNOFF_SMTP_URL": f"smtp://127.0.0.1:{preflight.any_port()}",
            "PORT": str(preflight.any_port()),
        }
        os.environ.setdefault("SIGNOFF_LOG_LEVEL", "WARNING")
        database.set_up_django()
        database.migrate()
        place = Ground(home, server)
        place.copy(NAME, to=PRISTINE)
        try:
            yield place
        finally:
            place.close()


@contextlib.contextmanager
def workers(
    place: Ground, *, count: int, steps: Sequence[str] = (), profile: str | None = None
) -> Iterator[list[Process]]:
    """So many workers, at work; profiled ones leave what they found in the logs' folder."""
    only = ["--steps", ",".join(steps)] if steps else []
    started: list[Process] = []
    try:
        for number in range(count):
            log = place.logs / f"worker-{number}.log"
            if not profile:
                started.append(Process("worker", *only, log=log))
                continue
            words = ["--into", str(place.logs / f"profile-{number}.json"), *only]
            words += ["--functions"] if profile == "functions" else []
            started.append(Process(*words, log=log, module="signoff.cli.bench.profiling"))
        _wait_for_workers(started)
        yield started
    finally:
        for each in started:
            each.stop()


@contextlib.contextmanager
def mailbox(place: Ground) -> Iterator[None]:
    """A mail server that keeps what it gets."""
    port = os.environ["SIGNOFF_SMTP_URL"].rpartition(":")[2]
    words = ["mailbox", "--folder", str(place.home / "mailbox"), "--port", port]
    process = Process(*words, log=place.logs / "mailbox.log")
    try:
        wait_for_port(int(port), process)
        yield
    finally:
        process.stop()


def wait_for_port(port: int, process: Process) -> None:
    """Until a process listens there. Raises Refused where it stops first."""
    over = time.monotonic() + _PATIENCE
    while time.monotonic() < over:
        process.require_alive()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise Refused(f"nothing listens on port {port}; the log: {process.log}")


def _wait_for_workers(started: Sequence[Process]) -> None:
    over = time.monotonic() + _PATIENCE
    while time.monotonic() < over:
        for each in started:
            each.require_alive()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_workers")
            if cursor.fetchone()[0] >= len(started):
                return
        time.sleep(0.05)
    raise Refused(f"the workers do not start; a log: {started[0].log}")
