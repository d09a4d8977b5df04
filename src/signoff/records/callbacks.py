"""What carriers and payment providers told us: each message once, and what it is a reason to do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from signoff.records.dues import PEOPLE

_REMEMBER = """
INSERT INTO records_seencallback (carrier, event_id, at)
SELECT %s, event_id, %s FROM unnest(%s::text[]) AS event_id
ON CONFLICT (carrier, event_id) DO NOTHING RETURNING event_id
"""

# Only a step whose order is still open: a hint about a cut must not touch the purge of next month.
_HASTEN = """
UPDATE records_due SET due_at = %(now)s WHERE id IN (
    SELECT d.id FROM records_line l
    JOIN records_carrierintent i ON i.line_id = l.id AND i.generation = l.generation
    JOIN records_due d ON d.subject = i.case_id
    WHERE l.carrier = %(carrier)s AND l.iccid = ANY(%(iccids)s)
      AND d.step = i.op AND i.state IN ('sent', 'accepted', 'unknown')
      AND d.due_at > %(now)s AND (d.lease_until IS NULL OR d.lease_until <= %(now)s)
    ORDER BY d.id FOR UPDATE OF d SKIP LOCKED)
RETURNING step, lane
"""


def remember(carrier: str, event_ids: Sequence[str], *, now: datetime) -> set[str]:
    """Write messages down that were never seen; says which those are."""
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, [carrier, now, sorted(set(event_ids))])
        return {row[0] for row in cursor.fetchall()}


def hasten(carrier: str, iccids: Sequence[str], *, now: datetime) -> set[tuple[str, bool]]:
    """Make waiting carrier steps of these lines due now; says which, and whether for a person.

    What a worker holds is left alone: it is looking already.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HASTEN, {"carrier": carrier, "iccids": list(iccids), "now": now})
        return {(step, lane == PEOPLE) for step, lane in cursor.fetchall()}


# A refund that was paid is asked for once more. What a worker holds is left alone, as above.
_ASK_AGAIN = """
WITH intent AS (
    SELECT id, state FROM records_paymentintent
    WHERE provider = %(provider)s AND key = ANY(%(keys)s)
      AND (state IN ('sent', 'unknown', 'planned') OR (state = 'done' AND kind = 'refund'))
    ORDER BY id FOR UPDATE),
reopened AS (
    UPDATE records_paymentintent p SET state = 'unknown' FROM intent
    WHERE p.id = intent.id AND intent.state = 'done')
INSERT INTO records_due (subject, step, lane, due_at, attempts)
SELECT id, 'pay', %(lane)s, %(now)s, 0 FROM intent
ON CONFLICT (subject, step) DO UPDATE SET due_at = least(records_due.due_at, excluded.due_at)
WHERE records_due.lease_until IS NULL OR records_due.lease_until <= %(now)s
"""


def read_payments_again(provider: str, keys: Sequence[str], *, now: datetime) -> int:
    """Have these movements of money read back now; says how many."""
    values: dict[str, Any] = {"provider": provider, "keys": list(keys), "now": now, "lane": PEOPLE}
    with connection.cursor() as cursor:
        cursor.execute(_ASK_AGAIN, values)
        return int(cursor.rowcount)
