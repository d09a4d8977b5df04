"""Settle items of the checklist, then and there (P1-P10): facts in, facts out, written once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from signoff.domain import remedies
from signoff.domain.account import (
    AccountFacts,
    BalanceChoice,
    LineFacts,
    LinkedKind,
    Preparation,
)
from signoff.domain.items import POINTS, PROVEN, Remedy
from signoff.domain.ledger import bill_spent
from signoff.domain.rights import OWN_REMEDIES
from signoff.domain.settling import Settled
from signoff.records import codec, models
from signoff.records.changes import Changes
from signoff.records.linefiles import LineFile
from signoff.usecases import disputes, entitled
from signoff.usecases.notify import tell_contact
from signoff.usecases.pay import owe_bill
from signoff.usecases.receivers import may_receive, points_receiver


class Frozen(Exception):
    """The line is being ended: only what the case asks for can still be changed."""


def own_line(line_id: int, *, user_id: int) -> LineFile:
    """A line of an account a person speaks for, locked with it until the transaction ends.

    Raises NotYours.
    """
    return entitled.acting_line(line_id, user_id=user_id, lock=True)


def usable_line(line_id: int, remedy: Remedy, *, user_id: int) -> LineFile:
    """A line a person may settle this item of, locked as above. Raises NotYours.

    Somebody who only uses the line settles what belongs to the line alone (A7).
    """
    if remedy in OWN_REMEDIES:
        return entitled.seen_line(line_id, user_id=user_id, lock=True)
    return own_line(line_id, user_id=user_id)


@dataclass(slots=True)
class _Done:
    """What a remedy made of the facts, as far as it changed them; `label` names it in the proof."""

    account: AccountFacts | None = None
    line: LineFacts | None = None
    preparation: Preparation | None = None
    label: str = ""


_FIXED = frozenset({Remedy.CHOOSE, Remedy.SPEND, Remedy.MOVE})
"""What a declaration has settled: done later, it would change a statement already shown."""


def settle_item(line: LineFile, remedy: Remedy, *, entry: str, to: str, changes: Changes) -> None:
    """Carry out one remedy on a locked line. `entry` names the row or choice, `to` a target.

    What takes something away leaves a proof (P6). Raises NoSuchEntry where it is settled already,
    NotOffered for what the policy lacks, Frozen for what the declaration has fixed.
    """
    if line.case_id is not None and remedy in _FIXED:
        raise Frozen
    done = _carried_out(line, remedy, entry=entry, to=to, changes=changes)
    if remedy in PROVEN:
        proof = Settled(remedy.value, entry or POINTS, done.label, changes.now)
        kept = done.preparation or line.snapshot.preparation
        done.preparation = remedies.proven(kept, proof)
    if done.account:
        _account(line, done.account, changes=changes)
    if done.line:
        _line(line, done.line, changes=changes)
    if done.preparation:
        _prepared(line, done.preparation, changes=changes)


def _carried_out(line: LineFile, remedy: Remedy, *, entry: str, to: str, changes: Changes) -> _Done:
    snapshot, now = line.snapshot, changes.now
    account = snapshot.account
    match remedy:
        case Remedy.SPEND:
            return _spend(line, entry, changes=changes)
        case Remedy.DISPUTE:
            disputed, text = disputes.open_one(line, entry, changes=changes)
            return _Done(account=disputed, label=text)
        case Remedy.CANCEL | Remedy.FINISH:
            settled = remedies.cancel_order if remedy is Remedy.CANCEL else remedies.finish_order
            title = _label((order.id, order.title) for order in account.orders)
            return _Done(account=settled(account, entry), label=title(entry))
        case Remedy.UNBIND:
            title = _label((method.id, method.label) for method in account.payment_methods)
            return _Done(account=remedies.unbind_method(account, entry), label=title(entry))
        case Remedy.STOP:
            title = _label((add_on.id, add_on.name) for add_on in snapshot.line.add_ons)
            return _Done(line=remedies.stop_add_on(snapshot.line, entry), label=title(entry))
        case Remedy.REDEEM | Remedy.MOVE | Remedy.GIVE_UP:
            return _points(line, remedy, entry=entry or POINTS, to=to, changes=changes)
        case _:
            return _Done(preparation=_noted(line, remedy, entry=entry, to=to, now=now))


def _noted(line: LineFile, remedy: Remedy, *, entry: str, to: str, now: datetime) -> Preparation:
    """What is only written down: choices, looks and sign-offs."""
    snapshot = line.snapshot
    match remedy:
        case Remedy.TICK:
            return remedies.tick_service(snapshot, entry)
        case Remedy.UNTICK:
            return remedies.untick_service(snapshot.preparation, entry)
        case Remedy.ADD:
            if to not in set(LinkedKind):
                raise remedies.NotOffered(to)
            return remedies.add_service(snapshot, entry, kind=LinkedKind(to))
        case Remedy.CHOOSE:
            return _choose(line, entry, to=to)
        case Remedy.CONFIRM:
            return remedies.confirm_details(snapshot.preparation, now)
        case Remedy.REVIEWED:
            return remedies.review_bills(snapshot.preparation, now)
        case Remedy.EXPORT:
            return remedies.exported(snapshot.preparation, now)
    raise remedies.NotOffered(remedy)


def _label(named: Iterable[tuple[str, str]]) -> Callable[[str], str]:
    """What an id is called, read before it is gone."""
    names = dict(named)
    return lambda entry: names.get(entry, entry)


def _choose(line: LineFile, entry: str, *, to: str) -> Preparation:
    if entry not in set(BalanceChoice):
        raise remedies.NotOffered(entry)
    choice = BalanceChoice(entry)
    if choice is BalanceChoice.MOVE and not may_receive(line, to):
        raise remedies.NotOffered(choice)
    return remedies.choose_balance(line.snapshot, line.policy, choice=choice, to=to)


def _spend(line: LineFile, bill_id: str, *, changes: Changes) -> _Done:
    """Pay a bill from the balance, in the books as on the account."""
    before = next((bill for bill in line.snapshot.account.bills if bill.id == bill_id), None)
    after, amount = remedies.pay_from_balance(line.snapshot.account, bill_id)
    assert before is not None
    source = f"spent:{line.account_id}:{bill_id}:{before.paid.minor}"
    changes.post(
        bill_spent(amount, source=source),
        key=source[:120],
        account_id=line.account_id,
        case_id=None,
    )
    return _Done(account=after, label=f"{bill_id}: {amount}")


def _points(line: LineFile, remedy: Remedy, *, entry: str, to: str, changes: Changes) -> _Done:
    account, policy = line.snapshot.account, line.policy
    if entry != POINTS:
        title = _label((voucher.id, voucher.name) for voucher in account.vouchers)(entry)
        if remedy is Remedy.REDEEM:
            return _Done(account=remedies.redeem_voucher(account, entry), label=title)
        if remedy is Remedy.GIVE_UP:
            return _Done(account=remedies.give_up_voucher(account, entry), label=title)
        raise remedies.NotOffered(remedy)
    label = str(account.points.amount) if account.points else ""
    if remedy is Remedy.REDEEM:
        return _Done(account=remedies.redeem_points(account, policy), label=label)
    if remedy is Remedy.GIVE_UP:
        given_up = remedies.give_up_points(line.snapshot, policy, now=changes.now)
        return _Done(preparation=given_up, label=label)
    target = points_receiver(line, to)
    left, moved = remedies.move_points(account, policy, to=target.snapshot.account)
    changes.rewrite_account(
        target.account_id,
        target.account_version,
        facts=codec.ACCOUNT.dump_python(moved, mode="json"),
    )
    return _Done(account=left, label=label)


def pay_bill(line: LineFile, *, bill_id: str, method_id: str, changes: Changes) -> UUID:
    """Owe the payment of a bill; says which payment to carry out. Raises NothingToPay."""
    return owe_bill(line, bill_id=bill_id, method_id=method_id, changes=changes)


class BadDetails(ValueError):
    """A contact detail is not usable; `field` names it."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def correct_details(
    line: LineFile, *, email: str, phone: str, address: str, changes: Changes
) -> tuple[str, ...]:
    """Correct contact details and announce it to the OLD address (P1). Says what changed.

    Raises BadDetails, and Frozen while a case runs: mails about it must not wander.
    """
    if line.case_id is not None:
        raise Frozen
    old = line.snapshot.account.details
    new = replace(old, email=_email(email), phone=_phone(phone), address=address.strip())
    changed = tuple(
        name for name in ("email", "phone", "address") if getattr(old, name) != getattr(new, name)
    )
    if changed:
        _account(line, replace(line.snapshot.account, details=new), changes=changes)
        values = {"name": old.name, "changed": list(changed)}
        tell_contact(line, "changed_details", to=old.email, values=values, changes=changes)
    return changed


def _email(raw: str) -> str:
    try:
        validate_email(raw.strip())
    except ValidationError as error:
        raise BadDetails("email") from error
    return raw.strip()


def _phone(raw: str) -> str:
    if not raw.strip():
        return ""
    try:
        number = phonenumbers.parse(raw, None)
    except phonenumbers.NumberParseException as error:
        raise BadDetails("phone") from error
    if not phonenumbers.is_possible_number(number):
        raise BadDetails("phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _account(line: LineFile, facts: AccountFacts, *, changes: Changes) -> None:
    changes.rewrite_account(
        line.account_id,
        line.account_version,
        facts=codec.ACCOUNT.dump_python(facts, mode="json"),
    )


def _line(line: LineFile, facts: LineFacts, *, changes: Changes) -> None:
    changes.update(models.Line, id=line.id, facts=codec.LINE.dump_python(facts, mode="json"))


def _prepared(line: LineFile, done: Preparation, *, changes: Changes) -> None:
    changes.update(
        models.Line, id=line.id, preparation=codec.PREPARATION.dump_python(done, mode="json")
    )
