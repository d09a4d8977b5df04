"""What the account book is told: one record an account, a line, or a call or message.

A record is known by brand and external id, its id where it comes from. The format is described in
docs/reference/account-book.md; unknown fields are refused, as in domain.account.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from signoff.domain.account import AccountFacts, LineFacts, Right

_STRICT = {"extra": "forbid"}

Language: TypeAlias = Literal["zh-Hans", "zh-Hant", "en"]
MOST_MINOR = 10**15
"""The largest amount the book takes; anything above is a slip, and would not fit everywhere."""

MOST_PEOPLE = 50
"""Nobody's family is larger; a list of customers in that place is a slip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who logs in for the account: known by e-mail, the same person at every brand."""

    __pydantic_config__ = _STRICT
    email: str
    name: str = ""
    language: Language = "zh-Hans"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody beside the holder, and their right (A7); known by e-mail as a holder is."""

    __pydantic_config__ = _STRICT
    email: str
    right: Right
    name: str = ""
    language: Language = "zh-Hans"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecord:
    """A billing account with its holder; `place` is the id of a jurisdiction profile.

    `people` have a right on every line of it.
    """

    __pydantic_config__ = _STRICT
    type: Literal["account"]
    external_id: str
    holder: Holder
    place: str
    facts: AccountFacts
    people: tuple[Person, ...] = ()
    brand: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRecord:
    """A line of an account, which is named by its external id at the same brand.

    `people` have a right on this line.
    """

    __pydantic_config__ = _STRICT
    type: Literal["line"]
    external_id: str
    account: str
    msisdn: str
    iccid: str
    carrier: str
    facts: LineFacts
    people: tuple[Person, ...] = ()
    imsi: str = ""
    carrier_account: str = ""
    brand: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecord:
    """One call or message of a line, kept only to be taken along (P9).

    `peer` is the other side, as far as it showed itself.
    """

    __pydantic_config__ = _STRICT
    type: Literal["usage"]
    external_id: str
    line: str
    at: datetime
    kind: Literal["call", "message"]
    outgoing: bool
    peer: str = ""
    seconds: int = 0
    brand: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRecord:
    """One entry of a line's address book, kept only to be taken along (P9)."""

    __pydantic_config__ = _STRICT
    type: Literal["contact"]
    external_id: str
    line: str
    name: str
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    brand: str = ""


Record: TypeAlias = AccountRecord | LineRecord | UsageRecord | ContactRecord


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a record: at which field, what, and what to write instead."""

    at: str
    what: str
    instead: str


def implausible(record: Record) -> Iterator[Finding]:
    """What no dataclass refuses by itself, yet no account can have."""
    if isinstance(record, AccountRecord):
        yield from _of_account(record.facts)
        yield from _of_people(record.people, besides=record.holder.email)
        if any(person.right is Right.USER for person in record.people):
            yield Finding("people", "names a user of the whole account", "the user on the line")
    elif isinstance(record, LineRecord):
        yield from _of_line(record.facts)
        yield from _of_people(record.people)
    elif isinstance(record, ContactRecord):
        yield from _of_contact(record)
    else:
        if record.at.tzinfo is None:
            yield Finding("at", "has no time zone", "2026-11-05T09:30:00Z")
        if record.seconds < 0:
            yield Finding("seconds", "is below zero", "how long the call took")


_LONGEST, _MOST_WAYS = 200, 20


def _of_contact(record: ContactRecord) -> Iterator[Finding]:
    if not (record.name or record.phones or record.emails):
        yield Finding("name", "is empty, as all the rest is", "a name, a number or an address")
    if max(map(len, (record.name, *record.phones, *record.emails))) > _LONGEST:
        yield Finding("", f"holds a text longer than {_LONGEST} characters", "a shorter one")
    if len(record.phones) > _MOST_WAYS or len(record.emails) > _MOST_WAYS:
        yield Finding("phones", f"or emails are more than {_MOST_WAYS}", "those that matter")


class _Named(Protocol):
    @property
    def id(self) -> str: ...


def _of_account(facts: AccountFacts) -> Iterator[Finding]:
    charges = [charge for bill in facts.bills for charge in bill.charges]
    amounts = [facts.balance, *(order.amount for order in facts.orders)]
    for entries in (facts.top_ups, facts.bills, charges, facts.credits):
        amounts += [entry.amount for entry in entries]
    if any(not -MOST_MINOR <= amount.minor <= MOST_MINOR for amount in amounts):
        yield _BEYOND
    if any(order.amount.minor < 0 for order in facts.orders):
        yield Finding("facts.orders", "holds an amount below zero", "what was ordered, above zero")
    if facts.points and facts.points.amount < 0:
        yield Finding("facts.points.amount", "is below zero", "the points that are there")
    named: tuple[tuple[str, Sequence[_Named]], ...] = (
        ("top_ups", facts.top_ups),
        ("bills", facts.bills),
        ("bills.charges", charges),
        ("credits", facts.credits),
        ("orders", facts.orders),
        ("payment_methods", facts.payment_methods),
        ("vouchers", facts.vouchers),
    )
    for name, named_entries in named:
        if len(named_entries) > 1:
            yield from _twice(f"facts.{name}", [entry.id for entry in named_entries])


def _of_line(facts: LineFacts) -> Iterator[Finding]:
    usage = facts.usage
    amounts = [facts.plan.fee, usage.unbilled, *(add_on.price for add_on in facts.add_ons)]
    if any(amount.minor > MOST_MINOR for amount in amounts):
        yield _BEYOND
    if usage.calls < 0 or usage.messages < 0 or usage.contacts < 0:
        yield Finding("facts.usage", "counts below zero", "how many there are")
    if facts.cycle.starts_at.year < 1990 or facts.cycle.ends_at.year > 2200:
        yield Finding("facts.cycle", "lies outside the years 1990 to 2200", "the running period")
    if facts.contract and facts.contract.ends_on < facts.contract.starts_on:
        yield Finding("facts.contract.ends_on", "lies before starts_on", "the last day of the term")
    yield from _twice("facts.add_ons", [add_on.id for add_on in facts.add_ons])
    yield from _twice("facts.linked_services", [service.id for service in facts.linked_services])


def _of_people(people: Sequence[Person], *, besides: str = "") -> Iterator[Finding]:
    if len(people) > MOST_PEOPLE:
        yield Finding("people", f"names more than {MOST_PEOPLE}", "who has a right of their own")
    if any(person.right is Right.HOLDER for person in people):
        yield Finding("people", "names a holder", "the holder as holder of the account")
    emails = [person.email.lower() for person in people]
    if besides.lower() in emails:
        yield Finding("people", "names the account's holder", "people beside the holder")
    if len(set(emails)) < len(emails):
        yield Finding("people", "names somebody twice", "each person once, with one right")


_BEYOND = Finding("facts", "holds an amount beyond all measure", "minor units, such as cents")


def _twice(at: str, ids: Sequence[str]) -> Iterator[Finding]:
    """Everything that can be settled is named by its id: two of one name cannot be told apart."""
    if len(set(ids)) < len(ids):
        again = next(each for index, each in enumerate(ids) if each in ids[:index])
        yield Finding(at, f"has the id {again[:40]!r} twice", "an id of its own for each")
