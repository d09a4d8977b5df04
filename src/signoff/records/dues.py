"""Claiming owed steps: sets of due rows, each held by one worker at a time.

Leases run by the database's clock: workers on machines whose clocks differ agree on their end. The
end of a lease is also its mark, by which its worker knows it again.
"""

from collections.abc import Mapping, Sequence
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


PEOPLE = 0
"""The lane of cases somebody waits for; a bulk's come in later ones."""

LAST = 32_767


def hold(
    step: str, *, now: datetime, most: int, only: Sequence[UUID] = (), lane: int = LAST
) -> list[Claim]:
    """Lock ready rows of a step until the transaction ends, people before bulk (DESIGN 4).

    Rows another worker holds are passed over. `only` narrows the claim to some subjects, `lane` to
    lanes up to this one.
    """
    narrow = "AND lane <= %s" + (" AND subject = ANY(%s)" if only else "")
    values: list[Any] = [step, now, lane, *([list(only)] if only else []), most]
    sql = (
        f"SELECT subject, attempts, lane FROM records_due WHERE {_READY} {narrow} "
        "ORDER BY lane, due_at LIMIT %s FOR UPDATE SKIP LOCKED"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        claims = [Claim(*row) for row in cursor.fetchall()]
    # A person's set is never as slow as a bulk's: the rows behind it are let go with the commit.
    people = [claim for claim in claims if claim.lane == PEOPLE]
    return people or claims


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


def take(
    lanes: Mapping[UUID, int], *, step: str, now: datetime, last: timedelta
) -> tuple[datetime, list[UUID]]:
    """Owe a step to subjects, each in its lane, and hold the rows for `last` from now on.

    Says until when, and which rows are new: one that is owed already stays with whoever has it.
    """
    values: dict[str, Any] = {"step": step, "now": now, "last": last}
    values |= {"subjects": list(lanes), "lanes": list(lanes.values())}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_due (subject, step, lane, due_at, lease_until, attempts) "
            "SELECT d.subject, %(step)s, d.lane, %(now)s, statement_timestamp() + %(last)s, 0 "
            "FROM unnest(%(subjects)s::uuid[], %(lanes)s::smallint[]) AS d(subject, lane) "
            "ON CONFLICT (subject, step) DO NOTHING RETURNING subject, lease_until",
            values,
        )
        rows = cursor.fetchall()
    return (rows[0][1] if rows else now), [row[0] for row in rows]


def give_back(times: Mapping[UUID, datetime], *, step: str) -> None:
    """End leases and owe the step again at these times: it went well so far, so attempts start
    anew."""
    if not times:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_due AS t SET lease_until = NULL, due_at = d.at, attempts = 0 "
            "FROM unnest(%s::uuid[], %s::timestamptz[]) AS d(subject, at) "
            "WHERE t.step = %s AND t.subject = d.subject",
            [list(times), list(times.values()), step],
        )


def postpone(claims: Sequence[Claim], *, step: str, at: datetime) -> None:
    """Owe held rows again at `at`, counting the attempt."""
    subjects = [claim.subject for claim in claims]
    Due.objects.filter(subject__in=subjects, step=step).update(
        lease_until=None, due_at=at, attempts=F("attempts") + 1
    )


def clear(subjects: Sequence[UUID], *, step: str) -> None:
    """Take away rows whose step is done."""
    if not subjects:
        return
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


def ready(now: datetime) -> set[tuple[str, bool]]:
    """The steps for which something is due now and held by nobody: for people, and in bulk."""
    # In the order of the index: where many rows of other steps sleep, an unordered look would read
    # the table from its start, past all of them.
    found = ",".join(
        "(SELECT true FROM records_due d WHERE d.step = s.step AND d.lane "
        f"{lane} AND d.due_at <= %(now)s "
        "AND (d.lease_until IS NULL OR d.lease_until <= statement_timestamp()) "
        "ORDER BY d.due_at LIMIT 1)"
        for lane in ("= 0", "= 1")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE s(step) AS (SELECT min(step) FROM records_due UNION ALL "
            "SELECT (SELECT min(d.step) FROM records_due d WHERE d.step > s.step) FROM s "
            f"WHERE s.step IS NOT NULL) SELECT step, {found} FROM s WHERE step IS NOT NULL",
            {"now": now},
        )
        rows = cursor.fetchall()
    people = {(step, True) for step, ready, _ in rows if ready}
    return people | {(step, False) for step, _, ready in rows if ready}
