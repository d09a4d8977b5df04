"""Charges that look wrong (P4): premium services, doubles, charges of a dead line, sudden jumps."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import median_low

from signoff.domain.account import AccountFacts, Bill, Charge, ChargeKind
from signoff.domain.money import Money

_NEEDS_A_LIVE_LINE = frozenset({ChargeKind.PLAN, ChargeKind.USAGE, ChargeKind.FEE})


class FlagRule(StrEnum):
    """Why a charge looks wrong (P4)."""

    PREMIUM_SERVICE = "premium_service"
    CHARGED_TWICE = "charged_twice"
    AFTER_SUSPENSION = "after_suspension"
    ABOVE_USUAL = "above_usual"


@dataclass(frozen=True, slots=True)
class Flag:
    charge_id: str
    bill_id: str
    rule: FlagRule
    amount: Money


def flags(account: AccountFacts, suspended_on: date | None = None) -> tuple[Flag, ...]:
    """Charges that look wrong, each with the first rule that found it (P4).

    Disputed ones stay listed. `suspended_on` is since when the line has been off, if it is.
    """
    found: list[Flag] = []
    seen: set[tuple[date, str, int]] = set()
    for bill in account.bills:
        for charge in bill.charges:
            mark = (charge.on, charge.text, charge.amount.minor)
            if charge.kind is ChargeKind.PREMIUM:
                found.append(_flag(bill, charge, rule=FlagRule.PREMIUM_SERVICE))
            elif mark in seen and charge.amount.minor > 0:
                found.append(_flag(bill, charge, rule=FlagRule.CHARGED_TWICE))
            elif suspended_on and charge.on > suspended_on and charge.kind in _NEEDS_A_LIVE_LINE:
                found.append(_flag(bill, charge, rule=FlagRule.AFTER_SUSPENSION))
            seen.add(mark)
    first: dict[tuple[str, str], Flag] = {}
    for flag in (*found, *_jumps(account.bills)):
        first.setdefault((flag.bill_id, flag.charge_id), flag)
    return tuple(first.values())


def _jumps(bills: tuple[Bill, ...]) -> list[Flag]:
    """Usage charges of a bill that is more than half above the median of at least three before."""
    found = []
    ordered = sorted(bills, key=lambda bill: bill.issued_on)
    for index in range(3, len(ordered)):
        bill = ordered[index]
        usual = median_low(earlier.amount.minor for earlier in ordered[:index])
        if 2 * bill.amount.minor > 3 * usual:
            found += [
                _flag(bill, charge, rule=FlagRule.ABOVE_USUAL)
                for charge in bill.charges
                if charge.kind is ChargeKind.USAGE
            ]
    return found


def _flag(bill: Bill, charge: Charge, *, rule: FlagRule) -> Flag:
    return Flag(charge_id=charge.id, bill_id=bill.id, rule=rule, amount=charge.amount)
