"""Q2, F5: the web process killed while it takes a declaration: there is one, and no second."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import httpx
import pytest
from django.test import Client

import stage
from crash.killing import environment
from signoff.cli.preflight import any_port
from signoff.domain.account import CardKind
from signoff.records import models
from signoff.testing.logins import log_in

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]

WISHES = {
    "reason": "left_country",
    "effective": "at_once",
    "number": "release",
    "balance": "refund",
    "agreed": "1",
}


@contextmanager
def web(database_url: str, *, boundary: str, mark: Path) -> Iterator[str]:
    """`signoff serve` with one web process that dies once; its address."""
    port = any_port()
    tests = str(Path(__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("dying_web.py")), boundary, str(mark)],
        env=environment(database_url, PORT=str(port), PYTHONPATH=tests),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def subscriber(user: models.User) -> httpx.Client:
    """A browser in which this person is logged in."""
    client = Client()
    log_in(client, user)
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    return httpx.Client(cookies=cookies, timeout=30, trust_env=False)


def form(browser: httpx.Client, url: str) -> dict[str, str]:
    """The form as it is shown; waits until a web process answers."""
    over = time.monotonic() + 30
    while True:
        try:
            page = browser.get(url)
            break
        except httpx.TransportError:
            assert time.monotonic() < over, "no web process"
            time.sleep(0.05)
    assert page.status_code == 200, page.status_code
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in hidden} | WISHES


@pytest.mark.parametrize(("boundary", "cases"), [("written", 0), ("committed", 1)])
def test_a_second_submission_finds_what_the_first_left(
    boundary: str, cases: int, database_url: str, tmp_path: Path
) -> None:
    people = stage.cast("farwander")
    line = stage.line(CardKind.TRAVEL, holder=people.subscriber)
    mark = tmp_path / "dies"
    mark.touch()
    browser = subscriber(people.subscriber)

    with web(database_url, boundary=boundary, mark=mark) as address, browser:
        url = f"{address}/lines/{line.id}/leave"
        filled = form(browser, url)
        with pytest.raises(httpx.TransportError):
            browser.post(url, data=filled, headers={"Referer": url})
        left = list(models.Case.objects.values_list("id", flat=True))
        again = _send_again(browser, url, filled)

    assert not mark.exists()
    assert len(left) == cases
    case = models.Case.objects.get()
    assert again == f"/cases/{case.id}"
    assert left in ([], [case.id])
    told = models.Notice.objects.filter(case_id=case.id, name="declared")
    assert told.count() == 1
    assert models.Event.objects.filter(case_id=case.id, code="case.declared").count() == 1
    assert models.Due.objects.filter(step="assess").count() == 1


def _send_again(browser: httpx.Client, url: str, filled: dict[str, str]) -> str:
    """Press the same button on the same page, as people do when nothing happened."""
    over = time.monotonic() + 30
    while True:
        try:
            answer = browser.post(url, data=filled, headers={"Referer": url})
            return answer.headers["Location"]
        except httpx.TransportError:
            assert time.monotonic() < over, "no web process came back"
            time.sleep(0.05)
