"""Calls to Control Center's REST API, and whether a failed call can have had an effect.

Basic authentication with a user's name and API key; the host is the operator's own pod. Five calls
a second and one at a time, over all users of an account together, are the limits; beyond them an
answer carries errorCode 40000029, with no status and no Retry-After one could rely on
(developer.cisco.com/docs/control-center).
"""

from urllib.parse import quote

import httpx

from signoff.ports.carrier import CarrierError, CarrierLockedOut
from signoff.ports.pacing import Pacing

THROTTLED = "40000029"
_PAUSE_S = 5
_WORDS = 80

Content = dict[str, object]


class NotSent(CarrierError):
    """Control Center certainly did nothing."""


class Unclear(CarrierError):
    """Control Center may or may not have done it."""


class Client:
    """One user of one account. Threads share it, and with it the pace."""

    def __init__(
        self, *, base_url: str, user: str, api_key: str, timeout_s: float, pace: Pacing
    ) -> None:
        """Connect to nothing yet."""
        self._pace = pace
        self._http = httpx.Client(
            base_url=f"{base_url.rstrip('/')}/rws/api/v1/",
            auth=httpx.BasicAuth(user, api_key),
            timeout=timeout_s,
            trust_env=False,
            headers={"Accept": "application/json"},
            # Reading the machine's certificates takes longer than many calls; HTTP needs none.
            verify=base_url.startswith("https:"),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def device(self, iccid: str) -> Content | None:
        """A device as it stands now; None where this user sees none. Raises as `_call`."""
        return self._call("GET", _path(iccid))

    def session(self, iccid: str) -> Content | None:
        """A device's last data session. Raises as `_call`."""
        return self._call("GET", f"{_path(iccid)}/sessionInfo")

    def edit(self, iccid: str, *, status: str) -> Content | None:
        """Give a device another status. **The line changes.** Raises as `_call`."""
        return self._call("PUT", _path(iccid), content={"status": status})

    def _call(
        self, method: str, path: str, *, content: dict[str, str] | None = None
    ) -> Content | None:
        """One call in its turn; None for 404.

        Raises NotSent, Unclear, CarrierLockedOut, and Refused with Control Center's code.
        """
        try:
            with self._pace.turn():
                answer = self._http.request(method, path, json=content)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSent("CONNECT") from error
        except httpx.TimeoutException as error:
            raise Unclear("TIMEOUT") from error
        except httpx.TransportError as error:
            raise Unclear("BROKEN_CONNECTION") from error
        return _read(answer)


class Refused(CarrierError):
    """Control Center said no."""


def _read(answer: httpx.Response) -> Content | None:
    try:
        content = answer.json()
    except ValueError:
        content = None
    content = content if isinstance(content, dict) else {}
    code = str(content.get("errorCode") or f"HTTP_{answer.status_code}")[:_WORDS]
    if code == THROTTLED or answer.status_code == 429:
        raise NotSent(code)
    if answer.status_code == 401:
        raise CarrierLockedOut(code)
    if answer.status_code == 404 and content:
        return None
    if answer.status_code >= 500 or not content:
        raise Unclear(code)
    if not answer.is_success:
        raise Refused(code)
    return content


def _path(iccid: str) -> str:
    return f"devices/{quote(iccid, safe='')}"
