"""The checklist P1-P11: what a subscriber should settle before leaving, from the live account."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from signoff.domain.account import BalanceChoice, Snapshot
from signoff.domain.flags import flags
from signoff.domain.money import Money
from signoff.domain.policy import Debt, IdentityRule, Policy
from signoff.domain.reasons import Refusal

Value = Money | int | str | date | datetime
"""A live value of an item."""


class ItemCode(StrEnum):
    """One item of the list; the value is also its address on the page."""

    DETAILS = "details"
    BALANCE = "balance"
    BILLS = "bills"
    CHARGES = "charges"
    ORDERS = "orders"
    RENEWALS = "renewals"
    LINKED = "linked"
    POINTS = "points"
    DATA = "data"
    FREEZE = "freeze"
    DOCUMENTS = "documents"


class Status(StrEnum):
    """MUST holds up the approval (never the declaration); SHOULD costs the subscriber if left."""

    MUST = "must"
    SHOULD = "should"
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"


class Remedy(StrEnum):
    """The button that settles an item, or one entry of it, then and there."""

    CONFIRM = "confirm"
    CHOOSE = "choose"
    PAY = "pay"
    DISPUTE = "dispute"
    REVIEWED = "reviewed"
    CANCEL = "cancel"
    UNBIND = "unbind"
    STOP = "stop"
    TICK = "tick"
    GIVE_UP = "give_up"
    EXPORT = "export"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row below an item: what it is, how much, when, and what can be done about it."""

    id: str
    label: str
    amount: Money | None = None
    on: date | None = None
    remedy: Remedy | None = None
    why: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its live values, why it matters (`reason`, a wording key) and its remedy."""

    code: ItemCode
    status: Status
    reason: str
    values: Mapping[str, Value] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    remedy: Remedy | None = None
    choices: tuple[BalanceChoice, ...] = ()


def checklist(snapshot: Snapshot, policy: Policy, *, documents: int = 0) -> tuple[Item, ...]:
    """Every item of the list, in the order people settle them.

    `documents` is how many identity documents are already there for this line.
    """
    rules: tuple[Callable[[Snapshot, Policy], Item], ...] = (
        _details,
        _balance,
        _bills,
        _charges,
        _orders,
        _renewals,
        _linked,
        _points,
        _data,
        _freeze,
    )
    return (*(rule(snapshot, policy) for rule in rules), _documents(policy, documents))


def blockers(snapshot: Snapshot, policy: Policy, *, documents: int = 0) -> tuple[Refusal, ...]:
    """What holds up the approval under this policy; empty where nothing does."""
    found = []
    if policy.unpaid_bills is Debt.BLOCK and snapshot.account.debt:
        found.append(Refusal.UNPAID_BILL)
    if policy.open_orders is Debt.BLOCK and snapshot.account.orders:
        found.append(Refusal.OPEN_ORDER)
    if policy.identity is IdentityRule.DOCUMENT and not documents:
        found.append(Refusal.IDENTITY_DOCUMENT_MISSING)
    return tuple(found)


def _details(snapshot: Snapshot, policy: Policy) -> Item:
    details = snapshot.account.details
    done = snapshot.preparation.details_confirmed_at is not None
    shown = {
        "name": details.name,
        "email": details.email,
        "phone": details.phone,
        "address": details.address,
        "account_number": details.account_number,
        "order_number": details.order_number,
    }
    return Item(
        ItemCode.DETAILS,
        Status.DONE if done else Status.SHOULD,
        "details",
        values={key: value for key, value in shown.items() if value},
        remedy=Remedy.CONFIRM,
    )


def _balance(snapshot: Snapshot, policy: Policy) -> Item:
    balance, chosen = snapshot.account.balance, snapshot.preparation.balance
    values: dict[str, Value] = {"balance": balance}
    if balance.minor <= 0:
        status, reason = Status.NOT_APPLICABLE, "balance_none"
        if balance.minor < 0:
            status, reason = Status.SHOULD, "balance_negative"
        return Item(ItemCode.BALANCE, status, reason, values=values)
    if policy.balance.refund_fee:
        values["refund_fee"] = policy.balance.refund_fee
    if policy.balance.forfeit_after_days:
        values["forfeit_after_days"] = policy.balance.forfeit_after_days
    if chosen:
        values["chosen"] = chosen.value
    reason = "balance_forfeit" if policy.balance.forfeit_after_days else "balance"
    return Item(
        ItemCode.BALANCE,
        Status.DONE if chosen in policy.balance.choices else Status.SHOULD,
        reason,
        values=values,
        remedy=Remedy.CHOOSE,
        choices=policy.balance.choices,
    )


def _bills(snapshot: Snapshot, policy: Policy) -> Item:
    account = snapshot.account
    if not account.bills:
        return Item(ItemCode.BILLS, Status.NOT_APPLICABLE, "bills_none")
    entries = tuple(
        Entry(bill.id, bill.id, amount=bill.open, on=bill.due_on, remedy=Remedy.PAY)
        for bill in account.unpaid
    )
    if not entries:
        return Item(ItemCode.BILLS, Status.DONE, "bills_paid")
    blocks = policy.unpaid_bills is Debt.BLOCK
    return Item(
        ItemCode.BILLS,
        Status.MUST if blocks else Status.SHOULD,
        "bills_block" if blocks else "bills_owe",
        values={"debt": account.debt, "count": len(entries)},
        entries=entries,
        remedy=Remedy.PAY,
    )


def _charges(snapshot: Snapshot, policy: Policy) -> Item:
    account = snapshot.account
    if not any(bill.charges for bill in account.bills):
        return Item(ItemCode.CHARGES, Status.NOT_APPLICABLE, "charges_none")
    charges = {charge.id: charge for bill in account.bills for charge in bill.charges}
    entries = tuple(
        Entry(
            flag.charge_id,
            charges[flag.charge_id].text,
            amount=flag.amount,
            on=charges[flag.charge_id].on,
            remedy=None if charges[flag.charge_id].disputed else Remedy.DISPUTE,
            why=flag.rule.value,
            done=charges[flag.charge_id].disputed,
        )
        for flag in flags(account, snapshot.line.suspended_on)
    )
    waiting = sum(not entry.done for entry in entries)
    reviewed = snapshot.preparation.bills_reviewed_at is not None
    return Item(
        ItemCode.CHARGES,
        Status.DONE if reviewed or (entries and not waiting) else Status.SHOULD,
        "charges_flagged" if entries else "charges",
        values={"count": len(entries), "bills": len(account.bills)},
        entries=entries,
        remedy=Remedy.REVIEWED,
    )


def _orders(snapshot: Snapshot, policy: Policy) -> Item:
    orders = snapshot.account.orders
    if not orders:
        return Item(ItemCode.ORDERS, Status.NOT_APPLICABLE, "orders_none")
    blocks = policy.open_orders is Debt.BLOCK
    entries = tuple(
        Entry(
            order.id,
            order.title,
            amount=order.amount,
            on=order.placed_on,
            remedy=Remedy.CANCEL if order.cancellable else None,
            why="" if order.cancellable else "not_cancellable",
        )
        for order in orders
    )
    return Item(
        ItemCode.ORDERS,
        Status.MUST if blocks else Status.SHOULD,
        "orders_block" if blocks else "orders",
        values={"count": len(orders)},
        entries=entries,
    )


def _renewals(snapshot: Snapshot, policy: Policy) -> Item:
    line = snapshot.line
    methods = tuple(
        Entry(
            method.id,
            method.label,
            remedy=Remedy.UNBIND,
            why="autopay" if method.autopay else "stored",
        )
        for method in snapshot.account.payment_methods
    )
    add_ons = tuple(
        Entry(add_on.id, add_on.name, add_on.price, add_on.renews_on, Remedy.STOP, "add_on")
        for add_on in line.add_ons
    )
    entries = methods + add_ons
    if line.plan.auto_renews:
        # It stops with the declaration by itself; listed so that nobody wonders (P6).
        entries += (Entry("plan", line.plan.name, line.plan.fee, why="auto_renews", done=True),)
    if not entries:
        return Item(ItemCode.RENEWALS, Status.NOT_APPLICABLE, "renewals_none")
    waiting = any(not entry.done for entry in entries)
    return Item(
        ItemCode.RENEWALS,
        Status.SHOULD if waiting else Status.DONE,
        "renewals",
        values={"count": len(methods) + len(add_ons)},
        entries=entries,
    )


def _linked(snapshot: Snapshot, policy: Policy) -> Item:
    done = set(snapshot.preparation.linked_done)
    entries = tuple(
        Entry(
            service.id,
            service.name,
            remedy=None if service.id in done else Remedy.TICK,
            why=service.kind.value,
            done=service.id in done,
        )
        for service in snapshot.line.linked_services
    )
    if not entries:
        return Item(ItemCode.LINKED, Status.NOT_APPLICABLE, "linked_none")
    left = sum(not entry.done for entry in entries)
    return Item(
        ItemCode.LINKED,
        Status.SHOULD if left else Status.DONE,
        "linked",
        values={"count": left},
        entries=entries,
    )


def _points(snapshot: Snapshot, policy: Policy) -> Item:
    points = snapshot.account.points
    if points is None or points.amount == 0:
        return Item(ItemCode.POINTS, Status.NOT_APPLICABLE, "points_none")
    values: dict[str, Value] = {"points": points.amount}
    if points.worth:
        values["worth"] = points.worth
    given_up = snapshot.preparation.points_given_up_at is not None
    return Item(
        ItemCode.POINTS,
        Status.DONE if given_up else Status.SHOULD,
        "points",
        values=values,
        remedy=Remedy.GIVE_UP,
    )


def _data(snapshot: Snapshot, policy: Policy) -> Item:
    usage = snapshot.line.usage
    done = snapshot.preparation.exported_at is not None
    return Item(
        ItemCode.DATA,
        Status.DONE if done else Status.SHOULD,
        "data_records" if policy.export_records else "data",
        values={
            "calls": usage.calls,
            "messages": usage.messages,
            "contacts": usage.contacts,
            "bills": len(snapshot.account.bills),
        },
        remedy=Remedy.EXPORT,
    )


def _freeze(snapshot: Snapshot, policy: Policy) -> Item:
    if snapshot.frozen:
        return Item(ItemCode.FREEZE, Status.DONE, "freeze_on")
    return Item(ItemCode.FREEZE, Status.NOT_APPLICABLE, "freeze_later")


def _documents(policy: Policy, documents: int) -> Item:
    if policy.identity is not IdentityRule.DOCUMENT:
        return Item(ItemCode.DOCUMENTS, Status.NOT_APPLICABLE, "documents_none")
    return Item(
        ItemCode.DOCUMENTS,
        Status.DONE if documents else Status.MUST,
        "documents",
        values={"count": documents},
        remedy=Remedy.UPLOAD,
    )
