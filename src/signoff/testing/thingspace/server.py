"""A ThingSpace over real HTTP that keeps the documented rules.

The same access token inside the hour, sessions that end, a request id first and the work later, one
callback per device with the password in its body, one reason code, more than 200 devices refused, a
status for single-device requests only. A body without a list of devices hits the whole account.
"""

import base64
import json
import secrets
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from signoff.ports.carrier import Op
from signoff.testing.carrier_contract import CallbackMode, Mishap
from signoff.testing.sandbox.web import Answer, Call, Server, Silence

KEY, SECRET = "app-key", "app-secret"
USER, PASSWORD = "signoff", "uws-password"
ACCOUNT = "0000123456-00001"
SERVICE = "UnifiedWebService."

_AFTER = {"suspend": "suspend", "deactivate": "deactive", "restore": "active"}
_OPS = {"suspend": Op.BLOCK, "deactivate": Op.CUT, "restore": Op.RESTORE}
_ALLOWED = {"suspend": {"active"}, "deactivate": {"active", "suspend"}, "restore": {"suspend"}}
_BEFORE = {Mishap.HANG_BEFORE, Mishap.RESET_BEFORE, Mishap.DOWN, Mishap.THROTTLE}


@dataclass(slots=True)
class Device:
    """A line. `state` in ThingSpace's own word."""

    state: str = "active"
    account: str = ACCOUNT
    actions: int = 0


@dataclass(slots=True)
class Request:
    """What was accepted, and once done a fault's code by ICCID, empty where it went well."""

    action: str
    iccids: list[str]
    faults: dict[str, str] = field(default_factory=dict)
    done: bool = False


class ThingSpaceSimulator:
    """The devices, the requests, and what shall go wrong next."""

    def __init__(self, *, work_s: float = 0.03, hang_s: float = 0.6) -> None:
        self.devices: dict[str, Device] = {}
        self.refused: set[str] = set()
        self.requests: dict[str, Request] = {}
        self.ledger: list[tuple[str, Op]] = []
        self.bodies: list[dict[str, Any]] = []
        """The bodies of actions, as they came."""
        self.mishap: Mishap | None = None
        self.callback: dict[str, str] = {}
        self.callbacks = CallbackMode.ONCE
        self.waivers = 3
        self.work_s, self.hang_s = work_s, hang_s
        self._lock = threading.RLock()
        self._access = secrets.token_urlsafe(12)
        self._sessions: set[str] = set()
        self._working: list[threading.Timer] = []

    def __call__(self, call: Call) -> Answer:
        """Answer one call."""
        match (call.method, *call.path):
            case ("POST", "api", "ts", "v1", "oauth2", "token"):
                return self._token(call)
            case ("POST", "api", "m2m", "v1", "session", "login"):
                return self._log_in(call)
            case (_, "api", "m2m", "v1", *rest):
                return self._checked(call, tuple(rest))
        return Answer(404, {})

    def settle(self) -> None:
        """Wait until all that was accepted is done, and told."""
        for timer in list(self._working):
            timer.join()

    def end_sessions(self) -> None:
        """As after twenty minutes without a call."""
        self._sessions.clear()

    def _token(self, call: Call) -> Answer:
        expected = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        form = dict(parse_qsl(call.raw.decode()))
        if call.headers.get("authorization") != f"Basic {expected}":
            return Answer(401, {"error": "invalid_client"})
        if form.get("grant_type") != "client_credentials":
            return Answer(400, {"error": "unsupported_grant_type"})
        told = {"access_token": self._access, "token_type": "Bearer", "expires_in": 3600}
        return Answer(200, told)

    def _log_in(self, call: Call) -> Answer:
        content = call.json()
        if (content.get("username"), content.get("password")) != (USER, PASSWORD):
            return _error("INPUT_INVALID.Credentials.Invalid")
        session = secrets.token_hex(16)
        self._sessions.add(session)
        return Answer(200, {"sessionToken": session})

    def _checked(self, call: Call, path: tuple[str, ...]) -> Answer:
        if call.bearer() != self._access:
            return Answer(401, {"error": "invalid_token"})
        with self._lock:
            ends = self.mishap is Mishap.SESSION_EXPIRED and path[1:2] == ("actions",)
            if ends and path[2:] != ("list",):
                self.mishap = None
                self.end_sessions()
        if call.headers.get("vz-m2m-token") not in self._sessions:
            return _error("REQUEST_FAILED.SessionToken.Expired")
        match path:
            case ("devices", "actions", "list"):
                return self._list(call.json())
            case ("devices", "actions", action) if action in _AFTER:
                return self._guarded(lambda: self._accept(action, call.json()))
            case ("accounts", _, "requests", request, "status"):
                return self._status(request)
            case ("callbacks", account):
                self.callback = call.json()
                return Answer(200, {"accountName": account, "serviceName": "CarrierService"})
        return Answer(404, {})

    def _list(self, content: Mapping[str, Any]) -> Answer:
        iccid = str(content["deviceId"]["id"])
        device = self.devices.get(iccid)
        if device is None:
            return _error("REQUEST_FAILED.DeviceNotFound")
        shown = {
            "accountName": device.account,
            "carrierInformations": [{"carrierName": "Verizon Wireless", "state": device.state}],
            "connected": False,
            "deviceIds": [{"id": iccid, "kind": "iccid"}, {"id": "15550000000", "kind": "mdn"}],
            "extendedAttributes": [{"key": "password", "value": PASSWORD}],
        }
        return Answer(200, {"hasMoreData": False, "devices": [shown]})

    def _accept(self, action: str, content: dict[str, Any]) -> Answer:
        if content.get("accountName") != ACCOUNT:
            return _error("REQUEST_FAILED.AccountNotFound")
        if action == "deactivate" and content.get("reasonCode") != "FF":
            return _error("INPUT_INVALID.ReasonCode.Invalid")
        devices = content.get("devices")
        # A request without a list hits the whole account, as at the real one.
        iccids = (
            [one["deviceIds"][0]["id"] for one in devices]
            if devices is not None
            else [iccid for iccid, one in self.devices.items() if one.account == ACCOUNT]
        )
        if len(iccids) > 200:
            return _error("INPUT_INVALID.NumberofDevices")
        request = secrets.token_hex(8)
        with self._lock:
            self.bodies.append(content)
            self.requests[request] = Request(action, iccids)
            if content.get("etfWaiver"):
                self.waivers -= len(iccids)
        timer = threading.Timer(self.work_s, self._work, [request])
        self._working.append(timer)
        timer.start()
        return Answer(200, {"requestId": request})

    def _work(self, name: str) -> None:
        request = self.requests[name]
        with self._lock:
            for iccid in request.iccids:
                request.faults[iccid] = self._change(iccid, action=request.action)
            request.done = True
        for body in self._messages(name, request):
            self._tell(body)

    def _change(self, iccid: str, *, action: str) -> str:
        device = self.devices.get(iccid)
        if device is None or device.account != ACCOUNT:
            return "REQUEST_FAILED.DeviceNotFound"
        if iccid in self.refused:
            return "REQUEST_CANCELLED.ByCarrier"
        if device.state not in _ALLOWED[action]:
            return "INPUT_INVALID.DeviceState.Invalid"
        device.state = _AFTER[action]
        device.actions += 1
        self.ledger.append((iccid, _OPS[action]))
        return ""

    def _messages(self, name: str, request: Request) -> list[bytes]:
        password = "guessed" if self.callbacks is CallbackMode.FORGED else PASSWORD
        copies = 2 if self.callbacks is CallbackMode.TWICE else 1
        bodies = []
        for iccid, fault in request.faults.items():
            content: dict[str, Any] = {
                "username": USER,
                "password": password,
                "requestId": name,
                "deviceIds": [{"id": iccid, "kind": "Iccid"}],
                "status": "Failed" if fault else "Success",
                "maxCallbackThreshold": 4,
            }
            if fault:
                content["faultResponse"] = {"faultcode": f"{SERVICE}{fault}", "faultstring": "no"}
            for count in range(1, copies + 1):
                bodies.append(json.dumps({**content, "callbackCount": count}).encode())
        if self.callbacks is CallbackMode.LOST:
            return []
        return bodies[::-1] if self.callbacks is CallbackMode.REVERSED else bodies

    def _tell(self, body: bytes) -> None:
        if not self.callback.get("url"):
            return
        headers = {"Content-Type": "application/json"}
        asked = urllib.request.Request(self.callback["url"], data=body, headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with suppress(OSError):
            opener.open(asked, timeout=5).close()

    def _status(self, name: str) -> Answer:
        request = self.requests.get(name)
        if request is None or len(request.iccids) != 1:
            return _error("REQUEST_FAILED.RequestNotFound")
        failed = any(request.faults.values())
        status = "Pending" if not request.done else "Failure" if failed else "Success"
        return Answer(200, {"requestId": name, "status": status})

    def _guarded(self, execute: Callable[[], Answer]) -> Answer:
        with self._lock:
            mishap, self.mishap = self.mishap, None
        if mishap is None:
            return execute()
        answer = Answer(429, {"errorCode": f"{SERVICE}REQUEST_FAILED.Throttled"})
        if mishap not in _BEFORE:
            execute()
        if mishap is Mishap.GARBAGE_AFTER:
            return Answer(200, None, raw=b"<html>Gateway</html>")
        if mishap in (Mishap.DOWN, Mishap.DOWN_AFTER):
            return Answer(503, None, raw=b"<html>down</html>")
        if mishap is Mishap.THROTTLE:
            answer.headers["Retry-After"] = "7"
            return answer
        reset = mishap in (Mishap.RESET_BEFORE, Mishap.RESET_AFTER)
        raise Silence(wait_s=0.0 if reset else self.hang_s, reset=reset)


def _error(code: str) -> Answer:
    return Answer(400, {"errorCode": f"{SERVICE}{code}", "errorMessage": code})


@contextmanager
def running_thingspace() -> Iterator[tuple[ThingSpaceSimulator, str]]:
    """Run one until the end of the block; gives its address too."""
    simulator = ThingSpaceSimulator()
    server = Server(host="127.0.0.1", port=0, application=simulator)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield simulator, f"http://127.0.0.1:{server.server_port}"
    finally:
        simulator.settle()
        server.stopping.set()
        server.shutdown()
        server.server_close()
