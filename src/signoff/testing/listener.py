"""A listener on the loopback that keeps every callback it is sent."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Received:
    """One callback as it came in."""

    headers: dict[str, str]
    body: bytes


class Listener(ThreadingHTTPServer):
    """Answers 204 to everything, and remembers."""

    daemon_threads = True

    def __init__(self) -> None:
        """Take a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[Received] = []
        self.url = f"http://127.0.0.1:{self.server_port}/callback"

    def wait_for(self, count: int, *, timeout_s: float = 5.0) -> list[Received]:
        """Return what came, as soon as so many came, or after the time-out what came till then."""
        deadline = time.monotonic() + timeout_s
        while len(self.received) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return list(self.received)


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        """Remember a callback."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.received.append(Received(dict(self.headers.items()), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing."""


@contextmanager
def running_listener() -> Iterator[Listener]:
    """Listen for callbacks until the end of the block."""
    listener = Listener()
    thread = threading.Thread(
        target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield listener
    finally:
        listener.shutdown()
        listener.server_close()
