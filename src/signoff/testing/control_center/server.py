"""A Control Center over real HTTP that keeps the documented rules.

Basic authentication; five calls a second and one at a time, else errorCode 40000029; DEACTIVATED
may come back, PURGED is final; INVENTORY is refused by role; a session may outlast the line.
"""

import base64
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from signoff.ports.carrier import Op
from signoff.testing.carrier_contract import Mishap
from signoff.testing.sandbox.web import Answer, Call, Server, Silence

USER, API_KEY, ACCOUNT_ID = "signoff", "c2e4f6a8-0000-4000-8000-000000000001", "100200300"

_BOOKED = {"DEACTIVATED": Op.CUT, "ACTIVATED": Op.RESTORE, "PURGED": Op.PURGE, "RETIRED": Op.PURGE}
_ALLOWED = {
    "ACTIVATED": {"DEACTIVATED"},
    "DEACTIVATED": {"ACTIVATED", "PURGED", "RETIRED"},
}


@dataclass(slots=True)
class Device:
    """A SIM. `online_until`: the session ends then, whatever the status (a monotonic time)."""

    status: str = "ACTIVATED"
    account_id: str = ACCOUNT_ID
    online_until: float = 0.0


class ControlCenterSimulator:
    """The devices of all accounts, the calls there were, and what shall go wrong next."""

    def __init__(self, *, rate_rps: int = 5, hang_s: float = 0.6) -> None:
        self.devices: dict[str, Device] = {}
        self.refused: set[str] = set()
        self.ledger: list[tuple[str, Op]] = []
        self.mishap: Mishap | None = None
        self.rate_rps, self.hang_s = rate_rps, hang_s
        self.calls: list[float] = []
        """When calls came in that were not throttled (monotonic seconds)."""
        self.throttled = 0
        self._lock = threading.Lock()
        self._recent: deque[float] = deque()
        self._active = 0
        expected = base64.b64encode(f"{USER}:{API_KEY}".encode()).decode()
        self._authorization = f"Basic {expected}"

    def __call__(self, call: Call) -> Answer:
        """Answer one call."""
        if call.headers.get("authorization") != self._authorization:
            return _error(401, "10000001", message="Invalid credentials")
        if not self._enters():
            return _error(400, "40000029", message="Rate limit exceeded")
        try:
            return self._answer(call)
        finally:
            with self._lock:
                self._active -= 1

    def _enters(self) -> bool:
        now = time.monotonic()
        with self._lock:
            while self._recent and now - self._recent[0] > 1.0:
                self._recent.popleft()
            # One call is one entry, in flight or within the last second.
            full = self.rate_rps and len(self._recent) >= self.rate_rps
            if full or (self.rate_rps and self._active):
                self.throttled += 1
                return False
            self._recent.append(now)
            self.calls.append(now)
            self._active += 1
            return True

    def _answer(self, call: Call) -> Answer:
        match (call.method, *call.path):
            case ("GET", "rws", "api", "v1", "devices", iccid):
                return self._show(iccid)
            case ("GET", "rws", "api", "v1", "devices", iccid, "sessionInfo"):
                return self._session(iccid)
            case ("PUT", "rws", "api", "v1", "devices", iccid):
                return self._guarded(lambda: self._edit(iccid, str(call.json().get("status"))))
        return Answer(404, None, raw=b"<html>not here</html>")

    def _show(self, iccid: str) -> Answer:
        device = self.devices.get(iccid)
        if device is None:
            return _error(404, "10000024", message="Resource not found")
        shown = {
            "iccid": iccid,
            "status": device.status,
            "accountId": device.account_id,
            "msisdn": "15550000000",
            "dateUpdated": "2026-11-21 12:00:00.000+0000",
        }
        return Answer(200, shown)

    def _session(self, iccid: str) -> Answer:
        device = self.devices[iccid]
        ended = None if time.monotonic() < device.online_until else "2026-11-21 12:00:00.000+0000"
        started = "2026-11-21 11:00:00.000+0000"
        return Answer(
            200, {"iccid": iccid, "dateSessionStarted": started, "dateSessionEnded": ended}
        )

    def _edit(self, iccid: str, status: str) -> Answer:
        device = self.devices.get(iccid)
        if device is None:
            return _error(404, "10000024", message="Resource not found")
        if iccid in self.refused or status not in _ALLOWED.get(device.status, set()):
            return _error(400, "10000051", message="Status change is not permitted")
        with self._lock:
            device.status = status
            self.ledger.append((iccid, _BOOKED[status]))
        return Answer(200, {"iccid": iccid})

    def _guarded(self, execute: Callable[[], Answer]) -> Answer:
        with self._lock:
            mishap, self.mishap = self.mishap, None
        if mishap is None:
            return execute()
        if mishap is Mishap.THROTTLE:
            return _error(400, "40000029", message="Rate limit exceeded")
        if mishap is Mishap.DOWN:
            return Answer(503, None, raw=b"<html>down</html>")
        if mishap in (Mishap.HANG_BEFORE, Mishap.RESET_BEFORE):
            raise Silence(wait_s=self.hang_s, reset=mishap is Mishap.RESET_BEFORE)
        execute()
        if mishap is Mishap.GARBAGE_AFTER:
            return Answer(200, None, raw=b"<html>Gateway</html>")
        if mishap is Mishap.DOWN_AFTER:
            return Answer(503, None, raw=b"<html>down</html>")
        raise Silence(wait_s=self.hang_s, reset=mishap is Mishap.RESET_AFTER)


def _error(status: int, code: str, *, message: str) -> Answer:
    return Answer(status, {"errorMessage": message, "errorCode": code})


@contextmanager
def running_control_center(*, rate_rps: int = 0) -> Iterator[tuple[ControlCenterSimulator, str]]:
    """Run one until the end of the block; 0 calls a second is no limit. Gives its address too."""
    simulator = ControlCenterSimulator(rate_rps=rate_rps)
    server = Server(host="127.0.0.1", port=0, application=simulator)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield simulator, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
