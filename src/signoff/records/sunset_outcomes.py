"""What comes of the rows of a sunset: fixed once a case is at rest, tried again, written out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from signoff.domain.sunset import CAME_TO
from signoff.records.models.sunsets import ROW_BITS
from signoff.records.sunset_rows import PART, Keys

_OWED = """
EXISTS (SELECT 1 FROM records_due d WHERE d.subject = s.case_id AND d.step <> 'purge')
OR EXISTS (SELECT 1 FROM records_paymentintent p JOIN records_due d ON d.subject = p.id
           WHERE p.case_id = s.case_id)
"""

_BUSY = f"""
SELECT EXISTS (SELECT 1 FROM records_sunsetline s WHERE s.id BETWEEN %s AND %s
               AND s.code = 'open' AND ({_OWED}))
"""

_FINISH = f"""
UPDATE records_sunsetline s SET code = f.code, why = f.why, case_state = f.case_state,
    refund_state = f.refund_state, carrier_state = f.carrier_state,
    certificate_id = f.certificate_id, owed = f.owed, refund = f.refund, currency = f.currency
FROM (
    SELECT s.id, c.state AS case_state, x.step IS NOT NULL AS stuck,
        CASE WHEN x.step IS NULL AND o.code IS NOT NULL THEN o.code ELSE 'failed' END AS code,
        CASE WHEN x.step IS NOT NULL THEN x.step || ':' || x.code
             WHEN o.code IS NULL THEN c.state ELSE '' END AS why,
        coalesce(pay.state, '') AS refund_state,
        coalesce(c.proof->>'state', '') AS carrier_state, e.id AS certificate_id,
        coalesce((e.body->'statement'->>'owed')::bigint, 0) AS owed,
        coalesce((e.body->'statement'->>'refund')::bigint, 0) AS refund,
        coalesce(e.body->'statement'->>'currency', s.currency) AS currency
    FROM records_sunsetline s JOIN records_case c ON c.id = s.case_id
    LEFT JOIN unnest(%(states)s::text[], %(codes)s::text[]) AS o(state, code)
        ON o.state = c.state
    LEFT JOIN records_certificate e ON e.case_id = c.id
    LEFT JOIN LATERAL (
        SELECT CASE WHEN min(p.state) = max(p.state) THEN min(p.state) ELSE 'mixed' END AS state
        FROM records_paymentintent p WHERE p.case_id = c.id AND p.kind = 'refund') pay ON true
    LEFT JOIN LATERAL (
        SELECT a.step, a.code FROM records_attention a
        WHERE a.resolved_at IS NULL AND a.step <> 'purge'
        AND a.subject IN (SELECT c.id UNION ALL
                          SELECT p.id FROM records_paymentintent p WHERE p.case_id = c.id)
        ORDER BY a.at, a.id LIMIT 1) x ON true
    WHERE s.id BETWEEN %(first)s AND %(last)s AND s.code = 'open' AND NOT ({_OWED})
) f WHERE s.id = f.id
"""


def busy(keys: Keys) -> bool:
    """Whether anything of a part's open cases still goes on by itself."""
    with connection.cursor() as cursor:
        cursor.execute(_BUSY, [*keys])
        return bool(cursor.fetchone()[0])


def finish(keys: Keys) -> int:
    """Fix what came of every open row whose case is at rest; says how many there were."""
    values: dict[str, Any] = {
        "first": keys[0],
        "last": keys[1],
        "states": [state.value for state in CAME_TO],
        "codes": [code.value for code in CAME_TO.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, values)
        return int(cursor.rowcount)


_MATTERS = """
SELECT s.id, s.given, a.id, a.subject, a.step, a.code, a.at, s.case_id, c.number
FROM records_sunsetline s JOIN records_case c ON c.id = s.case_id
JOIN records_attention a ON a.resolved_at IS NULL AND a.step <> 'purge' AND a.subject IN (
    SELECT s.case_id UNION ALL
    SELECT p.id FROM records_paymentintent p WHERE p.case_id = s.case_id)
WHERE s.id BETWEEN %(first)s AND %(last)s AND s.code = 'failed'
AND (%(step)s = '' OR a.step = %(step)s) AND (%(code)s = '' OR a.code = %(code)s)
ORDER BY s.id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Matter:
    """What a failed row waits for a person with; `subject` is its case or a payment of it."""

    key: int
    given: str
    attention: int
    subject: UUID
    step: str
    code: str
    at: datetime
    case_id: UUID
    number: str


def matters(keys: Keys, *, step: str = "", code: str = "", most: int = PART) -> list[Matter]:
    """The open matters of the failed rows of a stretch, in the order of the list."""
    values: dict[str, Any] = {
        "first": keys[0],
        "last": keys[1],
        "step": step,
        "code": code,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MATTERS, {**values, "most": most})
        return [Matter(*row) for row in cursor.fetchall()]


def reopen(found: Sequence[int]) -> None:
    """Watch these failed rows again: their steps are owed once more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_sunsetline SET code = 'open', why = '' WHERE id = ANY(%s) "
            "AND code = 'failed'",
            [list(found)],
        )


# ---------------------------------------------------------------- the whole list
COLUMNS = (
    "row",
    "given",
    "outcome",
    "reason",
    "case",
    "case_state",
    "carrier_state",
    "currency",
    "refund_minor",
    "refund_state",
    "owed_minor",
    "certificate",
)
"""The columns of a run's CSV: the row, what came of it, and its money in minor units."""

_ALL = """
SELECT s.id & %s, s.given, s.code, s.why, s.case_id, s.case_state, s.carrier_state, s.currency,
       s.refund, s.refund_state, s.owed, s.certificate_id
FROM records_sunsetline s WHERE s.id BETWEEN %s AND %s ORDER BY s.id
"""


def every(keys: Keys) -> Iterator[tuple[Any, ...]]:
    """Every row of a run, as COLUMNS says, a stretch at a time: memory stays flat."""
    first, last = keys
    while first <= last:
        with connection.cursor() as cursor:
            upto = min(last, first + 10 * PART - 1)
            cursor.execute(_ALL, [(1 << ROW_BITS) - 1, first, upto])
            yield from cursor.fetchall()
        first = upto + 1
