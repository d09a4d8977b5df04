"""What is owed for the cases of a sunset: held back by a pause, let go, looked at sooner."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

HELD = timedelta(days=365_000)
"""How far into the future a step is put while its run is paused: it is then put back exactly."""

_HOLD = """
UPDATE records_due SET due_at = due_at + %(held)s WHERE id IN (
    SELECT d.id FROM records_due d WHERE d.subject = ANY(%(cases)s)
    AND d.step = ANY(%(steps)s) AND d.due_at < now() + %(held)s / 2
    AND (d.lease_until IS NULL OR d.lease_until <= statement_timestamp())
    AND NOT EXISTS (SELECT 1 FROM records_carrierintent i WHERE i.case_id = d.subject)
    ORDER BY d.id FOR UPDATE OF d SKIP LOCKED)
"""

_LET_GO = """
UPDATE records_due SET due_at = due_at - %(held)s
WHERE subject = ANY(%(cases)s) AND step = ANY(%(steps)s) AND due_at > now() + %(held)s / 2
"""


def hold_back(cases: Sequence[UUID], *, steps: Sequence[str]) -> int:
    """Keep these steps of cases that nothing was ordered for yet; says how many.

    What a worker has in hand is passed over: the next look holds back what comes of it.
    """
    return _shift(_HOLD, cases=cases, steps=steps)


def let_go(cases: Sequence[UUID], *, steps: Sequence[str]) -> int:
    """Owe again what was held back, from when it was owed before."""
    return _shift(_LET_GO, cases=cases, steps=steps)


def _shift(sql: str, *, cases: Sequence[UUID], steps: Sequence[str]) -> int:
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"cases": list(cases), "steps": list(steps), "held": HELD}
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def hasten(parts: Sequence[UUID], *, step: str) -> None:
    """Have these parts looked at now, but for those somebody is looking at."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_due SET due_at = least(due_at, now()) WHERE id IN ("
            "SELECT id FROM records_due WHERE step = %s AND subject = ANY(%s) "
            "ORDER BY id FOR UPDATE SKIP LOCKED)",
            [step, list(parts)],
        )


def being_cut(cases: Sequence[UUID]) -> set[UUID]:
    """Which of the cases have an order to cut, whatever came of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT case_id FROM records_carrierintent WHERE case_id = ANY(%s) AND op = 'cut'",
            [list(cases)],
        )
        return {row[0] for row in cursor.fetchall()}
