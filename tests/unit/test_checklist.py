"""P1-P11: each item in each status, with its live value and its button; R3's blockers."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.account import (
    BalanceChoice,
    CardKind,
    ChargeKind,
    Order,
    Points,
    Preparation,
    Snapshot,
)
from signoff.domain.checklist import Item, ItemCode, Remedy, Status, blockers, checklist
from signoff.domain.policy import BalanceRule, Debt, IdentityRule, Policy
from signoff.domain.reasons import Refusal
from signoff.domain.settling import OrderKind, PointsChoice, Settled, Verdict, Voucher
from signoff.testing.facts import (
    EACH_KIND,
    NOW,
    bill,
    calling,
    charge,
    data,
    policy,
    travel,
    unlimited,
    usd,
)
from unit.strategies import ENDINGS

PLAIN = policy()
BLOCKS = policy(unpaid_bills=Debt.BLOCK, open_orders=Debt.BLOCK)


def item(code: ItemCode, snapshot: Snapshot, rules: Policy = PLAIN, *, documents: int = 0) -> Item:
    items = checklist(snapshot, rules, documents=documents)
    return next(each for each in items if each.code is code)


def prepared(**done: object) -> Preparation:
    return Preparation(**done)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", CardKind)
def test_every_item_is_there_for_every_kind(kind: CardKind) -> None:
    """K1."""
    items = checklist(EACH_KIND[kind](), PLAIN)

    assert [each.code for each in items] == list(ItemCode)
    assert all(each.reason for each in items)


def test_details_are_shown_and_confirmed() -> None:
    """P1."""
    found = item(ItemCode.DETAILS, travel())

    assert (found.status, found.remedy) == (Status.SHOULD, Remedy.CONFIRM)
    assert found.values["email"] == "lin.xiaoyu@example.com"
    assert found.values["order_number"] == "O-2001"
    confirmed = travel(preparation=prepared(details_confirmed_at=NOW))
    assert item(ItemCode.DETAILS, confirmed).status is Status.DONE


def test_details_that_are_empty_are_not_shown() -> None:
    """P1."""
    details = replace(travel().account.details, address="")

    assert "address" not in item(ItemCode.DETAILS, travel(account={"details": details})).values


def test_a_balance_waits_for_a_choice() -> None:
    """P2."""
    found = item(ItemCode.BALANCE, travel())

    assert (found.status, found.remedy) == (Status.SHOULD, Remedy.CHOOSE)
    assert found.values == {"balance": usd(2350)}
    assert found.choices == (BalanceChoice.REFUND, BalanceChoice.MOVE)


def test_a_chosen_balance_is_done_while_the_policy_offers_the_choice() -> None:
    """P2."""
    chosen = travel(preparation=prepared(balance=BalanceChoice.MOVE, balance_to="+12025550190"))
    refund_only = policy(balance=BalanceRule((BalanceChoice.REFUND,)))

    assert item(ItemCode.BALANCE, chosen).status is Status.DONE
    assert item(ItemCode.BALANCE, chosen).values["chosen"] == "move"
    assert item(ItemCode.BALANCE, chosen, refund_only).status is Status.SHOULD


def test_a_balance_that_will_be_lost_is_said_loudly() -> None:
    """P2."""
    lost = BalanceRule((BalanceChoice.MOVE, BalanceChoice.FORFEIT), forfeit_after_days=60)

    found = item(ItemCode.BALANCE, calling(), policy(balance=lost))

    assert found.reason == "balance_forfeit"
    assert found.values == {"balance": usd(1875), "forfeit_after_days": 60}


def test_a_fee_for_the_refund_is_shown() -> None:
    """P2, M4."""
    rule = BalanceRule((BalanceChoice.REFUND,), refund_fee=usd(100))

    assert item(ItemCode.BALANCE, data(), policy(balance=rule)).values["refund_fee"] == usd(100)


@pytest.mark.parametrize(
    ("balance", "status", "reason"),
    [
        (0, Status.NOT_APPLICABLE, "balance_none"),
        (-500, Status.SHOULD, "balance_negative"),
    ],
)
def test_no_balance_leaves_nothing_to_choose(balance: int, status: Status, reason: str) -> None:
    """P2."""
    found = item(ItemCode.BALANCE, travel(account={"balance": usd(balance)}))

    assert (found.status, found.reason, found.remedy) == (status, reason, None)


@pytest.mark.parametrize(
    ("rules", "status", "reason"),
    [(BLOCKS, Status.MUST, "bills_block"), (PLAIN, Status.SHOULD, "bills_owe")],
)
def test_an_unpaid_bill_blocks_or_stays_owed(rules: Policy, status: Status, reason: str) -> None:
    """P3."""
    found = item(ItemCode.BILLS, unlimited(), rules)

    assert (found.status, found.reason, found.remedy) == (status, reason, Remedy.PAY)
    assert found.values == {"debt": usd(7036), "count": 1}
    (entry,) = found.entries
    assert (entry.id, entry.amount, entry.on) == ("b2", usd(7036), date(2026, 10, 21))
    assert entry.remedy is Remedy.PAY


def test_paid_bills_are_done_and_no_bills_need_nothing() -> None:
    """P3."""
    paid = unlimited(account={"bills": (bill("b1", 7036, paid=7036),)})

    assert item(ItemCode.BILLS, paid, BLOCKS).status is Status.DONE
    assert item(ItemCode.BILLS, travel(), BLOCKS).status is Status.NOT_APPLICABLE


def test_flagged_charges_can_be_disputed() -> None:
    """P4."""
    premium = charge("c9", 999, kind=ChargeKind.PREMIUM, text="Horoscope line")
    snapshot = unlimited(account={"bills": (bill("b", 999, charges=(premium,)),)})

    found = item(ItemCode.CHARGES, snapshot)

    (entry,) = found.entries
    assert (found.status, found.reason) == (Status.SHOULD, "charges_flagged")
    assert found.values == {"count": 1, "bills": 1}
    assert (entry.label, entry.why, entry.remedy, entry.done) == (
        "Horoscope line",
        "premium_service",
        Remedy.DISPUTE,
        False,
    )


def test_charges_are_done_when_all_flagged_are_disputed_or_the_bills_reviewed() -> None:
    """P4."""
    disputed = charge("c9", 999, kind=ChargeKind.PREMIUM, disputed=True)
    settled = unlimited(account={"bills": (bill("b", 999, charges=(disputed,)),)})
    reviewed = unlimited(preparation=prepared(bills_reviewed_at=NOW))

    assert item(ItemCode.CHARGES, settled).status is Status.DONE
    assert item(ItemCode.CHARGES, settled).entries[0].remedy is None
    assert item(ItemCode.CHARGES, unlimited()).status is Status.SHOULD
    assert item(ItemCode.CHARGES, unlimited()).remedy is Remedy.REVIEWED
    assert item(ItemCode.CHARGES, reviewed).status is Status.DONE
    assert item(ItemCode.CHARGES, travel()).status is Status.NOT_APPLICABLE


def test_a_charge_of_a_suspended_line_is_flagged() -> None:
    """P4."""
    snapshot = unlimited(line={"suspended_on": date(2026, 9, 1)})

    (entry,) = item(ItemCode.CHARGES, snapshot).entries

    assert entry.why == "after_suspension"


@pytest.mark.parametrize(
    ("rules", "status", "reason"),
    [(BLOCKS, Status.MUST, "orders_block"), (PLAIN, Status.SHOULD, "orders")],
)
def test_an_open_order_is_listed_with_its_button(
    rules: Policy, status: Status, reason: str
) -> None:
    """P5."""
    found = item(ItemCode.ORDERS, travel(), rules)

    assert (found.status, found.reason) == (status, reason)
    assert found.entries[0].remedy is Remedy.CANCEL


def test_an_order_that_must_run_out_says_so() -> None:
    """P5."""
    order = Order("o1", date(2026, 11, 9), "Roaming", usd(5), cancellable=False)

    (entry,) = item(ItemCode.ORDERS, travel(account={"orders": (order,)})).entries

    assert (entry.remedy, entry.why) == (Remedy.FINISH, "order_not_cancellable")
    assert item(ItemCode.ORDERS, data()).status is Status.NOT_APPLICABLE


def test_everything_that_renews_is_listed_and_unbound() -> None:
    """P6."""
    found = item(ItemCode.RENEWALS, data())

    assert found.status is Status.SHOULD
    assert found.values == {"count": 2}
    assert [(entry.why, entry.remedy) for entry in found.entries] == [
        ("autopay", Remedy.UNBIND),
        ("add_on", Remedy.STOP),
        ("auto_renews", None),
    ]


def test_a_plan_that_renews_stops_by_itself() -> None:
    """P6: charging stops at the declaration whatever is forgotten."""
    only_plan = data(account={"payment_methods": ()}, line={"add_ons": ()})

    assert item(ItemCode.RENEWALS, only_plan).status is Status.DONE
    assert item(ItemCode.RENEWALS, calling()).status is Status.NOT_APPLICABLE


def test_a_stored_card_without_autopay_is_listed_too() -> None:
    """P6."""
    (card,) = data().account.payment_methods
    stored = data(account={"payment_methods": (replace(card, autopay=False),)})

    assert item(ItemCode.RENEWALS, stored).entries[0].why == "stored"


def test_linked_services_are_signed_off_one_by_one() -> None:
    """P7."""
    one = travel(preparation=prepared(linked_done=("bank",)))
    both = travel(preparation=prepared(linked_done=("bank", "pay")))

    assert item(ItemCode.LINKED, travel()).values == {"count": 2}
    assert item(ItemCode.LINKED, one).status is Status.SHOULD
    assert [entry.remedy for entry in item(ItemCode.LINKED, one).entries] == [
        Remedy.UNTICK,
        Remedy.TICK,
    ]
    assert item(ItemCode.LINKED, both).status is Status.DONE
    none = data(preparation=prepared(linked_done=("none",)))
    assert item(ItemCode.LINKED, data()).status is Status.SHOULD
    assert item(ItemCode.LINKED, none).status is Status.DONE


def test_points_are_given_up_knowingly() -> None:
    """P8."""
    found = item(ItemCode.POINTS, unlimited())
    given_up = unlimited(preparation=prepared(points_given_up_at=NOW))
    worthless = unlimited(account={"points": Points(10)})

    assert (found.status, found.entries[0].remedy) == (Status.SHOULD, Remedy.GIVE_UP)
    assert found.values == {"points": 4200, "worth": usd(420)}
    assert item(ItemCode.POINTS, given_up).status is Status.DONE
    assert item(ItemCode.POINTS, worthless).values == {"points": 10}
    no_points = unlimited(account={"points": Points(0)})
    assert item(ItemCode.POINTS, no_points).status is Status.NOT_APPLICABLE
    assert item(ItemCode.POINTS, travel()).status is Status.NOT_APPLICABLE


def test_points_and_vouchers_offer_what_the_brand_does() -> None:
    """P8."""
    rules = policy(points=tuple(PointsChoice))
    vouchers = (Voucher("v1", "Gift", usd(500)), Voucher("v2", "Ride"))
    given_up = prepared(points_given_up_at=NOW)

    entries = item(ItemCode.POINTS, unlimited(account={"vouchers": vouchers}), rules).entries
    after = item(ItemCode.POINTS, unlimited(preparation=given_up), rules).entries
    worthless = item(ItemCode.POINTS, unlimited(account={"points": Points(1)}), rules).entries
    nothing = item(ItemCode.POINTS, unlimited(), policy(points=())).entries

    assert [(each.remedy, *each.also) for each in entries] == [
        (Remedy.REDEEM, Remedy.MOVE, Remedy.GIVE_UP),
        (Remedy.REDEEM, Remedy.GIVE_UP),
        (Remedy.GIVE_UP,),
    ]
    assert (after[0].remedy, *after[0].also) == (Remedy.REDEEM, Remedy.MOVE)
    assert (worthless[0].remedy, *worthless[0].also) == (Remedy.MOVE, Remedy.GIVE_UP)
    assert nothing[0].remedy is None


@pytest.mark.parametrize(
    ("code", "remedy", "account"),
    [
        (ItemCode.ORDERS, Remedy.CANCEL, {"orders": ()}),
        (ItemCode.RENEWALS, Remedy.UNBIND, {}),
        (ItemCode.POINTS, Remedy.REDEEM, {}),
    ],
)
def test_what_was_settled_stays_to_be_seen(
    code: ItemCode, remedy: Remedy, account: dict[str, object]
) -> None:
    """P6: the proof stands where the thing was."""
    proof = Settled(remedy.value, "x", "X", NOW)

    found = item(code, travel(account=account, preparation=prepared(settled=(proof,))))

    assert (found.status, found.proofs) == (Status.DONE, (proof,))


@pytest.mark.parametrize(
    ("kind", "cancellable", "ways"),
    [
        (OrderKind.ORDER, True, (Remedy.CANCEL, Remedy.FINISH)),
        (OrderKind.REQUEST, True, (Remedy.CANCEL, Remedy.FINISH)),
        (OrderKind.REQUEST, False, (Remedy.FINISH,)),
        (OrderKind.TRANSACTION, True, (Remedy.CANCEL,)),
        (OrderKind.TRANSACTION, False, (None,)),
    ],
)
def test_what_is_open_is_finished_or_cancelled(
    kind: OrderKind, cancellable: bool, ways: tuple[Remedy | None, ...]
) -> None:
    """P5."""
    order = Order("o", date(2026, 11, 9), "O", usd(5), cancellable=cancellable, kind=kind)

    (entry,) = item(ItemCode.ORDERS, travel(account={"orders": (order,)})).entries

    assert (entry.remedy, *entry.also) == ways


def test_what_is_disputed_holds_nothing_up() -> None:
    """P3, P4: nobody has to pay first what they say is not theirs."""
    charges = (charge("c", 36, disputed=True),)
    whole = (bill("b", 36, charges=charges),)
    part = (bill("b", 100, charges=charges),)

    assert item(ItemCode.BILLS, unlimited(account={"bills": whole})).status is Status.DONE
    assert blockers(unlimited(account={"bills": whole}), BLOCKS) == ()
    (entry,) = item(ItemCode.BILLS, unlimited(account={"bills": part})).entries
    assert entry.amount == usd(64)


def test_a_balance_can_be_spent_on_a_bill() -> None:
    """P2: not any more once a declaration has shown what becomes of it."""
    bills = {"bills": (bill("b", 36),)}

    (open_,) = item(ItemCode.BILLS, travel(account=bills)).entries
    (frozen,) = item(ItemCode.BILLS, travel(account=bills, frozen=True)).entries

    assert (open_.also, frozen.also) == ((Remedy.SPEND,), ())


def test_what_the_subscriber_found_is_listed_too() -> None:
    """P4: no rule flagged it; what was taken back is no charge any more."""
    charges = (
        charge("odd", 9, verdict=Verdict.UPHELD),
        charge("odd-upheld", -9, verdict=Verdict.UPHELD),
        charge("good", 9),
    )

    found = item(ItemCode.CHARGES, unlimited(account={"bills": (bill("b", 9, charges=charges),)}))

    assert [(each.id, each.why, each.done) for each in found.entries] == [("odd", "own", True)]
    assert (found.status, found.reason, found.values["count"]) == (Status.DONE, "charges", 0)


def test_a_decided_dispute_is_settled() -> None:
    """P4."""
    premium = charge("p", 9, kind=ChargeKind.PREMIUM, verdict=Verdict.REJECTED)

    found = item(
        ItemCode.CHARGES, unlimited(account={"bills": (bill("b", 9, charges=(premium,)),)})
    )

    assert (found.status, found.entries[0].remedy) == (Status.DONE, None)


@pytest.mark.parametrize(("records", "reason"), [(True, "data_records"), (False, "data")])
def test_data_can_be_taken_along(records: bool, reason: str) -> None:
    """P9."""
    found = item(ItemCode.DATA, calling(), policy(export_records=records))

    assert (found.status, found.reason, found.remedy) == (Status.SHOULD, reason, Remedy.EXPORT)
    assert found.values == {"calls": 124, "messages": 37, "contacts": 58, "bills": 0}
    exported = calling(preparation=prepared(exported_at=NOW))
    assert item(ItemCode.DATA, exported).status is Status.DONE


def test_the_freeze_comes_with_the_declaration() -> None:
    """P10."""
    assert item(ItemCode.FREEZE, travel()).status is Status.NOT_APPLICABLE
    assert item(ItemCode.FREEZE, travel(frozen=True)).status is Status.DONE


def test_a_document_is_asked_for_only_where_the_policy_does() -> None:
    """P11, A5."""
    strict = policy(identity=IdentityRule.DOCUMENT)

    assert item(ItemCode.DOCUMENTS, travel()).status is Status.NOT_APPLICABLE
    found = item(ItemCode.DOCUMENTS, travel(), strict)
    assert (found.status, found.remedy) == (Status.MUST, Remedy.UPLOAD)
    assert item(ItemCode.DOCUMENTS, travel(), strict, documents=1).status is Status.DONE


def test_the_three_blockers_are_told_together() -> None:
    """R3."""
    orders = travel().account.orders
    strict = replace(BLOCKS, identity=IdentityRule.DOCUMENT)
    snapshot = unlimited(account={"orders": orders})

    assert blockers(snapshot, strict) == (
        Refusal.UNPAID_BILL,
        Refusal.OPEN_ORDER,
        Refusal.IDENTITY_DOCUMENT_MISSING,
    )
    assert blockers(snapshot, strict, documents=1) == (Refusal.UNPAID_BILL, Refusal.OPEN_ORDER)
    assert blockers(snapshot, PLAIN) == ()
    assert blockers(travel(account={"orders": ()}), BLOCKS) == ()


@given(ENDINGS, st.integers(0, 2))
def test_what_must_be_done_is_what_blocks(ending: tuple[Snapshot, Policy, object], n: int) -> None:
    """P3, P5, P11: the page and the decision never disagree."""
    snapshot, rules, _ = ending

    must = [each for each in checklist(snapshot, rules, documents=n) if each.status is Status.MUST]

    assert len(must) == len(blockers(snapshot, rules, documents=n))


@given(st.lists(ENDINGS, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_a_set_is_checked_as_each_alone(
    found: list[tuple[Snapshot, Policy, object]], random: object
) -> None:
    """O1: one and many take the same path."""
    alone = [(ending, checklist(ending[0], ending[1])) for ending in found]
    random.shuffle(alone)  # type: ignore[attr-defined]

    for (snapshot, rules, _), items in alone:
        assert checklist(snapshot, rules) == items
        assert [each.code for each in items] == list(ItemCode)


def test_a_document_that_is_checked_holds_up_the_approval_and_asks_nothing() -> None:
    """A5: the scanner has yet to see it; there is nothing for the subscriber to do."""
    strict = replace(PLAIN, identity=IdentityRule.DOCUMENT)

    found = [
        each for each in checklist(travel(), strict, checking=1) if each.code is ItemCode.DOCUMENTS
    ]

    assert [(each.status, each.reason) for each in found] == [(Status.DONE, "documents_checking")]
    assert Refusal.DOCUMENT_BEING_CHECKED in blockers(travel(), strict, checking=1)
    assert Refusal.DOCUMENT_BEING_CHECKED not in blockers(travel(), strict, documents=1, checking=1)
