"""A bucket over real HTTP, as an S3-compatible service keeps one: PUT, GET and DELETE by path.

It checks every signature anew from what arrived, from the published rules and not by our client's
code, and can stumble: `trouble` is used up, one answer each ("503", "403" or "hang up").
"""

import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY_ID, SECRET, BUCKET = "AKIDEXAMPLE", "a secret for tests", "papers"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,"
    r"SignedHeaders=([^,]+),Signature=([0-9a-f]{64})"
)


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class _Bucket(ThreadingHTTPServer):
    daemon_threads = True
    objects: dict[str, bytes]
    trouble: list[str]


class _Handler(BaseHTTPRequestHandler):
    server: _Bucket

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.server.trouble:
            trouble = self.server.trouble.pop()
            if trouble == "hang up":
                self.close_connection = True
            else:
                self._say(int(trouble), b"<Code>Trouble</Code>")
        elif not self._signed(body):
            self._say(403, b"<Code>SignatureDoesNotMatch</Code>")
        elif not self.path.startswith(f"/{BUCKET}/"):
            self._say(404, b"<Code>NoSuchBucket</Code>")
        else:
            self._answer(body)

    do_PUT = do_GET = do_DELETE = _any  # noqa: N815

    def _answer(self, body: bytes) -> None:
        objects = self.server.objects
        if self.command == "PUT":
            objects[self.path] = body
            self._say(200, b"")
        elif self.command == "DELETE":
            objects.pop(self.path, None)
            self._say(204, b"")
        elif self.path in objects:
            self._say(200, objects[self.path])
        else:
            self._say(404, b"<Code>NoSuchKey</Code>")

    def _signed(self, body: bytes) -> bool:
        found = _AUTHORIZATION.fullmatch(self.headers.get("authorization", ""))
        digest = self.headers.get("x-amz-content-sha256", "")
        if not found or found[1] != KEY_ID or digest != hashlib.sha256(body).hexdigest():
            return False
        _, day, region, names, given = found.groups()
        lines = [f"{name}:{self.headers[name]}" for name in names.split(";")]
        request = "\n".join([self.command, self.path, "", *lines, "", names, digest])
        at, scope = self.headers["x-amz-date"], f"{day}/{region}/s3/aws4_request"
        hashed = hashlib.sha256(request.encode()).hexdigest()
        key = _hmac(
            _hmac(_hmac(_hmac(f"AWS4{SECRET}".encode(), day), region), "s3"), "aws4_request"
        )
        wanted = _hmac(key, f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashed}").hex()
        return hmac.compare_digest(wanted, given)

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if status != 204 else b"")

    def log_message(self, *parts: Any) -> None:
        """Nothing: tests read answers, not logs."""


class Service:
    """A running service; `trouble` are the answers to come before it works again."""

    def __init__(self, server: _Bucket) -> None:
        self._server = server
        self.url = f"http://127.0.0.1:{server.server_address[1]}"

    @property
    def trouble(self) -> list[str]:
        return self._server.trouble

    @trouble.setter
    def trouble(self, answers: list[str]) -> None:
        self._server.trouble = answers


@contextmanager
def running_s3() -> Iterator[Service]:
    """A service with one empty bucket, BUCKET."""
    server = _Bucket(("127.0.0.1", 0), _Handler)
    server.objects, server.trouble = {}, []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield Service(server)
    finally:
        server.shutdown()
        server.server_close()
