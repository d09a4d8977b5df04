"""The desk's pages of sunsets: two people confirm, and any of them starts, pauses and stops."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client

import stage
from signoff.domain.sunset import Stage
from signoff.workflows import sunsets
from signoff.workflows.work import clock
from surfaces.sunset_pages import browser, post, ready_run, text, url
from usecases.scenes import nothing_happens
from usecases.sunset_scenes import Scene, scene, terms, waves_ahead

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ready() -> Iterator[Scene]:
    with ready_run() as closing:
        yield closing


# ---------------------------------------------------------------- two people
def test_two_people_confirm_each_with_the_count(ready: Scene) -> None:
    first = post(ready, "confirm", by=ready.first, count="2")
    halfway = text(browser(ready.first).get(url(ready)))
    other = text(browser(ready.second).get(url(ready)))
    second = post(ready, "confirm", by=ready.second, count=" 2 ")

    assert (first.status_code, second.status_code) == (303, 303)
    assert ready.stage is Stage.CONFIRMED
    assert "You have confirmed already." in halfway
    assert 'name="count"' not in halfway
    assert f"{ready.first.email.partition('@')[0]} confirmed" in other
    assert 'name="count"' in other


@pytest.mark.parametrize("typed", ["3", "", "two", "-2", "2.0", "２"])
def test_a_wrong_count_confirms_nothing_and_stays_in_its_field(ready: Scene, typed: str) -> None:
    with nothing_happens():
        response = post(ready, "confirm", by=ready.first, count=typed)

    assert response.status_code == 409
    assert ready.stage is Stage.READY
    assert "The number does not equal the lines" in text(response)
    assert f'value="{typed}"' in text(response)


def test_the_same_person_cannot_be_the_second(ready: Scene) -> None:
    post(ready, "confirm", by=ready.first, count="2")

    with nothing_happens():
        response = post(ready, "confirm", by=ready.first, count="2")

    assert response.status_code == 409
    assert "You have confirmed already; somebody else must confirm too." in text(response)
    assert ready.stage is Stage.HALF_CONFIRMED


@pytest.mark.parametrize("name", ["rehearse", "confirm", "abort"])
@pytest.mark.parametrize("mark", ["old", "", "nonsense"])
def test_a_stale_page_changes_nothing(ready: Scene, name: str, mark: str) -> None:
    old = ready.view.mark
    assert sunsets.confirm(ready.id, by=ready.first.id, count=2).allowed

    with nothing_happens():
        response = browser(ready.second).post(
            url(ready, name), {"seen": old if mark == "old" else mark, "count": "2"}
        )

    assert response.status_code == 409
    assert "has moved on since you opened the page" in text(response)
    assert ready.stage is Stage.HALF_CONFIRMED


def test_a_form_without_its_token_is_refused(ready: Scene) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ready.first)

    response = client.post(url(ready, "confirm"), {"seen": ready.view.mark, "count": "2"})

    assert response.status_code == 403
    assert ready.stage is Stage.READY


def test_a_dry_run_again_is_asked_for(ready: Scene) -> None:
    assert post(ready, "rehearse", by=ready.second).status_code == 303
    stage.work()

    assert ready.stage is Stage.READY


def test_before_the_announced_end_there_is_no_start() -> None:
    closing = scene(lines=1)
    with stage.sandbox():
        closing.create(of=terms(**waves_ahead(clock())))
        closing.confirmed()
        page = text(browser(closing.first).get(url(closing)))
        with nothing_happens():
            response = post(closing, "start", by=closing.first)

    assert "Start becomes possible at" in page
    assert url(closing, "start") not in page
    assert "Reminder" in page
    assert response.status_code == 409
    assert "The announced end has not come" in text(response)
    assert closing.stage is Stage.CONFIRMED


# ---------------------------------------------------------------- under way
def test_a_run_is_started_paused_resumed_and_finished(ready: Scene) -> None:
    ready.confirmed()
    assert post(ready, "start", by=ready.second).status_code == 303
    running = text(browser(ready.first).get(url(ready)))
    assert post(ready, "pause", by=ready.first).status_code == 303
    paused = text(browser(ready.first).get(url(ready)))
    assert ready.stage is Stage.PAUSED
    assert post(ready, "resume", by=ready.first).status_code == 303
    ready.finish()
    done = text(browser(ready.auditor).get(url(ready)))

    assert "0 of 2 lines done" in running
    assert url(ready, "pause") in running
    assert url(ready, "start") not in running
    assert url(ready, "resume") in paused
    assert "2 of 2 lines done" in done
    assert "100%" in done
    assert url(ready, "report") in done
    assert "data-live" not in done


def test_the_live_part_is_the_same_as_on_the_page_and_has_no_form(ready: Scene) -> None:
    ready.confirmed().start()
    client = browser(ready.auditor)
    part, page = text(client.get(url(ready, "live"))), text(client.get(url(ready)))

    assert part.strip().startswith('<div id="live"')
    assert f'data-live="{url(ready, "live")}"' in part
    assert part.strip() in page
    assert "<form" not in part


def test_the_page_needs_no_script(ready: Scene) -> None:
    ready.confirmed().start()
    page = text(browser(ready.first).get(url(ready)))

    assert re.search(rf'class="again"><a [^>]*href="{url(ready)}"', page)
    assert " style=" not in page
    assert not re.findall(r"<script(?![^>]* src=)", page)


def test_an_abort_asks_once_more_and_says_what_happens(ready: Scene) -> None:
    ready.confirmed().start()
    page = text(browser(ready.first).get(url(ready, "abort")))
    before = ready.stage

    response = post(ready, "abort", by=ready.first)
    ready.finish()

    assert "Lines that were not begun go on as before: 2." in page
    assert "It cannot be taken up again." in page
    assert response.status_code == 303
    assert (before, ready.stage) == (Stage.RUNNING, Stage.ABORTED)
    assert set(ready.rows().values()) == {"not_begun", "unknown", "malformed"}
    assert browser(ready.first).get(url(ready, "abort")).status_code == 303
    assert "Lines that go on" in text(browser(ready.first).get(url(ready, "report")))


def test_an_abort_before_the_start_says_that_nothing_was_sent(ready: Scene) -> None:
    page = text(browser(ready.first).get(url(ready, "abort")))
    with nothing_happens():
        response = post(ready, "abort", by=ready.first)

    assert "Nothing has been sent to any carrier" in page
    assert (response.status_code, ready.stage) == (303, Stage.ABORTED)
    assert browser(ready.first).get(url(ready, "report")).status_code == 404
