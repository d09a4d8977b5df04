"""What carriers told us: each message once, and the steps that it gives a reason to look at."""

from collections.abc import Sequence
from datetime import datetime

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
