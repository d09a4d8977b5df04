"""Checked records in the form that is written: few, flat values, facts as JSON text.

They are small, so that a process that checks can hand them to the one that writes.
"""

from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from signoff.domain.book import (
    AccountRecord,
    ContactRecord,
    LineRecord,
    Person,
    Record,
    UsageRecord,
)
from signoff.records import codec


class ReadyPerson(NamedTuple):
    email: str
    name: str
    language: str
    right: str


class ReadyAccount(NamedTuple):
    brand: str
    external_id: str
    email: str
    name: str
    language: str
    place: str
    currency: str
    facts: bytes
    people: tuple[ReadyPerson, ...]
    digest: bytes
    phone: str = ""

    @property
    def type(self) -> str:
        return "account"

    @property
    def key(self) -> tuple[str, ...]:
        return (self.brand, self.external_id)


class ReadyLine(NamedTuple):
    brand: str
    external_id: str
    account: str
    msisdn: str
    iccid: str
    imsi: str
    carrier: str
    carrier_account: str
    suspended: bool
    currency: str
    facts: bytes
    people: tuple[ReadyPerson, ...]
    digest: bytes

    @property
    def type(self) -> str:
        return "line"

    @property
    def key(self) -> tuple[str, ...]:
        return (self.brand, self.external_id)


class ReadyUsage(NamedTuple):
    brand: str
    external_id: str
    line: str
    at: datetime
    kind: str
    outgoing: bool
    peer: str
    seconds: int

    @property
    def type(self) -> str:
        return "usage"

    @property
    def key(self) -> tuple[str, ...]:
        return (self.brand, self.external_id, self.line)


class ReadyContact(NamedTuple):
    brand: str
    external_id: str
    line: str
    name: str
    phones: tuple[str, ...]
    emails: tuple[str, ...]

    @property
    def type(self) -> str:
        return "contact"

    @property
    def key(self) -> tuple[str, ...]:
        return (self.brand, self.external_id, self.line)


Ready: TypeAlias = ReadyAccount | ReadyLine | ReadyUsage | ReadyContact


def ready(record: Record) -> Ready:
    """A checked record, ready to be written."""
    if isinstance(record, AccountRecord):
        return _account(record)
    if isinstance(record, ContactRecord):
        return ReadyContact(
            record.brand,
            record.external_id,
            record.line,
            record.name,
            record.phones,
            record.emails,
        )
    return _line(record) if isinstance(record, LineRecord) else _usage(record)


def _digest(*told: str, facts: bytes) -> bytes:
    """What tells a changed record from the same one. Defaults are left out of `facts`, so that it
    stays the same whatever a later version adds."""
    return sha256("\0".join(told).encode() + b"\0" + facts).digest()


def _people(people: tuple[Person, ...]) -> tuple[ReadyPerson, ...]:
    return tuple(
        ReadyPerson(each.email, each.name[:150], each.language, each.right.value)
        for each in sorted(people, key=lambda person: person.email)
    )


def _account(record: AccountRecord) -> ReadyAccount:
    facts = codec.ACCOUNT.dump_json(record.facts, exclude_defaults=True)
    holder, people = record.holder, _people(record.people)
    told = (record.place, holder.email, holder.name, holder.language)
    return ReadyAccount(
        record.brand,
        record.external_id,
        holder.email,
        (holder.name or record.facts.details.name)[:150],
        holder.language,
        record.place,
        record.facts.currency,
        facts,
        people,
        _digest(*told, *(part for person in people for part in person), facts=facts),
        record.facts.details.phone,
    )


def _line(record: LineRecord) -> ReadyLine:
    facts = codec.LINE.dump_json(record.facts, exclude_defaults=True)
    sim = (record.msisdn, record.iccid, record.imsi)
    where = (record.account, *sim, record.carrier, record.carrier_account)
    people = _people(record.people)
    return ReadyLine(
        record.brand,
        record.external_id,
        *where,
        record.facts.suspended_on is not None,
        record.facts.currency,
        facts,
        people,
        _digest(*where, *(part for person in people for part in person), facts=facts),
    )


def _usage(record: UsageRecord) -> ReadyUsage:
    return ReadyUsage(
        record.brand,
        record.external_id,
        record.line,
        record.at,
        record.kind,
        record.outgoing,
        record.peer,
        record.seconds,
    )
