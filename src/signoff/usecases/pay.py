"""Move money through the provider: written down under a key, read back before repeated (M2).

Bills paid before leaving and refunds after the end take the same three acts as carrier orders.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from signoff.domain.events import Code
from signoff.domain.ledger import LedgerEntry, bill_paid, refund_paid
from signoff.domain.money import Money
from signoff.domain.remedies import NoSuchEntry, pay_bill
from signoff.domain.steps import MOST_ATTEMPTS, Step
from signoff.ports import registry
from signoff.ports.payments import Charge, PaymentError, PaymentKind, PaymentOutcome, Refund
from signoff.records import casefiles, codec, models
from signoff.records.changes import Changes
from signoff.records.linefiles import LineFile
from signoff.usecases.notify import tell

RETRY = timedelta(seconds=5)
_KIND, _STATE = models.PaymentIntent.Kind, models.PaymentIntent.State


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
    outcome: PaymentOutcome | None = None


def owe_bill(line: LineFile, *, bill_id: str, method_id: str, changes: Changes) -> UUID:
    """Write down the payment of a bill with a stored method; a second click finds the first.

    Raises NothingToPay.
    """
    bill = next((b for b in line.snapshot.account.unpaid if b.id == bill_id), None)
    methods = {method.id: method for method in line.snapshot.account.payment_methods}
    if bill is None or method_id not in methods:
        raise NothingToPay
    key = f"bill:{line.account_id}:{bill.id}:{bill.paid.minor}"
    existing = models.PaymentIntent.objects.filter(key=key).first()
    if existing and existing.state != _STATE.REFUSED:
        return existing.id
    if existing:
        # A refused charge moved nothing: another card is another movement, under its own key.
        key = f"{key}:{models.PaymentIntent.objects.filter(key__startswith=key).count()}"
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
        source=f"bill:{bill.id}",
        reference="",
        code="",
        attempts=0,
        at=changes.now,
    )
    changes.owe(Step.PAY, payment)
    return payment


def plan(ids: Sequence[UUID], *, changes: Changes) -> list[Payment]:
    """The payments of these ids that are still open, each marked as being sent."""
    open_states = (_STATE.PLANNED, _STATE.SENT, _STATE.UNKNOWN)
    found = models.PaymentIntent.objects.filter(id__in=ids, state__in=open_states)
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
                again, provider.read([payment.key for payment in again]), strict=True
            ):
                payment.outcome = seen
            unseen = [payment for payment in group if payment.outcome is None]
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


def _charge(payment: Payment) -> Charge:
    return Charge(
        key=payment.key,
        amount=payment.amount,
        method_token=payment.target,
        description="final bill",
    )


def _refund(payment: Payment) -> Refund:
    return Refund(key=payment.key, amount=payment.amount, original_reference=payment.target)


def record(payments: Sequence[Payment], *, changes: Changes) -> dict[UUID, datetime | None]:
    """Record what became of the payments; says when each is tried again, None where it is over."""
    cases = {payment.case_id for payment in payments if payment.case_id}
    files = {file.id: file for file in casefiles.load(sorted(cases))}
    again: dict[UUID, datetime | None] = {}
    for payment in payments:
        outcome = payment.outcome
        kind = outcome.kind if outcome else PaymentKind.UNKNOWN
        file = files.get(payment.case_id) if payment.case_id else None
        if kind is PaymentKind.DONE and outcome:
            _done(payment, outcome, file=file, changes=changes)
            again[payment.id] = None
        elif kind in (PaymentKind.REFUSED, PaymentKind.NEEDS_HUMAN) or (
            payment.attempts >= MOST_ATTEMPTS
        ):
            code = (outcome.code if outcome else None) or kind.value
            _failed(payment, code, file=file, changes=changes)
            again[payment.id] = None
        else:
            unsent = kind is PaymentKind.RETRY_AFTER
            state = _STATE.PLANNED if unsent else _STATE.UNKNOWN
            changes.update(models.PaymentIntent, id=payment.id, state=state.value)
            wait = outcome.retry_after_s if outcome and outcome.retry_after_s else None
            again[payment.id] = changes.now + (timedelta(seconds=wait) if wait else RETRY)
    return again


def _done(
    payment: Payment,
    outcome: PaymentOutcome,
    *,
    file: casefiles.CaseFile | None,
    changes: Changes,
) -> None:
    changes.update(
        models.PaymentIntent,
        id=payment.id,
        state=_STATE.DONE.value,
        reference=outcome.reference or "",
        answered_at=changes.now,
    )
    if payment.kind == _KIND.CHARGE:
        _count_towards_bill(payment, changes=changes)
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


def _count_towards_bill(payment: Payment, *, changes: Changes) -> None:
    account = models.Account.objects.select_for_update().get(id=payment.account_id)
    facts = codec.ACCOUNT.validate_python(account.facts)
    try:
        facts = pay_bill(facts, payment.source.removeprefix("bill:"), amount=payment.amount)
    except NoSuchEntry:
        # Paid elsewhere meanwhile: the money is the subscriber's and waits as balance.
        facts = replace(facts, balance=facts.balance + payment.amount)
    changes.rewrite_account(
        account.id, account.version, facts=codec.ACCOUNT.dump_python(facts, mode="json")
    )
    _post(payment, bill_paid(payment.amount, source=payment.key), changes=changes)


def _failed(
    payment: Payment, code: str, *, file: casefiles.CaseFile | None, changes: Changes
) -> None:
    """A refund the card will not take goes to the manual route; a refused charge is just over."""
    manual = payment.kind == _KIND.REFUND
    state = _STATE.MANUAL if manual else _STATE.REFUSED
    changes.update(
        models.PaymentIntent,
        id=payment.id,
        state=state.value,
        code=code,
        answered_at=changes.now,
    )
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
    changes.insert(
        models.JournalEntry,
        key=f"{payment.key}:{entry.code}",
        case_id=payment.case_id,
        account_id=payment.account_id,
        at=changes.now,
        code=entry.code,
        source=entry.source,
        currency=entry.currency,
        accounts=[account for account, _ in entry.legs],
        minors=[minor for _, minor in entry.legs],
    )
