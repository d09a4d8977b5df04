"""Claiming owed steps: sets of due rows, each held by one worker at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from signoff.records.models import Due

_READY = "step = %s AND due_at <= %s AND (lease_until IS NULL OR lease_until <= %s)"


@dataclass(frozen=True, slots=True)
class Claim:
    """A due row a worker holds: whose step it is and how often it was tried before."""

    subject: UUID
    attempts: int
    lane: int


def hold(step: str, *, now: datetime, most: int, only: Sequence[UUID] = ()) -> list[Claim]:
    """Lock ready rows of a step until the transaction ends, people before bulk (DESIGN 4).

    Rows another worker holds are passed over. `only` narrows the claim to some subjects.
    """
    narrow = "AND subject = ANY(%s)" if only else ""
    values: list[Any] = [step, now, now, *([list(only)] if only else []), most]
    sql = (
        f"SELECT subject, attempts, lane FROM records_due WHERE {_READY} {narrow} "
        "ORDER BY lane, due_at LIMIT %s FOR UPDATE SKIP LOCKED"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [Claim(*row) for row in cursor.fetchall()]


def lease(claims: Sequence[Claim], *, step: str, until: datetime) -> None:
    """Keep held rows beyond the transaction, until the calls outside have been answered."""
    _set(claims, step=step, sql="lease_until = %s, attempts = attempts + 1", values=[until])


def give_back(subjects: Sequence[UUID], *, step: str, at: datetime) -> None:
    """End leases and owe the step again at `at`."""
    Due.objects.filter(subject__in=subjects, step=step).update(lease_until=None, due_at=at)


def postpone(claims: Sequence[Claim], *, step: str, at: datetime) -> None:
    """Owe held rows again at `at`, counting the attempt."""
    _set(
        claims,
        step=step,
        sql="lease_until = NULL, attempts = attempts + 1, due_at = %s",
        values=[at],
    )


def clear(subjects: Sequence[UUID], *, step: str) -> None:
    """Take away rows whose step is done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM records_due WHERE step = %s AND subject = ANY(%s)",
            [step, list(subjects)],
        )


def ready_steps(now: datetime) -> list[str]:
    """The steps for which something is due now and held by nobody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE s(step) AS (SELECT min(step) FROM records_due UNION ALL "
            "SELECT (SELECT min(d.step) FROM records_due d WHERE d.step > s.step) FROM s "
            "WHERE s.step IS NOT NULL) "
            "SELECT step FROM s WHERE step IS NOT NULL AND EXISTS (SELECT 1 FROM records_due d "
            "WHERE d.step = s.step AND d.lane IN (0, 1) AND d.due_at <= %s "
            "AND (d.lease_until IS NULL OR d.lease_until <= %s))",
            [now, now],
        )
        return [row[0] for row in cursor.fetchall()]


def _set(claims: Sequence[Claim], *, step: str, sql: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE records_due SET {sql} WHERE step = %s AND subject = ANY(%s)",
            [*values, step, [claim.subject for claim in claims]],
        )
