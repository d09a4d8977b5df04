"""A gateway for texts over HTTP in two shapes: a form as Twilio takes it, and plain JSON."""

import base64
import hashlib
import hmac
import json
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from signoff.domain.sms_text import parts
from signoff.testing.texting.phones import Bubble


@dataclass(frozen=True, slots=True)
class Answered:
    """What a number is answered with: a status, a JSON body and headers; or nothing at all."""

    status: int = 200
    content: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False
    wait_s: float = 0.0


class Gateway(ThreadingHTTPServer):
    """Takes texts for one user and secret on the loopback; `answers` treats numbers apart."""

    daemon_threads = True

    def __init__(self, *, port: int = 0, user: str = "AC1", secret: str = "gateway-secret") -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.user, self.secret = user, secret
        self.answers: dict[str, Answered] = {}
        self.requests: list[dict[str, Any]] = []
        self.bubbles: list[Bubble] = []
        self.got: Callable[[Bubble], None] = self.bubbles.append
        self.ids = count(1)
        base = f"http://127.0.0.1:{self.server_port}"
        self.form_url = f"{base}/2010-04-01/Accounts/{{user}}/Messages.json"
        self.json_url = f"{base}/v1/messages"

    def call_back(self, url: str, *, secret: str, content: dict[str, str], form: bool) -> int:
        """Tell of an incoming text or a receipt, signed as its shape is; returns the status."""
        if form:
            body = urllib.parse.urlencode(content).encode()
            signed = url + "".join(name + content[name] for name in sorted(content))
            mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha1).digest()
            headers = {"X-Twilio-Signature": base64.b64encode(mac).decode()}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        else:
            body, stamp = json.dumps(content).encode(), str(int(time.time()))
            mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).digest()
            headers = {"X-Signoff-Signature": f"sha256={mac.hex()}", "X-Signoff-Timestamp": stamp}
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(url, data=body, headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code


class _Handler(BaseHTTPRequestHandler):
    server: Gateway
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take a text."""
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not self._known():
            self._answer(Answered(401, {"code": 20003, "error": {"code": "who"}}))
            return
        form = self.path.endswith("/Messages.json")
        told = dict(urllib.parse.parse_qsl(raw.decode())) if form else json.loads(raw)
        self.server.requests.append(told)
        number, text = (told["To"], told["Body"]) if form else (told["to"], told["text"])
        reference = f"SM{next(self.server.ids):06}"
        fixed = self.server.answers.get(number)
        if fixed is None or fixed.hang_up or fixed.wait_s:
            cut = parts(text)
            self.server.got(
                Bubble(
                    number=number,
                    text=text,
                    at=time.time(),
                    ours=True,
                    alphabet=cut.alphabet.value,
                    parts=len(cut),
                )
            )
        done = Answered(201 if form else 200, {"sid" if form else "id": reference})
        self._answer(fixed or done)

    def _known(self) -> bool:
        given = self.headers.get("authorization", "")
        pair = f"{self.server.user}:{self.server.secret}".encode()
        basic = f"Basic {base64.b64encode(pair).decode()}"
        return given in (basic, f"Bearer {self.server.secret}")

    def _answer(self, answered: Answered) -> None:
        time.sleep(answered.wait_s)
        if answered.hang_up:
            self.close_connection = True
            return
        body = json.dumps(answered.content).encode()
        with suppress(OSError):
            self.send_response(answered.status)
            for name, value in answered.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: a line would name a number."""


@contextmanager
def running_gateway(*, user: str = "AC1", secret: str = "gateway-secret") -> Iterator[Gateway]:
    """Run a gateway in this process."""
    gateway = Gateway(user=user, secret=secret)
    thread = threading.Thread(
        target=gateway.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield gateway
    finally:
        gateway.shutdown()
        gateway.server_close()
