"""Disputed charges (P4): opened by the subscriber, decided by the brand, never in between.

While a dispute is open, what it is about need not be paid and holds nothing up. Upheld, what is
unpaid of it leaves its bill and what was paid becomes a credit; rejected, it stands as before.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from signoff.domain.account import AccountFacts, Bill, Charge, Credit
from signoff.domain.money import Money
from signoff.domain.remedies import NoSuchEntry, NotOffered
from signoff.domain.settling import Verdict


class RejectReason(StrEnum):
    """Why a dispute is rejected: a closed list, with words beside it."""

    ORDERED = "ordered"
    USED = "used"
    CORRECT_RATE = "correct_rate"
    ALREADY_CREDITED = "already_credited"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Decided:
    """The account after a decision, and what goes back to the subscriber as a credit."""

    account: AccountFacts
    credit: Money


def open_dispute(account: AccountFacts, charge_id: str) -> tuple[AccountFacts, Bill, Charge]:
    """Mark a charge as disputed; says its bill and what it is.

    Raises NoSuchEntry where it is disputed or decided already, NotOffered for what is no cost.
    """
    bill, charge = _find(account, charge_id)
    if charge.disputed or charge.verdict:
        raise NoSuchEntry(charge_id)
    if charge.amount.minor <= 0:
        raise NotOffered(charge_id)
    disputed = replace(charge, disputed=True)
    return _with_bill(account, _with_charge(bill, disputed)), bill, charge


def decide(account: AccountFacts, charge_id: str, *, verdict: Verdict, on: date) -> Decided:
    """Decide an open dispute. Raises NoSuchEntry where there is none."""
    bill, charge = _find(account, charge_id)
    if not charge.disputed:
        raise NoSuchEntry(charge_id)
    after = _with_charge(bill, replace(charge, disputed=False, verdict=verdict))
    nothing = Money.zero(account.currency)
    if verdict is Verdict.REJECTED:
        return Decided(_with_bill(account, after), nothing)
    waived = min(charge.amount, bill.open)
    if waived:
        taken_back = replace(
            charge, id=f"{charge.id}-upheld", on=on, amount=-waived, verdict=verdict, disputed=False
        )
        after = replace(after, amount=bill.amount - waived, charges=(*after.charges, taken_back))
    credit = charge.amount - waived
    account = _with_bill(account, after)
    if credit:
        given = Credit(f"dispute:{charge.id}", credit, charge.text)
        account = replace(account, credits=(*account.credits, given))
    return Decided(account, credit)


def _find(account: AccountFacts, charge_id: str) -> tuple[Bill, Charge]:
    for bill, charge in _charges(account):
        if charge.id == charge_id:
            return bill, charge
    raise NoSuchEntry(charge_id)


def _charges(account: AccountFacts) -> Iterator[tuple[Bill, Charge]]:
    for bill in account.bills:
        for charge in bill.charges:
            yield bill, charge


def _with_charge(bill: Bill, charge: Charge) -> Bill:
    charges = tuple(charge if each.id == charge.id else each for each in bill.charges)
    return replace(bill, charges=charges)


def _with_bill(account: AccountFacts, bill: Bill) -> AccountFacts:
    bills = tuple(bill if each.id == bill.id else each for each in account.bills)
    return replace(account, bills=bills)
