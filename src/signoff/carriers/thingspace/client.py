"""Calls to ThingSpace: its two tokens, and whether a failed call can have had an effect.

An access token by client credentials (an hour), then a session by user and password (ends after 20
minutes without a call). Both go along with every call (thingspace.verizon.com, "Get started").
"""

from collections.abc import Mapping
from threading import Lock

import httpx

from signoff.ports.carrier import CarrierError, CarrierLockedOut, CarrierMisread
from signoff.ports.pacing import Pacing

_PAUSE_S = 5
_SESSION_OVER = frozenset(
    {
        "REQUEST_FAILED.SessionToken.Expired",
        "REQUEST_FAILED.SessionToken.Format",
        "INPUT_INVALID.SessionToken.Invalid",
    }
)
Content = Mapping[str, object]


class NotSent(CarrierError):
    """ThingSpace certainly did nothing."""

    def __init__(self, code: str | None = None, retry_after_s: int = _PAUSE_S) -> None:
        """Say why, and when to come again."""
        super().__init__(code)
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way to another process."""
        return (type(self), (self.code, self.retry_after_s))


class Unclear(CarrierError):
    """ThingSpace may or may not have done it."""


class Refused(CarrierError):
    """ThingSpace said no, with its code."""


class Client:
    """One user of one account. Threads share its tokens, and the pace."""

    def __init__(
        self,
        *,
        base_url: str,
        key: str,
        secret: str,
        user: str,
        password: str,
        pace: Pacing,
        timeout_s: float,
    ) -> None:
        """Connect to nothing yet."""
        self._application = httpx.BasicAuth(key, secret)
        self._user, self._password, self._pace = user, password, pace
        self._lock = Lock()
        self._tokens: tuple[str, str] | None = None
        self._http = httpx.Client(
            base_url=f"{base_url.rstrip('/')}/api/",
            timeout=timeout_s,
            trust_env=False,
            # Reading the machine's certificates takes longer than many calls; HTTP needs none.
            verify=base_url.startswith("https:"),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(self, method: str, path: str, *, content: Content | None = None) -> object:
        """The answer of `m2m/v1/{path}`; tokens that have ended are renewed once.

        Raises NotSent, Unclear, Refused, CarrierMisread, CarrierLockedOut.
        """
        tokens = self._log_in(stale=None)
        try:
            return self._exchange(method, path, content=content, tokens=tokens)
        except _TokensOver:
            tokens = self._log_in(stale=tokens)
        try:
            return self._exchange(method, path, content=content, tokens=tokens)
        except _TokensOver as over:
            raise NotSent(over.code) from over

    def _log_in(self, *, stale: tuple[str, str] | None) -> tuple[str, str]:
        """The tokens in use; new ones where there are none, or only the stale ones."""
        with self._lock:
            if self._tokens is None or self._tokens == stale:
                self._tokens = None
                try:
                    self._tokens = self._new_tokens()
                except (Unclear, CarrierMisread) as error:
                    # A log-in changes no line, so however it failed, nothing was done.
                    raise NotSent(error.code) from error
                except (Refused, _TokensOver) as error:
                    raise CarrierLockedOut(error.code) from error
            return self._tokens

    def _new_tokens(self) -> tuple[str, str]:
        form = {"grant_type": "client_credentials"}
        told = self._send("POST", "ts/v1/oauth2/token", data=form, auth=self._application)
        access = _text(told, "access_token")
        login = {"username": self._user, "password": self._password}
        headers = {"Authorization": f"Bearer {access}"}
        told = self._send("POST", "m2m/v1/session/login", json=login, headers=headers)
        return access, _text(told, "sessionToken")

    def _exchange(
        self, method: str, path: str, *, content: Content | None, tokens: tuple[str, str]
    ) -> object:
        headers = {"Authorization": f"Bearer {tokens[0]}", "VZ-M2M-Token": tokens[1]}
        return self._send(method, f"m2m/v1/{path}", json=content, headers=headers)

    def _send(self, method: str, path: str, **what: object) -> object:
        try:
            with self._pace.turn():
                answer = self._http.request(method, path, **what)  # type: ignore[arg-type]
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSent("CONNECT") from error
        except httpx.TimeoutException as error:
            raise Unclear("TIMEOUT") from error
        except httpx.TransportError as error:
            raise Unclear("BROKEN_CONNECTION") from error
        return _read(answer)


class _TokensOver(CarrierError):
    """A token has ended: renew it, and send the same again."""


def _read(answer: httpx.Response) -> object:
    try:
        content: object = answer.json()
    except ValueError:
        content = None
    code = code_of(content) or f"HTTP_{answer.status_code}"
    if answer.status_code == 429:
        raise NotSent(code, _seconds(answer.headers.get("retry-after")))
    if code in _SESSION_OVER or answer.status_code in (401, 403):
        raise _TokensOver(code)
    if answer.status_code >= 500 or code == "REQUEST_FAILED.UnexpectedError":
        raise Unclear(code)
    if content is None:
        raise CarrierMisread(code)
    if not answer.is_success:
        raise Refused(code)
    return content


def code_of(content: object) -> str | None:
    """A code without the service before its first dot: `REQUEST_FAILED.DeviceNotFound`."""
    if not isinstance(content, Mapping):
        return None
    code = content.get("errorCode") or content.get("faultcode")
    return str(code).partition(".")[2][:80] or None if code else None


def _text(content: object, name: str) -> str:
    found = content.get(name) if isinstance(content, Mapping) else None
    if not isinstance(found, str) or not found:
        raise CarrierMisread(f"NO_{name.upper()}")
    return found


def _seconds(header: str | None) -> int:
    given = int(header) if header and header.isascii() and header.isdigit() else _PAUSE_S
    return min(max(given, 1), 600)
