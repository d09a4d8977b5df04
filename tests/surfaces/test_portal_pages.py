"""Every page of the portal, for every kind of card, in every language; and what is public."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

import stage
from signoff.domain.account import CardKind
from signoff.domain.canonical import Json
from signoff.usecases import rules
from signoff.usecases.compose import _LINKS
from signoff.wording.catalogue import LANGUAGES
from surfaces.portal_pages import browser, text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(CardKind))
def test_every_page_of_a_line_stands_in_every_language(kind: CardKind, language: str) -> None:
    people = stage.cast(stage.BRANDS[kind][0])
    line = stage.line(kind, holder=people.subscriber)
    me = browser(people.subscriber, language=language)

    for name in ("line", "prepare", "leave"):
        page = me.get(reverse(f"portal:{name}", args=[line.id]))

        assert page.status_code == 200
        assert f'<html lang="{language}">' in page.content.decode()
        assert line.msisdn[-4:] in text(page)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/", "/help", "/verify", "/genuine", "/account/login/"])
def test_public_pages_need_no_log_in(path: str, language: str) -> None:
    page = browser(language=language).get(path)

    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.content.decode()


@pytest.mark.parametrize("word", ["注销", "销户", "退订", "停机", "close account", "cancel"])
def test_the_start_page_is_found_under_the_words_people_look_for(word: str) -> None:
    """C1."""
    assert word in browser(language="zh-Hans").get("/").content.decode()


def test_who_is_logged_in_goes_straight_to_their_lines() -> None:
    people = stage.cast("farwander")

    assert browser(people.subscriber).get("/").headers["Location"] == "/lines"
    assert browser(people.agent).get("/").headers["Location"] == "/desk/"


def test_no_lines_is_a_page_too() -> None:
    people = stage.cast("farwander")

    assert "No line is registered" in text(browser(people.subscriber).get("/lines"))


def test_the_language_switch_works_without_script() -> None:
    client = Client()

    answer = client.post("/language/setlang/", {"language": "zh-hant", "next": "/help"})

    assert answer.headers["Location"] == "/help"
    assert '<html lang="zh-Hant">' in client.get("/help").content.decode()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-TW,zh;q=0.9", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-CN", "zh-Hans"),
        ("en-US", "en"),
        ("fr", "zh-Hans"),
    ],
)
def test_the_browser_chooses_the_first_language(header: str, language: str) -> None:
    page = Client().get("/help", headers={"accept-language": header})

    assert f'<html lang="{language}">' in page.content.decode()


def test_help_tells_the_rules_of_every_brand() -> None:
    """C8: generated from the policy."""
    shown = text(browser(language="en").get("/help"))

    for brand in rules.book().brands():
        policy = rules.book().policy(brand)
        assert policy.names.en in shown
        assert policy.contact.email in shown


def test_a_line_says_first_whether_it_can_be_ended_here() -> None:
    """K4."""
    people = stage.cast("boundlark")
    line = stage.line(CardKind.UNLIMITED, holder=people.subscriber)

    shown = text(browser(people.subscriber).get(reverse("portal:line", args=[line.id])))

    assert "This line can be ended on the web" in shown
    assert shown.index("Can it be ended here?") < shown.index("What staying and leaving cost")
    assert "service@boundlark.example" in shown


def test_staying_and_leaving_stand_side_by_side() -> None:
    """W3."""
    people = stage.cast("wavequill")
    line = stage.line(CardKind.INTERNET, holder=people.subscriber)

    shown = text(browser(people.subscriber).get(reverse("portal:line", args=[line.id])))

    assert "If you keep the line US$30.00 is charged next" in shown
    assert "If you end it today" in shown


@pytest.mark.parametrize(("place", "offered"), [("us-default", True), ("us-mn", False)])
def test_a_pause_is_offered_only_where_the_law_lets_it(place: str, offered: bool) -> None:
    """W2, L1."""
    people = stage.cast("boundlark")
    line = stage.line(CardKind.UNLIMITED, holder=people.subscriber, place=place)

    shown = text(browser(people.subscriber).get(reverse("portal:line", args=[line.id])))

    assert ("paused for US$15.00 a month" in shown) is offered


def test_personal_pages_are_never_kept_by_caches() -> None:
    people = stage.cast("farwander")

    page = browser(people.subscriber).get("/lines")

    assert "no-store" in page.headers["Cache-Control"]


def test_pages_hold_no_inline_script_or_style() -> None:
    """The policy in the header would stop them."""
    people = stage.cast("boundlark")
    line = stage.line(CardKind.UNLIMITED, holder=people.subscriber)
    me = browser(people.subscriber)

    for path in ("/help", "/verify", f"/lines/{line.id}/prepare", f"/lines/{line.id}/leave"):
        source = me.get(path).content.decode()
        assert " style=" not in source
        assert "<style" not in source
        assert "onclick" not in source
        assert "script-src 'self'" in me.get(path).headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/nothing", "/lines/999999", f"/lines/{10**25}", "/cases/x"])
def test_what_is_not_there_says_so_in_our_words(path: str) -> None:
    people = stage.cast("farwander")

    page = browser(people.subscriber, language="zh-Hans").get(path)

    assert page.status_code == 404
    assert "这里没有内容" in text(page)


def test_a_page_without_its_token_is_refused_kindly() -> None:
    people = stage.cast("farwander")
    line = stage.line(CardKind.TRAVEL, holder=people.subscriber)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.subscriber)

    page = strict.post(f"/lines/{line.id}/settle", {"remedy": "confirm"})

    assert page.status_code == 403
    assert "页面打开太久了" in text(page)
    line.refresh_from_db()
    assert line.preparation.get("details_confirmed_at") is None


def test_the_links_of_notices_lead_somewhere() -> None:
    given: dict[str, Json] = {
        "case_id": "01a1fe11-8d06-72bb-91d7-c0da00e7b47d",
        "request_id": "01a1fe11-8d06-72bb-91d7-c0da00e7b47e",
        "ask_id": "01a1fe11-8d06-72bb-91d7-c0da00e7b47f",
        "line_id": 7,
        "until": datetime(2026, 12, 1, tzinfo=UTC).isoformat(),
    }
    client = browser()

    for make in _LINKS.values():
        status = client.get(make(given)).status_code
        # A link of a case that is not there asks to log in, or says it is not ours: never nothing.
        assert status in (200, 302, 404)
        if status == 404:
            assert "/confirm/" in make(given)
