"""Loading people by what they log in with, and what is known of the number codes would go to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in. `phone` is empty where no code may go to the number any more.

    `brand` is that of an account of theirs, or the one they work for; empty where there is none.
    """

    id: int
    email: str
    phone: str
    active: bool
    brand: str
    sim_changed_at: datetime | None


# A number whose line was ended here is given out again, and one that is somebody else's line now
# is theirs: in both cases a code would reach a stranger (channels.md 4).
_SQL = """
SELECT u.id, u.email,
       CASE WHEN EXISTS (SELECT 1 FROM records_line l JOIN records_account a ON a.id = l.account_id
                         WHERE l.msisdn = u.phone AND u.phone <> ''
                         GROUP BY l.msisdn
                         HAVING NOT bool_or(l.state <> 'terminated' AND a.holder_id = u.id)
                            AND bool_or(a.holder_id = u.id OR l.state <> 'terminated'))
            THEN '' ELSE u.phone END,
       u.is_active,
       coalesce((SELECT a.brand FROM records_account a WHERE a.holder_id = u.id
                 ORDER BY a.closed_at IS NOT NULL, a.id LIMIT 1),
                (SELECT r.brand FROM records_staffrole r WHERE r.user_id = u.id
                 ORDER BY r.id LIMIT 1), ''),
       (SELECT max((l.facts ->> 'sim_changed_at')::timestamptz) FROM records_line l
        WHERE l.msisdn = u.phone AND u.phone <> '')
FROM records_user u WHERE {where} ORDER BY u.id LIMIT 2
"""


def by_id(user_id: int) -> Person | None:
    """The person of an id."""
    return _only(_load("u.id = %s", user_id))


def by_email(emails: Sequence[str]) -> Person | None:
    """Whoever has one of these spellings of an address."""
    return _only(_load("u.email = ANY(%s)", list(emails)))


def by_phone(numbers: Sequence[str]) -> Person | None:
    """Whoever alone has one of these E.164 numbers; what two people share names neither."""
    return _only(_load("u.phone = ANY(%s)", list(numbers)))


def _only(found: Sequence[Person]) -> Person | None:
    return found[0] if len(found) == 1 else None


def _load(where: str, value: Any) -> list[Person]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(where=where), [value])
        return [Person(*row) for row in cursor.fetchall()]
