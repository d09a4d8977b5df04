"""Where a person is logged in, as they would name it: what kind of device and browser, since when.

No place is guessed from an address. When a device was last seen is written at most every few
minutes: a page costs no statement more for it.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse

_EVERY_S = 300
_SEEN = "seen_at"

_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("HarmonyOS", r"HarmonyOS"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux"),
)
_BROWSERS = (
    ("WeChat", r"MicroMessenger"),
    ("LINE", r"\bLine/"),
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/"),
    ("Samsung Internet", r"SamsungBrowser"),
    ("Firefox", r"Firefox|FxiOS"),
    ("Chrome", r"Chrome|CriOS|Chromium"),
    ("Safari", r"Safari"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One device. `name` is empty where the browser did not say what it is."""

    id: int
    name: str
    since: datetime
    last_seen_at: datetime
    current: bool


def shown(session: UserSession) -> Row:
    """A session as a page shows it."""
    return Row(
        id=session.pk,
        name=named(session.user_agent),
        since=session.created_at,
        last_seen_at=session.last_seen_at,
        current=session.is_current(),
    )


def named(agent: str) -> str:
    """A device in words its owner knows again: `Chrome · Android`."""
    found = (
        next((name for name, sign in family if re.search(sign, agent)), "")
        for family in (_BROWSERS, _SYSTEMS)
    )
    return " · ".join(filter(None, found))


class LastSeen:
    """Middleware that notes now and then that a logged-in device is still in use."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        session = request.session
        if session.accessed and session.session_key and _SEEN in session:
            now = int(time.time())
            if request.user.is_authenticated and now - session[_SEEN] >= _EVERY_S:
                session[_SEEN] = now
                UserSession.objects.filter(session_key=session.session_key).update(
                    last_seen_at=datetime.fromtimestamp(now, UTC)
                )
        return response


def note_login(request: HttpRequest) -> None:
    """Begin to note when this session is used."""
    request.session[_SEEN] = int(time.time())
