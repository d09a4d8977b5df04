"""Start a sandbox: in this process for tests, in one of its own to be killed, or until Ctrl-C."""

import json
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from signoff.testing.sandbox.application import Application
from signoff.testing.sandbox.store import Store
from signoff.testing.sandbox.web import Server

SECRET = "sandbox-secret"
_READY = "sandbox listening on "


class SandboxDown(Exception):
    """The sandbox did not start."""


class Sandbox:
    """A server and its state. `start` returns at once; `stop` leaves the state file as it is."""

    def __init__(
        self,
        *,
        state: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        secret: str = SECRET,
    ) -> None:
        """Open the state and bind the port."""
        self._store = Store(state)
        self._application = Application(store=self._store, secret=secret)
        try:
            self._server = Server(host=host, port=port, application=self._application)
        except OSError:
            self._store.close()
            raise
        self.url = f"http://{host}:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def start(self) -> None:
        """Serve in the background."""
        self._application.accepted.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and close the state file."""
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._application.accepted.stop()
        self._store.close()


class SandboxAdmin:
    """The admin's side of a running sandbox, for tests, demo and bench."""

    def __init__(self, url: str) -> None:
        """Speak to the sandbox at this address."""
        self.url = url
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def provision(self, account: str, lines: Sequence[dict[str, Any]]) -> int:
        """Create lines (`iccid`, `msisdn`, and `imsi`, `state` if wished); return how many."""
        created = 0
        for start in range(0, len(lines), 10_000):
            content = {"account": account, "lines": list(lines[start : start + 10_000])}
            created += int(self.post("/provision", content)["created"])
        return created

    def behave(
        self,
        account: str,
        *,
        faults: Sequence[dict[str, Any]] = (),
        reset: bool = False,
        **settings: object,
    ) -> None:
        """Change settings and plan faults of an account; `reset` forgets the earlier ones."""
        content = {"account": account, "reset": reset, "set": settings, "faults": list(faults)}
        self.post("/admin/behaviour", content)

    def change_line(self, iccid: str, **wishes: object) -> None:
        """Change a line by hand: `state`, `account`, `msisdn`, `age_days`."""
        self.post("/admin/line", {"iccid": iccid, **wishes})

    def ledger(self, **filters: str) -> list[dict[str, Any]]:
        """Return executed operations: filters `account`, `iccid`, `op`."""
        query = "&".join(
            f"{name}={value}" for name, value in {"limit": "100000", **filters}.items()
        )
        rows: list[dict[str, Any]] = self.get(f"/admin/ledger?{query}")["ledger"]
        return rows

    def pay_ledger(self) -> list[dict[str, Any]]:
        """Return executed movements of money."""
        rows: list[dict[str, Any]] = self.get("/admin/pay-ledger?limit=100000")["ledger"]
        return rows

    def counts(self) -> dict[str, list[dict[str, Any]]]:
        """Return lines by state, executions by operation, callbacks by state."""
        return self.get("/admin/counts")

    def seed_payments(self, payments: Sequence[dict[str, Any]]) -> int:
        """Make earlier payments known (`reference`, `minor`, `currency`)."""
        created: int = self.post("/admin/payments", {"payments": list(payments)})["created"]
        return created

    def reset(self) -> None:
        """Empty the sandbox."""
        self.post("/admin/reset", {})

    def get(self, path: str) -> dict[str, Any]:
        """Fetch an admin page."""
        with self._opener.open(self.url + path, timeout=30) as answer:
            content: dict[str, Any] = json.load(answer)
            return content

    def post(self, path: str, content: object) -> dict[str, Any]:
        """Send an admin request."""
        body = json.dumps(content).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=body, headers=headers)
        with self._opener.open(request, timeout=120) as answer:
            received: dict[str, Any] = json.load(answer)
            return received


@contextmanager
def running_sandbox(
    *, state: Path | None = None, secret: str = SECRET, port: int = 0
) -> Iterator[SandboxAdmin]:
    """Run a sandbox in this process, on a free loopback port unless one is given."""
    sandbox = Sandbox(state=state, secret=secret, port=port)
    sandbox.start()
    try:
        yield SandboxAdmin(sandbox.url)
    finally:
        sandbox.stop()


class SandboxProcess:
    """A sandbox in a process of its own, with its own interpreter lock, that can be killed."""

    def __init__(self, *, state: Path, port: int = 0, secret: str = SECRET) -> None:
        """Start it and wait until it listens."""
        command = [sys.executable, "-m", "signoff.testing.sandbox", "--state", str(state)]
        self._process = subprocess.Popen(
            [*command, "--port", str(port), "--secret-stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(secret + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line.startswith(_READY):
            self._process.wait(timeout=10)
            self._close()
            raise SandboxDown(line)
        self.admin = SandboxAdmin(line.removeprefix(_READY).strip())

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.wait(timeout=10)
        self._close()

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self._process.terminate()
        self._process.wait(timeout=20)
        self._close()

    def _close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def serve(*, state: Path | None, host: str, port: int, secret: str) -> None:
    """Serve until SIGINT or SIGTERM."""
    sandbox = Sandbox(state=state, host=host, port=port, secret=secret)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    sandbox.start()
    print(f"{_READY}{sandbox.url}", flush=True)
    ended.wait()
    sandbox.stop()
