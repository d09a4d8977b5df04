"""The raw limit: the same rows of the same tables, written by plain SQL, without rules or Python.

What a line's way wrote is taken from the run that was measured: how often a row of each table was
inserted, updated and deleted, by the database's own count, and one case's rows as the pattern of
all. It is written for sets of 1,000 lines by one statement a table and turn, each turn committed,
over as many connections as there were workers, into a copy of the seeded database.
"""

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psycopg
from django.db import connection

from signoff.cli.bench import processes
from signoff.cli.bench.ground import Ground
from signoff.cli.bench.report import Figures, rounded, tell
from signoff.cli.bench.tally import Tally
from signoff.cli.embedded.places import NAME
from signoff.cli.errors import Refused

_SET = 1_000
_RAW = "raw"

_CASE = "(lpad(to_hex(g), 12, '0') || '70008000000000000000')::uuid"
_OWN = "(lpad(to_hex(g), 12, '0') || '7000' || {kind} || lpad(to_hex(t.n), 12, '0'))::uuid"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a table's rows differ from line to line; everything else is as in the pattern.

    `late` are the columns that the last update fills in; `touched` is what earlier ones set.
    `rows` says which pattern rows are this table's, `found` how the line's rows are found again.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    late: tuple[str, ...] = ()
    touched: str = "version = r.version + 1"
    rows: str = "case_id = %(case)s"
    found: str = "r.case_id = " + _CASE
    left_out: tuple[str, ...] = ()


def _own(kind: str) -> str:
    return _OWN.format(kind=f"'{kind}'")


_SHAPES = {
    "records_account": Shape(
        values={"settled_case": _CASE},
        late=("facts", "settled_case"),
        rows="id = (SELECT account_id FROM records_case WHERE id = %(case)s)",
        found="r.id = g",
    ),
    "records_line": Shape(
        values={"case_id": _CASE},
        late=("facts", "frozen_at", "state", "case_id"),
        touched="state = 'suspended'",
        rows="id = (SELECT line_id FROM records_case WHERE id = %(case)s)",
        found="r.id = g",
    ),
    "records_case": Shape(
        values={
            "id": _CASE,
            "number": "'SO-' || lpad(g::text, 9, '0')",
            "account_id": "g",
            "line_id": "g",
        },
        late=("state", "last_seq", "proof", "final", "ended_at", "restore_until"),
        rows="id = %(case)s",
        found="r.id = " + _CASE,
    ),
    "records_event": Shape(values={"case_id": _CASE}, left_out=("id",)),
    "records_carrierintent": Shape(
        values={"id": _own("8001"), "case_id": _CASE, "line_id": "g"},
        late=("state", "answered_at", "observed"),
        touched="attempts = r.attempts + 1",
        found="r.id = " + _own("8001"),
    ),
    "records_journalentry": Shape(
        values={"key": _CASE + "::text || ':' || t.n", "case_id": _CASE, "account_id": "g"},
        left_out=("id",),
    ),
    "records_paymentintent": Shape(
        values={
            "id": _own("8002"),
            "key": "'refund:' || " + _CASE + " || ':' || t.n",
            "case_id": _CASE,
            "account_id": "g",
        },
    ),
    "records_notice": Shape(
        values={
            "id": _own("8003"),
            "case_id": _CASE,
            "check_code": "upper(substr(md5(g || '-' || t.n), 1, 14))",
        },
    ),
    "records_certificate": Shape(
        values={"id": _own("8004"), "case_id": _CASE},
        late=("content",),
        touched="seq = r.seq",
        found="r.id = " + _own("8004"),
    ),
}
"""The tables a line's way writes. One that is missing here is named in the result."""

_DUE = "records_due"


def prepare(place: Ground) -> None:
    """Keep a copy of the seeded database for later."""
    place.drop(_RAW)
    place.copy(NAME, to=_RAW)


def measure(place: Ground, *, lines: int, connections: int, wrote: Tally) -> Figures:
    """Write in plain SQL what `wrote` counts, for as many lines; empties the measured database."""
    tell("writing the same rows by plain SQL")
    plan = _Plan(wrote, lines=lines)
    patterns = {name: _pattern(name) for name in plan.tables}
    place.drop(NAME)  # its vacuuming and its dirty pages would slow down what follows
    with contextlib.closing(place.connect(_RAW)) as one:
        for name, rows in patterns.items():
            _make_pattern(one, name, rows=rows)
        turns = plan.turns({name: _columns(one, name) for name in patterns})
        one.execute("CHECKPOINT")
        before = _size(one)
        watch = processes.Watch({"postgres": [place.server.pid]})
        watch.begin()
        started = time.monotonic()
        _write(place, turns, lines=lines, connections=connections)
        seconds = time.monotonic() - started
        watch.end()
        after = _size(one)
        _require_written(one, lines)
    place.drop(_RAW)
    return {
        "seconds": rounded(seconds),
        "per_second": rounded(lines / seconds),
        "cpu_us_per_line": rounded(watch.cpu["postgres"] / lines * 1e6),
        "bytes_per_case": rounded((after[0] - before[0]) / lines),
        "log_bytes_per_case": rounded((after[1] - before[1]) / lines),
        "statements_per_set": sum(map(len, turns)),
        "commits_per_set": len(turns),
        "left_out": plan.left_out,
    }


class _Plan:
    """Which statements write, for a set of lines, what the measured run wrote for them."""

    def __init__(self, wrote: Tally, *, lines: int) -> None:
        self._each = {
            name: tuple(round(n / lines) for n in counts)
            for name, counts in wrote.rows.items()
            if name.startswith("records_") and sum(counts[:3]) >= lines / 2
        }
        self.tables = [name for name in _SHAPES if name in self._each]
        self.left_out = sorted(self._each.keys() - _SHAPES.keys() - {_DUE})

    def turns(self, columns: Mapping[str, Sequence[str]]) -> list[list[str]]:
        """The statements, turn by turn: first every insert, then update after update, then
        deletes."""
        inserts = [_insert(name, columns[name]) for name in self.tables if self._each[name][0]]
        turns = [[*inserts, *self._dues()]]
        updates = {name: self._updates(name, columns[name]) for name in self.tables}
        for number in range(max(map(len, updates.values()), default=0)):
            turns.append([found[number] for found in updates.values() if number < len(found)])
        if _DUE in self._each:
            turns.append([_delete_due(self._each[_DUE][2])])
        return turns

    def _updates(self, name: str, columns: Sequence[str]) -> list[str]:
        inserted, updated, _, _ = self._each[name]
        times = round(updated / max(1, inserted))
        late = [column for column in _SHAPES[name].late if column in columns]
        return [_update(name, late=late if number == times - 1 else ()) for number in range(times)]

    def _dues(self) -> list[str]:
        if _DUE not in self._each:
            return []
        inserted, updated, _, _ = self._each[_DUE]
        return [_insert_due(inserted), *(_lease_due(n) for n in range(1, updated + 1))]


_LINES = "generate_series(%(a)s::bigint, %(b)s) g"
_SUBJECT = _own("8005")


def _insert_due(times: int) -> str:
    return (
        "INSERT INTO records_due (subject, step, lane, due_at, attempts) "
        f"SELECT {_SUBJECT}, 'step-' || t.n, 1, now(), 0 "
        f"FROM {_LINES}, generate_series(1, {times}) AS t(n)"
    )


def _lease_due(number: int) -> str:
    return (
        "UPDATE records_due SET lease_until = now() + interval '2 minutes' "
        f"WHERE step = 'step-{number}' AND subject IN "
        f"(SELECT {_SUBJECT} FROM {_LINES}, (SELECT {number} AS n) t)"
    )


def _delete_due(times: int) -> str:
    return (
        f"DELETE FROM records_due WHERE subject IN "
        f"(SELECT {_SUBJECT} FROM {_LINES}, generate_series(1, {times}) AS t(n))"
    )


def _insert(name: str, columns: Sequence[str]) -> str:
    shape = _SHAPES[name]
    given = [column for column in columns if column not in shape.left_out]
    values = [
        "NULL" if column in _empty_at_first(name) else shape.values.get(column, f't."{column}"')
        for column in given
    ]
    names = ", ".join(f'"{column}"' for column in given)
    return (
        f"INSERT INTO {name} ({names}) SELECT {', '.join(values)} FROM {_LINES}, pattern.{name} t"
    )


def _empty_at_first(name: str) -> set[str]:
    """Columns that only the last update fills in."""
    wide = {"proof", "final", "ended_at", "restore_until", "answered_at", "observed", "content"}
    return wide & set(_SHAPES[name].late)


def _update(name: str, *, late: Sequence[str]) -> str:
    shape = _SHAPES[name]
    sets = ", ".join(f'"{column}" = {shape.values.get(column, f"t.{column}")}' for column in late)
    return (
        f"UPDATE {name} r SET {sets or shape.touched} "
        f"FROM {_LINES}, pattern.{name} t WHERE {shape.found}"
    )


def _pattern(name: str) -> str:
    """One case's rows of a table, from the middle of the run, as JSON."""
    from signoff.cli.bench.checks import sample

    case = sample(2)[0]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]')::text FROM {name} r "
            f"WHERE {_SHAPES[name].rows}",
            {"case": case},
        )
        return str(cursor.fetchone()[0])


def _make_pattern(one: psycopg.Connection, name: str, *, rows: str) -> None:
    if not json.loads(rows):
        raise Refused(f"the measured run wrote no {name} for the case in its middle")
    one.execute("CREATE SCHEMA IF NOT EXISTS pattern")
    one.execute(
        f"CREATE TABLE pattern.{name} AS SELECT row_number() OVER () AS n, r.* "
        f"FROM jsonb_populate_recordset(NULL::{name}, %s::jsonb) r",
        [rows],
    )
    one.execute(f"ANALYZE pattern.{name}")


def _columns(one: psycopg.Connection, name: str) -> list[str]:
    found = one.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
        "AND NOT attisdropped ORDER BY attnum",
        [name],
    )
    return [row[0] for row in found.fetchall()]


def _size(one: psycopg.Connection) -> tuple[int, int]:
    found = one.execute(
        "SELECT pg_database_size(current_database()), "
        "pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
    ).fetchone()
    assert found is not None
    return int(found[0]), int(found[1])


def _write(place: Ground, turns: Sequence[Sequence[str]], *, lines: int, connections: int) -> None:
    sets = iter(range(1, lines + 1, _SET))
    lock = threading.Lock()

    def work(number: int) -> None:
        with contextlib.closing(place.connect(_RAW)) as mine:
            for start in _taken(sets, lock):
                bounds = {"a": start, "b": min(start + _SET - 1, lines)}
                for turn in turns:
                    with mine.transaction():
                        for statement in turn:
                            mine.execute(statement, bounds)

    with ThreadPoolExecutor(connections) as pool:
        for _ in pool.map(work, range(connections)):
            pass


def _taken(sets: Iterator[int], lock: threading.Lock) -> Iterator[int]:
    """Every set once, whichever thread asks."""
    while True:
        with lock:
            start = next(sets, None)
        if start is None:
            return
        yield start


def _require_written(one: psycopg.Connection, lines: int) -> None:
    found = one.execute("SELECT count(*) FROM records_case").fetchone()
    if found is None or found[0] != lines:
        raise Refused(f"plain SQL wrote {found and found[0]} cases instead of {lines}")
