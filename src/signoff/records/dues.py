"""Claiming owed steps: sets of due rows, each held by one worker at a time.

Leases run by the database's clock: workers on machines whose clocks differ agree on their end. The
end of a lease is also its mark, by which its worker knows it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from signoff.records.models import Attention, Due

_FREE = "(lease_until IS NULL OR lease_until <= statement_timestamp())"
_READY = f"step = %s AND due_at <= %s AND {_FREE}"


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
    values: list[Any] = [step, now, *([list(only)] if only else []), most]
    sql = (
        f"SELECT subject, attempts, lane FROM records_due WHERE {_READY} {narrow} "
        "ORDER BY lane, due_at LIMIT %s FOR UPDATE SKIP LOCKED"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [Claim(*row) for row in cursor.fetchall()]


def lease(subjects: Sequence[UUID], *, step: str, last: timedelta) -> datetime:
    """Keep held rows beyond the transaction, for `last` from now; says until when."""
    return _lease("true", list(subjects), step=step, last=last)


def renew(subjects: Sequence[UUID], *, step: str, until: datetime, last: timedelta) -> datetime:
    """Keep those of the rows longer that are still held until `until`; says until when."""
    return _lease("d.lease_until = %(until)s", list(subjects), step=step, last=last, until=until)


def _lease(which: str, subjects: list[UUID], **values: Any) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH l AS (SELECT statement_timestamp() + %(last)s AS until), "
            "u AS (UPDATE records_due d SET lease_until = l.until FROM l "
            f"WHERE d.step = %(step)s AND d.subject = ANY(%(subjects)s) AND {which}) "
            "SELECT until FROM l",
            {"subjects": subjects, **values},
        )
        until: datetime = cursor.fetchone()[0]
        return until


def held(subjects: Sequence[UUID], *, step: str, until: datetime) -> set[UUID]:
    """Which of the rows are still held until `until`; locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subject FROM records_due WHERE step = %s AND subject = ANY(%s) "
            "AND lease_until = %s FOR UPDATE",
            [step, list(subjects), until],
        )
        return {row[0] for row in cursor.fetchall()}


def release(subjects: Sequence[UUID], *, step: str, until: datetime) -> None:
    """End a lease early: the rows are owed as before."""
    Due.objects.filter(subject__in=subjects, step=step, lease_until=until).update(lease_until=None)


def give_back(subjects: Sequence[UUID], *, step: str, at: datetime) -> None:
    """End leases and owe the step again at `at`: it went well so far, so attempts start anew."""
    Due.objects.filter(subject__in=subjects, step=step).update(
        lease_until=None, due_at=at, attempts=0
    )


def postpone(claims: Sequence[Claim], *, step: str, at: datetime) -> None:
    """Owe held rows again at `at`, counting the attempt."""
    subjects = [claim.subject for claim in claims]
    Due.objects.filter(subject__in=subjects, step=step).update(
        lease_until=None, due_at=at, attempts=F("attempts") + 1
    )


def clear(subjects: Sequence[UUID], *, step: str) -> None:
    """Take away rows whose step is done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM records_due WHERE step = %s AND subject = ANY(%s)",
            [step, list(subjects)],
        )


def owed(step: str, subjects: Sequence[UUID]) -> set[UUID]:
    """For which of the subjects a step is owed, now or later."""
    found = Due.objects.filter(step=step, subject__in=subjects)
    return set(found.values_list("subject", flat=True))


def parked(step: str, subjects: Sequence[UUID]) -> set[UUID]:
    """For which of the subjects a step waits for a person."""
    found = Attention.objects.filter(step=step, subject__in=subjects, resolved_at=None)
    return set(found.values_list("subject", flat=True))


def lines_owed(step: str, line_ids: Sequence[int]) -> set[int]:
    """Which of the lines have any case of which a step is owed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.line_id FROM records_due d JOIN records_case c ON c.id = d.subject "
            "WHERE d.step = %s AND c.line_id = ANY(%s)",
            [step, list(line_ids)],
        )
        return {row[0] for row in cursor.fetchall()}


def ready_steps(now: datetime) -> list[str]:
    """The steps for which something is due now and held by nobody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE s(step) AS (SELECT min(step) FROM records_due UNION ALL "
            "SELECT (SELECT min(d.step) FROM records_due d WHERE d.step > s.step) FROM s "
            "WHERE s.step IS NOT NULL) "
            "SELECT step FROM s WHERE step IS NOT NULL AND EXISTS (SELECT 1 FROM records_due d "
            "WHERE d.step = s.step AND d.lane IN (0, 1) AND d.due_at <= %s "
            "AND (d.lease_until IS NULL OR d.lease_until <= statement_timestamp()))",
            [now],
        )
        return [row[0] for row in cursor.fetchall()]
