"""The help centre: found under the words people use, generated from policies (C1, C8)."""

import re

import pytest
from django.urls import reverse

import stage
from signoff.domain.account import CardKind
from signoff.usecases import help_search, rules
from signoff.wording.catalogue import LANGUAGES, shipped
from surfaces.portal_pages import Page, browser, text

WORDS = [
    "close account", "Terminate service", "cancel", "注销", "销户", "退订", "停机", "銷號", "退租",
    "解約", "怎么注销我的卡", "我要退租這個門號",
]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("words", WORDS)
def test_the_way_out_is_found_under_the_words_people_use(words: str, language: str) -> None:
    """C1: whatever language the page is in; the answer leads there with one press."""
    page = browser(language=language).post(reverse("portal:help"), {"words": words})

    body = page.content.decode()
    assert help_search.find(words)[0] == "find"
    assert '<details id="find" open>' in body
    assert f'href="{reverse("portal:end")}"' in body
    assert "?" not in page.request.get("QUERY_STRING", "")


@pytest.mark.parametrize(
    ("words", "question"),
    [
        ("refund", "balance"),
        ("要多久", "long"),
        ("护照", "documents"),
        ("誰可以", "who"),
        ("911", "works"),
    ],
)
def test_other_questions_are_found_too(words: str, question: str) -> None:
    """C8."""
    assert question in help_search.find(words)


def test_what_fits_nothing_is_said_and_everything_is_shown() -> None:
    page = browser().post(reverse("portal:help"), {"words": "zebra <script>"})

    assert "Nothing fits these words" in text(page)
    assert "<script>" not in page.content.decode().split("<main")[1]
    assert text(page).count("Can I undo it?") == 1


def test_every_question_has_words_a_question_and_an_answer() -> None:
    for code, found in help_search.words().items():
        assert found
        for language in LANGUAGES:
            assert shipped().say(f"help.q.{code}", language)
            assert shipped().say(f"help.a.{code}", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_brand_answers_from_its_own_policy(language: str) -> None:
    """C8, K3: what the policy says is what the page says."""
    book = rules.book()
    for brand in book.brands():
        policy = book.policy(brand)
        page = browser(language=language).get(reverse("portal:help-brand", args=[brand]))
        assert page.status_code == 200
        if language == "en":
            days = f"restored for {policy.restore_days} day"
            assert (days in text(page)) is bool(policy.restore_days)
            asks = "An identity document" in text(page)
            assert asks is (policy.identity.value == "document")
    assert browser().get(reverse("portal:help-brand", args=["nobody"])).status_code == 404


def links(page: Page) -> set[str]:
    """Where the links of a page lead, on this site."""
    return set(re.findall(r'href="(/[^"#]*)', page.content.decode()))


@pytest.mark.django_db
def test_the_way_out_is_two_clicks_from_everywhere() -> None:
    """C1, F6: account settings, service management, orders (the checklist) and help."""
    people = stage.cast("boundlark")
    line = stage.line(CardKind.UNLIMITED, holder=people.subscriber)
    stage.line(CardKind.UNLIMITED, holder=people.subscriber)
    me = browser(people.subscriber)
    entry = reverse("portal:line", args=[line.id])
    starts = ["/lines", "/help", reverse("portal:prepare", args=[line.id]), "/account/"]

    for start in starts:
        first = me.get(start, follow=True)
        assert first.status_code == 200, start
        reached = links(first)
        if entry not in reached:
            reached |= links(me.get(reverse("portal:end"), follow=True))
            assert reverse("portal:end") in links(first), start
        assert entry in reached, start


@pytest.mark.django_db
def test_who_has_one_line_comes_straight_to_it() -> None:
    people = stage.cast("boundlark")
    line = stage.line(CardKind.UNLIMITED, holder=people.subscriber)

    mine = browser(people.subscriber).get(reverse("portal:end"))
    unknown = browser().get(reverse("portal:end"))

    assert mine.headers["Location"] == reverse("portal:line", args=[line.id])
    assert "login" in unknown.headers["Location"]
