"""Settle items of the checklist, then and there (P1-P10): facts in, facts out, written once."""

from dataclasses import replace
from uuid import UUID

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from signoff.domain import remedies
from signoff.domain.account import AccountFacts, BalanceChoice, LineFacts, Preparation
from signoff.domain.checklist import Remedy
from signoff.domain.rights import OWN_REMEDIES
from signoff.records import codec, models
from signoff.records.changes import Changes
from signoff.records.linefiles import LineFile
from signoff.usecases.look import NotYours
from signoff.usecases import entitled
from signoff.usecases.notify import tell_contact
from signoff.usecases.pay import owe_bill
from signoff.usecases.receivers import may_receive
from signoff.usecases.rules import policy_of


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


def settle_item(line: LineFile, remedy: Remedy, *, entry: str, to: str, changes: Changes) -> None:
    """Carry out one remedy on a locked line. `entry` names the row or choice, `to` a target.

    Raises NoSuchEntry where it is settled already, NotOffered for a choice the policy lacks.
    """
    snapshot, now = line.snapshot, changes.now
    match remedy:
        case Remedy.DISPUTE:
            _account(line, remedies.dispute_charge(snapshot.account, entry), changes=changes)
        case Remedy.CANCEL:
            _account(line, remedies.cancel_order(snapshot.account, entry), changes=changes)
        case Remedy.UNBIND:
            _account(line, remedies.unbind_method(snapshot.account, entry), changes=changes)
        case Remedy.STOP:
            _line(line, remedies.stop_add_on(snapshot.line, entry), changes=changes)
        case Remedy.TICK:
            _prepared(line, remedies.tick_service(snapshot, entry), changes=changes)
        case Remedy.CHOOSE:
            _choose(line, entry, to=to, changes=changes)
        case Remedy.CONFIRM:
            done = remedies.confirm_details(snapshot.preparation, now)
            _prepared(line, done, changes=changes)
        case Remedy.REVIEWED:
            _prepared(line, remedies.review_bills(snapshot.preparation, now), changes=changes)
        case Remedy.GIVE_UP:
            _prepared(line, remedies.give_up_points(snapshot.preparation, now), changes=changes)
        case Remedy.EXPORT:
            _prepared(line, remedies.exported(snapshot.preparation, now), changes=changes)
        case Remedy.PAY | Remedy.UPLOAD:
            raise remedies.NotOffered(remedy)


def _choose(line: LineFile, entry: str, *, to: str, changes: Changes) -> None:
    if line.case_id is not None:
        # The declaration fixed it; another choice would change a statement already shown.
        raise Frozen
    if entry not in set(BalanceChoice):
        raise remedies.NotOffered(entry)
    choice = BalanceChoice(entry)
    if choice is BalanceChoice.MOVE and not may_receive(line, to):
        raise remedies.NotOffered(choice)
    done = remedies.choose_balance(line.snapshot, line.policy, choice=choice, to=to)
    _prepared(line, done, changes=changes)


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
