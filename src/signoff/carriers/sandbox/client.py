"""Calls to the sandbox: session, pace, and whether a failed call can have had an effect."""

from collections.abc import Mapping
from threading import Lock

import httpx

from signoff.carriers.sandbox.errors import CREDENTIALS_REFUSED, SESSION_EXPIRED, THROTTLED
from signoff.ports.carrier import CarrierError, CarrierLockedOut, CarrierMisread
from signoff.ports.pacing import Pacing

_PAUSE_S = 1
_DOWN_PAUSE_S = 5


class NotSent(CarrierError):
    """The carrier certainly did nothing."""

    def __init__(self, code: str | None = None, retry_after_s: int = _PAUSE_S) -> None:
        """Say why, and when to come again."""
        super().__init__(code)
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way to another process."""
        return (type(self), (self.code, self.retry_after_s))


class Unclear(CarrierError):
    """The carrier may or may not have done it."""


class SandboxClient:
    """One account's session. Threads share it, and with it the pace."""

    def __init__(
        self, *, base_url: str, account: str, secret: str, timeout_s: float, pace: Pacing
    ) -> None:
        """Connect to nothing yet."""
        self._secret = secret
        self._pace = pace
        self._login_lock = Lock()
        self._token: str | None = None
        # Proxies of the environment are for the world outside.
        self._http = httpx.Client(
            base_url=f"{base_url.rstrip('/')}/carriers/{account}/",
            timeout=timeout_s,
            trust_env=False,
            # Reading the machine's certificates takes longer than many calls; HTTP needs none.
            verify=base_url.startswith("https:"),
            limits=httpx.Limits(max_connections=None, keepalive_expiry=30),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(
        self, method: str, path: str, *, content: Mapping[str, object] | None = None
    ) -> tuple[int, dict[str, object]]:
        """Make a call, with one new session where the old one has ended.

        Raises NotSent, Unclear, CarrierMisread, CarrierLockedOut.
        """
        token = self._session(stale=None)
        status, answer = self._exchange(method, path, content=content, token=token)
        if status == 401 and answer.get("code") == SESSION_EXPIRED:
            token = self._session(stale=token)
            status, answer = self._exchange(method, path, content=content, token=token)
            if status == 401 and answer.get("code") == SESSION_EXPIRED:
                raise NotSent(SESSION_EXPIRED, _DOWN_PAUSE_S)
        if answer.get("code") == CREDENTIALS_REFUSED:
            raise CarrierLockedOut(CREDENTIALS_REFUSED)
        return status, answer

    def _session(self, *, stale: str | None) -> str:
        """Return the token in use; log in where there is none, or only the stale one."""
        with self._login_lock:
            if self._token is None or self._token == stale:
                self._token = None
                self._token = self._log_in()
            return self._token

    def _log_in(self) -> str:
        try:
            content = {"secret": self._secret}
            status, answer = self._exchange("POST", "session", content=content, token=None)
        except (Unclear, CarrierMisread) as error:
            # A log-in changes no line, so however it failed, nothing was done.
            raise NotSent(error.code, _DOWN_PAUSE_S) from error
        token = answer.get("token")
        if status == 200 and isinstance(token, str):
            return token
        raise CarrierLockedOut(_text(answer.get("code")))

    def _exchange(
        self, method: str, path: str, *, content: Mapping[str, object] | None, token: str | None
    ) -> tuple[int, dict[str, object]]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            with self._pace.turn():
                answer = self._http.request(method, path, json=content, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSent("CONNECT", _DOWN_PAUSE_S) from error
        except httpx.TimeoutException as error:
            raise Unclear("TIMEOUT") from error
        except httpx.TransportError as error:
            raise Unclear("BROKEN_CONNECTION") from error
        return answer.status_code, _read(answer)


def _read(answer: httpx.Response) -> dict[str, object]:
    try:
        content = answer.json()
    except ValueError:
        content = None
    code = _text(content.get("code")) if isinstance(content, dict) else None
    if code == THROTTLED:
        raise NotSent(THROTTLED, _seconds(answer.headers.get("retry-after")))
    if answer.status_code >= 500:
        raise Unclear(code or f"HTTP_{answer.status_code}")
    if not isinstance(content, dict):
        raise CarrierMisread(f"HTTP_{answer.status_code}")
    return content


def _seconds(header: str | None) -> int:
    return int(header) if header and header.isascii() and header.isdigit() else _PAUSE_S


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
