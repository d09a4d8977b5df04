"""The checklist's further buttons: spend, finish, redeem, dispute, proofs, looking again.

Each is pressed as people press: twice, from a stale page, with odd input, at another's line.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import stage
from signoff.domain.account import AddOn, CardKind, Order, PaymentMethod, Points
from signoff.domain.settling import OrderKind, Voucher
from signoff.records import models
from signoff.testing.facts import NOW, bill, charge, usd
from signoff.workflows import act
from signoff.workflows.work import clock
from surfaces.portal_pages import browser, text
from surfaces.test_portal_prepare import Scene
from usecases.scenes import nothing_happens

pytestmark = pytest.mark.django_db


def checklist(scene: Scene) -> str:
    return text(scene.me.get(reverse("portal:prepare", args=[scene.line.id])))


def test_the_log_in_stands_beside_the_details_on_file() -> None:
    """P1."""
    scene = Scene(CardKind.TRAVEL)

    shown = checklist(scene)

    assert f"You log in as {scene.people.subscriber.email}" in shown
    for words in ("A-1001", "O-2001", "200 Example Street", "+1 202-555-0170"):
        assert words in shown


def test_a_bill_is_paid_from_the_balance_once() -> None:
    """P2: in the books as on the account; a second click pays nothing."""
    scene = Scene(CardKind.TRAVEL, account={"bills": (bill("b", 700),)})

    page = scene.press(remedy="spend", entry="b")
    again = scene.press(remedy="spend", entry="b")

    assert "paid from the balance" in text(page)
    assert "settled already" in text(again)
    assert scene.account["balance"]["minor"] == 1650
    assert scene.account["bills"][0]["paid"]["minor"] == 700
    assert [each["left"]["minor"] for each in scene.account["top_ups"]] == [0, 1650]
    (entry,) = models.JournalEntry.objects.all()
    assert (entry.code, entry.minors) == ("bill_spent", [700, -700])


@pytest.mark.parametrize("entry", ["", "b9", "-1", "b' OR 1=1", "\u202eb"])
def test_spending_on_nothing_moves_nothing(entry: str) -> None:
    """P2, Q6."""
    scene = Scene(CardKind.TRAVEL, account={"bills": (bill("b", 700),)})

    with nothing_happens():
        page = scene.press(remedy="spend", entry=entry)

    assert "settled already" in text(page)


def test_a_balance_is_forfeited_loudly_and_knowingly_only() -> None:
    """P2: the brand of the calling card alone offers it."""
    scene = Scene(CardKind.CALLING)

    shown = checklist(scene)
    with nothing_happens():
        refused = scene.press(remedy="choose", entry="forfeit")
    scene.press(remedy="choose", entry="forfeit", knowingly="1")

    assert "US$18.75 would be gone for good" in shown
    assert "tick that you do so knowingly" in text(refused)
    assert scene.preparation["balance"] == "forfeit"
    assert "would be gone for good" not in checklist(Scene(CardKind.TRAVEL))


def test_what_is_disputed_is_set_apart_everywhere() -> None:
    """P3, P4: not owed, not in the way, and any charge can be disputed, flagged or not."""
    charges = (charge("good", 6000), charge("odd", 1036, text="Roaming data"))
    scene = Scene(CardKind.UNLIMITED, account={"bills": (bill("b", 7036, charges=charges),)})

    page = scene.press(remedy="dispute", entry="odd")
    again = scene.press(remedy="dispute", entry="odd")
    form = text(scene.me.get(reverse("portal:leave", args=[scene.line.id])))

    assert "US$60.00 · due on" in text(page)
    assert "US$10.36 of it is under dispute" in text(page)
    assert "settled already" in text(again)
    assert "Under dispute Not owed until the dispute is decided" in form
    (dispute,) = models.Dispute.objects.all()
    assert (dispute.state, dispute.minor, dispute.rule) == ("open", 1036, "")


def test_every_kind_of_open_thing_is_finished_or_cancelled() -> None:
    """P5."""
    orders = tuple(
        Order(kind.value, NOW.date(), f"The {kind.value}", usd(500), cancellable=False, kind=kind)
        for kind in OrderKind
    )
    scene = Scene(CardKind.TRAVEL, account={"orders": orders})

    shown = checklist(scene)
    for each in ("order", "request"):
        scene.press(remedy="finish", entry=each)
    refused = scene.press(remedy="finish", entry="transaction")
    cancelled = scene.press(remedy="cancel", entry="transaction")

    assert "leaves this list by itself" in shown
    assert [each["id"] for each in scene.account["orders"]] == ["transaction"]
    assert "settled already" in text(refused)
    assert "settled already" in text(cancelled)
    assert "The order · finished" in text(cancelled)


def test_what_is_unbound_leaves_a_proof() -> None:
    """P6: what, when and by whom, on the page and on paper."""
    cards = (PaymentMethod("m1", "Visa 4242", "tok_m1", autopay=True),)
    scene = Scene(
        CardKind.TRAVEL,
        account={"payment_methods": cards, "orders": ()},
        line={"add_ons": (AddOn("a1", "Night data", usd(300)),)},
    )

    scene.press(remedy="unbind", entry="m1")
    page = scene.press(remedy="stop", entry="a1")
    paper = scene.me.get(reverse("portal:proof", args=[scene.line.id]))

    assert "Visa 4242 · removed" in text(page)
    assert "Night data · stopped" in text(page)
    assert "by you" in text(page)
    assert "tok_m1" not in page.content.decode()
    assert paper.content.startswith(b"%PDF-")
    kept = [(each["remedy"], each["label"], each["by"]) for each in scene.preparation["settled"]]
    assert kept == [("unbind", "Visa 4242", "subscriber"), ("stop", "Night data", "subscriber")]


def test_services_are_added_ticked_and_unticked() -> None:
    """P7: the subscriber's own list is kept."""
    scene = Scene(CardKind.UNLIMITED, line={"linked_services": ()})

    empty = checklist(scene)
    added = scene.press(remedy="add", entry="Example Airline <b>", to="shop")
    twice = scene.press(remedy="add", entry="example airline <B>", to="shop")
    odd = scene.press(remedy="add", entry="X", to="casino")
    ticked = scene.press(remedy="tick", entry="own-1")
    unticked = scene.press(remedy="untick", entry="own-1")

    assert "passkey" in empty
    assert "Think of" in empty
    assert "It stands on your list now" in text(added)
    assert "Example Airline &lt;b&gt;" in added.content.decode()
    assert "settled already" in text(twice)
    assert "not offered" in text(odd)
    assert "Noted as changed" in text(ticked)
    assert "still to be changed" in text(unticked)
    assert scene.preparation["linked_done"] == []
    assert [each["name"] for each in scene.preparation["linked_added"]] == ["Example Airline <b>"]


def test_where_nothing_is_linked_that_is_said_once() -> None:
    """P7."""
    scene = Scene(CardKind.UNLIMITED, line={"linked_services": ()})

    page = scene.press(remedy="tick", entry="none")

    assert scene.preparation["linked_done"] == ["none"]
    assert "There is none" not in text(page)


def test_points_and_vouchers_become_credits() -> None:
    """P8."""
    vouchers = (Voucher("v1", "Welcome gift", usd(500)), Voucher("v2", "Free ride"))
    scene = Scene(CardKind.UNLIMITED, account={"vouchers": vouchers})

    scene.press(remedy="redeem", entry="points")
    scene.press(remedy="redeem", entry="v1")
    unworthy = scene.press(remedy="redeem", entry="v2")
    page = scene.press(remedy="give_up", entry="v2", knowingly="1")
    again = scene.press(remedy="redeem", entry="points")

    credits = {each["id"]: each["amount"]["minor"] for each in scene.account["credits"]}
    assert credits == {"k1": 1000, "points": 420, "voucher:v1": 500}
    assert "not offered" in text(unworthy)
    assert "Welcome gift · redeemed" in text(page)
    assert "Free ride · given up" in text(page)
    assert "settled already" in text(again)


def test_points_move_to_another_account_of_the_same_holder_only() -> None:
    """P8: never to a stranger's, never within the account, never twice."""
    points = {"points": Points(320, usd(320))}
    scene = Scene(CardKind.TRAVEL, account=points)
    mine = stage.line(CardKind.TRAVEL, holder=scene.people.subscriber)
    theirs = stage.line(CardKind.TRAVEL, holder=scene.people.stranger)

    with nothing_happens():
        stranger = scene.press(remedy="move", entry="points", to=theirs.msisdn)
        itself = scene.press(remedy="move", entry="points", to=scene.line.msisdn)
    moved = scene.press(remedy="move", entry="points", to=mine.msisdn)
    again = scene.press(remedy="move", entry="points", to=mine.msisdn)

    assert "not offered" in text(stranger)
    assert "not offered" in text(itself)
    assert "Moved to the other account" in text(moved)
    assert "settled already" in text(again)
    there = models.Account.objects.get(id=mine.account_id).facts["points"]
    assert (scene.account["points"], there["amount"]) == (None, 320)


def test_usage_after_the_freeze_is_shown() -> None:
    """P10: caught, and nothing is charged for it that was not shown."""
    scene = Scene(CardKind.CALLING)
    act.declare_line(stage.declaration(scene.line), user_id=scene.people.subscriber.id)
    for number, minutes in enumerate((-5, 5, 9)):
        models.UsageRecord.objects.create(
            line_id=scene.line.id,
            external_id=f"r{number}",
            at=clock() + timedelta(minutes=minutes),
            kind="call",
            outgoing=True,
            peer="+12025550199",
        )

    assert "2 calls or messages after the freeze are on record" in checklist(scene)


BUTTONS: list[dict[str, Any]] = [
    {"remedy": remedy, "entry": entry, "to": to, "knowingly": "1"}
    for remedy, entry, to in [
        ("confirm", "", ""),
        ("choose", "refund", ""),
        ("spend", "b2", ""),
        ("dispute", "c1", ""),
        ("reviewed", "", ""),
        ("cancel", "o1", ""),
        ("finish", "o1", ""),
        ("unbind", "m1", ""),
        ("stop", "a1", ""),
        ("tick", "bank", ""),
        ("untick", "bank", ""),
        ("add", "Mine", "bank"),
        ("redeem", "points", ""),
        ("move", "points", "+12025550199"),
        ("give_up", "points", ""),
    ]
]


@pytest.mark.parametrize("button", BUTTONS, ids=[each["remedy"] for each in BUTTONS])
def test_no_button_works_on_anothers_line(button: dict[str, Any]) -> None:
    """A7, Q3: for a stranger there is no such line, and nothing happens to it."""
    scene = Scene(CardKind.UNLIMITED)
    stranger = browser(scene.people.stranger)

    with nothing_happens():
        answer = stranger.post(reverse("portal:settle", args=[scene.line.id]), button)

    assert answer.status_code == 404
    assert "Lin Xiaoyu" not in text(answer)


@pytest.mark.parametrize("name", ["prepare", "prepare-live", "proof", "data", "data-live"])
def test_no_page_shows_anothers_line(name: str) -> None:
    """Q3."""
    scene = Scene(CardKind.UNLIMITED)

    answer = browser(scene.people.stranger).get(reverse(f"portal:{name}", args=[scene.line.id]))
    nobody = browser().get(reverse(f"portal:{name}", args=[scene.line.id]))

    assert answer.status_code == 404
    assert nobody.status_code == 302


@pytest.mark.parametrize("button", BUTTONS, ids=[each["remedy"] for each in BUTTONS])
def test_the_second_of_two_clicks_adds_nothing(button: dict[str, Any]) -> None:
    """Q6: a double click, or a second tab."""
    kind = CardKind.TRAVEL if button["remedy"] in ("choose", "tick", "cancel") else None
    scene = Scene(kind or CardKind.UNLIMITED, **({} if kind else {"line": {"add_ons": (_ADD_ON,)}}))
    scene.press(**button)
    once, prepared = scene.account, scene.preparation
    again = scene.press(**button)

    moments = {"details_confirmed_at", "bills_reviewed_at"}
    assert again.status_code == 200
    assert scene.account == once
    assert {k: v for k, v in scene.preparation.items() if k not in moments} == {
        k: v for k, v in prepared.items() if k not in moments
    }


_ADD_ON = AddOn("a1", "Night data", usd(300))


def test_looking_again_costs_nothing_until_something_changed() -> None:
    """P1-P10 live: an unchanged list answers 304, a change by anybody shows at once."""
    scene = Scene(CardKind.UNLIMITED)
    where = reverse("portal:prepare-live", args=[scene.line.id])

    first = scene.me.get(where)
    same = scene.me.get(where, headers={"If-None-Match": first.headers["ETag"]})
    models.Account.objects.filter(id=scene.line.account_id).update(version=7)
    changed = scene.me.get(where, headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, same.status_code, changed.status_code) == (200, 304, 200)
    assert same.content == b""
    assert first.headers["ETag"] != changed.headers["ETag"]


def test_the_page_asks_the_same_number_of_questions_however_much_there_is() -> None:
    """Q1: 24 bills, 10 orders, 5,000 calls."""
    small = Scene(CardKind.UNLIMITED)
    bills = tuple(
        bill(f"b{n}", 7036, charges=tuple(charge(f"c{n}-{m}", 1700 + m) for m in range(4)))
        for n in range(24)
    )
    orders = tuple(Order(f"o{n}", NOW.date(), f"Order {n}", usd(900)) for n in range(10))
    large = Scene(CardKind.UNLIMITED, account={"bills": bills, "orders": orders})
    models.UsageRecord.objects.bulk_create(
        models.UsageRecord(
            line_id=large.line.id,
            external_id=f"r{n}",
            at=clock(),
            kind="call",
            outgoing=True,
            peer="+12025550199",
        )
        for n in range(5_000)
    )

    asked = []
    for scene in (small, large):
        with CaptureQueriesContext(connection) as queries:
            scene.me.get(reverse("portal:prepare", args=[scene.line.id]))
        asked.append(len(queries))

    assert asked[0] == asked[1]
    assert asked[0] <= 14
