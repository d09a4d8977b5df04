"""HTTP/1.1 for the sandbox: small, keep-alive, one thread a connection, no dependencies."""

import json
import socket
import struct
import sys
import threading
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from signoff.testing.sandbox.behaviour import BadRequest
from signoff.testing.sandbox.gate import Stopped

_BODY_MAX = 256 * 1024 * 1024
_PHRASES = {200: "OK", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


class Answer:
    """What to answer, and how to misbehave while doing so."""

    def __init__(self, status: int, content: object, *, raw: bytes | None = None) -> None:
        """Answer with JSON, or with raw bytes in its place."""
        self.status = status
        self.body = json.dumps(content).encode() if raw is None else raw
        self.headers: dict[str, str] = {}


class Silence(Exception):
    """Give no answer: wait, then close the connection, gently or with a reset."""

    def __init__(self, *, wait_s: float, reset: bool) -> None:
        """Keep how to be silent."""
        super().__init__(wait_s, reset)
        self.wait_s = wait_s
        self.reset = reset


class Call:
    """One request, read."""

    def __init__(self, *, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        """Split the target into path segments and query."""
        parts = urlsplit(target)
        self.method = method
        self.path = tuple(segment for segment in parts.path.split("/") if segment)
        self.query = dict(parse_qsl(parts.query))
        self.headers = headers
        self.raw = body

    def json(self) -> dict[str, Any]:
        """Return the body, which must be a JSON object."""
        if not self.headers.get("content-type", "").startswith("application/json"):
            # A web page cannot send this type to another origin without asking: a cheap guard.
            raise Stopped(415, "JSON_ONLY")
        try:
            content = json.loads(self.raw)
        except ValueError:
            raise Stopped(400, "NOT_JSON") from None
        if not isinstance(content, dict):
            raise Stopped(400, "NOT_AN_OBJECT")
        return content

    def bearer(self) -> str:
        """Return the token of the Authorization header."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")


Application = Callable[[Call], Answer]


class Server(ThreadingHTTPServer):
    """Listens, and hands every call to the application."""

    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, *, host: str, port: int, application: Application) -> None:
        """Bind; port 0 takes any free one."""
        super().__init__((host, port), _Handler)
        self.application = application
        self.stopping = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay quiet about clients that went away; show everything else."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            traceback.print_exc()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Answer a call that reads."""
        self._converse()

    def do_POST(self) -> None:
        """Answer a call that changes something."""
        self._converse()

    def do_PUT(self) -> None:
        """Answer a call that registers something."""
        self._converse()

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: calls carry line identities."""

    def _converse(self) -> None:
        try:
            answer = self._answer()
        except Silence as silence:
            self.server.stopping.wait(silence.wait_s)
            self._hang_up(reset=silence.reset)
            return
        lines = [
            f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, 'Status')}",
            "Content-Type: application/json",
            f"Content-Length: {len(answer.body)}",
            *(f"{name}: {value}" for name, value in answer.headers.items()),
        ]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + answer.body)

    def _answer(self) -> Answer:
        try:
            length = int(self.headers.get("content-length", 0))
        except ValueError:
            length = -1
        if not 0 <= length <= _BODY_MAX or "transfer-encoding" in self.headers:
            self.close_connection = True
            return Answer(400, {"code": "BODY"})
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length)
        call = Call(method=self.command, target=self.path, headers=headers, body=body)
        try:
            return self.server.application(call)
        except Stopped as stopped:
            return Answer(stopped.status, {"code": stopped.code})
        except BadRequest as error:
            return Answer(400, {"code": "BAD_REQUEST", "message": str(error)})
        except (KeyError, TypeError, ValueError) as error:
            return Answer(400, {"code": "BAD_REQUEST", "message": repr(error)})

    def _hang_up(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
