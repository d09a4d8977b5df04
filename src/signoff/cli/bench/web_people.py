"""People with browsers: they log in, open the form, fill it in and press the final button."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from signoff.cli.bench.people import at_once
from signoff.cli.bench.profiling import Notes, merge
from signoff.cli.errors import Refused
from signoff.domain.account import Order
from signoff.records import codec
from signoff.records.models import Account, Line, User
from signoff.testing import facts
from signoff.testing.browsing import Browser
from signoff.testing.facts import usd
from signoff.testing.logins import log_in

_PASSWORD = "correct-horse-battery"
_BILLS, _CALLS, _ORDERS = 24, 5_000, 10

_CALL_ROWS = """
INSERT INTO records_usagerecord (line_id, external_id, at, kind, outgoing, peer, seconds)
SELECT %s, 'R-' || n, now() - n * interval '17 minutes',
       CASE WHEN n %% 3 = 0 THEN 'message' ELSE 'call' END, n %% 4 <> 1,
       '+1202555' || lpad((n %% 10000)::text, 4, '0'), n %% 1800
FROM generate_series(1, %s) AS n
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """A form filled in: where it goes, with which cookies, and what is sent."""

    path: str
    cookies: str
    body: str


@dataclass(slots=True)
class Posted:
    """How long answers took from when each was to be sent, and how many led to a case."""

    seconds: list[float] = field(default_factory=list)
    accepted: int = 0


def address() -> tuple[str, int]:
    return "127.0.0.1", int(os.environ["PORT"])


def open_forms(lines: Sequence[int], *, clients: int) -> list[Ready]:
    """Everyone opens the form for their line; the first one logs in by the page as well."""
    _log_in_for_real(lines[0])
    ready: dict[int, Ready] = {}

    def one(turn: int, number: int) -> None:
        ready[number] = _open_form(number)

    at_once(lines, clients=clients, act=one)
    return [ready[number] for number in lines]


def _log_in_for_real(number: int) -> None:
    """The whole way of a log-in; the others get the session that it leads to."""
    person = User.objects.get(id=number)
    person.set_password(_PASSWORD)
    person.save()
    with Browser("http://{}:{}".format(*address())) as browser:
        form = browser.open("/account/login/").form("/account/login/")
        browser.submit(form, {"login": person.email, "password": _PASSWORD})
        if not list(browser.open("/lines").linked(f"/lines/{number}")):
            raise Refused("a person who logged in does not see their line")


def session_of(number: int) -> str:
    """The session of a person who has logged in."""
    client = Client()
    log_in(client, User.objects.get(id=number))
    return str(client.cookies["sessionid"].value)


def _open_form(number: int) -> Ready:
    path = f"/lines/{number}/leave"
    with Browser("http://{}:{}".format(*address())) as browser:
        browser.keep("sessionid", session_of(number))
        form = browser.open(path).form("/leave")
        wishes = {"reason": "left_country", "balance": "refund"}
        wishes |= {"agreed": "1"} if "agreed" in form.fields else {}
        body = urlencode(form.filled(wishes))
        return Ready(path, browser.cookies, body)


def post(forms: Sequence[Ready], *, rate: float, clients: int) -> Posted:
    """Everyone presses the final button, so many a second, whatever the answers take."""
    posted, lock = Posted(), threading.Lock()

    def one(http: HTTPConnection, turn: int) -> None:
        form = forms[turn]
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": form.cookies}
        http.request("POST", form.path, body=form.body, headers=headers)
        answer = http.getresponse()
        answer.read()
        led_to = answer.getheader("Location", "") or ""
        with lock:
            posted.accepted += answer.status == 302 and led_to.startswith("/cases/")

    posted.seconds = _paced(len(forms), rate=rate, clients=clients, act=one)
    return posted


def fetch_health(times: int, *, rate: float, clients: int) -> list[float]:
    """A page that asks the database one thing, at the same pace."""

    def one(http: HTTPConnection, turn: int) -> None:
        _fetch(http, "/healthz", cookies="")

    return _paced(times, rate=rate, clients=clients, act=one)


def fetch_checklist(line: int, *, times: int) -> list[float]:
    """One person's checklist, again and again."""
    cookies, http, took = f"sessionid={session_of(line)}", HTTPConnection(*address()), []
    for _ in range(times):
        started = time.monotonic()
        _fetch(http, f"/lines/{line}/prepare", cookies=cookies)
        took.append(time.monotonic() - started)
    http.close()
    return took


def _fetch(http: HTTPConnection, path: str, *, cookies: str) -> None:
    http.request("GET", path, headers={"Cookie": cookies} if cookies else {})
    answer = http.getresponse()
    answer.read()
    if answer.status != 200:
        raise Refused(f"{path} answered {answer.status}")


def _paced(
    times: int, *, rate: float, clients: int, act: Callable[[HTTPConnection, int], None]
) -> list[float]:
    """`act` so many times at a steady pace; seconds from when each was to begin to its end."""
    took: list[float] = []
    own = threading.local()
    began = time.monotonic() + 0.1

    def one(turn: int, number: int) -> None:
        if not hasattr(own, "http"):
            own.http = HTTPConnection(*address(), timeout=60)
        due = began + turn / rate
        time.sleep(max(0.0, due - time.monotonic()))
        act(own.http, turn)
        took.append(time.monotonic() - due)

    at_once(range(times), clients=min(clients, times), act=one)
    return took


def make_full(number: int) -> int:
    """Give a line's account everything a checklist can show, and its line thousands of calls."""
    line = Line.objects.select_related("account").get(id=number)
    account = codec.ACCOUNT.validate_python(line.account.facts)
    bills = [
        facts.bill(
            f"B-{month}",
            7036,
            paid=7036 if month else 0,
            charges=tuple(facts.charge(f"C-{month}-{n}", 1700 + n) for n in range(4)),
        )
        for month in range(_BILLS)
    ]
    orders = [
        Order(f"O-{n}", facts.NOW.date(), f"Japan 5 GB, no. {n}", usd(900)) for n in range(_ORDERS)
    ]
    document = codec.ACCOUNT.dump_python(
        replace(account, bills=tuple(bills), orders=tuple(orders)), mode="json"
    )
    Account.objects.filter(id=number).update(facts=document)
    with connection.cursor() as cursor:
        cursor.execute(_CALL_ROWS, [number, _CALLS])
    return number


def queries(line: int) -> int:
    """How many questions the checklist asks the database."""
    client = Client()
    client.force_login(User.objects.get(id=line))
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(f"/lines/{line}/prepare")
    if answer.status_code != 200:
        raise Refused(f"the checklist answered {answer.status_code}")
    return len(asked)


def profiled(lines: Sequence[int]) -> dict[str, Any]:
    """More declarations, by this process in place of the web's, with a watch around all but one."""
    forms = [_open_form(number) for number in lines]
    notes = Notes(functions=True)
    _declare_here(forms[0])  # what is read once in a process is none of the others' time
    notes.listen(connection)

    def declare(step: str) -> int:
        return sum(map(_declare_here, forms[1:]))

    notes.watched(declare)("declare")
    connection.execute_wrappers.pop()
    return merge([notes.all()])


def _declare_here(form: Ready) -> int:
    client = Client(headers={"Cookie": form.cookies})
    client.post(form.path, form.body, content_type="application/x-www-form-urlencoded")
    return 1
