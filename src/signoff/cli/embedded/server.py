"""One PostgreSQL server for one home, as a child that cannot outlive us."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from signoff.cli.embedded import account as accounts
from signoff.cli.embedded import cluster, leftovers
from signoff.cli.embedded.errors import AlreadyRunning, EmbeddedError
from signoff.cli.embedded.places import NAME, PORT, Places, binary

Tell = Callable[[str], None]

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": PORT,
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # No personal data in the log: errors go to the client alone, and no DETAIL quotes a row.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_LONG_LOG = 8 * 1024 * 1024


def _silent(message: str) -> None:
    """For callers that show no progress."""


class Server:
    """Owns the database of `home` from `start` to `stop`.

    `durable=False` turns off what makes a commit survive a power cut: for throw-away data only.
    """

    def __init__(self, home: Path, *, durable: bool = True, tell: Tell = _silent) -> None:
        self.places = Places(home)
        self._durable, self._tell = durable, tell
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The server's process number; 0 while none runs."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Returns when the database `signoff` answers, however long its recovery takes.

        Call from the main thread. Raises AlreadyRunning when another process owns this home, and
        EmbeddedError, in one line with the mend, for everything else.
        """
        try:
            self.places.home.mkdir(mode=0o755, parents=True, exist_ok=True)
            self.places.log.parent.mkdir(mode=0o700, exist_ok=True)
            self._lock = _owners_lock(self.places)
        except OSError as error:
            raise EmbeddedError(_unusable(self.places.home, error)) from error
        try:
            self._launch()
        except OSError as error:
            self.stop()
            raise EmbeddedError(_unusable(self.places.home, error)) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shuts the server down cleanly; safe to call twice, or after it died by itself."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(120)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait()
        self._process = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _launch(self) -> None:
        places = self.places
        account = accounts.choose(program=binary("postgres"), folder=places.data.parent)
        cluster.socket_folder(places.sockets, account=account)
        leftovers.clear(places.data, sockets=places.sockets, tell=self._tell)
        cluster.prepare(places, account=account, durable=self._durable)
        if places.log.exists() and places.log.stat().st_size > _LONG_LOG:
            places.log.rename(places.log.with_suffix(".log.old"))
        with places.log.open("ab") as log:
            begins = log.tell()
            words: list[str | Path] = [binary("postgres"), "-D", places.data, *self._settings()]
            self._process = subprocess.Popen(
                account.command(words, dies_by="INT"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=cluster.ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        self._wait_until_ready(begins)
        _ensure_database(places)

    def _settings(self) -> list[str]:
        settings = _SETTINGS | ({} if self._durable else _CARELESS)
        settings["unix_socket_directories"] = f'"{self.places.sockets}"'
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _wait_until_ready(self, begins: int) -> None:
        started = told = time.monotonic()
        while True:
            if not self.alive():
                with self.places.log.open("rb") as log:
                    log.seek(begins)
                    output = log.read().decode(errors="replace")
                raise EmbeddedError(cluster.reason(output, folder=self.places.home))
            if answers(self.places, database="postgres"):
                return
            if time.monotonic() - told > 5:
                told = time.monotonic()
                seconds = int(told - started)
                self._tell(f"the database is still recovering from its last stop ({seconds} s)")
            time.sleep(0.02)


def _unusable(home: Path, error: OSError) -> str:
    return (
        f"cannot use the data folder {home}: {error.strerror or error}; "
        "make it writable for this user, or choose another with SIGNOFF_HOME"
    )


def _owners_lock(places: Places) -> int:
    """The lock's handle; the kernel lets go of it when this process ends, however it ends."""
    handle = os.open(places.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        noted = os.read(handle, 20).decode("ascii", "ignore").strip()
        os.close(handle)
        pid = int(noted) if noted.isdigit() else 0
        raise AlreadyRunning(str(places.home), pid) from None
    os.ftruncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())
    return handle


def answers(places: Places, *, database: str = NAME) -> bool:
    """Does a server answer on this home's socket?"""
    try:
        _connect(places, database).close()
    except psycopg.OperationalError:
        return False
    return True


def _connect(places: Places, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(places.sockets),
        port=PORT,
        user=NAME,
        dbname=database,
        autocommit=True,
        connect_timeout=10,
    )


def _ensure_database(places: Places) -> None:
    with contextlib.closing(_connect(places, "postgres")) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(query, [NAME]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))


@contextlib.contextmanager
def running(home: Path, *, tell: Tell = _silent) -> Iterator[Places]:
    """The database of `home` for as long as the block lasts: joins a server, or starts one.

    The one that started it waits at the end for those that joined. Raises EmbeddedError.
    """
    server = Server(home, tell=tell)
    try:
        server.start()
        owner = True
    except AlreadyRunning:
        owner = False
    with contextlib.ExitStack() as stack:
        if owner:
            stack.callback(server.stop)
            stack.callback(_see_guests_off, server.places, tell)
        else:
            stack.callback(os.close, _guests_lock(server.places, fcntl.LOCK_SH))
            _wait_for_owner(server.places)
        yield server.places


def _guests_lock(places: Places, how: int) -> int:
    handle = os.open(places.guests, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, how)
    return handle


def _see_guests_off(places: Places, tell: Tell) -> None:
    try:
        os.close(_guests_lock(places, fcntl.LOCK_EX | fcntl.LOCK_NB))
    except BlockingIOError:
        tell("another signoff command still uses this database; waiting for it")
        os.close(_guests_lock(places, fcntl.LOCK_EX))


def _wait_for_owner(places: Places) -> None:
    for _ in range(1200):
        if answers(places):
            return
        time.sleep(0.1)
    raise EmbeddedError(f"the process that owns {places.home} does not start its database")


@contextlib.contextmanager
def throw_away(*, durable: bool = False) -> Iterator[Server]:
    """A server in a folder of its own, gone without trace afterwards; for tests, not durable.

    Call from the main thread: the kernel ends the server when the thread that started it ends.
    """
    home = Path(tempfile.mkdtemp(prefix="signoff-"))
    server = Server(home, durable=durable)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
