"""Double-entry postings of an ending: each entry sums to zero, none exceeds the statement (M1, M4).

Accounts, seen from the operator's books: `subscriber` (what the subscriber owes us; below zero we
owe them), `income:*` and `balance` (counterparts of statement lines), `refunds_payable` and
`cash`.
"""

from dataclasses import dataclass, replace

from signoff.domain.money import Money
from signoff.domain.statement import UNCOUNTED, LineCode, Statement, StatementLine


class Unbalanced(ValueError):
    """The legs of an entry do not sum to zero."""


class NotOnStatement(ValueError):
    """The statement the subscriber saw does not show this amount."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One posting: signed minor units per ledger account, together zero."""

    code: str
    source: str
    currency: str
    legs: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        if sum(minor for _, minor in self.legs) != 0:
            raise Unbalanced(self.code)


_COUNTERPARTS = {
    LineCode.UNPAID_BILL: "receivable:bills",
    LineCode.TAX: "tax_payable",
    LineCode.DEVICE_BALANCE: "receivable:devices",
    LineCode.CREDIT: "credits",
    LineCode.BALANCE: "balances",
    LineCode.BALANCE_DEBT: "balances",
    LineCode.BALANCE_MOVED: "balances",
    LineCode.BALANCE_FORFEITED: "balances",
    LineCode.UNUSED_PLAN: "income:plans",
    LineCode.CYCLE_FEE: "income:plans",
    LineCode.UNBILLED_USAGE: "income:usage",
    LineCode.LEAVING_FEE: "income:fees",
    LineCode.REFUND_FEE: "income:fees",
}

_REFUND = "refund_due"


def postings(statement: Statement) -> tuple[LedgerEntry, ...]:
    """The entries that settle a statement: one per counted line, and one for the refund."""
    entries = [
        _entry(
            line.code.value,
            line.source,
            amount=line.amount,
            accounts=("subscriber", _COUNTERPARTS[line.code]),
        )
        for line in statement.lines
        if line.code not in UNCOUNTED
    ]
    if statement.refund:
        owing = ("subscriber", "refunds_payable")
        entries.append(_entry(_REFUND, "statement", amount=statement.refund, accounts=owing))
    return tuple(entries)


def refund_paid(amount: Money, *, source: str) -> LedgerEntry:
    """The entry of a refund that went out; `source` is the payment operation."""
    return _entry("refund_paid", source, amount=amount, accounts=("refunds_payable", "cash"))


def refund_returned(amount: Money, *, source: str) -> LedgerEntry:
    """The entry of a refund that the bank sent back: it is owed as before (M6)."""
    return _entry("refund_returned", source, amount=amount, accounts=("cash", "refunds_payable"))


def bill_paid(amount: Money, *, source: str) -> LedgerEntry:
    """The entry of an unpaid bill the subscriber paid before leaving."""
    return _entry("bill_paid", source, amount=amount, accounts=("cash", "receivable:bills"))


def bill_spent(amount: Money, *, source: str) -> LedgerEntry:
    """The entry of a bill the subscriber paid from their balance before leaving (P2)."""
    return _entry("bill_spent", source, amount=amount, accounts=("balances", "receivable:bills"))


def given_back(amount: Money, *, source: str) -> tuple[LedgerEntry, ...]:
    """The entries of an amount that is owed back after the statement was settled (P4)."""
    credit = _entry("credit", source, amount=-amount, accounts=("subscriber", "credits"))
    return credit, _entry(
        _REFUND, source, amount=amount, accounts=("subscriber", "refunds_payable")
    )


def require_shown(entries: tuple[LedgerEntry, ...], shown: Statement) -> None:
    """Refuse entries the statement did not show. Raises NotOnStatement (M4)."""
    allowed = {(code.value, source): minor for (code, source), minor in _allowed(shown).items()}
    legs = [dict(entry.legs).get("subscriber", 0) for entry in entries]
    # What is paid back may grow after the statement was shown; it stays what the entries give.
    given = -sum(leg for leg, entry in zip(legs, entries, strict=True) if entry.code != _REFUND)
    allowed[(_REFUND, "statement")] = max(shown.refund.minor, given)
    for charged, entry in zip(legs, entries, strict=True):
        if charged > 0 and charged > allowed.get((entry.code, entry.source), 0):
            raise NotOnStatement(f"{entry.code} {entry.source}")


def _allowed(shown: Statement) -> dict[tuple[LineCode, str], int]:
    """How much of each line the subscriber was shown, in minor units.

    What stood apart as disputed was shown too: rejected, it is owed on its bill as before.
    """
    allowed: dict[tuple[LineCode, str], int] = {}
    for line in shown.lines:
        disputed = line.code is LineCode.DISPUTED
        key = (LineCode.UNPAID_BILL if disputed else line.code, line.source)
        allowed[key] = allowed.get(key, 0) + line.amount.minor
    return allowed


def _entry(code: str, source: str, *, amount: Money, accounts: tuple[str, str]) -> LedgerEntry:
    debit, credit = accounts
    legs = ((debit, amount.minor), (credit, -amount.minor))
    return LedgerEntry(code=code, source=source, currency=amount.currency, legs=legs)


def capped(final: Statement, shown: Statement) -> Statement:
    """The final statement with nothing above what the subscriber was shown (M4).

    A charge that was not shown is dropped, one that grew is cut back; a balance is forfeited only
    as far as that was shown, and the rest goes back. What is given back is never less than
    computed now.
    """
    allowed = _allowed(shown)
    lines = []
    for line in final.lines:
        amount = line.amount
        taken = line.code is LineCode.BALANCE_FORFEITED
        if taken or (line.code not in UNCOUNTED and amount.minor > 0):
            most = Money(allowed.get((line.code, line.source), 0), amount.currency)
            amount = min(amount, most)
        if amount:
            lines.append(replace(line, amount=amount))
        if taken and amount < line.amount:
            given = amount - line.amount
            lines.append(StatementLine(LineCode.BALANCE, given, "balance_refund", line.source))
    return Statement(final.currency, tuple(lines))


def reversed_entry(entry: LedgerEntry) -> LedgerEntry:
    """The entry that takes another back."""
    legs = tuple((account, -minor) for account, minor in entry.legs)
    return replace(entry, code=f"{entry.code}_reversed", legs=legs)
