"""What the buttons of the checklist do to the facts: each takes facts and gives new ones.

Every remedy raises NoSuchEntry where the thing it should settle is not there (any more): a stale
page or a second click. The caller shows the list again; nothing else happened.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from signoff.domain.account import (
    AccountFacts,
    AddOn,
    BalanceChoice,
    Credit,
    LineFacts,
    LinkedKind,
    LinkedService,
    Order,
    Points,
    Preparation,
    Snapshot,
    TopUp,
)
from signoff.domain.money import Money
from signoff.domain.policy import Policy
from signoff.domain.settling import OrderKind, PointsChoice, Settled, Voucher


class NoSuchEntry(LookupError):
    """There is nothing (left) to settle under this name."""


class NotOffered(ValueError):
    """The policy does not offer this choice."""


def pay_bill(account: AccountFacts, bill_id: str, *, amount: Money) -> AccountFacts:
    """Count a payment towards a bill; what exceeds the bill becomes a credit.

    Raises ValueError where nothing is paid.
    """
    if amount.minor <= 0:
        raise ValueError("a payment is above zero")
    bill = next((bill for bill in account.unpaid if bill.id == bill_id), None)
    if bill is None:
        raise NoSuchEntry(bill_id)
    counted = min(amount, bill.open)
    paid = replace(bill, paid=bill.paid + counted)
    bills = tuple(paid if each.id == bill_id else each for each in account.bills)
    excess = amount - counted
    credits = account.credits
    if excess:
        credits = (*credits, Credit(f"overpaid:{bill_id}", excess))
    return replace(account, bills=bills, credits=credits)


def pay_from_balance(account: AccountFacts, bill_id: str) -> tuple[AccountFacts, Money]:
    """Spend the balance on a bill, as far as both go; says how much that was (P2).

    The oldest payments are spent first: the newest are the ones a card still takes back.
    """
    bill = next((bill for bill in account.unpaid if bill.id == bill_id), None)
    if bill is None:
        raise NoSuchEntry(bill_id)
    amount = min(bill.due, account.balance)
    if amount.minor <= 0:
        raise NotOffered(bill_id)
    paid = pay_bill(account, bill_id, amount=amount)
    top_ups = _spent(account.top_ups, amount)
    return replace(paid, balance=account.balance - amount, top_ups=top_ups), amount


def _spent(top_ups: tuple[TopUp, ...], amount: Money) -> tuple[TopUp, ...]:
    left, after = amount, {}
    for top_up in sorted(top_ups, key=lambda paid: (paid.paid_on, paid.id)):
        taken = min(left, top_up.left)
        left -= taken
        after[top_up.id] = replace(top_up, left=top_up.left - taken)
    return tuple(after[top_up.id] for top_up in top_ups)


def cancel_order(account: AccountFacts, order_id: str) -> AccountFacts:
    """Take back an order, transaction or request that may still be taken back."""
    return _without_order(account, order_id, may=lambda order: order.cancellable)


def finish_order(account: AccountFacts, order_id: str) -> AccountFacts:
    """Count something as done by the subscriber's word; money on its way is done when it is."""
    return _without_order(account, order_id, may=can_finish)


def can_finish(order: Order) -> bool:
    """Whether the subscriber can tell that it is done."""
    return order.kind is not OrderKind.TRANSACTION


def _without_order(
    account: AccountFacts, order_id: str, *, may: Callable[[Order], bool]
) -> AccountFacts:
    left = tuple(order for order in account.orders if order.id != order_id or not may(order))
    if len(left) == len(account.orders):
        raise NoSuchEntry(order_id)
    return replace(account, orders=left)


def unbind_method(account: AccountFacts, method_id: str) -> AccountFacts:
    """Remove a stored card or wallet, and with it any autopay on it."""
    left = tuple(method for method in account.payment_methods if method.id != method_id)
    if len(left) == len(account.payment_methods):
        raise NoSuchEntry(method_id)
    return replace(account, payment_methods=left)


def stop_add_on(line: LineFacts, add_on_id: str) -> LineFacts:
    """End an add-on so that it does not renew."""
    left = tuple(add_on for add_on in line.add_ons if add_on.id != add_on_id)
    if len(left) == len(line.add_ons):
        raise NoSuchEntry(add_on_id)
    return replace(line, add_ons=left)


def stop_charging(line: LineFacts) -> LineFacts:
    """End every recurring charge of a line: a declaration does it, whatever was forgotten (P6)."""
    return replace(line, plan=replace(line.plan, auto_renews=False), add_ons=())


def resume_charging(line: LineFacts, *, auto_renews: bool, add_ons: tuple[AddOn, ...]) -> LineFacts:
    """Put back what a declaration ended, where the line goes on after all."""
    return replace(line, plan=replace(line.plan, auto_renews=auto_renews), add_ons=add_ons)


NO_OTHER = "none"
"""Ticked where no service is on the list and the subscriber thought of none."""


def tick_service(snapshot: Snapshot, service_id: str) -> Preparation:
    """Sign off one linked service as moved elsewhere."""
    known = {service.id for service in snapshot.linked_services} or {NO_OTHER}
    done = snapshot.preparation.linked_done
    if service_id not in known or service_id in done:
        raise NoSuchEntry(service_id)
    return replace(snapshot.preparation, linked_done=(*done, service_id))


def untick_service(preparation: Preparation, service_id: str) -> Preparation:
    """Take a sign-off back: it was ticked by mistake."""
    if service_id not in preparation.linked_done:
        raise NoSuchEntry(service_id)
    left = tuple(each for each in preparation.linked_done if each != service_id)
    return replace(preparation, linked_done=left)


MOST_ADDED = 40
LONGEST_NAME = 80


def add_service(snapshot: Snapshot, name: str, *, kind: LinkedKind) -> Preparation:
    """Put a service on the list that the subscriber thought of.

    Raises NotOffered where it has no name, or the list is as long as any can be, and NoSuchEntry
    where it is on the list already.
    """
    added, name = snapshot.preparation.linked_added, " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or len(added) >= MOST_ADDED:
        raise NotOffered(kind)
    if any(each.name.casefold() == name.casefold() for each in snapshot.linked_services):
        raise NoSuchEntry(kind)
    service = LinkedService(f"own-{len(added) + 1}", name, kind)
    return replace(snapshot.preparation, linked_added=(*added, service))


def choose_balance(
    snapshot: Snapshot, policy: Policy, *, choice: BalanceChoice, to: str = ""
) -> Preparation:
    """Record what is to become of the balance; `to` is the other line's MSISDN for a move.

    Raises NotOffered where the policy has no such choice or a move names no line.
    """
    if choice not in policy.balance.choices or (choice is BalanceChoice.MOVE and not to):
        raise NotOffered(choice)
    return replace(
        snapshot.preparation, balance=choice, balance_to=to if choice is BalanceChoice.MOVE else ""
    )


def confirm_details(preparation: Preparation, now: datetime) -> Preparation:
    return replace(preparation, details_confirmed_at=now)


def review_bills(preparation: Preparation, now: datetime) -> Preparation:
    return replace(preparation, bills_reviewed_at=now)


def give_up_points(snapshot: Snapshot, policy: Policy, *, now: datetime) -> Preparation:
    """Give the points up knowingly; they stay until the account closes, and buy nothing."""
    _require_points(snapshot.account, policy, choice=PointsChoice.GIVE_UP)
    if snapshot.preparation.points_given_up_at:
        raise NoSuchEntry("points")
    return replace(snapshot.preparation, points_given_up_at=now)


def redeem_points(account: AccountFacts, policy: Policy) -> AccountFacts:
    """Turn the points into a credit of their worth."""
    points = _require_points(account, policy, choice=PointsChoice.REDEEM)
    if not points.worth:
        raise NotOffered("points")
    return _credited(replace(account, points=None), "points", worth=points.worth)


def move_points(
    account: AccountFacts, policy: Policy, *, to: AccountFacts
) -> tuple[AccountFacts, AccountFacts]:
    """Move the points to another account; says both as they are then."""
    points = _require_points(account, policy, choice=PointsChoice.MOVE)
    if to.currency != account.currency:
        raise NotOffered("points")
    there = to.points or Points(0)
    worth = _sum(there.worth, points.worth)
    expires = min(filter(None, (there.expires_on, points.expires_on)), default=None)
    moved = Points(there.amount + points.amount, worth, expires)
    return replace(account, points=None), replace(to, points=moved)


def _sum(one: Money | None, other: Money | None) -> Money | None:
    return one + other if one and other else one or other


def _require_points(account: AccountFacts, policy: Policy, *, choice: PointsChoice) -> Points:
    if account.points is None or not account.points.amount:
        raise NoSuchEntry("points")
    if choice not in policy.points:
        raise NotOffered(choice)
    return account.points


def redeem_voucher(account: AccountFacts, voucher_id: str) -> AccountFacts:
    """Turn a voucher into a credit of its worth. Raises NotOffered where it has none."""
    left, voucher = _without_voucher(account, voucher_id)
    if not voucher.worth:
        raise NotOffered(voucher_id)
    return _credited(left, f"voucher:{voucher_id}", worth=voucher.worth, text=voucher.name)


def give_up_voucher(account: AccountFacts, voucher_id: str) -> AccountFacts:
    """Let a voucher go knowingly."""
    return _without_voucher(account, voucher_id)[0]


def _without_voucher(account: AccountFacts, voucher_id: str) -> tuple[AccountFacts, Voucher]:
    voucher = next((each for each in account.vouchers if each.id == voucher_id), None)
    if voucher is None:
        raise NoSuchEntry(voucher_id)
    left = tuple(each for each in account.vouchers if each.id != voucher_id)
    return replace(account, vouchers=left), voucher


def _credited(account: AccountFacts, id: str, *, worth: Money, text: str = "") -> AccountFacts:
    """With one more credit; redeemed again later, points have another id."""
    taken = sum(each.id == id or each.id.startswith(f"{id}:") for each in account.credits)
    credit = Credit(f"{id}:{taken + 1}" if taken else id, worth, text)
    return replace(account, credits=(*account.credits, credit))


def proven(preparation: Preparation, proof: Settled) -> Preparation:
    """With the proof of what was just settled."""
    return replace(preparation, settled=(*preparation.settled, proof))


def exported(preparation: Preparation, now: datetime) -> Preparation:
    return replace(preparation, exported_at=now)
