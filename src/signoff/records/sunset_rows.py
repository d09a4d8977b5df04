"""The rows of sunsets, in sets: counted, opened, told about by a few statements.

A part is a range of row keys (records.models.sunsets), so every statement here reads one stretch
of one table, whatever the length of the list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from signoff.domain.account import Cycle
from signoff.domain.sunset import Row
from signoff.records import codec
from signoff.records.models.sunsets import ROW_BITS

PART = 500
"""Rows that are opened, watched and finished together."""

Keys = tuple[int, int]
"""The first and the last key of a stretch of rows."""


def row_of(key: int) -> int:
    """A row's own number in its list."""
    return key & ((1 << ROW_BITS) - 1)


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of a stretch: how many by code, and by currency what those certified came to."""

    counts: Mapping[str, int]
    money: Mapping[str, Mapping[str, int]]


def count(keys: Keys) -> Counted:
    """Count the rows of a part."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, currency, certificate_id IS NOT NULL, count(*), sum(owed), sum(refund) "
            "FROM records_sunsetline WHERE id BETWEEN %s AND %s GROUP BY 1, 2, 3",
            [*keys],
        )
        counts: dict[str, int] = {}
        money: dict[str, dict[str, int]] = {}
        for code, currency, certified, number, owed, refund in cursor.fetchall():
            counts[code] = counts.get(code, 0) + number
            if certified:
                of = money.setdefault(currency, {"owed": 0, "refund": 0})
                of["owed"] += int(owed)
                of["refund"] += int(refund)
        return Counted(counts, money)


@dataclass(frozen=True, slots=True)
class Live:
    """A row that has a line."""

    key: int
    line_id: int
    closes: bool


def rows_of(keys: Keys, codes: Sequence[Row]) -> list[Live]:
    """The rows of a stretch with one of these codes that have a line, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, line_id, closes FROM records_sunsetline WHERE id BETWEEN %s AND %s "
            "AND code = ANY(%s) AND line_id IS NOT NULL ORDER BY id",
            [*keys, [code.value for code in codes]],
        )
        return [Live(*row) for row in cursor.fetchall()]


def with_code(keys: Keys, codes: Sequence[Row], *, most: int) -> list[tuple[int, str, str, str]]:
    """Key, text, code and reason of the first rows of a stretch with one of these codes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, given, code, why FROM records_sunsetline WHERE id BETWEEN %s AND %s "
            "AND code = ANY(%s) ORDER BY id LIMIT %s",
            [*keys, [code.value for code in codes], most],
        )
        return list(cursor.fetchall())


def accounts_waiting(keys: Keys, accounts: Sequence[int]) -> set[int]:
    """Of which of these accounts a row of the stretch is still to be opened, the last one apart."""
    if not accounts:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT l.account_id FROM records_sunsetline s "
            "JOIN records_line l ON l.id = s.line_id WHERE s.id BETWEEN %s AND %s "
            "AND s.code = 'ready' AND NOT s.closes AND l.account_id = ANY(%s)",
            [*keys, list(accounts)],
        )
        return {row[0] for row in cursor.fetchall()}


def open_cases(keys: Keys) -> list[UUID]:
    """The cases of a part that have not come to rest, as of the last look."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT case_id FROM records_sunsetline WHERE id BETWEEN %s AND %s AND code = 'open' "
            "ORDER BY case_id",
            [*keys],
        )
        return [row[0] for row in cursor.fetchall()]


_CASE_STATES = """
SELECT c.state, count(*) FROM unnest(%s::bigint[], %s::bigint[]) AS k(first, last)
JOIN records_sunsetline s ON s.id BETWEEN k.first AND k.last AND s.code = 'open'
JOIN records_case c ON c.id = s.case_id GROUP BY 1
"""


def case_states(stretches: Sequence[Keys]) -> dict[str, int]:
    """How many open rows of these stretches have a case in which state, as of now."""
    with connection.cursor() as cursor:
        firsts, lasts = [keys[0] for keys in stretches], [keys[1] for keys in stretches]
        cursor.execute(_CASE_STATES, [firsts, lasts])
        return dict(cursor.fetchall())


def leave(keys: Keys) -> None:
    """Rows whose lines nobody has touched are left as they are: the run was aborted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_sunsetline SET code = 'not_begun', owed = NULL, refund = NULL "
            "WHERE id BETWEEN %s AND %s AND code = 'ready'",
            [*keys],
        )


@dataclass(frozen=True, slots=True)
class Told:
    """A line that is to end, and whom to tell; `told` is the last wave that did, 0 is none."""

    key: int
    told: int
    refund: int
    currency: str
    msisdn: str
    cycle: Cycle
    account_id: int
    language: str
    email: str
    name: str


_TO_TELL = """
SELECT s.id, s.told, coalesce(s.refund, 0), s.currency, l.msisdn, (l.facts->'cycle')::text,
       a.id, a.language, coalesce(a.facts->'details'->>'email', ''),
       coalesce(a.facts->'details'->>'name', '')
FROM records_sunsetline s JOIN records_line l ON l.id = s.line_id
JOIN records_account a ON a.id = l.account_id
WHERE s.id BETWEEN %s AND %s AND s.code = 'ready' AND l.case_id IS NULL
ORDER BY s.id LIMIT %s
"""


def to_tell(keys: Keys) -> list[Told]:
    """The next thousand lines of a stretch that are still to be ended."""
    with connection.cursor() as cursor:
        cursor.execute(_TO_TELL, [*keys, PART])
        rows = cursor.fetchall()
    return [
        Told(
            key=key,
            told=told,
            refund=refund,
            currency=currency,
            msisdn=msisdn,
            cycle=codec.CYCLE.validate_json(cycle),
            account_id=account_id,
            language=language,
            email=email,
            name=name,
        )
        for key, told, refund, currency, msisdn, cycle, account_id, language, email, name in rows
    ]


def mark_told(found: Sequence[int], *, wave: int) -> None:
    """These rows were told by this wave."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_sunsetline SET told = %s WHERE id = ANY(%s)", [wave, list(found)]
        )
