"""The desk's pages of sunsets: a run is made, and what was given stays where it is refused."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

import stage
from signoff.records import models
from surfaces.sunset_pages import LANGUAGES, browser, text
from usecases.sunset_scenes import BRAND, scene, staff

pytestmark = pytest.mark.django_db(transaction=True)

TERMS = """name = "Closing"
time_zone = "UTC"
sales_stop_at = 2026-01-01T00:00:00+00:00
notice_by = 2026-02-01T00:00:00+00:00
refund_open_at = 2026-01-01T00:00:00+00:00
end_at = {end_at}
"""


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
