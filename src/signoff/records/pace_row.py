"""The row of a pace in the database, and the one connection a process has for its paces.

Every change is one statement that takes the row's newest version, on a connection that commits at
once: nobody holds the row while waiting for anything, so nobody who dies or stops keeps it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

LEASE = timedelta(seconds=6)
"""How long a turn is held without a sign of life: what a killed process costs the others."""

PATIENCE = timedelta(seconds=1)
"""How long the next turn is kept for who stands in front and does not ask again."""

# After a restart of the database its clients get the time of a lease to renew what they hold.
_LIVE = """ARRAY(SELECT s FROM unnest(p.in_flight) s WHERE s <> ALL(%(done)s::timestamptz[])
    AND greatest(s, pg_postmaster_start_time() + %(lease)s) > clock_timestamp())"""

# Nobody else stands in front; or only bulk, behind which a person does not wait; or a process that
# had the last turn, which would else shut out whoever asks less often.
_ADMITTED = """(p.front_by = %(me)s OR p.front_until <= clock_timestamp()
    OR (p.front_bulk AND NOT %(bulk)s)
    OR (p.front_by = p.last_by AND (p.front_bulk OR NOT %(bulk)s)))"""

# A request that began late moves the next one: from start to start it is never less than the gap.
_FREE_AT = "greatest(p.next_at, clock_timestamp() - %(since)s::interval + %(gap)s)"

_TAKE = f"""
UPDATE records_pace p SET (in_flight, next_at, granted, last_by, front_until) = (
    SELECT live || ARRAY(SELECT at + i * %(gap)s + %(lease)s FROM generate_series(0, n - 1) i),
        at + n * %(gap)s, n, %(me)s,
        CASE WHEN p.front_by = %(me)s THEN to_timestamp(0) ELSE p.front_until END
    FROM (SELECT {_LIVE} AS live, greatest({_FREE_AT}, clock_timestamp()) AS at) a,
        LATERAL (SELECT least(%(wanted)s, %(most)s - cardinality(live)) AS n) b)
WHERE p.name = %(name)s AND {_ADMITTED} AND cardinality({_LIVE}) < %(most)s
RETURNING in_flight[cardinality(in_flight) - granted + 1:],
    extract(epoch FROM next_at - granted * %(gap)s - clock_timestamp())::float8
"""

_GIVE_BACK = f"""
UPDATE records_pace p SET in_flight = {_LIVE}, next_at = {_FREE_AT} WHERE p.name = %(name)s
"""

_QUEUE = f"""
WITH q AS (
    UPDATE records_pace p
    SET front_by = %(me)s, front_bulk = %(bulk)s, front_until = clock_timestamp() + %(patience)s
    WHERE p.name = %(name)s AND {_ADMITTED} AND (p.front_by <> %(me)s
        OR p.front_bulk <> %(bulk)s OR p.front_until < clock_timestamp() + %(patience)s / 2)
    RETURNING true)
SELECT coalesce((TABLE q), p.front_by = %(me)s),
    coalesce(extract(epoch FROM (SELECT min(s) FROM unnest(p.in_flight) s) - %(lease)s
        - clock_timestamp()), 0)::float8
FROM records_pace p WHERE p.name = %(name)s
"""

_RENEW = """
UPDATE records_pace p SET in_flight =
    ARRAY(SELECT s FROM unnest(p.in_flight) s WHERE s <> ALL(%(old)s::timestamptz[]))
    || ARRAY(SELECT clock_timestamp() + %(lease)s + i * interval '1 microsecond'
        FROM generate_series(1, cardinality(%(old)s::timestamptz[])) i)
WHERE p.name = %(name)s
RETURNING in_flight[cardinality(in_flight) - cardinality(%(old)s::timestamptz[]) + 1:]
"""

_MAKE = """
INSERT INTO records_pace
    (name, next_at, in_flight, granted, last_by, front_by, front_bulk, front_until)
VALUES (%(name)s, to_timestamp(0), '{}', 0, 0, 0, false, to_timestamp(0)) ON CONFLICT DO NOTHING
"""


class PaceSession:
    """A connection of its own for all paces of a process, opened when first needed.

    A thread's ordinary connection may be closed, or be inside a transaction, while a turn is held,
    and an adapter's own threads should not open one each.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._connection: BaseDatabaseWrapper | None = None

    def fetch(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run one statement. Raises OperationalError where the database does not answer."""
        with self._lock:
            try:
                return self._fetch(sql, values)
            except (OperationalError, InterfaceError):
                # It may have broken while nobody used it; a new one tells whether it is the server.
                self._drop()
            try:
                return self._fetch(sql, values)
            except InterfaceError as error:
                self._drop()
                raise OperationalError("connection lost") from error
            except OperationalError:
                self._drop()
                raise

    def close(self) -> None:
        """Close the connection; the next question opens one again."""
        with self._lock:
            self._drop()

    def _fetch(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        if self._connection is None:
            self._connection = _of_our_own()
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall()) if cursor.description else []

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _of_our_own() -> BaseDatabaseWrapper:
    made = connection.copy()
    made.inc_thread_sharing()
    options = made.settings_dict["OPTIONS"]
    options["application_name"] = "signoff pace"
    # A database that cannot be reached is noticed before a lease has run out twice.
    options.setdefault("connect_timeout", 5)
    options.setdefault("tcp_user_timeout", 10_000)
    return made


@dataclass(frozen=True, slots=True)
class Grant:
    """Turns that were given: the mark of each, and in how many seconds the first may begin."""

    marks: Sequence[datetime]
    first_in_s: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """No turn now. Whether the next one is ours, and how soon one can come free at the earliest."""

    in_front: bool
    not_before_s: float


class PaceRow:
    """The pace of one account, as all processes see it; `me` tells this one from the others."""

    def __init__(
        self, name: str, *, gap: timedelta, concurrency: int, me: int, session: PaceSession
    ) -> None:
        self._session = session
        self._values = {
            "name": name,
            "gap": gap,
            "most": concurrency,
            "me": me,
            "lease": LEASE,
            "patience": PATIENCE,
        }

    def take(
        self, wanted: int, *, bulk: bool, done: Sequence[datetime], since: timedelta | None
    ) -> Grant | Refusal:
        """Give back the turns in `done`, the latest begun `since`; take up to `wanted` new ones."""
        words = {"wanted": wanted, "bulk": bulk, "done": list(done), "since": since}
        taken = self._run(_TAKE, **words)
        if taken:
            return Grant(*taken[0])
        if done:
            self._run(_GIVE_BACK, **words)
        queued = self._run(_QUEUE, **words)
        if queued:
            return Refusal(*queued[0])
        self._run(_MAKE)
        return Refusal(True, 0.0)

    def give_back(self, done: Sequence[datetime], *, since: timedelta | None) -> None:
        """End leases whose requests are over."""
        self._run(_GIVE_BACK, done=list(done), since=since)

    def renew(self, marks: Sequence[datetime]) -> Sequence[datetime]:
        """Hold turns longer, also those whose lease has ended; says their new marks."""
        rows = self._run(_RENEW, old=list(marks))
        renewed: Sequence[datetime] = rows[0][0] if rows else marks
        return renewed

    def _run(self, sql: str, **words: object) -> list[tuple[Any, ...]]:
        return self._session.fetch(sql, {**self._values, **words})
