"""The desk's pages of sunsets: who sees and decides what, in three languages, without script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

import stage
from signoff.console.sunsets import shown
from signoff.domain.sunset import Row, Stage
from signoff.records import models
from signoff.usecases.sunsets.look import Progress
from signoff.workflows import sunsets
from signoff.workflows.work import clock
from usecases.scenes import nothing_happens
from usecases.sunset_scenes import BRAND, Scene, scene, staff, terms, waves_ahead

pytestmark = pytest.mark.django_db(transaction=True)

LANGUAGES = {"en": "What comes next", "zh-hans": "下一步", "zh-hant": "下一步"}
TERMS = """name = "Closing"
time_zone = "UTC"
sales_stop_at = 2026-01-01T00:00:00+00:00
notice_by = 2026-02-01T00:00:00+00:00
refund_open_at = 2026-01-01T00:00:00+00:00
end_at = {end_at}
"""


def browser(user: models.User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def url(closing: Scene, name: str = "") -> str:
    return reverse(f"console:sunset{'_' if name else ''}{name}", args=[closing.id])


def text(response: Any) -> str:
    return str(response.content.decode())


def post(closing: Scene, name: str, *, by: models.User, **given: object) -> Any:
    """As somebody whose page is fresh."""
    return browser(by).post(url(closing, name), {"seen": closing.view.mark, **given})


@pytest.fixture
def ready() -> Iterator[Scene]:
    """A run of two lines, with its dry run."""
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=2)
        closing.create(closing.listed("+12025559999999", "not a number"))
        stage.work()
        assert closing.stage is Stage.READY
        yield closing


@pytest.fixture
def finished() -> Iterator[Scene]:
    """A run that is over: two lines ended, one waits for a person, one was never known."""
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=3)
        closing.create(closing.listed("+12025559999999"))
        closing.confirmed()
        barred = {"kind": "refuse", "code": "BARRED", "iccid": closing.lines[1].iccid,
                  "endpoint": "operations"}  # fmt: skip
        sandbox.behave("tmobile", faults=[barred])
        closing.start()
        yield closing.finish()


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


# ---------------------------------------------------------------- lines that wait
def test_lines_that_wait_are_grouped_and_tried_again(finished: Scene) -> None:
    client, where = browser(finished.first), url(finished, "waiting")
    page = text(client.get(where))
    auditors = text(browser(finished.auditor).get(where))
    (case,) = models.Case.objects.exclude(state__in=("ended", "closed"))

    assert "Refused with code BARRED." in page
    assert reverse("console:case", args=[case.id]) in page
    assert "Try these again" in page
    assert "Try these again" not in auditors
    assert finished.lines[1].msisdn not in page

    response = post(finished, "retry", by=finished.first, step="block", code="BARRED")
    assert (response.status_code, finished.stage) == (303, Stage.RUNNING)


def test_nothing_is_tried_again_where_nothing_failed(ready: Scene) -> None:
    ready.confirmed().start()
    ready.finish()

    with nothing_happens():
        response = post(ready, "retry", by=ready.first)

    assert response.status_code == 409
    assert "No line waits to be tried again." in text(response)
    assert ready.stage is Stage.DONE


# ---------------------------------------------------------------- the report
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_accounts_for_every_row(finished: Scene, language: str) -> None:
    page = text(browser(finished.auditor, language).get(url(finished, "report")))
    plain = re.sub(r"<[^>]*>|\s+", " ", page)

    assert "BARRED" in page
    if language == "en":
        assert "2 lines ended" in plain
        assert "Every row of the list is accounted for" in plain
        assert re.search(r"Together +4 +Rows in the list +4 +", plain)
        assert re.search(r"Decided to be paid back +US\$47\.00", plain)
        assert re.search(r"Sum +US\$0\.00", plain)
        assert "it is genuine" in plain


def test_a_report_that_was_altered_says_so(finished: Scene) -> None:
    kept = finished.run.report
    assert kept is not None
    kept["report"]["outcomes"]["ended"] = 3
    models.Sunset.objects.filter(id=finished.id).update(report=kept)

    page = text(browser(finished.auditor).get(url(finished, "report")))

    assert "Do not rely on this report." in page


def test_both_files_are_downloaded_and_fit_each_other(finished: Scene) -> None:
    client = browser(finished.auditor)
    rows, summary = client.get(url(finished, "csv")), client.get(url(finished, "json"))
    content = rows.getvalue()

    assert rows["Content-Disposition"].startswith("attachment;")
    assert rows["Content-Type"].startswith("text/csv")
    assert json.loads(summary.content)["report"]["csv"]["sha256"] == sha256(content).hexdigest()
    assert "no-store" in rows["Cache-Control"]


@pytest.mark.parametrize("name", ["report", "csv", "json"])
def test_there_is_no_report_before_the_end_nor_for_others(finished: Scene, name: str) -> None:
    other = browser(staff("operator", "bytebrook")).get(url(finished, name))
    models.Sunset.objects.filter(id=finished.id).update(stage="running")

    assert other.status_code == 404
    assert browser(finished.first).get(url(finished, name)).status_code == 404


# ---------------------------------------------------------------- making one
def draft(**changes: object) -> dict[str, object]:
    return {
        "brand": BRAND,
        "title": "Farewell",
        "selection": "brand",
        "terms": "own",
        "text": TERMS.format(end_at="2026-03-15T00:00:00+00:00"),
        **changes,
    }


def made() -> models.Sunset:
    return models.Sunset.objects.get()


def new(user: models.User, **given: object) -> Any:
    return browser(user).post(reverse("console:sunset_new"), given)


def test_a_whole_brand_is_made_at_once() -> None:
    operator = staff()
    response = new(operator, **draft())

    assert (response.status_code, response["Location"]) == (
        303, reverse("console:sunset", args=[made().id]),
    )  # fmt: skip
    assert (made().title, made().selection, made().created_by_id) == (
        "Farewell", "brand", operator.id,
    )  # fmt: skip


def test_a_plan_and_shipped_terms() -> None:
    new(staff(), **draft(selection="plan", plan="Travel wallet", terms="lanternlink-us"))

    assert (made().plan, made().terms["name"]) == ("Travel wallet", "Lanternlink US closes")


def test_a_list_is_asked_for_once_all_else_is_right() -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=2)
        asked = new(closing.first, **draft(selection="list"))
        assert asked.status_code == 200
        assert not models.Sunset.objects.exists()
        carried = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text(asked)))
        file = SimpleUploadedFile("lines.csv", closing.listed().encode())
        carried.pop("csrfmiddlewaretoken", None)
        words = unescape(carried["text"])
        new(closing.first, **{**carried, "text": words, "list": file})
        stage.work()

    assert (made().rows, made().lines, made().column) == (2, 2, "msisdn")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "The list is empty"), (b"phone\n+1\n", "neither a column msisdn"),
     (b"msisdn\n\xff\xfe\n", "Line 2 is not UTF-8 text")],
)  # fmt: skip
def test_a_list_that_cannot_be_read_makes_nothing_and_loses_nothing(
    content: bytes, said: str
) -> None:
    file = SimpleUploadedFile("lines.csv", content or b"\n")
    response = new(staff(), **draft(selection="list", part="list", list=file))

    assert response.status_code == 400
    assert said in text(response)
    assert 'value="Farewell"' in text(response)
    assert not models.Sunset.objects.exists()
    assert not models.Due.objects.exists()


def test_a_list_that_was_forgotten_is_asked_for_again() -> None:
    response = new(staff(), **draft(selection="list", part="list"))

    assert response.status_code == 400
    assert "There is no list" in text(response)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"brand": ""}, "Choose the brand."),
        ({"selection": ""}, "Choose which lines end."),
        ({"selection": "everything"}, "Choose which lines end."),
        ({"selection": "plan"}, "Write the name of the plan."),
        ({"terms": ""}, "Choose the terms"),
        ({"text": ""}, "Choose the terms"),
        ({"text": TERMS.format(end_at="2020-01-01T00:00:00+00:00")}, "terms.toml:3"),
        ({"text": "name = "}, "terms.toml:1"),
    ],
)
def test_a_mistake_says_where_and_keeps_what_was_given(
    change: dict[str, object], said: str
) -> None:
    response = new(staff(), **draft(**change))

    assert response.status_code == 400
    assert said in text(response)
    assert 'value="Farewell"' in text(response)
    assert not models.Sunset.objects.exists()


def test_terms_from_a_file_stay_to_be_mended() -> None:
    broken = TERMS.format(end_at='"soon"')
    file = SimpleUploadedFile("closing.toml", broken.encode())

    page = text(new(staff(), **draft(terms="lanternlink-us", text="", terms_file=file)))

    assert "closing.toml:6" in page
    assert "soon" in page
    assert 'value="closing.toml"' in page


def test_back_from_the_list_shows_what_was_said_before() -> None:
    page = text(new(staff(), **draft(selection="list", part="list", back="1")))

    assert 'value="Farewell"' in page
    assert 'value="list" checked' in page


@pytest.mark.parametrize(("role", "brand"), [("auditor", BRAND), ("agent", BRAND),
                                             ("operator", "bytebrook")])  # fmt: skip
def test_nobody_else_makes_a_run(role: str, brand: str) -> None:
    user = staff(role, brand)
    response = new(user, **draft())

    assert response.status_code == 404
    assert not models.Sunset.objects.exists()
    if role != "operator":
        assert browser(user).get(reverse("console:sunset_new")).status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_speaks_each_language(language: str) -> None:
    page = browser(staff(), language).get(reverse("console:sunset_new"))

    assert page.status_code == 200
    assert "lanternlink-us.toml" in text(page)


def test_a_large_list_is_taken_from_those_who_may_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signoff.config.uploads.MOST_BYTES", 1_000_000)
    large = b"msisdn\n" + b"+12025550142\n" * 250_000
    here, there = reverse("console:sunset_new"), reverse("console:search")
    given = draft(selection="list", part="list")

    def sent(user: models.User, address: str) -> Any:
        file = SimpleUploadedFile("large.csv", large)
        client = Client(enforce_csrf_checks=user.email.startswith("auditor"))
        client.force_login(user)
        client.get(reverse("console:queue"))
        return client.post(address, {**given, "list": file})

    assert sent(staff("auditor"), here).status_code == 400
    assert sent(staff(), there).status_code == 400
    assert not models.Sunset.objects.exists()
    assert sent(staff(), here).status_code == 303
    assert made().rows == 250_000


# ---------------------------------------------------------------- bars
@pytest.mark.parametrize(
    "counts",
    [
        {Row.READY: 10},
        {Row.ENDED: 1_000_000, Row.FAILED: 1},
        {Row.ENDED: 1, Row.FAILED: 1, Row.OPEN: 1, Row.READY: 1_000_000, Row.NOT_BEGUN: 1},
    ],
)
def test_a_bar_is_filled_and_shows_the_smallest_share(counts: dict[Row, int]) -> None:
    progress = Progress(1, 0, counts, 0, 0.0, None, 0, ())

    found = shown.bar(progress)

    assert sum(each.width for each in found.segments) == shown.WIDTH
    assert min(each.width for each in found.segments) >= 6
    assert [each.x for each in found.segments] == sorted(each.x for each in found.segments)


def test_lines_that_are_off_are_told_apart_from_those_under_way() -> None:
    progress = Progress(4, 0, {Row.OPEN: 4}, 1, 0.0, None, 0, ())

    found = shown.bar(progress, {"ended": 1, "closed": 1, "ending": 2})

    assert {each.code: each.count for each in found.segments} == {"off": 2, "open": 2}
    assert found.percent == "0%"


def test_what_is_under_way_is_counted_as_of_now(ready: Scene) -> None:
    ready.confirmed().start()
    stage.work()

    part = text(browser(ready.auditor).get(url(ready, "live")))

    assert "Off, money on its way" in part


def test_a_run_is_not_done_before_its_last_line() -> None:
    almost = Progress(100_000, 99_999, {Row.ENDED: 99_999, Row.OPEN: 1}, 1, 0.0, None, 0, ())
    whole = replace(almost, finished=100_000, counts={Row.ENDED: 100_000})

    assert (shown.bar(almost).percent, shown.bar(whole).percent) == ("99.9%", "100%")
