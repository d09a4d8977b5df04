"""The desk's pages of sunsets: who sees what, in three languages, without script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

import stage
from signoff.domain.sunset import Stage
from signoff.workflows.work import clock
from surfaces.sunset_pages import LANGUAGES, browser, ready_run, text, url
from usecases.scenes import nothing_happens
from usecases.sunset_scenes import Scene, scene, staff, terms

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ready() -> Iterator[Scene]:
    with ready_run() as closing:
        yield closing


# ---------------------------------------------------------------- who sees what
@pytest.mark.parametrize("name", ["", "live", "left_out", "waiting", "abort"])
@pytest.mark.parametrize(
    ("who", "status"),
    [("first", 200), ("second", 200), ("auditor", 200), ("agent", 404), ("other", 404),
     ("holder", 404)],
)  # fmt: skip
def test_a_run_is_there_for_its_brands_staff_only(
    ready: Scene, who: str, status: int, name: str
) -> None:
    people = {"agent": staff("agent"), "other": staff("operator", "bytebrook")}
    user = people.get(who) or getattr(ready, who)

    response = browser(user).get(url(ready, name))

    if who == "auditor" and name == "abort":
        status = 303
    assert response.status_code == status
    assert ("The last day" in text(response)) is (status == 200 and name != "live")


def test_the_list_is_there_for_those_who_may_look(ready: Scene) -> None:
    pages = {
        who: browser(user).get(reverse("console:sunsets"))
        for who, user in {
            "operator": ready.first,
            "auditor": ready.auditor,
            "agent": staff("agent"),
            "other": staff("operator", "bytebrook"),
            "holder": ready.holder,
        }.items()
    }

    assert {who: page.status_code for who, page in pages.items()} == {
        "operator": 200, "auditor": 200, "agent": 404, "other": 200, "holder": 404,
    }  # fmt: skip
    assert "The last day" in text(pages["operator"])
    assert "The last day" not in text(pages["other"])
    assert "No sunset yet" in text(pages["other"])
    assert "New sunset" in text(pages["operator"])
    assert "New sunset" not in text(pages["auditor"])


@pytest.mark.parametrize(
    ("role", "shows"),
    [("operator", True), ("supervisor", True), ("auditor", True), ("agent", False)],
)
def test_the_desk_shows_the_way_to_those_who_may_look(role: str, shows: bool) -> None:
    page = text(browser(staff(role)).get(reverse("console:queue")))

    assert (reverse("console:sunsets") in page) is shows


def test_who_is_not_logged_in_is_asked_to(ready: Scene) -> None:
    response = Client().get(url(ready))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("who", ["auditor", "agent", "other", "holder"])
@pytest.mark.parametrize("name", ["rehearse", "confirm", "start", "pause", "resume", "abort",
                                  "retry"])  # fmt: skip
def test_nobody_else_can_act(ready: Scene, who: str, name: str) -> None:
    people = {"agent": staff("agent"), "other": staff("operator", "bytebrook")}
    user = people.get(who) or getattr(ready, who)
    given = {"seen": ready.view.mark, "count": 2}

    with nothing_happens():
        response = browser(user).post(url(ready, name), given)

    assert response.status_code == 404
    assert (ready.stage, ready.run.first_by_id) == (Stage.READY, None)


@pytest.mark.parametrize("name", ["rehearse", "confirm", "start", "pause", "resume", "retry"])
def test_an_act_that_is_not_posted_changes_nothing(ready: Scene, name: str) -> None:
    response = browser(ready.first).get(url(ready, name))

    assert (response.status_code, ready.stage) == (303, Stage.READY)


@pytest.mark.parametrize(("language", "words"), LANGUAGES.items())
@pytest.mark.parametrize("name", ["", "live", "left_out", "waiting", "abort"])
def test_every_page_speaks_each_language(
    ready: Scene, name: str, language: str, words: str
) -> None:
    page = text(browser(ready.first, language).get(url(ready, name)))

    assert (words in page) is (name == "")
    assert "Traceback" not in page


def test_an_auditor_sees_and_is_told_who_decides(ready: Scene) -> None:
    page = text(browser(ready.auditor).get(url(ready)))

    assert "Operators and supervisors of the brand decide" in page
    assert 'name="count"' not in page
    assert url(ready, "abort") not in page
    assert url(ready, "rehearse") not in page


# ---------------------------------------------------------------- the dry run
def test_the_dry_run_shows_lines_money_carriers_and_what_is_left_out(ready: Scene) -> None:
    page = text(browser(ready.first).get(url(ready)))

    assert "of 4 rows in the list" in page
    assert "US$47.00" in page
    assert "T-Mobile" in page
    assert "Not in the account book" in page
    assert "Nobody is told ahead by us." in page


def test_a_short_notice_is_pointed_out() -> None:
    closing = scene(lines=1)
    soon = terms(notice_by=clock() - timedelta(days=3))
    with stage.sandbox():
        closing.create(of=soon)
        stage.work()

    assert "fewer days ahead than the terms want" in text(browser(closing.first).get(url(closing)))


def test_rows_left_out_are_listed_by_reason_and_by_page(
    ready: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, where = browser(ready.first), url(ready, "left_out")
    every = text(client.get(where))
    unknown = text(client.get(where, {"why": "unknown"}))
    monkeypatch.setattr("signoff.console.sunsets.views.MOST", 1)
    first = text(client.get(where))
    (following,) = re.findall(r'href="([^"]*after=[^"]*)"', first)
    second = text(client.get(following.replace("&amp;", "&")))

    assert "not a number" in every
    assert "+12025559999999" in every
    assert "not a number" not in unknown
    assert "+12025559999999" in first
    assert "not a number" not in first
    assert "not a number" in second
    assert not re.findall(r'href="[^"]*after=', second)


@pytest.mark.parametrize("query", [{"why": "<script>"}, {"after": "-1"}, {"after": "x" * 99}])
def test_nonsense_in_an_address_is_the_whole_list(ready: Scene, query: dict[str, str]) -> None:
    page = browser(ready.first).get(url(ready, "left_out"), query)

    assert page.status_code == 200
    assert "not a number" in text(page)


def test_no_phone_number_stands_in_an_address(ready: Scene) -> None:
    pages = [text(browser(ready.first).get(url(ready, name))) for name in ("", "left_out")]

    links = [link for page in pages for link in re.findall(r'(?:href|action)="([^"]*)"', page)]
    assert not any("202555" in link for link in links)
