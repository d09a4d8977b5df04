"""What breaks, and what is too much, is said in our words, and nothing is half done."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client
from django.urls import reverse

import stage
from signoff.domain.account import CardKind
from signoff.records import models
from signoff.usecases import look
from signoff.usecases.policies import SHIPPED
from surfaces.portal_pages import browser, text

pytestmark = pytest.mark.django_db

BROKEN = {"en": "Something broke", "zh-Hans": "我们这边出了问题", "zh-Hant": "我們這邊出了問題"}


@pytest.mark.parametrize("language", list(BROKEN))
def test_a_fault_of_ours_is_said_in_the_readers_language(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = stage.cast("farwander")

    def fails(user_id: int) -> None:
        raise RuntimeError("Lin Xiaoyu +12025550170")

    monkeypatch.setattr(look, "lines_of", fails)
    me = browser(people.subscriber, language=language)
    me.raise_request_exception = False

    page = me.get("/lines")

    assert page.status_code == 500
    assert BROKEN[language] in text(page)
    assert "Lin Xiaoyu" not in page.content.decode()


def test_an_unreachable_database_is_a_page_too(monkeypatch: pytest.MonkeyPatch) -> None:
    people = stage.cast("farwander")
    me = browser(people.subscriber)
    me.raise_request_exception = False

    def unreachable(self: DatabaseWrapper) -> None:
        raise OperationalError("connection refused")

    with monkeypatch.context() as broken:
        broken.setattr(DatabaseWrapper, "cursor", unreachable)
        page = me.get("/lines")
        public = Client(raise_request_exception=False).get("/healthz")

    assert page.status_code == 500
    assert "Something broke on our side" in text(page)
    assert public.status_code == 503


def test_guessing_passwords_is_slowed_down() -> None:
    people = stage.cast("farwander")
    client = browser()
    address = {"REMOTE_ADDR": "192.0.2.77"}
    guess = {"login": people.subscriber.email, "password": "wrong"}

    pages = [client.post("/account/login/", guess, **address) for _ in range(8)]  # type: ignore[arg-type]

    assert "do not fit together" in text(pages[0])
    assert "You can try again in 5 minutes" in text(pages[-1])
    right = client.post("/account/login/", {**guess, "password": "secret-pass"}, **address)  # type: ignore[arg-type]
    assert "You can try again in 5 minutes" in text(right)


def test_an_unknown_address_gets_the_same_answer() -> None:
    """A2: log-in and reset tell nobody who is a customer."""
    people = stage.cast("farwander")

    answers: list[Any] = []
    for email in (people.subscriber.email, "nobody-at-all@example.com"):
        page = browser().post("/account/login/", {"login": email, "password": "wrong-pass"})
        answers.append((page.status_code, text(page).replace(email, "")))

    assert answers[0] == answers[1]


def test_a_line_that_cannot_be_ended_online_says_how_else(settings: Any, tmp_path: Path) -> None:
    """K4."""
    policies = tmp_path / "policies"
    shutil.copytree(SHIPPED, policies)
    file = policies / "brands" / "farwander.toml"
    file.write_text(file.read_text("utf-8").replace('channels = ["web", ', "channels = ["), "utf-8")
    settings.SIGNOFF_POLICIES = policies
    people = stage.cast("farwander")
    line = stage.line(CardKind.TRAVEL, holder=people.subscriber)
    me = browser(people.subscriber)

    shown = text(me.get(reverse("portal:line", args=[line.id])))
    form = me.get(reverse("portal:leave", args=[line.id]))
    sent = me.post(reverse("portal:leave", args=[line.id]), {"reason": "left_country"})

    assert "cannot be ended on the web" in shown
    assert "Hotline" in shown
    assert "+1 202-555-0111" in shown
    assert "Straight to the form" not in shown
    assert form.headers["Location"] == sent.headers["Location"] == f"/lines/{line.id}"
    assert not models.Case.objects.exists()
