"""The final statement (M1): every amount of an ending with its rule and source, exact and whole."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from signoff.domain.account import BalanceChoice, Contract, Snapshot, TopUp
from signoff.domain.money import Money, total
from signoff.domain.policy import Fee, FeeRule, Policy, Proration

_DAY = timedelta(days=1)


class LineCode(StrEnum):
    UNPAID_BILL = "unpaid_bill"
    CYCLE_FEE = "cycle_fee"
    UNBILLED_USAGE = "unbilled_usage"
    TAX = "tax"
    LEAVING_FEE = "leaving_fee"
    DEVICE_BALANCE = "device_balance"
    CREDIT = "credit"
    UNUSED_PLAN = "unused_plan"
    BALANCE = "balance"
    BALANCE_DEBT = "balance_debt"
    REFUND_FEE = "refund_fee"
    BALANCE_MOVED = "balance_moved"
    BALANCE_FORFEITED = "balance_forfeited"
    POINTS = "points"
    DISPUTED = "disputed"


UNCOUNTED = frozenset(
    {LineCode.BALANCE_MOVED, LineCode.BALANCE_FORFEITED, LineCode.POINTS, LineCode.DISPUTED}
)
"""Shown because the subscriber must know, but neither owed nor refunded."""


OF_ACCOUNT = frozenset(
    {
        LineCode.UNPAID_BILL,
        LineCode.CREDIT,
        LineCode.BALANCE,
        LineCode.BALANCE_DEBT,
        LineCode.REFUND_FEE,
        LineCode.BALANCE_MOVED,
        LineCode.BALANCE_FORFEITED,
        LineCode.POINTS,
        LineCode.DISPUTED,
    }
)
"""What belongs to the account, not to one of its lines: settled once, with the last (E8)."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One amount: above zero the subscriber owes it, below zero it is given back.

    `rule` names the policy rule that made it (a wording key), `source` the record it came from.
    """

    code: LineCode
    amount: Money
    rule: str
    source: str


@dataclass(frozen=True)
class Statement:
    """All lines of an ending; `owed` and `refund` cannot both be above zero."""

    currency: str
    lines: tuple[StatementLine, ...]

    @cached_property
    def balance(self) -> Money:
        """What is owed (above zero) or given back (below), over all counted lines."""
        counted = (line.amount for line in self.lines if line.code not in UNCOUNTED)
        return total(counted, self.currency)

    @property
    def owed(self) -> Money:
        return self.balance.floor_zero()

    @property
    def refund(self) -> Money:
        return (-self.balance).floor_zero()


def statement(
    snapshot: Snapshot, policy: Policy, *, ends_at: datetime, choice: BalanceChoice | None = None
) -> Statement:
    """What ending this line at `ends_at` costs and gives back.

    `choice` is what becomes of the balance; without one, what the subscriber prepared as far as
    the policy still offers it, else what the policy does unasked. Amounts are rounded half to
    even, once per line.
    """
    prepared = snapshot.preparation.balance
    offered = prepared if prepared in policy.balance.choices else None
    chosen = choice or offered or policy.balance.unchosen
    usage = _usage(snapshot, policy, ends_at=ends_at)
    of_line = (
        *usage,
        *_tax(snapshot, usage),
        *_leaving(snapshot, policy, ends_at=ends_at),
        *_device(snapshot),
        *_unused(snapshot, policy, ends_at=ends_at),
    )
    if not snapshot.last_line:
        return Statement(snapshot.currency, of_line)
    of_account = (
        *_bills(snapshot),
        *_credits(snapshot),
        *_balance(snapshot, policy, choice=chosen),
        *_points(snapshot),
    )
    return Statement(snapshot.currency, (*of_line, *of_account))


@dataclass(frozen=True, slots=True)
class Staying:
    """What not ending costs (W3): the next renewal and its amount; None where nothing renews."""

    at: datetime
    amount: Money


def cost_of_staying(snapshot: Snapshot) -> Staying | None:
    """The next amount that will be charged if the line goes on, plan and add-ons together."""
    line = snapshot.line
    fees = [add_on.price for add_on in line.add_ons]
    if line.plan.auto_renews or not line.plan.prepaid:
        fees.append(line.plan.fee)
    amount = total(fees, snapshot.currency)
    return Staying(line.cycle.ends_at, amount) if amount else None


@dataclass(frozen=True, slots=True)
class RefundPart:
    """A part of a refund and the payment it goes back to; `top_up` is None for the manual route."""

    top_up: TopUp | None
    amount: Money


def allocate(refund: Money, top_ups: tuple[TopUp, ...]) -> tuple[RefundPart, ...]:
    """Split a refund over the payments it came from, newest first (M2).

    No payment gets back more than is left of it; what none can take goes the manual route.
    """
    parts, left = [], refund
    for top_up in sorted(top_ups, key=lambda paid: (paid.paid_on, paid.id), reverse=True):
        if not left or not top_up.reference:
            continue
        amount = min(left, top_up.left)
        if amount.minor > 0:
            parts.append(RefundPart(top_up, amount))
            left -= amount
    if left:
        parts.append(RefundPart(None, left))
    return tuple(parts)


def _bills(snapshot: Snapshot) -> list[StatementLine]:
    """Unpaid bills; what is under dispute stands apart from them until it is decided (P4)."""
    found = []
    for bill in snapshot.account.bills:
        source = f"bill:{bill.id}"
        if bill.due:
            found.append(StatementLine(LineCode.UNPAID_BILL, bill.due, "unpaid_bill", source))
        if bill.held:
            found.append(StatementLine(LineCode.DISPUTED, bill.held, "disputed_unpaid", source))
        paid = bill.disputed - bill.held
        if paid.minor > 0:
            paid_of = f"paid:{bill.id}"
            found.append(StatementLine(LineCode.DISPUTED, paid, "disputed_paid", paid_of))
    return found


def _usage(snapshot: Snapshot, policy: Policy, *, ends_at: datetime) -> list[StatementLine]:
    line, found = snapshot.line, []
    if not line.plan.prepaid and line.plan.fee:
        used, whole = _days(snapshot, ends_at)
        amount = line.plan.fee
        if policy.proration is Proration.DAILY and used < whole:
            amount = amount.share(used, whole)
        rule = f"cycle_{policy.proration.value}"
        if amount:
            found.append(StatementLine(LineCode.CYCLE_FEE, amount, rule, f"plan:{line.plan.name}"))
    if line.usage.unbilled:
        found.append(
            StatementLine(LineCode.UNBILLED_USAGE, line.usage.unbilled, "usage", "usage:unbilled")
        )
    return found


def _tax(snapshot: Snapshot, taxed: list[StatementLine]) -> list[StatementLine]:
    base = total((line.amount for line in taxed), snapshot.currency)
    tax = base.basis_points(snapshot.account.tax_basis_points)
    source = f"rate:{snapshot.account.tax_basis_points}"
    return [StatementLine(LineCode.TAX, tax, "tax_rate", source)] if tax else []


def _leaving(snapshot: Snapshot, policy: Policy, *, ends_at: datetime) -> list[StatementLine]:
    found = []
    local = ends_at.astimezone(ZoneInfo(policy.time_zone))
    for fee in policy.fees:
        amount = leaving_fee(fee, snapshot.line.contract, ends_at=local)
        if amount:
            found.append(
                StatementLine(
                    LineCode.LEAVING_FEE, amount, f"fee_{fee.rule.value}", f"policy:{fee.code}"
                )
            )
    return found


def leaving_fee(fee: Fee, contract: Contract | None, *, ends_at: datetime) -> Money:
    """What one fee comes to when the line ends at `ends_at`; zero outside a contract term.

    The day of the end is the one `ends_at` has in its own time zone: pass it in the brand's.
    """
    zero = Money.zero(fee.amount.currency)
    if fee.rule is FeeRule.ALWAYS:
        return fee.amount
    if contract is None or ends_at.date() >= contract.ends_on:
        return zero
    if fee.rule is FeeRule.IN_CONTRACT:
        return fee.amount
    left, end = contract.ends_on, ends_at.date()
    months = (left.year - end.year) * 12 + left.month - end.month + (left.day > end.day)
    amount = Money(fee.amount.minor * months, fee.amount.currency)
    return amount if fee.cap is None else min(amount, fee.cap)


def _device(snapshot: Snapshot) -> list[StatementLine]:
    device = snapshot.line.device
    if device is None or not device.balance:
        return []
    return [
        StatementLine(LineCode.DEVICE_BALANCE, device.balance, "device", f"device:{device.model}")
    ]


def _credits(snapshot: Snapshot) -> list[StatementLine]:
    return [
        StatementLine(LineCode.CREDIT, -credit.amount, "credit", f"credit:{credit.id}")
        for credit in snapshot.account.credits
        if credit.amount
    ]


def _unused(snapshot: Snapshot, policy: Policy, *, ends_at: datetime) -> list[StatementLine]:
    plan = snapshot.line.plan
    used, whole = _days(snapshot, ends_at)
    if not plan.prepaid or policy.proration is not Proration.DAILY or used >= whole:
        return []
    amount = plan.fee.share(whole - used, whole)
    if not amount:
        return []
    return [StatementLine(LineCode.UNUSED_PLAN, -amount, "unused_daily", f"plan:{plan.name}")]


def _balance(snapshot: Snapshot, policy: Policy, *, choice: BalanceChoice) -> list[StatementLine]:
    balance = snapshot.account.balance
    source = "balance"
    if balance.minor < 0:
        return [StatementLine(LineCode.BALANCE_DEBT, -balance, "balance_negative", source)]
    if not balance:
        return []
    if choice is BalanceChoice.MOVE:
        return [StatementLine(LineCode.BALANCE_MOVED, balance, "balance_move", source)]
    if choice is BalanceChoice.FORFEIT:
        return [StatementLine(LineCode.BALANCE_FORFEITED, balance, "balance_forfeit", source)]
    lines = [StatementLine(LineCode.BALANCE, -balance, "balance_refund", source)]
    if policy.balance.refund_fee:
        # A fee for giving money back may eat it up, never create a debt.
        fee = min(policy.balance.refund_fee, balance)
        lines.append(StatementLine(LineCode.REFUND_FEE, fee, "refund_fee", "policy:refund_fee"))
    return lines


def _points(snapshot: Snapshot) -> list[StatementLine]:
    points = snapshot.account.points
    if points is None or points.worth is None or not points.worth:
        return []
    return [StatementLine(LineCode.POINTS, points.worth, "points", "points")]


def _days(snapshot: Snapshot, ends_at: datetime) -> tuple[int, int]:
    """Days of the running cycle used up by `ends_at` (a day begun counts) and its length."""
    cycle = snapshot.line.cycle
    # A change of the clocks makes a cycle an hour longer or shorter, never a day.
    whole = max(1, (cycle.ends_at - cycle.starts_at + _DAY / 2) // _DAY)
    used = max(0, -((cycle.starts_at - ends_at) // _DAY))
    return min(used, whole), whole
