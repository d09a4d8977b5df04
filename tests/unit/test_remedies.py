"""P1-P10: every button settles exactly its entry, once, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.domain import remedies
from signoff.domain.account import (
    AccountFacts,
    BalanceChoice,
    Credit,
    LinkedKind,
    LinkedService,
    Order,
    Points,
    Preparation,
    Snapshot,
)
from signoff.domain.money import Money, total
from signoff.domain.policy import BalanceRule
from signoff.domain.remedies import NoSuchEntry, NotOffered
from signoff.domain.settling import OrderKind, PointsChoice, Settled, Voucher
from signoff.testing.facts import NOW, bill, data, policy, travel, unlimited, usd
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
    owed = total((each.open for each in account.bills), "USD")
    return total((each.amount for each in account.credits), "USD") - owed


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


def test_a_sign_off_can_be_taken_back() -> None:
    """P7: ticked by mistake."""
    ready = remedies.tick_service(travel(), "bank")

    assert remedies.untick_service(ready, "bank") == Preparation()


def test_a_service_one_thought_of_joins_the_list() -> None:
    """P7: nobody else knows them all."""
    added = remedies.add_service(travel(), "  Example   Airline ", kind=LinkedKind.SHOP)
    snapshot = travel(preparation=added)

    assert added.linked_added == (LinkedService("own-1", "Example Airline", LinkedKind.SHOP),)
    assert remedies.tick_service(snapshot, "own-1").linked_done == ("own-1",)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_service_without_a_usable_name_is_refused(name: str) -> None:
    """P7, Q6."""
    with pytest.raises(NotOffered):
        remedies.add_service(travel(), name, kind=LinkedKind.BANK)


def test_a_service_stands_on_the_list_once_and_the_list_ends() -> None:
    """P7, Q6: a second click, and somebody who plays."""
    many = tuple(LinkedService(f"own-{n}", f"S {n}", LinkedKind.SHOP) for n in range(40))

    with pytest.raises(NoSuchEntry):
        remedies.add_service(travel(), "example BANK", kind=LinkedKind.BANK)
    with pytest.raises(NotOffered):
        full = travel(preparation=Preparation(linked_added=many))
        remedies.add_service(full, "One more", kind=LinkedKind.BANK)


def test_where_nothing_is_linked_that_can_be_said() -> None:
    """P7."""
    said = remedies.tick_service(data(), remedies.NO_OTHER)

    assert said.linked_done == (remedies.NO_OTHER,)
    with pytest.raises(NoSuchEntry):
        remedies.tick_service(travel(), remedies.NO_OTHER)


def test_the_balance_is_spent_on_a_bill() -> None:
    """P2: the oldest payment first, as far as bill and balance go."""
    account = replace(travel().account, bills=(bill("b", 700),), orders=())

    after, spent = remedies.pay_from_balance(account, "b")

    assert (spent, after.balance, after.debt) == (usd(700), usd(1650), usd(0))
    assert [each.left for each in after.top_ups] == [usd(0), usd(1650)]


def test_a_balance_below_a_bill_is_spent_whole() -> None:
    """P2."""
    account = replace(travel().account, bills=(bill("b", 5000),))

    after, spent = remedies.pay_from_balance(account, "b")

    assert (spent, after.balance, after.debt) == (usd(2350), usd(0), usd(2650))


def test_no_balance_pays_nothing() -> None:
    """P2, Q6."""
    with pytest.raises(NotOffered):
        remedies.pay_from_balance(ACCOUNT, "b2")


def test_what_has_arrived_is_finished_and_money_on_its_way_is_not() -> None:
    """P5: a transaction is done when it is, whatever anybody says."""
    kinds = [
        Order(kind.value, NOW.date(), kind.value, usd(5), cancellable=False, kind=kind)
        for kind in OrderKind
    ]
    account = replace(ACCOUNT, orders=tuple(kinds))

    done = remedies.finish_order(remedies.finish_order(account, "order"), "request")

    assert [each.id for each in done.orders] == ["transaction"]
    with pytest.raises(NoSuchEntry):
        remedies.finish_order(account, "transaction")


ALL_WAYS = policy(points=tuple(PointsChoice))


def test_points_become_a_credit() -> None:
    """P8."""
    after = remedies.redeem_points(ACCOUNT, ALL_WAYS)

    assert after.points is None
    assert after.credits[-1] == Credit("points", usd(420))


def test_points_redeemed_twice_are_two_credits() -> None:
    """P8: no two credits share an id."""
    once = remedies.redeem_points(ACCOUNT, ALL_WAYS)
    again = remedies.redeem_points(replace(once, points=Points(10, usd(1))), ALL_WAYS)

    assert [each.id for each in again.credits] == ["k1", "points", "points:2"]


@pytest.mark.parametrize(
    ("there", "worth", "expires"),
    [
        (None, usd(420), date(2027, 1, 1)),
        (Points(8), usd(420), date(2027, 1, 1)),
        (Points(8, usd(80), date(2026, 12, 1)), usd(500), date(2026, 12, 1)),
    ],
)
def test_points_move_to_another_account(there: Points | None, worth: Money, expires: date) -> None:
    """P8: none is lost, and the nearer end counts."""
    mine = replace(ACCOUNT, points=Points(4200, usd(420), date(2027, 1, 1)))
    to = replace(travel().account, points=there)

    left, moved = remedies.move_points(mine, ALL_WAYS, to=to)

    count = 4200 + (there.amount if there else 0)
    assert (left.points, moved.points) == (None, Points(count, worth, expires))


def test_points_are_given_up_once() -> None:
    """P8."""
    given_up = remedies.give_up_points(unlimited(), ALL_WAYS, now=NOW)

    assert given_up.points_given_up_at == NOW
    with pytest.raises(NoSuchEntry):
        remedies.give_up_points(unlimited(preparation=given_up), ALL_WAYS, now=NOW)


def test_points_do_what_the_brand_offers_only() -> None:
    """P8, Q6."""
    worthless = replace(ACCOUNT, points=Points(10))
    yen = replace(travel().account, currency="JPY", balance=Money(0, "JPY"), top_ups=(), orders=())

    with pytest.raises(NotOffered):
        remedies.redeem_points(ACCOUNT, policy())
    with pytest.raises(NotOffered):
        remedies.redeem_points(worthless, ALL_WAYS)
    with pytest.raises(NotOffered):
        remedies.move_points(ACCOUNT, ALL_WAYS, to=yen)
    with pytest.raises(NoSuchEntry):
        remedies.redeem_points(travel().account, ALL_WAYS)
    with pytest.raises(NoSuchEntry):
        remedies.redeem_points(replace(ACCOUNT, points=Points(0)), ALL_WAYS)


def test_a_voucher_is_redeemed_or_let_go() -> None:
    """P8."""
    gift, ride = Voucher("v1", "Gift", usd(500)), Voucher("v2", "A free ride")
    account = replace(ACCOUNT, vouchers=(gift, ride))

    redeemed = remedies.redeem_voucher(account, "v1")
    let_go = remedies.give_up_voucher(account, "v2")

    assert redeemed.vouchers == (ride,)
    assert redeemed.credits[-1] == Credit("voucher:v1", usd(500), "Gift")
    assert (let_go.vouchers, let_go.credits) == ((gift,), account.credits)
    with pytest.raises(NotOffered):
        remedies.redeem_voucher(account, "v2")


def test_a_proof_is_kept() -> None:
    """P6."""
    proof = Settled("unbind", "m1", "Visa 4242", NOW)

    assert remedies.proven(Preparation(), proof).settled == (proof,)


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
    ("balance", lambda s: remedies.pay_from_balance(s.account, "gone")),
    ("order", lambda s: remedies.cancel_order(s.account, "gone")),
    ("delivered", lambda s: remedies.finish_order(s.account, "gone")),
    ("card", lambda s: remedies.unbind_method(s.account, "gone")),
    ("add-on", lambda s: remedies.stop_add_on(s.line, "gone")),
    ("service", lambda s: remedies.tick_service(s, "gone")),
    ("sign-off", lambda s: remedies.untick_service(s.preparation, "gone")),
    ("voucher", lambda s: remedies.redeem_voucher(s.account, "gone")),
    ("voucher given up", lambda s: remedies.give_up_voucher(s.account, "gone")),
]


@pytest.mark.parametrize(("_case", "click"), STALE)
def test_a_stale_page_settles_nothing(_case: str, click: Callable[[Snapshot], object]) -> None:
    """Q6."""
    with pytest.raises(NoSuchEntry):
        click(unlimited())


def test_what_a_declaration_stopped_is_put_back() -> None:
    """The line goes on after all: it renews as it used to."""
    before = data().line

    stopped = remedies.stop_charging(before)

    assert remedies.resume_charging(stopped, auto_renews=True, add_ons=before.add_ons) == before
