"""The checklist P1-P11: what a subscriber should settle before leaving, from the live account."""

from collections.abc import Callable

from signoff.domain.account import Charge, Order, Points, Snapshot
from signoff.domain.flags import flags
from signoff.domain.items import POINTS, Entry, Item, ItemCode, Remedy, Status, Value
from signoff.domain.policy import Debt, IdentityRule, Policy
from signoff.domain.reasons import Refusal
from signoff.domain.remedies import NO_OTHER, can_finish
from signoff.domain.settling import PointsChoice, Settled, Voucher

__all__ = ["Entry", "Item", "ItemCode", "Remedy", "Status", "Value", "blockers", "checklist"]


def checklist(
    snapshot: Snapshot, policy: Policy, *, documents: int = 0, checking: int = 0
) -> tuple[Item, ...]:
    """Every item of the list, in the order people settle them.

    `documents` is how many identity documents are already there for this line, `checking` how many
    more a virus scanner has yet to see.
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
    return (*(rule(snapshot, policy) for rule in rules), _documents(policy, documents, checking))


def blockers(
    snapshot: Snapshot, policy: Policy, *, documents: int = 0, checking: int = 0
) -> tuple[Refusal, ...]:
    """What holds up the approval under this policy; empty where nothing does."""
    found = []
    if policy.unpaid_bills is Debt.BLOCK and snapshot.account.debt:
        found.append(Refusal.UNPAID_BILL)
    if policy.open_orders is Debt.BLOCK and snapshot.account.orders:
        found.append(Refusal.OPEN_ORDER)
    if policy.identity is IdentityRule.DOCUMENT and not documents:
        missing = Refusal.DOCUMENT_BEING_CHECKED if checking else Refusal.IDENTITY_DOCUMENT_MISSING
        found.append(missing)
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
    spend = (Remedy.SPEND,) if account.balance.minor > 0 and not snapshot.frozen else ()
    entries = tuple(
        Entry(bill.id, bill.id, amount=bill.due, on=bill.due_on, remedy=Remedy.PAY, also=spend)
        for bill in account.bills
        if bill.due
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


OWN_FLAG = "own"
"""Why a charge is listed that no rule found: the subscriber disputes it."""


def _charges(snapshot: Snapshot, policy: Policy) -> Item:
    account = snapshot.account
    if not any(bill.charges for bill in account.bills):
        return Item(ItemCode.CHARGES, Status.NOT_APPLICABLE, "charges_none")
    charges = {charge.id: charge for bill in account.bills for charge in bill.charges}
    flagged = {
        flag.charge_id: flag.rule.value for flag in flags(account, snapshot.line.suspended_on)
    }
    own = {
        charge.id: OWN_FLAG
        for charge in charges.values()
        if (charge.disputed or charge.verdict) and charge.amount.minor > 0
    }
    entries = tuple(_flagged(charges[id], why=why) for id, why in {**own, **flagged}.items())
    waiting = sum(not entry.done for entry in entries)
    reviewed = snapshot.preparation.bills_reviewed_at is not None
    return Item(
        ItemCode.CHARGES,
        Status.DONE if reviewed or (entries and not waiting) else Status.SHOULD,
        "charges_flagged" if flagged else "charges",
        values={"count": len(flagged), "bills": len(account.bills)},
        entries=entries,
        remedy=Remedy.REVIEWED,
    )


def _flagged(charge: Charge, *, why: str) -> Entry:
    settled = charge.disputed or charge.verdict is not None
    return Entry(
        charge.id,
        charge.text,
        amount=charge.amount,
        on=charge.on,
        remedy=None if settled else Remedy.DISPUTE,
        why=why,
        done=settled,
    )


def _orders(snapshot: Snapshot, policy: Policy) -> Item:
    orders = snapshot.account.orders
    proofs = _proofs(snapshot, Remedy.CANCEL, Remedy.FINISH)
    if not orders and proofs:
        return Item(ItemCode.ORDERS, Status.DONE, "orders_settled", proofs=proofs)
    if not orders:
        return Item(ItemCode.ORDERS, Status.NOT_APPLICABLE, "orders_none")
    blocks = policy.open_orders is Debt.BLOCK
    entries = tuple(_order(order) for order in orders)
    return Item(
        ItemCode.ORDERS,
        Status.MUST if blocks else Status.SHOULD,
        "orders_block" if blocks else "orders",
        values={"count": len(orders)},
        entries=entries,
        proofs=proofs,
    )


def _order(order: Order) -> Entry:
    ways = [Remedy.CANCEL] if order.cancellable else []
    ways += [Remedy.FINISH] if can_finish(order) else []
    return Entry(
        order.id,
        order.title,
        amount=order.amount,
        on=order.placed_on,
        remedy=ways[0] if ways else None,
        why=order.kind.value if order.cancellable else f"{order.kind.value}_not_cancellable",
        also=tuple(ways[1:]),
    )


def _proofs(snapshot: Snapshot, *remedies: Remedy) -> tuple[Settled, ...]:
    return tuple(each for each in snapshot.preparation.settled if each.remedy in remedies)


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
    proofs = _proofs(snapshot, Remedy.UNBIND, Remedy.STOP)
    if not entries and proofs:
        return Item(ItemCode.RENEWALS, Status.DONE, "renewals_settled", proofs=proofs)
    if not entries:
        return Item(ItemCode.RENEWALS, Status.NOT_APPLICABLE, "renewals_none")
    waiting = any(not entry.done for entry in entries)
    return Item(
        ItemCode.RENEWALS,
        Status.SHOULD if waiting else Status.DONE,
        "renewals",
        values={"count": len(methods) + len(add_ons)},
        entries=entries,
        proofs=proofs,
    )


def _linked(snapshot: Snapshot, policy: Policy) -> Item:
    done = set(snapshot.preparation.linked_done)
    entries = tuple(
        Entry(
            service.id,
            service.name,
            remedy=Remedy.UNTICK if service.id in done else Remedy.TICK,
            why=service.kind.value,
            done=service.id in done,
        )
        for service in snapshot.linked_services
    )
    if not entries:
        # Nobody knows them all: the subscriber is asked to think, and it holds nothing up.
        status = Status.DONE if NO_OTHER in done else Status.SHOULD
        return Item(ItemCode.LINKED, status, "linked_none", remedy=Remedy.ADD)
    left = sum(not entry.done for entry in entries)
    return Item(
        ItemCode.LINKED,
        Status.SHOULD if left else Status.DONE,
        "linked",
        values={"count": left},
        entries=entries,
        remedy=Remedy.ADD,
    )


def _points(snapshot: Snapshot, policy: Policy) -> Item:
    points, vouchers = snapshot.account.points, snapshot.account.vouchers
    proofs = _proofs(snapshot, Remedy.REDEEM, Remedy.MOVE, Remedy.GIVE_UP)
    values: dict[str, Value] = {}
    entries = tuple(_voucher(voucher) for voucher in vouchers)
    if points and points.amount:
        values["points"] = points.amount
        if points.worth:
            values["worth"] = points.worth
        entries = (_all_points(points, snapshot, policy=policy), *entries)
    if vouchers:
        values["vouchers"] = len(vouchers)
    if not entries and proofs:
        return Item(ItemCode.POINTS, Status.DONE, "points_settled", proofs=proofs)
    if not entries:
        return Item(ItemCode.POINTS, Status.NOT_APPLICABLE, "points_none")
    waiting = any(not entry.done for entry in entries)
    return Item(
        ItemCode.POINTS,
        Status.SHOULD if waiting else Status.DONE,
        "points",
        values=values,
        entries=entries,
        proofs=proofs,
    )


_POINTS_REMEDIES = {
    PointsChoice.REDEEM: Remedy.REDEEM,
    PointsChoice.MOVE: Remedy.MOVE,
    PointsChoice.GIVE_UP: Remedy.GIVE_UP,
}


def _all_points(points: Points, snapshot: Snapshot, *, policy: Policy) -> Entry:
    given_up = snapshot.preparation.points_given_up_at is not None
    ways = [
        _POINTS_REMEDIES[choice]
        for choice in policy.points
        if (points.worth or choice is not PointsChoice.REDEEM)
        and not (given_up and choice is PointsChoice.GIVE_UP)
    ]
    return Entry(
        POINTS,
        "",
        amount=points.worth,
        on=points.expires_on,
        remedy=ways[0] if ways else None,
        why="points",
        done=given_up,
        also=tuple(ways[1:]),
    )


def _voucher(voucher: Voucher) -> Entry:
    ways = (Remedy.REDEEM, Remedy.GIVE_UP) if voucher.worth else (Remedy.GIVE_UP,)
    return Entry(
        voucher.id,
        voucher.name,
        amount=voucher.worth,
        on=voucher.expires_on,
        remedy=ways[0],
        why="voucher",
        also=ways[1:],
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


def _documents(policy: Policy, documents: int, checking: int) -> Item:  # noqa: PLR0917
    if policy.identity is not IdentityRule.DOCUMENT:
        return Item(ItemCode.DOCUMENTS, Status.NOT_APPLICABLE, "documents_none")
    # A document that is being checked holds up the approval, but is nobody's to settle.
    return Item(
        ItemCode.DOCUMENTS,
        Status.DONE if documents or checking else Status.MUST,
        "documents" if documents or not checking else "documents_checking",
        values={"count": documents + checking},
        remedy=Remedy.UPLOAD,
    )
