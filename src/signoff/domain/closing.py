"""What is left of an account when the last of its lines has been settled (E8)."""

from dataclasses import replace
from datetime import datetime, timedelta

from signoff.domain.account import AccountFacts
from signoff.domain.policy import Policy
from signoff.domain.statement import LineCode, Statement


def erase_at(policy: Policy, *, restorable_until: datetime) -> datetime:
    """From when the personal data of an account is due to be erased (X5).

    It counts from the end of the last line's restore window: until then the account may be back.
    """
    return restorable_until + timedelta(days=policy.erase_after_days)


def closed(account: AccountFacts, final: Statement) -> AccountFacts:
    """The account after its final statement: nothing to spend, nothing to charge, nothing twice.

    What is still owed is what the statement says, on its bills as far as they go, else as a
    balance below zero: a line that is restored and ended again owes that, and nothing beside it.
    What is under dispute stays on its bill until it is decided.
    """
    settled = {line.source for line in final.lines if line.code is LineCode.UNPAID_BILL}
    owed, bills = final.owed, []
    for bill in reversed(account.bills):
        if f"bill:{bill.id}" in settled:
            still = min(bill.due, owed)
            owed -= still
            bill = replace(bill, paid=bill.amount - bill.held - still)
        bills.append(bill)
    return replace(
        account,
        balance=-owed,
        bills=tuple(reversed(bills)),
        top_ups=(),
        credits=(),
        points=None,
        vouchers=(),
        payment_methods=(),
    )
