"""Who has which right on lines and accounts: asked and written for a set."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from signoff.domain.account import Right
from signoff.domain.rights import strongest

_RIGHTS = """
SELECT l.id, CASE WHEN a.holder_id = %(user)s THEN 'holder' ELSE e.right END
FROM records_line l JOIN records_account a ON a.id = l.account_id
LEFT JOIN records_entitlement e ON e.account_id = a.id AND e.user_id = %(user)s
     AND e.ended_at IS NULL AND (e.line_id IS NULL OR e.line_id = l.id)
WHERE l.id = ANY(%(lines)s) AND (a.holder_id = %(user)s OR e.id IS NOT NULL)
"""


def rights(user_id: int, line_ids: Collection[int]) -> dict[int, Right]:
    """A person's right on each of these lines; lines they have none on are left out."""
    found: dict[int, list[Right]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_RIGHTS, {"user": user_id, "lines": list(line_ids)})
        for line_id, right in cursor.fetchall():
            found.setdefault(line_id, []).append(Right(right))
    strong = {line_id: strongest(each) for line_id, each in found.items()}
    return {line_id: right for line_id, right in strong.items() if right is not None}


_ON_CASE = """
SELECT CASE WHEN a.holder_id = %(user)s THEN 'holder' ELSE e.right END
FROM records_case c JOIN records_account a ON a.id = c.account_id
LEFT JOIN records_entitlement e ON e.account_id = a.id AND e.user_id = %(user)s
     AND e.ended_at IS NULL AND (e.line_id IS NULL OR e.line_id = c.line_id)
WHERE c.id = %(case)s AND (a.holder_id = %(user)s OR e.id IS NOT NULL)
"""


def right_on_case(user_id: int, case_id: UUID) -> Right | None:
    """A person's right on the line of a case."""
    with connection.cursor() as cursor:
        cursor.execute(_ON_CASE, {"user": user_id, "case": case_id})
        return strongest(Right(row[0]) for row in cursor.fetchall())


_END = """
UPDATE records_entitlement SET ended_at = %s WHERE account_id = ANY(%s) AND ended_at IS NULL
"""


def end(account_ids: Collection[int], *, now: datetime) -> None:
    """The accounts are closed: nobody beside their holders gets in any more (E8)."""
    if account_ids:
        with connection.cursor() as cursor:
            cursor.execute(_END, [now, sorted(account_ids)])


def revive(account_ids: Collection[int]) -> None:
    """The accounts are open again, with the people they had."""
    if account_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE records_entitlement SET ended_at = NULL WHERE account_id = ANY(%s)",
                [sorted(account_ids)],
            )


_TAKE_AWAY = """
DELETE FROM records_entitlement e USING unnest(%s::bigint[], %s::bigint[]) AS k(account, line)
WHERE e.line_id = k.line OR (k.line IS NULL AND e.line_id IS NULL AND e.account_id = k.account)
"""

_GIVE = """
INSERT INTO records_entitlement (account_id, line_id, user_id, "right")
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
"""

Place = tuple[int, int | None]
"""An account, and a line of it; None for all of its lines."""


def replace(given: Mapping[Place, Sequence[tuple[int, Right]]]) -> None:
    """At each of these places, these people (user id and right) and nobody else."""
    if not given:
        return
    places = sorted(given, key=lambda place: (place[0], place[1] or 0))
    rows: list[tuple[Any, ...]] = [
        (*place, user, right.value) for place in places for user, right in given[place]
    ]
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_AWAY, [list(column) for column in zip(*places, strict=True)])
        if rows:
            cursor.execute(_GIVE, [list(column) for column in zip(*rows, strict=True)])
