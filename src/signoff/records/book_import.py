"""Finding and writing accounts, lines and usage of an import: a batch with a few statements.

Rows are locked in id order, lines before the accounts they refer to, as everywhere.
"""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection

from signoff.records import models
from signoff.records.rows import Row, insert_rows

Key = tuple[str, str]
"""Brand and external id."""


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account as it stands. `held`: every line it still has is being ended by a case."""

    id: int
    version: int
    currency: str
    settled: bool
    imported: bytes | None
    has_lines: bool
    held: bool


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line as it stands. `held`: it belongs to a case, open or done."""

    id: int
    state: str
    held: bool
    imported: bytes | None


_E164 = re.compile(r"\+[1-9][0-9]{6,14}")

_ACCOUNTS = """
SELECT a.brand, a.external_id, a.id, a.version, a.facts->>'currency',
       a.settled_case IS NOT NULL OR a.closed_at IS NOT NULL, a.imported,
       EXISTS (SELECT 1 FROM records_line l WHERE l.account_id = a.id),
       EXISTS (SELECT 1 FROM records_line l WHERE l.account_id = a.id
               AND l.case_id IS NOT NULL AND l.state <> 'terminated')
       AND NOT EXISTS (SELECT 1 FROM records_line l WHERE l.account_id = a.id
                       AND l.case_id IS NULL)
FROM unnest(%s::text[], %s::text[]) AS k(brand, external_id)
JOIN records_account a USING (brand, external_id) ORDER BY a.id {lock}
"""

_LINES = """
SELECT l.brand, l.external_id, l.id, l.state, l.case_id IS NOT NULL, l.imported
FROM unnest(%s::text[], %s::text[]) AS k(brand, external_id)
JOIN records_line l USING (brand, external_id) ORDER BY l.id FOR NO KEY UPDATE OF l
"""

_SIMS = "SELECT iccid, brand, external_id FROM records_line WHERE iccid = ANY(%s)"
_NUMBERS = (
    "SELECT msisdn, brand, external_id FROM records_line "
    "WHERE msisdn = ANY(%s) AND state <> 'terminated'"
)


def _by_key(sql: str, keys: Sequence[Key]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [[brand for brand, _ in keys], [id_ for _, id_ in keys]])
        return list(cursor.fetchall())


def accounts(keys: Sequence[Key], *, lock: bool) -> dict[Key, KnownAccount]:
    """The accounts of these keys that exist."""
    found = _by_key(_ACCOUNTS.format(lock="FOR NO KEY UPDATE OF a" if lock else ""), keys)
    return {
        (row[0], row[1]): KnownAccount(
            id=row[2],
            version=row[3],
            currency=row[4],
            settled=row[5],
            imported=_bytes(row[6]),
            has_lines=row[7],
            held=row[8],
        )
        for row in found
    }


def lines(keys: Sequence[Key]) -> dict[Key, KnownLine]:
    """The lines of these keys that exist, locked."""
    return {
        (row[0], row[1]): KnownLine(id=row[2], state=row[3], held=row[4], imported=_bytes(row[5]))
        for row in _by_key(_LINES, keys)
    }


def owners_of_sims(iccids: Sequence[str]) -> dict[str, Key]:
    """Which line has each of these SIMs, living or not: a SIM is never given out again."""
    return _owners(_SIMS, iccids)


def owners_of_numbers(msisdns: Sequence[str]) -> dict[str, Key]:
    """Which living line has each of these numbers."""
    return _owners(_NUMBERS, msisdns)


def _owners(sql: str, values: Sequence[str]) -> dict[str, Key]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(values)])
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}


def holders(wanted: Mapping[str, tuple[str, str]], *, now: datetime) -> dict[str, int]:
    """The people of these e-mail addresses; who is new gets a name, a language and no password."""
    found = _people(list(wanted))
    fresh = [email for email in wanted if email not in found]
    if fresh:
        rows = [_person(email, wanted[email], now=now) for email in fresh]
        insert_rows(models.User, rows, conflict="ON CONFLICT (email) DO NOTHING")
        found |= _people(fresh)
    return found


_PHONES = """
UPDATE records_user u SET phone = w.phone
FROM unnest(%s::bigint[], %s::text[]) w (id, phone) WHERE u.id = w.id AND u.phone <> w.phone
"""


def set_phones(numbers: Mapping[int, str]) -> None:
    """People log in with the number of the account that was imported last; E.164 only.

    Not from the accounts' rows: what its holder corrected there must not move their log-in.
    """
    known = {person: number for person, number in numbers.items() if _E164.fullmatch(number)}
    with connection.cursor() as cursor:
        cursor.execute(_PHONES, [list(known), list(known.values())])


def _people(emails: Sequence[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT email, id FROM records_user WHERE email = ANY(%s)", [list(emails)])
        return dict(cursor.fetchall())


def _person(email: str, called: tuple[str, str], *, now: datetime) -> Row:
    name, language = called
    return {
        "email": email,
        "first_name": name,
        "last_name": "",
        "language": language,
        "password": UNUSABLE_PASSWORD_PREFIX + secrets.token_hex(20),
        "is_superuser": False,
        "is_staff": False,
        "is_active": True,
        "date_joined": now,
    }


_WRITE_USAGE = """
INSERT INTO records_usagerecord AS u (line_id, external_id, at, kind, outgoing, peer, seconds)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[], %s::boolean[],
                     %s::text[], %s::integer[])
ON CONFLICT (line_id, external_id) DO UPDATE
SET at = excluded.at, kind = excluded.kind, outgoing = excluded.outgoing,
    peer = excluded.peer, seconds = excluded.seconds
WHERE (u.at, u.kind, u.outgoing, u.peer, u.seconds) IS DISTINCT FROM
      (excluded.at, excluded.kind, excluded.outgoing, excluded.peer, excluded.seconds)
RETURNING xmax = 0
"""

_COUNT_USAGE = """
UPDATE records_line l
SET facts = jsonb_set(jsonb_set(l.facts, '{usage,calls}', to_jsonb(c.calls)),
                      '{usage,messages}', to_jsonb(c.messages))
FROM (SELECT line_id, count(*) FILTER (WHERE kind = 'call') AS calls,
             count(*) FILTER (WHERE kind = 'message') AS messages
      FROM records_usagerecord WHERE line_id = ANY(%s) GROUP BY line_id) c
WHERE l.id = c.line_id
"""


def write_usage(rows: Sequence[Sequence[Any]]) -> tuple[int, int]:
    """Write usage (line id, external id, at, kind, outgoing, peer, seconds); created, changed.

    A record that is there already as it stands is neither. Lines then count what is kept of them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_USAGE, [list(column) for column in zip(*rows, strict=True)])
        created = [row[0] for row in cursor.fetchall()]
    count_usage({row[0] for row in rows})
    return sum(created), len(created) - sum(created)


_WRITE_CONTACTS = """
INSERT INTO records_contact AS c (line_id, external_id, name, phones, emails)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::jsonb[], %s::jsonb[])
ON CONFLICT (line_id, external_id) DO UPDATE
SET name = excluded.name, phones = excluded.phones, emails = excluded.emails
WHERE (c.name, c.phones, c.emails) IS DISTINCT FROM
      (excluded.name, excluded.phones, excluded.emails)
RETURNING xmax = 0
"""

_COUNT_CONTACTS = """
UPDATE records_line l
SET facts = jsonb_set(l.facts, '{usage,contacts}', to_jsonb(c.contacts))
FROM (SELECT line_id, count(*) AS contacts FROM records_contact
      WHERE line_id = ANY(%s) GROUP BY line_id) c
WHERE l.id = c.line_id
"""


def write_contacts(rows: Sequence[Sequence[Any]]) -> tuple[int, int]:
    """Write contacts (line id, external id, name, phones, emails); created, changed.

    Lines then count what is kept of them.
    """
    lines, ids, names, phones, emails = (list(column) for column in zip(*rows, strict=True))
    texts = [[json.dumps(each) for each in column] for column in (phones, emails)]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_CONTACTS, [lines, ids, names, *texts])
        created = [row[0] for row in cursor.fetchall()]
        cursor.execute(_COUNT_CONTACTS, [sorted(set(lines))])
    return sum(created), len(created) - sum(created)


def count_usage(line_ids: set[int]) -> None:
    """Lines of which calls and messages are kept show how many, whatever their record said."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_USAGE, [sorted(line_ids)])


def _bytes(value: memoryview | bytes | None) -> bytes | None:
    return None if value is None else bytes(value)
