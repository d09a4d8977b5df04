"""The agents' desk: claiming and deciding, and that a refusal changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from signoff.domain.account import CardKind
from signoff.domain.events import Code
from signoff.domain.reasons import LeavingReason
from signoff.records import models
from signoff.usecases.review import CLAIM_LASTS
from signoff.workflows import act
from surfaces.desk import Scene, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_claimed_case_is_approved(scene: Scene) -> None:
    client = scene.claimed()

    response = client.post(scene.url("approve"), {"seen": scene.seen()}, follow=True)

    assert scene.case.state == "approved"
    assert "Approved. The subscriber gets a mail" in text(response)
    assert scene.codes()[-2:] == [Code.CLAIMED, Code.APPROVED]


def test_a_question_goes_to_the_subscriber_in_the_agents_words(scene: Scene) -> None:
    words = "Please tell us the last four digits of the card you paid with."

    scene.claimed().post(
        scene.url("ask"), {"seen": scene.seen(), "reason": "question", "words": words}
    )

    notice = models.Notice.objects.get(case_id=scene.case_id, name="needs_input")
    assert scene.case.state == "needs_input"
    assert notice.values["words"] == words


def test_a_case_is_declined_for_a_reason_of_the_list(scene: Scene) -> None:
    scene.claimed().post(
        scene.url("decline"),
        {"seen": scene.seen(), "reason": "duplicate", "words": "See case SO-1."},
    )

    line = models.Line.objects.get(id=scene.line.id)
    assert (scene.case.state, scene.case.outcome_reason) == ("declined", "duplicate")
    assert (line.case_id, line.frozen_at) == (None, None)


def test_a_case_is_handed_back(scene: Scene) -> None:
    scene.claimed().post(scene.url("hand_back"))

    assert scene.case.claimed_by_id is None
    assert scene.codes()[-1] == Code.RELEASED


@pytest.mark.parametrize("name", ["claim", "approve", "ask", "decline", "hand_back"])
def test_another_agents_case_is_refused(scene: Scene, name: str) -> None:
    act.claim(scene.case_id, agent=scene.colleague().id)
    client, before = scene.browser("agent"), scene.standing()

    response = client.post(
        scene.url(name),
        {
            "seen": scene.seen(),
            "reason": "question" if name == "ask" else "duplicate",
            "words": "x",
        },
    )

    assert response.status_code == 409
    assert "another agent has this case in hand" in text(response)
    assert scene.standing() == before


def test_a_claim_runs_out(scene: Scene) -> None:
    act.claim(scene.case_id, agent=scene.colleague().id)
    long_ago = datetime.now(UTC) - CLAIM_LASTS - timedelta(seconds=1)
    models.Case.objects.filter(id=scene.case_id).update(claimed_at=long_ago)

    response = scene.browser("agent").post(scene.url("claim"))

    assert response.status_code == 303
    assert scene.case.claimed_by_id == scene.people.agent.id


@pytest.mark.parametrize("seen", ["1", "", "x", "-1", "9" * 30, "٣"])
def test_a_stale_page_changes_nothing(scene: Scene, seen: str) -> None:
    client = scene.claimed()
    before = scene.standing()

    response = client.post(scene.url("approve"), {"seen": seen})

    assert response.status_code == 409
    assert "the case has moved on" in text(response)
    assert scene.standing() == before


def test_a_page_is_stale_after_the_subscriber_took_the_request_back(scene: Scene) -> None:
    client, seen = scene.claimed(), scene.seen()
    act.withdraw(scene.case_id, user_id=scene.people.subscriber.id)
    before = scene.standing()

    response = client.post(scene.url("approve"), {"seen": seen})

    assert response.status_code == 409
    assert scene.standing() == before


def test_a_viewed_document_does_not_make_the_page_stale() -> None:
    scene = Scene(CardKind.UNLIMITED)
    client, seen = scene.claimed(), scene.seen()
    paper = models.Document.objects.get(line_id=scene.line.id)
    client.post(reverse("console:document", args=[scene.case_id, paper.id]))

    client.post(scene.url("approve"), {"seen": seen})

    assert scene.case.state == "approved"


@pytest.mark.parametrize(
    ("_case", "sent", "told"),
    [
        ("no words", {"reason": "question", "words": "  "}, "write to the subscriber"),
        ("no reason", {"words": "Hello"}, "choose a reason of the list"),
        ("a reason of another list", {"reason": "duplicate", "words": "x"}, "choose a reason"),
        ("too many words", {"reason": "question", "words": "x" * 4001}, "at most 4000"),
    ],
)
def test_a_question_that_cannot_be_sent_keeps_what_was_typed(
    scene: Scene, _case: str, sent: dict[str, str], told: str
) -> None:
    client = scene.claimed()
    before = scene.standing()

    response = client.post(scene.url("ask"), {"seen": scene.seen(), **sent})

    assert response.status_code == 400
    assert told in text(response)
    assert sent["words"].strip()[:20] in text(response)
    assert scene.standing() == before


def test_what_still_blocks_is_told_and_approval_refused(scene: Scene) -> None:
    scene = Scene(CardKind.UNLIMITED)
    models.Document.objects.filter(line_id=scene.line.id).update(shredded_at=datetime.now(UTC))
    client = scene.claimed()
    before = scene.standing()

    page = text(client.get(scene.url()))
    response = client.post(scene.url("approve"), {"seen": scene.seen()})

    assert "The identity document is missing" in page
    assert response.status_code == 409
    assert "The identity document is missing" in text(response)
    assert scene.standing() == before


def test_an_act_address_opened_as_a_page_leads_to_the_case(scene: Scene) -> None:
    before = scene.standing()

    response = scene.browser("agent").get(scene.url("approve"))

    assert response.status_code == 303
    assert scene.standing() == before


def test_acts_need_the_form_of_our_own_page(scene: Scene) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(scene.people.agent)
    before = scene.standing()

    response = client.post(scene.url("claim"))

    assert response.status_code == 403
    assert scene.standing() == before


def test_an_auditor_looks_and_decides_nothing(scene: Scene) -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(scene.colleague("auditor"))
    before = scene.standing()

    page = text(client.get(scene.url()))
    response = client.post(scene.url("claim"))

    assert "You may look at this case, not decide it." in page
    assert response.status_code == 404
    assert scene.standing() == before


def test_a_case_of_abuse_is_for_supervisors_only() -> None:
    scene = Scene(reason=LeavingReason.ABUSE)
    supervisor = Client(headers={"accept-language": "en"})
    supervisor.force_login(scene.colleague("supervisor"))
    agent = scene.browser("agent")

    assert agent.get(scene.url()).status_code == 404
    assert scene.case.number not in text(agent.get(reverse("console:queue")))
    assert "The reason is abuse" in text(supervisor.get(scene.url()))
