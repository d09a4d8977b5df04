"""What the demo's people do, through the same pages as everybody: no step has a way of its own."""

import re
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from signoff.cli.errors import Refused
from signoff.testing.browsing import Browser, Form, NotOnPage, Page
from signoff.testing.demo import PASSWORD, Person

_CASE = re.compile(r"/cases/([0-9a-f-]{36})")
_LINE = re.compile(r"/lines/\d+")
_DIGITS = re.compile(r"\D+")
_MOST_BUTTONS = 60
_DATA_WITHIN = 60.0

# In this order a careful person settles them: a card is unbound after it has paid.
_ORDER = ("pay", "reviewed", "dispute", "cancel", "choose", "tick", "give_up", "confirm")
_LATER = ("document", "stop", "unbind")


@dataclass(frozen=True, slots=True)
class Wish:
    """One line somebody wants to end, and how."""

    person: Person
    msisdn: str
    reason: str
    balance: str = "refund"


@dataclass(slots=True)
class Journey:
    """One wish on its way; `archive` and `receipt` are what the subscriber took along."""

    wish: Wish
    browser: Browser
    case_id: UUID | None = None
    settled: list[str] = field(default_factory=list)
    archive: bytes = b""
    receipt: bytes = b""

    def declare(self) -> None:
        """Log in, settle what the checklist offers, fill in the form, press the final button."""
        log_in(self.browser, self.wish.person.email)
        line = self._line()
        self._settle(line)
        self._take_data(line)
        page = self._leave(line)
        found = _CASE.search(page.path)
        if found is None:
            raise Refused(f"the declaration led to {page.path}, not to a case")
        self.case_id = UUID(found[1])
        self.receipt = self.browser.open(f"{page.path}/receipt.pdf").content

    def case(self) -> dict[str, Any]:
        """The case as the API tells it."""
        return self.browser.json(f"/api/v1/cases/{self.case_id}")

    def _line(self) -> str:
        """The address of the line's page: the one that shows its number."""
        listing = self.browser.open("/lines")
        number = _DIGITS.sub("", self.wish.msisdn)
        for link in listing.linked("/lines/"):
            page = self.browser.open(link)
            if _LINE.fullmatch(page.path) and number in _DIGITS.sub("", page.text):
                return page.path
        raise Refused(f"{self.wish.person.latin} does not see the line to end")

    def _settle(self, line: str) -> None:
        done: set[tuple[str, ...]] = set()
        for _ in range(_MOST_BUTTONS):
            page = self.browser.open(f"{line}/prepare")
            waiting = {_mark(form): form for form in _buttons(page) if _mark(form) not in done}
            if not waiting:
                return
            mark = min(waiting, key=_rank)
            done.add(mark)
            self._press(waiting[mark], what=mark[0])
        raise Refused("the checklist never came to an end")

    def _take_data(self, line: str) -> None:
        """Ask for the archive and wait for it, as somebody does who looks again now and then."""
        page = self.browser.open(f"{line}/data")
        page = self.browser.submit(page.form("/data"))
        deadline = time.monotonic() + _DATA_WITHIN
        while not (links := list(page.linked(f"{line}/data/"))):
            if time.monotonic() > deadline:
                raise Refused("the archive of the data was not made")
            time.sleep(0.2)
            page = self.browser.open(f"{line}/data")
        self.archive = self.browser.open(links[0]).content
        self.settled.append("data")

    def _press(self, form: Form, *, what: str) -> None:
        self.settled.append(what)
        if what == "document":
            self.browser.submit(form, files={"document": ("id.png", picture(), "image/png")})
        elif what == "choose":
            self.browser.submit(form, {"entry": _offered(form, "entry", wanted=self.wish.balance)})
        elif what == "give_up":
            self.browser.submit(form, {"knowingly": "1"})
        else:
            self.browser.submit(form)

    def _leave(self, line: str) -> Page:
        form = self.browser.open(f"{line}/leave").form("/leave")
        wishes = {"reason": self.wish.reason}
        if "at_once" in form.choices("effective"):
            wishes["effective"] = "at_once"
        if "balance" in form.fields:
            wishes["balance"] = _offered(form, "balance", wanted=self.wish.balance)
        if "agreed" in form.fields:
            wishes["agreed"] = "1"
        return self.browser.submit(form, wishes)


def log_in(browser: Browser, email: str) -> None:
    """Log in with the demo's password. Raises Refused."""
    form = browser.open("/account/login/").form("/account/login/")
    page = browser.submit(form, {"login": email, "password": PASSWORD})
    if page.path.startswith("/account/login"):
        raise Refused(f"{email} could not log in")


def confirm(wish: Wish, url: str) -> bool:
    """Open the link in the mail and press the button; False where the mail is not there yet."""
    with Browser(url) as browser:
        link = next(_confirmations(browser, wish.person.email), None)
        if link is None:
            return False
        browser.submit(browser.open(link).form("/confirm/" + link.rpartition("/")[2]))
        return True


def _confirmations(browser: Browser, email: str) -> Iterator[str]:
    for link in browser.open("/demo/mailbox").linked("/demo/mailbox/"):
        mail = browser.open(link)
        if email in mail.text:
            yield from mail.linked("/confirm/")


def review(case_id: UUID, agent: Person, *, url: str) -> None:
    """Take the case from the queue, look at its documents, approve it."""
    with Browser(url) as browser:
        log_in(browser, agent.email)
        address = next(browser.open("/desk/").linked(f"/desk/cases/{case_id}"), None)
        if address is None:
            raise Refused(f"{agent.what} does not see the case in the queue")
        page = browser.submit(browser.open(address).form("/claim"))
        for form in page.forms:
            if "/documents/" in form.path:
                browser.submit(form)
        # Looking at a document is an event of the case: the page to decide on is a new one.
        browser.submit(browser.open(address).form("/approve"))


def wait(condition: Callable[[], bool], *, seconds: float, tend: Callable[[], None]) -> bool:
    """Until the condition holds or the time is over; says which."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        tend()
        time.sleep(0.2)
    return True


def _buttons(page: Page) -> Iterator[Form]:
    """The forms of the checklist that settle something."""
    for form in page.forms:
        ending = form.path.rpartition("/")[2]
        mine = form.path.startswith("/lines/") and ending in ("settle", "pay", "document")
        if mine and _mark(form)[0] in (*_ORDER, *_LATER) and _mark(form) != ("dispute", ""):
            yield form


def _mark(form: Form) -> tuple[str, ...]:
    """What a button is for, and for which entry."""
    ending = form.path.rpartition("/")[2]
    what = form.value("remedy") if ending == "settle" else ending
    if what == "choose":
        return (what, "")
    return (what, form.value("entry") or form.value("bill"))


def _rank(mark: tuple[str, ...]) -> tuple[int, str]:
    order = (*_ORDER, *_LATER)
    return (order.index(mark[0]) if mark[0] in order else len(order), mark[1])


def _offered(form: Form, name: str, *, wanted: str) -> str:
    """The wanted choice if it is offered, else the first that is."""
    choices = form.choices(name)
    if not choices:
        raise NotOnPage(f"{form.path} offers nothing as {name}")
    return wanted if wanted in choices else choices[0]


def picture(width: int = 160, height: int = 100) -> bytes:
    """A small PNG to stand for an identity document: a plain card, nobody on it."""
    rows = b"".join(
        b"\0" + bytes(200 if 10 < x < 50 and 20 < y < 80 else 240 for x in range(width))
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + check
