"""Disputed charges at the desk: seen, upheld or rejected once, told to the subscriber (P4)."""

from typing import Any

import pytest
from django.urls import reverse

import stage
from signoff.domain.account import CardKind
from signoff.records import models
from signoff.testing.facts import bill, charge
from signoff.workflows import act
from surfaces.portal_pages import Page, browser, text
from surfaces.test_portal_prepare import Scene
from usecases.scenes import nothing_happens

pytestmark = pytest.mark.django_db


def disputed(*, paid: int = 0, **changes: Any) -> Scene:
    """A line whose bill of 70.36 has a charge of 10.36 under dispute."""
    charges = (charge("good", 6000), charge("odd", 1036, text="Roaming data"))
    facts = {"bills": (bill("b", 7036, paid=paid, charges=charges),)}
    scene = Scene(CardKind.UNLIMITED, account={**facts, **changes})
    scene.press(remedy="dispute", entry="odd")
    return scene


def decide(scene: Scene, verdict: str, *, by: models.User | None = None, **typed: str) -> Page:
    dispute = models.Dispute.objects.get(account_id=scene.line.account_id)
    agent = browser(by or scene.people.agent)
    where = reverse("console:dispute", args=[dispute.id])
    return agent.post(where, {"verdict": verdict, **typed}, follow=True)


def dispute_of(scene: Scene) -> models.Dispute:
    return models.Dispute.objects.get(account_id=scene.line.account_id)


def test_the_agent_sees_it_with_the_rule_that_flagged_it() -> None:
    """P4: without any case, too."""
    scene = disputed()

    shown = text(browser(scene.people.agent).get(reverse("console:disputes")))
    other = text(browser(scene.people.other_agent).get(reverse("console:disputes")))

    assert "Roaming data US$10.36" in shown
    assert "Found by the subscriber" in shown
    assert "Roaming data" not in other


def test_upheld_it_leaves_the_bill_and_the_subscriber_is_told() -> None:
    """P4: unpaid, it is simply no longer owed."""
    scene = disputed()

    page = decide(scene, "upheld", words="Roaming was blocked on that day.")

    assert "The dispute is decided" in text(page)
    (after,) = scene.account["bills"]
    assert (after["amount"]["minor"], scene.account["credits"][0]["id"]) == (6000, "k1")
    assert dispute_of(scene).state == "upheld"
    notice = models.Notice.objects.get()
    assert (notice.name, notice.recipient) == ("dispute_upheld", "lin.xiaoyu@example.com")
    seen = text(scene.me.get(reverse("portal:prepare", args=[scene.line.id])))
    assert "Roaming was blocked on that day." in seen


def test_upheld_after_payment_it_becomes_a_credit() -> None:
    """P4."""
    scene = disputed(paid=7036)

    decide(scene, "upheld")

    credits = {each["id"]: each["amount"]["minor"] for each in scene.account["credits"]}
    assert credits == {"k1": 1000, "dispute:odd": 1036}


def test_rejected_it_is_owed_again_with_reason_and_words() -> None:
    """P4."""
    scene = disputed()

    decide(scene, "rejected", reason="used", words="12 MB on 5 October.")

    seen = text(scene.me.get(reverse("portal:prepare", args=[scene.line.id])))
    assert "US$70.36 · due on" in seen
    assert "12 MB on 5 October." in seen
    assert models.Notice.objects.get().name == "dispute_rejected"
    again = scene.press(remedy="dispute", entry="odd")
    assert "settled already" in text(again)


@pytest.mark.parametrize(
    "typed",
    [
        {"reason": "used"},
        {"words": "Because."},
        {"reason": "mood", "words": "Because."},
        {"reason": "used", "words": "x" * 2001},
    ],
)
def test_a_rejection_without_reason_or_words_decides_nothing(typed: dict[str, str]) -> None:
    """R3, Q6: what was typed is kept."""
    scene = disputed()

    with nothing_happens():
        page = decide(scene, "rejected", by=None, **typed)

    assert page.status_code == 400
    assert "Nothing was decided" in text(page)
    assert typed.get("words", "")[:20] in text(page)
    assert dispute_of(scene).state == "open"


@pytest.mark.parametrize("verdict", ["", "maybe"])
def test_an_odd_verdict_decides_nothing(verdict: str) -> None:
    scene = disputed()

    with nothing_happens():
        assert decide(scene, verdict).status_code == 400


def test_two_agents_decide_it_once() -> None:
    """R1: the second sees what the first decided."""
    scene = disputed()
    decide(scene, "upheld")

    with nothing_happens():
        page = decide(scene, "rejected", reason="used", words="No.")

    assert "Somebody has decided this dispute already" in text(page)
    assert dispute_of(scene).state == "upheld"


def test_only_who_decides_for_the_brand_decides() -> None:
    """R6, Q3."""
    scene = disputed()
    auditor = models.User.objects.create_user("auditor@example.com", "secret-pass")
    models.StaffRole.objects.create(user=auditor, brand="boundlark", role="auditor")

    with nothing_happens():
        people = [scene.people.other_agent, scene.people.subscriber, auditor]
        answers = [decide(scene, "upheld", by=each) for each in people]

    assert [each.status_code for each in answers] == [404, 404, 404]
    assert dispute_of(scene).state == "open"


def test_it_stands_on_the_page_of_its_case_and_in_the_log() -> None:
    """P4, T1: decided while the case runs, and the statement never exceeds what was shown."""
    scene = disputed()
    declared = act.declare_line(stage.declaration(scene.line), user_id=scene.people.subscriber.id)
    where = reverse("console:case", args=[declared.case_id])

    before = text(browser(scene.people.agent).get(where))
    page = decide(scene, "upheld", case=str(declared.case_id))

    assert "Uphold: take the charge back" in before
    assert page.redirect_chain[-1][0] == f"{where}#disputes"
    codes = models.Event.objects.filter(case_id=declared.case_id).values_list("code", flat=True)
    assert "dispute.decided" in codes
