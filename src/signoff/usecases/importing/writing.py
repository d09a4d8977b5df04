"""Writing checked records: a batch of one kind in one transaction, all or nothing for each record.

What the database itself refuses is found by halving the batch: a bad record takes no other along.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DatabaseError, OperationalError, transaction

from signoff.domain.account import Right
from signoff.domain.book import Finding
from signoff.records import book_import, entitlements, models
from signoff.records.book_import import Key, KnownAccount, KnownLine
from signoff.records.rows import ReadyJson, Row, insert_rows, update_rows
from signoff.usecases.importing.ready import (
    Ready,
    ReadyAccount,
    ReadyContact,
    ReadyLine,
    ReadyPerson,
    ReadyUsage,
)

_STATES = models.Line.State
# Another session was in the way, and PostgreSQL chose us: deadlock, serialization, lock time-out.
_TRY_AGAIN = frozenset({"40P01", "40001", "55P03"})
_TRIES = 5

R = TypeVar("R", bound=Ready)


class Item(NamedTuple, Generic[R]):
    """A record and its place in the caller's batch."""

    place: int
    record: R

    @property
    def key(self) -> Key:
        return self.record.brand, self.record.external_id


@dataclass(slots=True)
class Written:
    """What became of a batch."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[int, Finding]] = field(default_factory=list)

    def add(self, other: "Written") -> None:
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refused += other.refused


def write(items: Sequence[Item[Any]], *, now: datetime) -> Written:
    """Write a batch of records of one kind, each key at most once."""
    kind: Callable[..., Written] = _WRITERS[type(items[0].record)]
    try:
        return _in_transaction(kind, items, now=now)
    except OperationalError:
        raise
    except DatabaseError as error:
        if len(items) == 1:
            # Only the message that names no value: a detail would show what is in the record.
            told = getattr(getattr(error.__cause__, "diag", None), "message_primary", "")
            found = Finding("", f"was refused by the database: {told}", "see the server's log")
            return Written(refused=[(items[0].place, found)])
        half = len(items) // 2
        written = write(items[:half], now=now)
        written.add(write(items[half:], now=now))
        return written


def _in_transaction(
    kind: Callable[..., Written], items: Sequence[Item[Any]], *, now: datetime
) -> Written:
    for tries in range(1, _TRIES + 1):
        try:
            with transaction.atomic():
                return kind(items, now=now)
        except OperationalError as error:
            code = getattr(error.__cause__, "sqlstate", None)
            if code not in _TRY_AGAIN or tries == _TRIES:
                raise
    raise AssertionError("unreachable")


# ---------------------------------------------------------------- accounts
def _accounts(items: Sequence[Item[ReadyAccount]], *, now: datetime) -> Written:
    written = Written()
    known = book_import.accounts([item.key for item in items], lock=True)
    fresh: list[Item[ReadyAccount]] = []
    changed: list[Item[ReadyAccount]] = []
    for item in items:
        found = known.get(item.key)
        if found is None:
            fresh.append(item)
        elif found.imported == item.record.digest:
            written.unchanged += 1
        elif objection := _object_to_account(found, item.record):
            written.refused.append((item.place, objection))
        else:
            changed.append(item)
    people = _holders([*fresh, *changed], now=now)
    book_import.set_phones(
        {people[item.record.email]: item.record.phone for item in [*fresh, *changed]}
    )
    written.created = insert_rows(
        models.Account, [{**_account(each, people), "version": 1} for each in fresh]
    )
    update_rows(
        models.Account,
        [
            {
                **_account(each, people),
                "id": known[each.key].id,
                "version": known[each.key].version,
            }
            for each in changed
        ],
        versioned=True,
    )
    _entitle_accounts([*(each for each in fresh if each.record.people), *changed], people)
    written.updated = len(changed)
    return written


def _entitle_accounts(items: Sequence[Item[ReadyAccount]], people: Mapping[str, int]) -> None:
    """Who else has a right on these accounts: exactly whom their records name."""
    if items:
        found = book_import.accounts([item.key for item in items], lock=False)
        entitlements.replace(
            {(found[item.key].id, None): _rights(item.record.people, people) for item in items}
        )


def _rights(named: Iterable[ReadyPerson], people: Mapping[str, int]) -> list[tuple[int, Right]]:
    return [(people[person.email], Right(person.right)) for person in named]


def _object_to_account(found: KnownAccount, record: ReadyAccount) -> Finding | None:
    if found.settled:
        what = "was settled when its last line ended"
        return Finding("external_id", what, "a new account under an id of its own")
    if found.held:
        what = "is frozen: its last line is being ended by an open case"
        return Finding("external_id", what, "the same record again, once the case is over")
    if found.has_lines and found.currency != record.currency:
        what = f"its lines are in {found.currency}; an account never changes its currency"
        return Finding("facts.currency", what, f'"{found.currency}"')
    return None


def _holders(items: Iterable[Item[ReadyAccount]], *, now: datetime) -> dict[str, int]:
    items = list(items)
    wanted = _named([person for item in items for person in item.record.people])
    wanted |= {item.record.email: (item.record.name, item.record.language) for item in items}
    return book_import.holders(wanted, now=now)


def _named(people: Iterable[ReadyPerson]) -> dict[str, tuple[str, str]]:
    return {person.email: (person.name, person.language) for person in people}


def _account(item: Item[ReadyAccount], people: Mapping[str, int]) -> Row:
    record = item.record
    return {
        "brand": record.brand,
        "external_id": record.external_id,
        "holder": people[record.email],
        "place": record.place,
        "language": record.language,
        "facts": ReadyJson(item.record.facts),
        "imported": item.record.digest,
    }


# ---------------------------------------------------------------- lines
def _lines(items: Sequence[Item[ReadyLine]], *, now: datetime) -> Written:
    written = Written()
    known = book_import.lines([item.key for item in items])
    owned = {(item.record.brand, item.record.account) for item in items}
    accounts = book_import.accounts(sorted(owned), lock=False)
    sims = book_import.owners_of_sims([item.record.iccid for item in items])
    numbers = book_import.owners_of_numbers([item.record.msisdn for item in items])
    fresh: list[Row] = []
    changed: list[Row] = []
    taken: list[Item[ReadyLine]] = []
    for item in items:
        found = known.get(item.key)
        account = accounts.get((item.record.brand, item.record.account))
        if found and found.imported == item.record.digest:
            written.unchanged += 1
        elif objection := (
            _object_to_line(found)
            or _object_to_owner(account, item.record)
            or _taken(item, sims=sims, numbers=numbers)
        ):
            written.refused.append((item.place, objection))
        else:
            assert account is not None
            sims[item.record.iccid] = numbers[item.record.msisdn] = item.key
            row = _line(item, account_id=account.id, found=found)
            changed.append({"id": found.id, **row}) if found else fresh.append(row)
            if found or item.record.people:
                taken.append(item)
    written.created = insert_rows(models.Line, fresh)
    update_rows(models.Line, changed)
    book_import.count_usage({row["id"] for row in changed})
    _entitle_lines(taken, now=now)
    written.updated = len(changed)
    return written


def _entitle_lines(items: Sequence[Item[ReadyLine]], *, now: datetime) -> None:
    """Who else has a right on these lines: exactly whom their records name."""
    if not items:
        return
    people = book_import.holders(
        _named([person for item in items for person in item.record.people]), now=now
    )
    owned = sorted({(item.record.brand, item.record.account) for item in items})
    accounts = book_import.accounts(owned, lock=False)
    lines = book_import.lines([item.key for item in items])
    entitlements.replace(
        {
            (accounts[item.record.brand, item.record.account].id, lines[item.key].id): _rights(
                item.record.people, people
            )
            for item in items
        }
    )


def _object_to_line(found: KnownLine | None) -> Finding | None:
    if found is None or not found.held:
        return None
    if found.state == _STATES.TERMINATED:
        what = "has been ended"
        return Finding("external_id", what, "a new line under an id of its own")
    what = "is frozen: an open case is ending it"
    return Finding("external_id", what, "the same record again, once the case is over")


def _object_to_owner(account: KnownAccount | None, record: ReadyLine) -> Finding | None:
    if account is None:
        what = f"there is no account {record.account[:80]!r} of {record.brand}"
        return Finding("account", what, "its external_id, and its record before this one")
    if account.settled:
        return Finding("account", "was settled when its last line ended", "another account")
    if account.currency != record.currency:
        what = f"{record.currency} is not its account's currency"
        return Finding("facts.plan.fee.currency", what, f'"{account.currency}"')
    return None


def _taken(
    item: Item[ReadyLine], *, sims: Mapping[str, Key], numbers: Mapping[str, Key]
) -> Finding | None:
    """Whether the SIM or the number is another line's already."""
    owner = sims.get(item.record.iccid, item.key)
    if owner != item.key:
        return Finding("iccid", f"is the SIM of line {owner[1]} of {owner[0]}", "its own SIM")
    owner = numbers.get(item.record.msisdn, item.key)
    if owner != item.key:
        what = f"is the number of line {owner[1]} of {owner[0]}"
        return Finding("msisdn", what, "its own number")
    return None


def _line(item: Item[ReadyLine], *, account_id: int, found: KnownLine | None) -> Row:
    record = item.record
    state = _STATES.SUSPENDED if record.suspended else _STATES.ACTIVE
    row = {
        "account": account_id,
        "brand": record.brand,
        "external_id": record.external_id,
        "msisdn": record.msisdn,
        "iccid": record.iccid,
        "imsi": record.imsi,
        "carrier": record.carrier,
        "carrier_account": record.carrier_account,
        "state": state.value,
        "facts": ReadyJson(item.record.facts),
        "imported": item.record.digest,
    }
    if found is None:
        row |= {"preparation": {}, "generation": 1, "version": 1}
    return row


# ---------------------------------------------------------------- usage and contacts
def _usage(items: Sequence[Item[ReadyUsage]], *, now: datetime) -> Written:
    written = Written()
    rows = [
        (line, each.external_id, each.at, each.kind, each.outgoing, each.peer, each.seconds)
        for line, each in _of_living_lines(items, written)
    ]
    if rows:
        written.created, written.updated = book_import.write_usage(rows)
        written.unchanged = len(rows) - written.created - written.updated
    return written


def _contacts(items: Sequence[Item[ReadyContact]], *, now: datetime) -> Written:
    written = Written()
    rows = [
        (line, each.external_id, each.name, list(each.phones), list(each.emails))
        for line, each in _of_living_lines(items, written)
    ]
    if rows:
        written.created, written.updated = book_import.write_contacts(rows)
        written.unchanged = len(rows) - written.created - written.updated
    return written


Kept = TypeVar("Kept", ReadyUsage, ReadyContact)


def _of_living_lines(items: Sequence[Item[Kept]], written: Written) -> Iterator[tuple[int, Kept]]:
    """What is kept for a line, with the line's id; of no line, or an ended one, it is refused."""
    keys = {(item.record.brand, item.record.line) for item in items}
    known = book_import.lines(sorted(keys))
    for item in items:
        record = item.record
        line = known.get((record.brand, record.line))
        if line is None:
            what = f"there is no line {record.line[:80]!r} of {record.brand}"
            found = Finding("line", what, "its external_id, and its record before this one")
            written.refused.append((item.place, found))
        elif line.state == _STATES.TERMINATED:
            found = Finding("line", "has been ended", "records of living lines only")
            written.refused.append((item.place, found))
        else:
            yield line.id, record


_WRITERS: Mapping[type, Callable[..., Written]] = {
    ReadyAccount: _accounts,
    ReadyLine: _lines,
    ReadyUsage: _usage,
    ReadyContact: _contacts,
}
