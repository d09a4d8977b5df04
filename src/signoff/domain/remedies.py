"""What the buttons of the checklist do to the facts: each takes facts and gives new ones.

Every remedy raises NoSuchEntry where the thing it should settle is not there (any more): a stale
page or a second click. The caller shows the list again; nothing else happened.
"""

from dataclasses import replace
from datetime import datetime

from signoff.domain.account import (
    AccountFacts,
    AddOn,
    BalanceChoice,
    Credit,
    LineFacts,
    Preparation,
    Snapshot,
)
from signoff.domain.money import Money
from signoff.domain.policy import Policy


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


def dispute_charge(account: AccountFacts, charge_id: str) -> AccountFacts:
    """Mark a charge as disputed."""
    for bill in account.bills:
        for charge in bill.charges:
            if charge.id == charge_id and not charge.disputed:
                charges = tuple(
                    replace(each, disputed=True) if each.id == charge_id else each
                    for each in bill.charges
                )
                bills = tuple(
                    replace(each, charges=charges) if each.id == bill.id else each
                    for each in account.bills
                )
                return replace(account, bills=bills)
    raise NoSuchEntry(charge_id)


def cancel_order(account: AccountFacts, order_id: str) -> AccountFacts:
    """Take back an order that may still be taken back."""
    left = tuple(order for order in account.orders if order.id != order_id or not order.cancellable)
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


def tick_service(snapshot: Snapshot, service_id: str) -> Preparation:
    """Sign off one linked service as moved elsewhere."""
    known = {service.id for service in snapshot.line.linked_services}
    done = snapshot.preparation.linked_done
    if service_id not in known or service_id in done:
        raise NoSuchEntry(service_id)
    return replace(snapshot.preparation, linked_done=(*done, service_id))


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


def give_up_points(preparation: Preparation, now: datetime) -> Preparation:
    return replace(preparation, points_given_up_at=now)


def exported(preparation: Preparation, now: datetime) -> Preparation:
    return replace(preparation, exported_at=now)
