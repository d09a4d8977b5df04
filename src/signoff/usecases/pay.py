"""Move money through the provider: written down under a key, read back before repeated (M2).

Bills paid before leaving and refunds after the end take the same three acts as carrier orders.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from signoff.domain.account import AccountFacts
from signoff.domain.events import Code
from signoff.domain.ledger import LedgerEntry, bill_paid, refund_paid, refund_returned
from signoff.domain.money import Money
from signoff.domain.remedies import NoSuchEntry, pay_bill
from signoff.domain.steps import Step, pause
from signoff.ports import registry
from signoff.ports.payments import Charge, PaymentError, PaymentKind, PaymentOutcome, Refund
from signoff.records import casefiles, codec, models
from signoff.records.changes import Changes
from signoff.records.linefiles import LineFile
from signoff.usecases.notify import tell

PATIENCE = 16
"""Tries before a person must look: about six hours, since asking again moves nothing twice."""

_KIND, _STATE = models.PaymentIntent.Kind, models.PaymentIntent.State
_OPEN = (_STATE.PLANNED, _STATE.SENT, _STATE.UNKNOWN)


class NothingToPay(Exception):
    """The bill is paid already, or there is no such bill or payment method."""


@dataclass(slots=True)
class Payment:
    """One movement of money that is to be made or read back now."""

    id: UUID
    key: str
    kind: str
    provider: str
    amount: Money
    target: str
    source: str
    account_id: int
    case_id: UUID | None
    attempts: int
    read_first: bool
    was_done: bool = False
    """It was paid, by all we knew, and the provider has told of it since."""
    outcome: PaymentOutcome | None = None


def owe_bill(line: LineFile, *, bill_id: str, method_id: str, changes: Changes) -> UUID:
    """Write down the payment of a bill with a stored method; a second click finds the first.

    Raises NothingToPay.
    """
    bill = next((b for b in line.snapshot.account.unpaid if b.id == bill_id), None)
    methods = {method.id: method for method in line.snapshot.account.payment_methods}
    if bill is None or method_id not in methods:
        raise NothingToPay
    source = f"bill:{bill.id}"
    earlier = models.PaymentIntent.objects.filter(
        account_id=line.account_id, kind=_KIND.CHARGE, source=source
    )
    under_way = earlier.filter(state__in=_OPEN).first()
    if under_way:
        return under_way.id
    # A refused charge moved nothing: another try is another movement, under its own key.
    key = f"bill:{line.account_id}:{bill.id}:{bill.paid.minor}:{earlier.count()}"
    payment = changes.new_id()
    changes.insert(
        models.PaymentIntent,
        id=payment,
        key=key,
        kind=_KIND.CHARGE.value,
        state=_STATE.PLANNED.value,
        provider="cards",
        account_id=line.account_id,
        case_id=line.case_id,
        minor=bill.open.minor,
        currency=bill.open.currency,
        target=methods[method_id].token,
        source=source,
        reference="",
        code="",
        attempts=0,
        at=changes.now,
    )
    changes.owe(Step.PAY, payment)
    return payment


def plan(ids: Sequence[UUID], *, changes: Changes) -> list[Payment]:
    """The payments of these ids that are still open, each marked as being sent."""
    found = models.PaymentIntent.objects.filter(id__in=ids, state__in=_OPEN)
    payments = []
    for intent in found.select_for_update().order_by("id"):
        payments.append(
            Payment(
                id=intent.id,
                key=intent.key,
                kind=intent.kind,
                provider=intent.provider,
                amount=Money(intent.minor, intent.currency),
                target=intent.target,
                source=intent.source,
                account_id=intent.account_id,
                case_id=intent.case_id,
                attempts=intent.attempts + 1,
                read_first=intent.state != _STATE.PLANNED,
                was_done=intent.answered_at is not None,
            )
        )
        changes.update(
            models.PaymentIntent,
            id=intent.id,
            state=_STATE.SENT.value,
            attempts=intent.attempts + 1,
        )
    return payments


def call(payments: Sequence[Payment]) -> None:
    """Speak to the provider; fills in outcomes. Money moves here and nowhere else."""
    for name in sorted({payment.provider for payment in payments}):
        group = [payment for payment in payments if payment.provider == name]
        try:
            provider = registry.payments[name]
            again = [payment for payment in group if payment.read_first]
            for payment, seen in zip(
                again, provider.read([_order(payment) for payment in again]), strict=True
            ):
                payment.outcome = seen
            # What was paid once by all we knew is only ever read.
            unseen = [one for one in group if one.outcome is None and not one.was_done]
            charges = [payment for payment in unseen if payment.kind == _KIND.CHARGE]
            refunds = [payment for payment in unseen if payment.kind == _KIND.REFUND]
            _fill(charges, provider.charge([_charge(payment) for payment in charges]))
            _fill(refunds, provider.refund([_refund(payment) for payment in refunds]))
        except (PaymentError, registry.NotRegistered):
            # No answer: the payments stay sent, and are read back before anything is repeated.
            continue


def _fill(payments: Sequence[Payment], outcomes: Sequence[PaymentOutcome]) -> None:
    for payment, outcome in zip(payments, outcomes, strict=True):
        payment.outcome = outcome


def _order(payment: Payment) -> Charge | Refund:
    return _charge(payment) if payment.kind == _KIND.CHARGE else _refund(payment)


def _charge(payment: Payment) -> Charge:
    return Charge(
        key=payment.key,
        amount=payment.amount,
        method_token=payment.target,
        description="final bill",
    )


def _refund(payment: Payment) -> Refund:
    return Refund(key=payment.key, amount=payment.amount, original_reference=payment.target)


@dataclass(slots=True)
class Result:
    """What `record` decided: who is tried again and when, and where a person must look."""

    later: dict[UUID, datetime] = field(default_factory=dict)
    stuck: dict[UUID, str] = field(default_factory=dict)


def record(payments: Sequence[Payment], *, changes: Changes) -> Result:
    """Record what became of the payments."""
    cases = {payment.case_id for payment in payments if payment.case_id}
    files = {file.id: file for file in casefiles.load(sorted(cases))}
    books = _Books(changes)
    result = Result()
    for payment in payments:
        outcome = payment.outcome
        kind = outcome.kind if outcome else PaymentKind.UNKNOWN
        file = files.get(payment.case_id) if payment.case_id else None
        if kind is PaymentKind.DONE and outcome:
            _done(payment, outcome, file=file, books=books, changes=changes)
        elif kind in (PaymentKind.REFUSED, PaymentKind.NEEDS_HUMAN):
            code = (outcome.code if outcome else None) or kind.value
            _failed(payment, code, file=file, changes=changes)
        else:
            _not_yet(payment, result, changes=changes)
    return result


def _not_yet(payment: Payment, result: Result, *, changes: Changes) -> None:
    """Neither done nor refused: it may have moved all the same, so it never counts as failed."""
    outcome = payment.outcome
    kind = outcome.kind if outcome else PaymentKind.UNKNOWN
    state = _STATE.PLANNED if kind is PaymentKind.RETRY_AFTER else _STATE.UNKNOWN
    changes.update(models.PaymentIntent, id=payment.id, state=state.value)
    # A bill paid before leaving has no case for a person to look at: it is asked for ever slower.
    if payment.case_id and payment.attempts >= PATIENCE and kind is not PaymentKind.ACCEPTED:
        result.stuck[payment.id] = (outcome.code if outcome else None) or "no_answer"
        return
    asked = outcome.retry_after_s if outcome and outcome.retry_after_s else 0
    wait = max(timedelta(seconds=asked), pause(payment.attempts))
    result.later[payment.id] = changes.now + wait


class _Books:
    """The accounts whose bills are paid in a set: two payments may concern one."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._read: dict[int, tuple[int, AccountFacts]] = {}

    def pay_bill(self, account_id: int, bill_id: str, *, amount: Money) -> None:
        """Count a payment towards a bill; one that is paid already leaves the money as balance."""
        if account_id not in self._read:
            row = models.Account.objects.select_for_update().get(id=account_id)
            self._read[account_id] = (row.version, codec.ACCOUNT.validate_python(row.facts))
        version, facts = self._read[account_id]
        try:
            facts = pay_bill(facts, bill_id, amount=amount)
        except NoSuchEntry:
            facts = replace(facts, balance=facts.balance + amount)
        self._read[account_id] = (version, facts)
        self._changes.rewrite_account(
            account_id, version, facts=codec.ACCOUNT.dump_python(facts, mode="json")
        )


def _done(
    payment: Payment,
    outcome: PaymentOutcome,
    *,
    file: casefiles.CaseFile | None,
    books: _Books,
    changes: Changes,
) -> None:
    changes.update(
        models.PaymentIntent,
        id=payment.id,
        state=_STATE.DONE.value,
        reference=outcome.reference or "",
        answered_at=changes.now,
    )
    if payment.was_done:
        return
    if payment.kind == _KIND.CHARGE:
        bill_id = payment.source.removeprefix("bill:")
        books.pay_bill(payment.account_id, bill_id, amount=payment.amount)
        _post(payment, bill_paid(payment.amount, source=payment.key), changes=changes)
        return
    _post(payment, refund_paid(payment.amount, source=payment.key), changes=changes)
    if file:
        changes.event(
            file,
            Code.REFUND_PAID,
            actor="payments",
            amount=payment.amount.minor,
            currency=payment.amount.currency,
            key=payment.key,
        )
        tell(file, "refund_paid", changes=changes, amount=str(payment.amount))


def _failed(
    payment: Payment, code: str, *, file: casefiles.CaseFile | None, changes: Changes
) -> None:
    """A refund the card will not take, or that came back from the bank days later, goes to the
    manual route; a refused charge is just over."""
    manual = payment.kind == _KIND.REFUND
    state = _STATE.MANUAL if manual else _STATE.REFUSED
    changes.update(
        models.PaymentIntent,
        id=payment.id,
        state=state.value,
        code=code,
        answered_at=changes.now,
    )
    if payment.was_done:
        _post(payment, refund_returned(payment.amount, source=payment.key), changes=changes)
    if file and manual:
        changes.event(
            file,
            Code.REFUND_FAILED,
            actor="payments",
            amount=payment.amount.minor,
            currency=payment.amount.currency,
            key=payment.key,
            code=code,
        )
        tell(file, "refund_failed", changes=changes, amount=str(payment.amount))


def _post(payment: Payment, entry: LedgerEntry, *, changes: Changes) -> None:
    changes.post(
        entry,
        key=f"{payment.key}:{entry.code}",
        account_id=payment.account_id,
        case_id=payment.case_id,
    )
