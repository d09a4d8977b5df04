"""What stands before every call at the sandbox: session, throttle, planned faults."""

import hmac
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from signoff.testing.sandbox.behaviour import Fault, FaultKind
from signoff.testing.sandbox.store import Store


class Stopped(Exception):
    """The request goes no further; answer with this status and code."""

    def __init__(self, status: int, code: str) -> None:
        """Keep what to answer."""
        super().__init__(status, code)
        self.status = status
        self.code = code


class Gate:
    """Sessions, rates and requests in flight. All of it ends with the process, as at restarts."""

    def __init__(self, *, store: Store, secret: str) -> None:
        """Let nobody in before a log-in with this secret."""
        self._store = store
        self._secret = secret
        self._lock = threading.Lock()
        self._sessions: dict[str, tuple[str, float]] = {}
        self._buckets: dict[str, tuple[float, float]] = {}
        self._in_flight: dict[str, int] = {}

    def check_secret(self, offered: object) -> None:
        """Refuse anything but the account's secret."""
        given = offered if isinstance(offered, str) else ""
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            raise Stopped(401, "CREDENTIALS_REFUSED")

    def log_in(self, *, account: str, offered: object) -> str:
        """Open a session."""
        self.check_secret(offered)
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._sessions[token] = (account, time.time())
        return token

    def check_session(self, *, account: str, token: str) -> None:
        """Refuse an unknown, foreign or idle session; else keep it alive."""
        ttl_s = self._store.behaviours[account].settings.session_ttl_s
        now = time.time()
        with self._lock:
            owner, used_at = self._sessions.get(token, ("", 0.0))
            if owner != account or (ttl_s and now - used_at > ttl_s):
                self._sessions.pop(token, None)
                raise Stopped(401, "SESSION_EXPIRED")
            self._sessions[token] = (account, now)

    def end_sessions(self, account: str) -> None:
        """Forget every session of an account."""
        with self._lock:
            self._sessions = {
                token: entry for token, entry in self._sessions.items() if entry[0] != account
            }

    @contextmanager
    def passage(self, account: str) -> Iterator[None]:
        """Let one request through, or refuse it for its rate or for others in flight."""
        settings = self._store.behaviours[account].settings
        with self._lock:
            flying = self._in_flight.get(account, 0)
            too_many = settings.concurrency and flying >= settings.concurrency
            if too_many or not self._token_left(account, rate=settings.rate_rps):
                raise Stopped(settings.throttle_status, "THROTTLED")
            self._in_flight[account] = flying + 1
        try:
            if settings.latency_ms:
                time.sleep(settings.latency_ms / 1000)
            yield
        finally:
            with self._lock:
                self._in_flight[account] -= 1

    def fault(self, *, account: str, endpoint: str, iccids: frozenset[str]) -> Fault | None:
        """Return the planned fault for this request, except those that are plain answers."""
        behaviour = self._store.behaviours[account]
        if not behaviour.faults:
            return None
        with self._lock:
            fault = behaviour.take(endpoint=endpoint, iccids=iccids)
        if fault is None:
            return None
        self._store.save_behaviour(behaviour)
        if fault.kind is FaultKind.DOWN:
            raise Stopped(503, "DOWN")
        if fault.kind is FaultKind.THROTTLE:
            raise Stopped(behaviour.settings.throttle_status, "THROTTLED")
        if fault.kind is FaultKind.EXPIRE_SESSION:
            self.end_sessions(account)
            raise Stopped(401, "SESSION_EXPIRED")
        return fault

    def refusals(self, *, account: str, endpoint: str, iccids: frozenset[str]) -> dict[str, str]:
        """Return the lines that shall be refused in this request, with their codes."""
        behaviour = self._store.behaviours[account]
        if not behaviour.faults:
            return {}
        with self._lock:
            refused = behaviour.refusals(endpoint=endpoint, iccids=iccids)
        if refused:
            self._store.save_behaviour(behaviour)
        return refused

    def _token_left(self, account: str, *, rate: int) -> bool:
        if not rate:
            return True
        now = time.monotonic()
        # Limits are published by the second: two calls that a busy machine brings closer together
        # than their pace are no breach of it.
        burst = max(2.0, rate / 4)
        tokens, at = self._buckets.get(account, (burst, now))
        tokens = min(burst, tokens + (now - at) * rate)
        allowed = tokens >= 1
        self._buckets[account] = (tokens - 1 if allowed else tokens, now)
        return allowed
