"""The agents' desk: steps that are stuck, what carriers answered, live facts."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.urls import reverse

from signoff.domain.account import CardKind
from signoff.domain.steps import Step
from signoff.records import codec, models
from signoff.workflows import runner
from surfaces.desk import Scene, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


# ---------------------------------------------------------------- stuck steps
def parked(scene: Scene, subject: UUID, step: Step = Step.CUT) -> models.Attention:
    runner.park({subject: "too_many_attempts"}, step=step, now=datetime.now(UTC))
    return models.Attention.objects.get(subject=subject)


def test_a_parked_step_is_owed_again(scene: Scene) -> None:
    attention = parked(scene, scene.case_id)
    client = scene.browser("agent")
    page = text(client.get(scene.url()))

    client.post(reverse("console:retry", args=[scene.case_id, attention.id]))

    attention.refresh_from_db()
    assert "Tried eight times without a clear answer." in page
    assert attention.resolved_at is not None
    assert models.Due.objects.filter(subject=scene.case_id, step="cut").exists()


def test_a_parked_notice_is_owed_again(scene: Scene) -> None:
    notice = models.Notice.objects.filter(case_id=scene.case_id).first()
    assert notice is not None
    models.Due.objects.filter(subject=notice.id).delete()
    attention = parked(scene, notice.id, Step.SEND_NOTICE)

    scene.browser("agent").post(reverse("console:retry", args=[scene.case_id, attention.id]))

    assert models.Due.objects.filter(subject=notice.id, step="send_notice").exists()


def test_a_second_retry_is_refused(scene: Scene) -> None:
    attention = parked(scene, scene.case_id)
    client, url = (
        scene.browser("agent"),
        reverse("console:retry", args=[scene.case_id, attention.id]),
    )
    client.post(url)
    before = scene.standing()

    response = client.post(url)

    assert response.status_code == 409
    assert "no longer waiting" in text(response)
    assert scene.standing() == before


def test_a_parked_step_of_another_case_is_not_reached(scene: Scene) -> None:
    other = Scene(CardKind.UNLIMITED)
    attention = parked(other, other.case_id)

    response = scene.browser("agent").post(
        reverse("console:retry", args=[scene.case_id, attention.id])
    )

    attention.refresh_from_db()
    assert response.status_code == 409
    assert attention.resolved_at is None


# ---------------------------------------------------------------- refused answers of the carrier
def test_carrier_answers_are_shown_with_what_was_read_back(scene: Scene) -> None:
    models.CarrierIntent.objects.create(
        id=UUID(int=5),
        case_id=scene.case_id,
        line_id=scene.line.id,
        carrier="tmobile",
        op="cut",
        generation=1,
        state="unknown",
        code="TIMEOUT",
        sent_at=datetime.now(UTC),
        observed={"state": "suspended", "at": None, "connected": None, "answer": {}},
    )

    page = text(scene.browser("agent").get(scene.url()))

    assert "unknown, is read back" in page
    assert "Read back: suspended" in page


def test_facts_of_the_account_are_the_live_ones(scene: Scene) -> None:
    account = models.Account.objects.get(id=scene.line.account_id)
    facts = codec.ACCOUNT.validate_python(account.facts)
    facts = replace(facts, details=replace(facts.details, address="12 New Street, Springfield"))
    models.Account.objects.filter(id=account.id).update(
        facts=codec.ACCOUNT.dump_python(facts, mode="json")
    )

    page = text(scene.browser("agent").get(scene.url()))

    assert "12 New Street, Springfield" in page
