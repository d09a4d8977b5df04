"""Processes that end when we do, even when we are killed."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_STEADY = 60.0
_LONGEST_PAUSE = 30.0


class Child:
    """One `signoff WORDS...` process with a log file, restarted by `tend` when it dies."""

    def __init__(self, name: str, *, words: list[str], log: Path, env: Mapping[str, str]) -> None:
        self.name, self.log = name, log
        self._words, self._env = words, dict(env)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = self._pause = self._not_before = 0.0

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Call from the main thread: the kernel ends the child when the calling thread ends.

        The child gets a session of its own: Ctrl-C reaches us alone, and we choose the order.
        """
        command = ["setpriv", "--pdeathsig", "KILL", "--", sys.executable, "-m", "signoff"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *self._words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._env,
                start_new_session=True,
            )
        self._started = time.monotonic()

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def tend(self, tell: Callable[[str], None]) -> None:
        """Restarts a dead child, after a pause that doubles while it keeps dying early."""
        now = time.monotonic()
        if self.alive() or now < self._not_before:
            return
        if self._process is not None:
            status = self._process.returncode
            self._process = None
            steady = now - self._started > _STEADY
            self._pause = 1.0 if steady or not self._pause else self._pause * 2
            self._pause = min(self._pause, _LONGEST_PAUSE)
            self._not_before = now + self._pause
            tell(f"{self.name} {_ended(status)}; starting it again (its log: {self.log})")
            return
        self.start()

    def stop(self, *, patience: float = 15.0) -> None:
        """Asks it to end, and ends it when it has not within `patience` seconds."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _ended(status: int) -> str:
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"stopped with status {status}"


def follow_parent() -> None:
    """Ends this process when the thread that started it is gone. Linux only.

    At once: a polite end could wait for a database that ends at the same time, and what each
    process has in hand survives a crash by design.
    """
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
