"""The agents' desk: who gets in, what waits in the queue, and what a search finds."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from signoff.domain.steps import Step
from signoff.records import models
from signoff.workflows import runner
from surfaces.desk import Scene, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


# ---------------------------------------------------------------- who gets in
@pytest.mark.parametrize(
    ("who", "status"),
    [("agent", 200), ("other_agent", 404), ("subscriber", 404), ("stranger", 404)],
)
def test_only_staff_of_the_brand_sees_a_case(scene: Scene, who: str, status: int) -> None:
    response = scene.browser(who).get(scene.url())

    assert response.status_code == status
    assert (scene.case.number in text(response)) is (status == 200)


@pytest.mark.parametrize("who", ["other_agent", "subscriber", "stranger"])
@pytest.mark.parametrize("name", ["claim", "hand_back", "approve", "ask", "decline"])
def test_nobody_else_can_act(scene: Scene, who: str, name: str) -> None:
    before = scene.standing()

    response = scene.browser(who).post(
        scene.url(name), {"seen": scene.seen(), "reason": "question", "words": "x"}
    )

    assert response.status_code == 404
    assert scene.standing() == before


@pytest.mark.parametrize("name", ["queue", "search"])
@pytest.mark.parametrize(
    ("who", "status"), [("agent", 200), ("other_agent", 200), ("subscriber", 404)]
)
def test_the_desk_exists_for_staff_only(scene: Scene, who: str, status: int, name: str) -> None:
    client, url = scene.browser(who), reverse(f"console:{name}")

    response = client.get(url) if name == "queue" else client.post(url, {"number": "x"})

    assert response.status_code == status


def test_who_is_not_logged_in_is_asked_to(scene: Scene) -> None:
    response = Client().get(scene.url())

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_an_unknown_case_is_like_another_brands(scene: Scene) -> None:
    url = reverse("console:case", args=[UUID(int=1)])

    assert scene.browser("agent").get(url).status_code == 404


def test_every_look_is_written_down(scene: Scene) -> None:
    scene.browser("agent").get(scene.url())
    scene.browser("other_agent").get(scene.url())

    looks = models.Access.objects.filter(case_id=scene.case_id)
    assert [(each.user_id, each.what) for each in looks] == [(scene.people.agent.id, "case")]


def test_pages_of_the_desk_are_kept_nowhere(scene: Scene) -> None:
    response = scene.browser("agent").get(scene.url())

    assert "no-store" in response["Cache-Control"]


# ---------------------------------------------------------------- the queue
def test_the_queue_shows_what_waits_with_its_promise(scene: Scene) -> None:
    page = text(scene.browser("agent").get(reverse("console:queue")))

    assert scene.case.number in page
    assert "left" in page
    assert scene.line.msisdn not in page
    assert scene.line.msisdn[-4:] in page


def test_another_brands_queue_is_empty_and_says_so(scene: Scene) -> None:
    page = text(scene.browser("other_agent").get(reverse("console:queue")))

    assert scene.case.number not in page
    assert "Nothing waits for a decision." in page


def test_a_broken_promise_stands_first_and_is_marked(scene: Scene) -> None:
    late = models.Case.objects.filter(id=scene.case_id)
    late.update(review_due_at=datetime.now(UTC) - timedelta(hours=5))

    page = text(scene.browser("agent").get(reverse("console:queue")))

    assert "5 hours late" in page


def test_a_stuck_step_needs_attention_in_whatever_state(scene: Scene) -> None:
    runner.park({scene.case_id: "gone"}, step=Step.BLOCK, now=datetime.now(UTC))
    models.Case.objects.filter(id=scene.case_id).update(state="approved")

    page = text(scene.browser("agent").get(reverse("console:queue")))

    assert scene.case.number in page
    assert "Blocking at the carrier" in page


@pytest.mark.parametrize("written", ["{number}", " {small} ", "{phone}", "{spaced}"])
def test_a_search_finds_one_case_by_its_whole_number(scene: Scene, written: str) -> None:
    number, phone = scene.case.number, scene.line.msisdn
    wanted = written.format(
        number=number, small=number.lower(), phone=phone, spaced=f"{phone[:2]} {phone[2:]}"
    )

    response = scene.browser("agent").post(reverse("console:search"), {"number": wanted})

    assert response.status_code == 303
    assert response["Location"] == scene.url()


@pytest.mark.parametrize("part", ["SO-", "1202555", "", "%", "'--"])
def test_a_search_by_a_part_finds_nothing(scene: Scene, part: str) -> None:
    response = scene.browser("agent").post(reverse("console:search"), {"number": part})

    assert response.status_code == 200
    assert scene.case.number not in text(response)


def test_a_search_finds_nothing_of_other_brands(scene: Scene) -> None:
    client = scene.browser("other_agent")

    response = client.post(reverse("console:search"), {"number": scene.case.number})

    assert "No case of your brands has this number" in text(response)
