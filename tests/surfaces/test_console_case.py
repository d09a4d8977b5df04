"""The agents' desk: the page of a case, in three languages."""

import pytest

from signoff.domain.account import CardKind
from signoff.records import models
from surfaces.desk import Scene, text

pytestmark = pytest.mark.django_db

LANGUAGES = {"en": "Decide", "zh-hans": "处理决定", "zh-hant": "處理決定"}


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.mark.parametrize(("language", "word"), LANGUAGES.items())
def test_the_case_page_speaks_each_language(scene: Scene, language: str, word: str) -> None:
    response = scene.browser("agent", language).get(scene.url())

    assert response.status_code == 200
    assert word in text(response)


@pytest.mark.parametrize("kind", list(CardKind))
def test_the_page_holds_for_every_kind_of_card(kind: CardKind) -> None:
    scene = Scene(kind)

    page = text(scene.browser("agent").get(scene.url()))

    assert scene.case.number in page
    assert scene.line.iccid in page


def test_no_password_code_or_token_is_on_the_page(scene: Scene) -> None:
    account = models.Account.objects.get(id=scene.line.account_id)
    tokens = [each["token"] for each in account.facts["payment_methods"]]

    page = text(scene.browser("agent").get(scene.url()))

    assert scene.people.subscriber.password not in page
    assert not any(token in page for token in tokens)


def test_what_the_subscriber_wrote_is_escaped() -> None:
    scene = Scene(words="<script>alert(1)</script>")

    page = text(scene.browser("agent").get(scene.url()))

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_number_of_queries_is_the_same_for_any_history(
    scene: Scene, django_assert_max_num_queries: object
) -> None:
    client = scene.browser("agent")

    with django_assert_max_num_queries(40):  # type: ignore[operator]
        client.get(scene.url())
