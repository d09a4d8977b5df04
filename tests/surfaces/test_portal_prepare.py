"""The checklist's buttons settle then and there; a stale one changes nothing and says so."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import stage
from signoff.domain.account import AddOn, CardKind, ChargeKind
from signoff.records import models
from signoff.testing import facts
from signoff.testing.facts import bill, charge, usd
from signoff.workflows import act
from surfaces.portal_pages import Page, browser, text

pytestmark = pytest.mark.django_db


class Scene:
    """A subscriber with one line and a browser."""

    def __init__(self, kind: CardKind, **changes: Any) -> None:
        self.people = stage.cast(stage.BRANDS[kind][0])
        self.line = stage.line(kind, holder=self.people.subscriber, **changes)
        self.me: Client = browser(self.people.subscriber)

    def press(self, name: str = "settle", **data: object) -> Page:
        """Press a button and follow to the page it leads to."""
        return self.me.post(reverse(f"portal:{name}", args=[self.line.id]), data, follow=True)

    @property
    def account(self) -> dict[str, Any]:
        return dict(models.Account.objects.get(id=self.line.account_id).facts)

    @property
    def facts(self) -> dict[str, Any]:
        return dict(models.Line.objects.get(id=self.line.id).facts)

    @property
    def preparation(self) -> dict[str, Any]:
        return dict(models.Line.objects.get(id=self.line.id).preparation)


def test_details_are_confirmed() -> None:
    scene = Scene(CardKind.TRAVEL)

    page = scene.press(remedy="confirm")

    assert "Your details are confirmed" in text(page)
    assert scene.preparation["details_confirmed_at"]


def test_details_are_corrected_and_the_old_address_is_told() -> None:
    """P1."""
    scene = Scene(CardKind.TRAVEL)

    page = scene.press("correct", email="new@example.com", phone="+8613800138000", address="Xi'an")

    assert "Your details are changed" in text(page)
    assert scene.account["details"]["email"] == "new@example.com"
    notice = models.Notice.objects.get()
    assert (notice.name, notice.recipient) == ("changed_details", "lin.xiaoyu@example.com")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("email", "no address", "no e-mail address"), ("phone", "12", "cannot be right")],
)
def test_a_bad_correction_changes_nothing(field: str, value: str, said: str) -> None:
    """P1, Q6: what is wrong stands beside its field, and what was typed is kept."""
    scene = Scene(CardKind.TRAVEL)
    before = scene.account
    good = {"email": "lin.xiaoyu@example.com", "phone": "", "address": ""}

    page = scene.press("correct", **{**good, field: value})

    assert page.status_code == 422
    assert said in text(page)
    assert f'value="{value}"' in page.content.decode()
    assert f'id="d-{field}-error"' in page.content.decode()
    assert scene.account == before
    assert not models.Notice.objects.exists()


def test_the_balance_is_to_be_refunded() -> None:
    scene = Scene(CardKind.TRAVEL)

    page = scene.press(remedy="choose", entry="refund")

    assert "Your choice for the balance is saved" in text(page)
    assert scene.preparation["balance"] == "refund"


def test_the_balance_is_to_move_to_another_line() -> None:
    scene = Scene(CardKind.TRAVEL)
    other = stage.line(CardKind.TRAVEL, holder=scene.people.subscriber)

    scene.press(remedy="choose", entry="move", to=other.msisdn)

    assert scene.preparation["balance_to"] == other.msisdn


def test_a_balance_never_moves_to_a_stranger() -> None:
    scene = Scene(CardKind.TRAVEL)
    theirs = stage.line(CardKind.TRAVEL, holder=scene.people.stranger)

    page = scene.press(remedy="choose", entry="move", to=theirs.msisdn)

    assert "not offered" in text(page)
    assert scene.preparation.get("balance") is None


@pytest.mark.parametrize("entry", ["forfeit", "gold", ""])
def test_a_choice_the_brand_lacks_is_refused(entry: str) -> None:
    scene = Scene(CardKind.TRAVEL)

    page = scene.press(remedy="choose", entry=entry, knowingly="1")

    assert "not offered" in text(page)
    assert scene.preparation.get("balance") is None


@pytest.mark.django_db(transaction=True)
def test_a_bill_is_paid_with_the_stored_card() -> None:
    """P3: the button moves real money at the provider, once."""
    with stage.sandbox() as sandbox:
        scene = Scene(CardKind.UNLIMITED, sandbox=sandbox)

        page = scene.press("pay", bill="b2", method="m1")
        again = scene.press("pay", bill="b2", method="m1")

    assert "The bill is paid" in text(page)
    assert "paid already" in text(again)
    (payment,) = models.PaymentIntent.objects.all()
    assert (payment.state, payment.minor) == ("done", 7036)
    assert [each["paid"]["minor"] for each in scene.account["bills"]] == [7036, 7036]


@pytest.mark.django_db(transaction=True)
def test_an_unreachable_provider_is_no_payment_and_no_error() -> None:
    """Unknown is never success: the page says it is under way, and a worker finishes it."""
    scene = Scene(CardKind.UNLIMITED)

    page = scene.press("pay", bill="b2", method="m1")

    assert "The payment is under way" in text(page)
    assert models.PaymentIntent.objects.get().state != "done"
    assert scene.account["bills"][1]["paid"]["minor"] == 0


@pytest.mark.parametrize(("bill_id", "method"), [("b9", "m1"), ("b2", "m9"), ("", "")])
def test_an_unknown_bill_or_card_pays_nothing(bill_id: str, method: str) -> None:
    scene = Scene(CardKind.UNLIMITED)

    page = scene.press("pay", bill=bill_id, method=method)

    assert "Nothing was paid" in text(page)
    assert not models.PaymentIntent.objects.exists()


def test_a_charge_is_disputed_and_the_bills_are_reviewed() -> None:
    """P4."""
    premium = charge("p1", 999, kind=ChargeKind.PREMIUM, text="Star Horoscope")
    scene = Scene(CardKind.UNLIMITED, account={"bills": (bill("b1", 999, charges=(premium,)),)})

    before = text(scene.me.get(reverse("portal:prepare", args=[scene.line.id])))
    page = scene.press(remedy="dispute", entry="p1")
    scene.press(remedy="reviewed")

    assert "Star Horoscope" in before
    assert "A premium service" in before
    assert "marked as disputed" in text(page)
    assert "Under dispute since" in text(page)
    assert scene.account["bills"][0]["charges"][0]["disputed"] is True
    assert scene.preparation["bills_reviewed_at"]


def test_an_order_is_cancelled_once() -> None:
    """P5; the second click finds it settled."""
    scene = Scene(CardKind.TRAVEL)

    page = scene.press(remedy="cancel", entry="o1")
    again = scene.press(remedy="cancel", entry="o1")

    assert "The order is cancelled" in text(page)
    assert "settled already" in text(again)
    assert scene.account["orders"] == []


def test_a_card_and_an_add_on_go() -> None:
    """P6."""
    add_ons = (AddOn("a1", "Night data", usd(300)),)
    scene = Scene(CardKind.UNLIMITED, line={"add_ons": add_ons})

    removed = scene.press(remedy="unbind", entry="m1")
    stopped = scene.press(remedy="stop", entry="a1")

    assert "Nothing can be charged to it" in text(removed)
    assert "It will not renew" in text(stopped)
    assert scene.account["payment_methods"] == []
    assert scene.facts["add_ons"] == []


def test_linked_services_are_ticked_off() -> None:
    """P7."""
    scene = Scene(CardKind.TRAVEL)

    scene.press(remedy="tick", entry="bank")
    page = scene.press(remedy="tick", entry="pay")

    assert scene.preparation["linked_done"] == ["bank", "pay"]
    assert "Noted as changed" in text(page)


def test_points_are_given_up_knowingly() -> None:
    """P8: not without the tick."""
    scene = Scene(CardKind.UNLIMITED)

    refused = scene.press(remedy="give_up", entry="points")
    assert "tick that you do so knowingly" in text(refused)
    assert scene.preparation.get("points_given_up_at") is None

    page = scene.press(remedy="give_up", entry="points", knowingly="1")

    assert "the points are given up" in text(page)
    assert scene.preparation["points_given_up_at"]


@pytest.mark.parametrize("remedy", ["pay", "export", "upload", "erase everything", ""])
def test_a_button_there_is_not_does_nothing(remedy: str) -> None:
    scene = Scene(CardKind.UNLIMITED)
    before = scene.preparation

    page = scene.press(remedy=remedy, entry="b2")

    assert page.status_code == 400
    assert "could not be read" in text(page)
    assert scene.preparation == before


def test_every_item_has_its_value_its_reason_and_its_button() -> None:
    """Each item shows the real value, why it matters, and how to settle it."""
    scene = Scene(CardKind.UNLIMITED)

    shown = text(scene.me.get(reverse("portal:prepare", args=[scene.line.id])))

    for words in (
        "lin.xiaoyu@example.com",
        "US$70.36 · 1 bill",
        "The brand approves the end only when these are paid",
        "Pay with Visa 4242",
        "4200 points · worth US$4.20",
        "Give the points up",
        "Identity document",
        "Remove : Visa 4242",
        "Take my data along",
    ):
        assert words in shown


def test_what_is_settled_no_longer_counts() -> None:
    scene = Scene(CardKind.TRAVEL)

    before = text(scene.me.get(reverse("portal:prepare", args=[scene.line.id])))
    after = text(scene.press(remedy="cancel", entry="o1"))

    assert "1 point marked" in before
    assert "Nothing holds up the approval" in after


def test_while_a_case_runs_the_rest_can_still_be_settled() -> None:
    """P7, P10: the freeze is shown, what the declaration fixed cannot be changed, the rest can."""
    scene = Scene(CardKind.TRAVEL)
    declared = act.declare_line(stage.declaration(scene.line), user_id=scene.people.subscriber.id)

    shown = text(scene.me.get(reverse("portal:prepare", args=[scene.line.id])))
    choice = scene.press(remedy="choose", entry="refund", case=declared.case_id)
    ticked = scene.press(remedy="tick", entry="bank")
    details = {"email": "new@example.com", "phone": "", "address": ""}
    corrected = scene.press("correct", **details)

    assert "the account is frozen" in shown
    assert "Account freeze" in shown
    assert "No usage after the freeze is on record" in shown
    assert "the account is frozen" in text(choice)
    assert choice.redirect_chain[-1][0].startswith(f"/cases/{declared.case_id}")
    assert scene.preparation.get("balance") is None
    assert "Noted as changed" in text(ticked)
    assert "this can no longer be changed" in text(corrected)
    assert scene.account["details"]["email"] == "lin.xiaoyu@example.com"


def test_text_of_the_account_is_never_html() -> None:
    nasty = facts.DETAILS.__class__(name="<img src=x onerror=alert(1)>", email="x@example.com")
    scene = Scene(CardKind.TRAVEL, account={"details": nasty})

    source = scene.me.get(reverse("portal:prepare", args=[scene.line.id])).content.decode()

    assert "<img" not in source
    assert "&lt;img" in source
