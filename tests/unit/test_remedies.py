"""P1-P10: every button settles exactly its entry, once, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.domain import remedies
from signoff.domain.account import (
    AccountFacts,
    BalanceChoice,
    Order,
    Preparation,
    Snapshot,
)
from signoff.domain.money import Money, total
from signoff.domain.policy import BalanceRule
from signoff.domain.remedies import NoSuchEntry, NotOffered
from signoff.testing.facts import NOW, bill, charge, data, policy, travel, unlimited, usd
from unit.strategies import accounts

ACCOUNT = unlimited().account


def test_paying_a_bill_settles_it() -> None:
    """P3."""
    paid = remedies.pay_bill(ACCOUNT, "b2", amount=usd(7036))

    assert paid.unpaid == ()
    assert replace(paid, bills=ACCOUNT.bills) == ACCOUNT


def test_part_of_a_bill_can_be_paid() -> None:
    """P3."""
    assert remedies.pay_bill(ACCOUNT, "b2", amount=usd(36)).debt == usd(7000)


def test_paying_too_much_leaves_a_credit() -> None:
    """P3: no cent is lost."""
    paid = remedies.pay_bill(ACCOUNT, "b2", amount=usd(8000))

    assert paid.debt == usd(0)
    assert total((each.amount for each in paid.credits), "USD") == usd(1000 + 964)


@pytest.mark.parametrize("minor", [0, -1])
def test_paying_nothing_is_refused(minor: int) -> None:
    with pytest.raises(ValueError, match="above zero"):
        remedies.pay_bill(ACCOUNT, "b2", amount=usd(minor))


@settings(max_examples=60)
@given(accounts("USD"), st.integers(1, 2_000_000))
def test_a_payment_counts_to_the_cent(account: AccountFacts, minor: int) -> None:
    """M1: money conserves."""
    for owed in account.unpaid[:1]:
        paid = remedies.pay_bill(account, owed.id, amount=usd(minor))

        assert _worth(paid) - _worth(account) == usd(minor)


def _worth(account: AccountFacts) -> Money:
    return total((each.amount for each in account.credits), "USD") - account.debt


def test_disputing_marks_one_charge() -> None:
    """P4."""
    twin = charge("c2", 10)
    account = replace(
        ACCOUNT, bills=(*ACCOUNT.bills, bill("b3", 20, charges=(charge("c3", 10), twin)))
    )

    disputed = remedies.dispute_charge(account, "c3")

    assert [each.disputed for each in disputed.bills[2].charges] == [True, False]
    assert disputed.bills[:2] == account.bills[:2]


def test_cancelling_removes_one_order() -> None:
    """P5."""
    first = travel().account.orders[0]
    account = replace(travel().account, orders=(first, replace(first, id="o2")))

    assert [each.id for each in remedies.cancel_order(account, "o1").orders] == ["o2"]


def test_an_order_that_must_run_out_stays() -> None:
    """P5."""
    order = Order("o1", travel().account.orders[0].placed_on, "Roaming", usd(5), cancellable=False)

    with pytest.raises(NoSuchEntry):
        remedies.cancel_order(replace(ACCOUNT, orders=(order,)), "o1")


def test_unbinding_removes_the_card() -> None:
    """P6."""
    assert remedies.unbind_method(ACCOUNT, "m1").payment_methods == ()


def test_stopping_ends_an_add_on() -> None:
    """P6."""
    assert remedies.stop_add_on(data().line, "a1").add_ons == ()


def test_a_declaration_stops_all_that_renews() -> None:
    """P6: whatever was forgotten."""
    stopped = remedies.stop_charging(data().line)

    assert not stopped.plan.auto_renews
    assert stopped.add_ons == ()
    assert remedies.stop_charging(stopped) == stopped


def test_ticking_signs_off_a_service_once() -> None:
    """P7."""
    ready = remedies.tick_service(travel(), "bank")

    assert ready.linked_done == ("bank",)
    with pytest.raises(NoSuchEntry):
        remedies.tick_service(travel(preparation=ready), "bank")


def test_a_choice_for_the_balance_is_kept() -> None:
    """P2."""
    moved = remedies.choose_balance(
        travel(), policy(), choice=BalanceChoice.MOVE, to="+12025550190"
    )
    back = remedies.choose_balance(
        travel(preparation=moved), policy(), choice=BalanceChoice.REFUND, to="+12025550190"
    )

    assert (moved.balance, moved.balance_to) == (BalanceChoice.MOVE, "+12025550190")
    assert (back.balance, back.balance_to) == (BalanceChoice.REFUND, "")


@pytest.mark.parametrize(
    ("choice", "to"),
    [(BalanceChoice.FORFEIT, ""), (BalanceChoice.MOVE, "")],
)
def test_what_is_not_offered_or_names_no_line_is_refused(choice: BalanceChoice, to: str) -> None:
    """P2."""
    rules = policy(balance=BalanceRule((BalanceChoice.REFUND, BalanceChoice.MOVE)))

    with pytest.raises(NotOffered):
        remedies.choose_balance(travel(), rules, choice=choice, to=to)


@pytest.mark.parametrize(
    ("done", "field"),
    [
        (remedies.confirm_details, "details_confirmed_at"),
        (remedies.review_bills, "bills_reviewed_at"),
        (remedies.give_up_points, "points_given_up_at"),
        (remedies.exported, "exported_at"),
    ],
)
def test_what_was_done_keeps_its_moment(
    done: Callable[[Preparation, datetime], Preparation], field: str
) -> None:
    assert done(Preparation(), NOW) == replace(Preparation(), **{field: NOW})  # type: ignore[arg-type]


STALE: list[tuple[str, Callable[[Snapshot], object]]] = [
    ("bill", lambda s: remedies.pay_bill(s.account, "gone", amount=usd(1))),
    ("paid bill", lambda s: remedies.pay_bill(s.account, "b1", amount=usd(1))),
    ("charge", lambda s: remedies.dispute_charge(s.account, "gone")),
    ("order", lambda s: remedies.cancel_order(s.account, "gone")),
    ("card", lambda s: remedies.unbind_method(s.account, "gone")),
    ("add-on", lambda s: remedies.stop_add_on(s.line, "gone")),
    ("service", lambda s: remedies.tick_service(s, "gone")),
]


@pytest.mark.parametrize(("_case", "click"), STALE)
def test_a_stale_page_settles_nothing(_case: str, click: Callable[[Snapshot], object]) -> None:
    """Q6."""
    with pytest.raises(NoSuchEntry):
        click(unlimited())


def test_a_second_click_settles_nothing() -> None:
    """Q6."""
    once = remedies.dispute_charge(ACCOUNT, "c1")

    with pytest.raises(NoSuchEntry):
        remedies.dispute_charge(once, "c1")


def test_what_a_declaration_stopped_is_put_back() -> None:
    """The line goes on after all: it renews as it used to."""
    before = data().line

    stopped = remedies.stop_charging(before)

    assert remedies.resume_charging(stopped, auto_renews=True, add_ons=before.add_ons) == before
