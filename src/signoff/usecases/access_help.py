"""Calls of people who cannot get in: taken from anybody, answered by an agent (A6).

What is typed is never checked against the book before it is taken, so that known and unknown get
the same answer. Whether it matches anything, an agent sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator

from signoff.domain.clocks import business_days_later
from signoff.records import models, people
from signoff.records.changes import Changes
from signoff.usecases import access_codes, logins, look, rules
from signoff.usecases.access_codes import Change
from signoff.usecases.look import NotYours

ANSWER_DAYS = 1
"""Working days until an agent has answered; the page promises it."""

_ROLE = models.StaffRole.Role
ANSWERING = (_ROLE.AGENT, _ROLE.SUPERVISOR)
Outcome = models.AccessHelp.Outcome


@dataclass(frozen=True, slots=True)
class Call:
    """What somebody who cannot get in wrote; number and date once it was taken."""

    brand: str
    language: str
    name: str
    line: str
    contact: str
    words: str
    number: str = ""
    answer_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Matches:
    """What of a call is on file: shown to agents as yes or no, never as the values themselves."""

    holder_id: int | None
    name: bool
    contact: bool


class CannotLetIn(Exception):
    """The call cannot be turned into a log-in; `reason` is a code (no_line, contact, taken)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AlreadyAnswered(Exception):
    """Somebody else has answered this call."""


def take(call: Call, *, id: UUID, number: str, changes: Changes) -> Call:
    """Write a call down. The date told is that of the brand that was named, whatever matches."""
    zone = ZoneInfo(rules.book().policy(call.brand).time_zone)
    by = business_days_later(changes.now.astimezone(zone), ANSWER_DAYS)
    line = _line_of(call.line)
    changes.insert(
        models.AccessHelp,
        id=id,
        number=number,
        brand=line.brand if line else call.brand,
        language=call.language,
        name=call.name,
        line=call.line,
        contact=call.contact,
        words=call.words,
        at=changes.now,
        answer_by=by,
        outcome="",
        note="",
    )
    return replace(call, number=number, answer_by=by)


def waiting(agent: int) -> Sequence[models.AccessHelp]:
    """The open calls of the brands an agent works for, the most urgent first."""
    open_calls = models.AccessHelp.objects.filter(brand__in=look.brands_of(agent), resolved_at=None)
    return list(open_calls.order_by("answer_by")[:100])


def view(call_id: UUID, *, agent: int, changes: Changes) -> tuple[models.AccessHelp, Matches]:
    """A call with what of it is on file; the look is written down. Raises NotYours."""
    call = _own(call_id, agent=agent)
    changes.insert(models.Access, at=changes.now, user=agent, case_id=call.id, what="access_help")
    return call, matches(call)


def matches(call: models.AccessHelp) -> Matches:
    """Compare a call with the account of the line it names, at its brand alone."""
    line = _line_of(call.line)
    if line is None or line.brand != call.brand:
        return Matches(None, name=False, contact=False)
    details = line.account.facts["details"]
    known = {details["email"].lower(), details.get("phone", "")}
    spellings = {*logins.emails(call.contact), *logins.numbers(call.contact)}
    return Matches(
        line.account.holder_id,
        name=_same(details["name"], call.name),
        contact=bool(known & {each.lower() for each in spellings} - {""}),
    )


def answer(call_id: UUID, outcome: Outcome, *, agent: int, note: str, changes: Changes) -> None:
    """Close a call. Letting somebody in gives their log-in the contact they named.

    Their password and second factors go, and with them every session; the old contact is told
    (law.md 6). Raises NotYours, AlreadyAnswered, CannotLetIn.
    """
    call = _own(call_id, agent=agent, roles=ANSWERING, lock=True)
    if call.resolved_at is not None:
        raise AlreadyAnswered
    if outcome is Outcome.LET_IN:
        _let_in(call, changes=changes)
    changes.update(
        models.AccessHelp,
        id=call.id,
        resolved_at=changes.now,
        resolved_by=agent,
        outcome=outcome.value,
        note=note,
    )


def _let_in(call: models.AccessHelp, *, changes: Changes) -> None:
    holder_id = matches(call).holder_id
    person = people.by_id(holder_id) if holder_id else None
    if person is None:
        raise CannotLetIn("no_line")
    addresses, numbers = logins.emails(call.contact), logins.numbers(call.contact)
    if not (addresses or numbers):
        raise CannotLetIn("contact")
    others = models.User.objects.exclude(id=person.id)
    if addresses:
        taken, contact = others.filter(email__in=addresses), {"email": addresses[-1]}
    else:
        taken, contact = others.filter(phone=numbers[0]), {"phone": numbers[0]}
    if taken.exists():
        raise CannotLetIn("taken")
    access_codes.tell_change(person, Change.CONTACT, language=call.language, changes=changes)
    user = models.User.objects.select_for_update().get(id=person.id)
    user.set_unusable_password()
    for name, value in contact.items():
        setattr(user, name, value)
    user.save(update_fields=["password", *contact])
    Authenticator.objects.filter(user_id=person.id).delete()


def _own(
    call_id: UUID, *, agent: int, roles: Sequence[str] = tuple(_ROLE), lock: bool = False
) -> models.AccessHelp:
    calls = models.AccessHelp.objects.filter(id=call_id)
    call = (calls.select_for_update() if lock else calls).first()
    if call is None:
        raise NotYours
    held = models.StaffRole.objects.filter(user_id=agent, brand=call.brand, role__in=roles)
    if not held.exists():
        raise NotYours
    return call


def _line_of(typed: str) -> models.Line | None:
    """The line of a number as people type it; none where two could be meant.

    An ended line counts as long as nobody has its number anew: its holder may need the certificate.
    """
    found = models.Line.objects.filter(msisdn__in=logins.numbers(typed)).select_related("account")
    living = [line for line in found if line.state != models.Line.State.TERMINATED]
    lines = living or list(found)
    return lines[0] if len(lines) == 1 else None


def _same(left: str, right: str) -> bool:
    return "".join(left.casefold().split()) == "".join(right.casefold().split())
