"""The list of a sunset: written as it was given, then every row's line found, in whole (O1)."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from signoff.domain.sunset import Row
from signoff.records.models.sunsets import ROW_BITS
from signoff.records.sunset_rows import PART, Keys


def next_number() -> int:
    """The number of a new run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('records_sunset_number')")
        return int(cursor.fetchone()[0])


def write_given(rows: Iterable[tuple[int, str, Row]]) -> int:
    """Write the rows of a list as they stand in the file (key, text, code); says how many."""
    count = 0
    with connection.cursor() as cursor:
        into = "COPY records_sunsetline (id, given, code) FROM STDIN"
        with cursor.copy(into) as copy:
            for key, given, code in rows:
                copy.write_row((key, given, code.value))
                count += 1
    return count


_NAMED_BY = {
    "msisdn": "l.msisdn = '+' || ltrim(translate(g.given, ' -().', ''), '+')",
    "iccid": "l.iccid = translate(g.given, ' -', '')",
}

_LOOK_UP = """
UPDATE records_sunsetline s SET line_id = f.line_id, code = f.code
FROM (
    SELECT g.id, CASE WHEN l.brand = %(brand)s THEN l.id END AS line_id, CASE
        WHEN l.id IS NULL THEN 'unknown' WHEN l.brand <> %(brand)s THEN 'other_brand'
        WHEN l.state = 'terminated' THEN 'already_ended'
        WHEN l.case_id IS NOT NULL THEN 'own_case'
        WHEN %(plan)s <> '' AND l.facts->'plan'->>'name' <> %(plan)s THEN 'other_plan'
        ELSE 'ready' END AS code
    FROM records_sunsetline g LEFT JOIN LATERAL (
        SELECT l.id, l.brand, l.state, l.case_id, l.facts FROM records_line l WHERE {named_by}
        ORDER BY l.brand = %(brand)s DESC, l.state <> 'terminated' DESC, l.id DESC LIMIT 1
    ) l ON true
    WHERE g.id BETWEEN %(first)s AND %(last)s AND g.code = 'given'
) f WHERE s.id = f.id
"""

_DUPLICATES = """
UPDATE records_sunsetline s
SET code = 'duplicate', why = (d.first & %(mask)s)::text, line_id = NULL
FROM (SELECT id, min(id) OVER (PARTITION BY line_id) AS first FROM records_sunsetline
      WHERE id BETWEEN %(first)s AND %(last)s AND line_id IS NOT NULL) d
WHERE s.id = d.id AND d.id <> d.first
"""

_SELECT = """
INSERT INTO records_sunsetline (id, given, line_id, code)
SELECT %(before)s + row_number() OVER (ORDER BY account_id, id), msisdn, id,
       CASE WHEN case_id IS NULL THEN 'ready' ELSE 'own_case' END
FROM records_line WHERE brand = %(brand)s AND state <> 'terminated'
AND (%(plan)s = '' OR facts->'plan'->>'name' = %(plan)s)
"""


def look_up(keys: Keys, *, column: str, brand: str, plan: str) -> None:
    """Find the line of every row that was given; a line that stands twice is its first row's.

    A number may have belonged to several lines: the brand's own comes first, and a living one
    before one that has ended.
    """
    values: dict[str, Any] = {"first": keys[0], "last": keys[1], "brand": brand, "plan": plan}
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_UP.format(named_by=_NAMED_BY[column]), values)
        cursor.execute(_DUPLICATES, {**values, "mask": (1 << ROW_BITS) - 1})


def select_lines(before: int, *, brand: str, plan: str) -> int:
    """Make a row of every living line of a brand, or of one plan of it, account by account.

    Keys count on from `before`; says how many there are.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SELECT, {"before": before, "brand": brand, "plan": plan})
        return int(cursor.rowcount)


_CLOSES = """
UPDATE records_sunsetline s SET closes = true
FROM (SELECT l.account_id, max(r.id) AS last, count(*) AS lines
      FROM records_sunsetline r JOIN records_line l ON l.id = r.line_id
      WHERE r.id BETWEEN %s AND %s AND r.code = 'ready'
      GROUP BY l.account_id HAVING count(*) > 1) a
WHERE s.id = a.last AND a.lines = (
    SELECT count(*) FROM records_line o WHERE o.account_id = a.account_id
    AND o.state <> 'terminated' AND o.case_id IS NULL)
"""


def mark_last_lines(keys: Keys) -> None:
    """Of accounts all whose lines the run ends, mark the row that is to be settled last.

    What belongs to the account (bills, balance) is counted and settled with that one (E8).
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLOSES, [*keys])


def count_by_part(keys: Keys, *, before: int) -> dict[int, dict[str, int]]:
    """How many rows of a run have which code, by the number of their part."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (id - %s - 1) / %s, code, count(*) FROM records_sunsetline "
            "WHERE id BETWEEN %s AND %s GROUP BY 1, 2 ORDER BY 1, 2",
            [before, PART, *keys],
        )
        found: dict[int, dict[str, int]] = {}
        for number, code, count in cursor.fetchall():
            found.setdefault(number, {})[code] = count
        return found
