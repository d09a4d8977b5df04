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

# Something is owed for a case or a payment of it: it goes on by itself. A purge comes later, much
# later erasure. Asked row by row, of one index each: hashed, every sleeping step would be read.
_OWED = """
SELECT 1 AS owed FROM records_due d WHERE d.subject = s.case_id
AND d.step NOT IN ('purge', 'erase') LIMIT 1
"""
_PAYING = """
SELECT 1 AS owed FROM records_paymentintent p
CROSS JOIN LATERAL (SELECT 1 FROM records_due d WHERE d.subject = p.id LIMIT 1) d
WHERE p.case_id = s.case_id LIMIT 1
"""

_ENDING = f"""
SELECT EXISTS (SELECT 1 FROM records_sunsetline s CROSS JOIN LATERAL ({_OWED}) o
               WHERE s.id BETWEEN %(first)s AND %(last)s AND s.code = 'open')
"""
_BUSY = f"""{_ENDING}
    OR EXISTS (SELECT 1 FROM records_sunsetline s CROSS JOIN LATERAL ({_PAYING}) o
               WHERE s.id BETWEEN %(first)s AND %(last)s AND s.code = 'open')
"""

_FINISH = f"""
UPDATE records_sunsetline s SET code = f.code, why = f.why, case_state = f.case_state,
    refund_state = f.refund_state, carrier_state = f.carrier_state,
    certificate_id = f.certificate_id, owed = f.owed, refund = f.refund, currency = f.currency
FROM (
    SELECT s.id, c.state AS case_state,
        CASE WHEN x.step IS NULL AND o.code IS NOT NULL THEN o.code ELSE 'failed' END AS code,
        CASE WHEN x.step IS NOT NULL THEN x.step || ':' || x.code
             WHEN o.code IS NULL THEN c.state ELSE '' END AS why,
        coalesce(paid.state, '') AS refund_state,
        coalesce(c.proof->>'state', '') AS carrier_state, e.id AS certificate_id,
        coalesce((e.said->>'owed')::bigint, 0) AS owed,
        coalesce((e.said->>'refund')::bigint, 0) AS refund,
        coalesce(e.said->>'currency', s.currency) AS currency
    FROM records_sunsetline s
    LEFT JOIN LATERAL ({_OWED}) going ON true
    JOIN records_case c ON c.id = s.case_id
    LEFT JOIN unnest(%(states)s::text[], %(codes)s::text[]) AS o(state, code)
        ON o.state = c.state
    LEFT JOIN LATERAL (
        SELECT e.id, e.body->'statement' AS said FROM records_certificate e
        WHERE e.case_id = s.case_id LIMIT 1) e ON true
    LEFT JOIN LATERAL (
        SELECT CASE WHEN min(p.state) = max(p.state) THEN min(p.state) ELSE 'mixed' END AS state,
               max(d.owed) AS owed
        FROM records_paymentintent p LEFT JOIN LATERAL (
            SELECT 1 AS owed FROM records_due d WHERE d.subject = p.id LIMIT 1) d ON true
        WHERE p.case_id = s.case_id) paid ON true
    LEFT JOIN LATERAL (
        SELECT a.step, a.code FROM records_attention a
        WHERE a.resolved_at IS NULL AND a.step NOT IN ('purge', 'erase')
        AND a.subject IN (SELECT s.case_id UNION ALL
                          SELECT p.id FROM records_paymentintent p WHERE p.case_id = s.case_id)
        ORDER BY a.at, a.id LIMIT 1) x ON true
    WHERE s.id BETWEEN %(first)s AND %(last)s AND s.code = 'open'
    AND going.owed IS NULL AND paid.owed IS NULL
) f WHERE s.id = f.id
"""


def ending(keys: Keys) -> bool:
    """Whether any of a part's lines is still being ended, whatever becomes of its money."""
    with connection.cursor() as cursor:
        cursor.execute(_ENDING, {"first": keys[0], "last": keys[1]})
        return bool(cursor.fetchone()[0])


def busy(keys: Keys) -> bool:
    """Whether anything of a part's open cases still goes on by itself."""
    with connection.cursor() as cursor:
        cursor.execute(_BUSY, {"first": keys[0], "last": keys[1]})
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
JOIN records_attention a ON a.resolved_at IS NULL AND a.step NOT IN ('purge', 'erase')
    AND a.subject IN (
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

# A cell that a spreadsheet would take for a formula stands behind an apostrophe.
_ALL = """
COPY (SELECT s.id & {mask}, regexp_replace(s.given, '^([=@-])', chr(39) || '\\1'), s.code, s.why,
             s.case_id, s.case_state, s.carrier_state, s.currency, s.refund, s.refund_state,
             s.owed, s.certificate_id
      FROM records_sunsetline s WHERE s.id BETWEEN {first} AND {last} ORDER BY s.id)
TO STDOUT WITH (FORMAT csv)
"""


def csv_pieces(keys: Keys) -> Iterator[bytes]:
    """Every row of a run as CSV, without a head, a stretch at a time: memory stays flat."""
    first, last = keys
    while first <= last:
        upto = min(last, first + 10 * PART - 1)
        sql = _ALL.format(mask=(1 << ROW_BITS) - 1, first=int(first), last=int(upto))
        with connection.cursor() as cursor, cursor.copy(sql) as copy:
            piece = b"".join(bytes(block) for block in copy)
        yield piece
        first = upto + 1
