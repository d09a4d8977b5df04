"""The raw limit: the same rows of the same tables, written by plain SQL, without rules or Python.

For sets of 1,000 lines, by one statement a table and turn, each turn committed, over as many
connections as there were workers, into a copy of the seeded database on the same server.
"""

import contextlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psycopg
from django.db import connection

from signoff.cli.bench.ground import Ground
from signoff.cli.bench.plain_sql import SHAPES, Plan
from signoff.cli.bench.processes import Watch
from signoff.cli.bench.report import Figures, rounded, tell
from signoff.cli.bench.tally import Tally
from signoff.cli.embedded.places import NAME
from signoff.cli.errors import Refused

_SET = 1_000
_RAW = "raw"


def prepare(place: Ground) -> None:
    """Keep a copy of the seeded database for later."""
    place.drop(_RAW)
    place.copy(NAME, to=_RAW)


def measure(
    place: Ground, *, lines: int, connections: int, wrote: Tally, one_by_one: int = 0
) -> Figures:
    """Write in plain SQL what `wrote` counts, for as many lines; empties the measured database.

    So many of them, if any, are written `one_by_one` before: each in transactions of its own.
    """
    tell("writing the same rows by plain SQL")
    plan = Plan(wrote, lines=lines)
    patterns = {name: _pattern(name) for name in plan.tables}
    place.drop(NAME)  # its vacuuming and its dirty pages would slow down what follows
    found: Figures = {}
    with contextlib.closing(place.connect(_RAW)) as one:
        for name, rows in patterns.items():
            _make_pattern(one, name, rows=rows)
        turns = plan.turns({name: _columns(one, name) for name in patterns})
        writer = _Writer(place, one, turns=turns, connections=connections)
        if one_by_one:
            alone = writer.measure(1, one_by_one, size=1)
            found["one_by_one_per_second"] = alone["per_second"]
        found = {**writer.measure(one_by_one + 1, lines, size=_SET), **found}
        _require_written(one, lines)
    place.drop(_RAW)
    found |= {"statements_per_set": sum(map(len, turns)), "commits_per_set": len(turns)}
    return {**found, "left_out": plan.left_out}


@dataclass(frozen=True, slots=True)
class _Writer:
    place: Ground
    one: psycopg.Connection
    turns: Sequence[Sequence[str]]
    connections: int
    took: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def measure(self, first: int, last: int, *, size: int) -> Figures:
        """Write the lines of these numbers in sets of a size."""
        self.one.execute("CHECKPOINT")
        before, lines = _size(self.one), last - first + 1
        self.took.clear()
        watch = Watch({"postgres": [self.place.server.pid]})
        watch.begin()
        started = time.monotonic()
        self._write(first, last, size=size)
        seconds = time.monotonic() - started
        watch.end()
        after = _size(self.one)
        return {
            "seconds": rounded(seconds),
            "per_second": rounded(lines / seconds),
            "cpu_us_per_line": rounded(watch.cpu["postgres"] / lines * 1e6),
            "bytes_per_case": rounded((after[0] - before[0]) / lines),
            "log_bytes_per_case": rounded((after[1] - before[1]) / lines),
            "us_per_line": {
                name: rounded(took / lines * 1e6) for name, took in sorted(self.took.items())
            },
        }

    def _write(self, first: int, last: int, *, size: int) -> None:
        sets, lock = iter(range(first, last + 1, size)), threading.Lock()

        def work(number: int) -> None:
            with contextlib.closing(self.place.connect(_RAW)) as mine:
                # A plan made while a table was empty would be kept when it is large.
                mine.prepare_threshold = None if size > 1 else mine.prepare_threshold
                for start in _taken(sets, lock):
                    bounds = {"a": start, "b": min(start + size - 1, last)}
                    for turn in self.turns:
                        with mine.transaction():
                            self._execute(turn, mine, bounds=bounds)

        with ThreadPoolExecutor(self.connections) as pool:
            for _ in pool.map(work, range(self.connections)):
                pass

    def _execute(
        self, turn: Sequence[str], mine: psycopg.Connection, *, bounds: dict[str, int]
    ) -> None:
        for statement in turn:
            started = time.perf_counter()
            mine.execute(statement, bounds)
            with self.lock:
                self.took[_named(statement)] += time.perf_counter() - started


def _named(statement: str) -> str:
    """What it does, and to which table."""
    verb, *words = statement.split()
    return f"{verb.lower()} {words[0] if verb == 'UPDATE' else words[1]}"


def _taken(sets: Iterator[int], lock: threading.Lock) -> Iterator[int]:
    """Every set once, whichever thread asks."""
    while True:
        with lock:
            start = next(sets, None)
        if start is None:
            return
        yield start


def _pattern(name: str) -> str:
    """One case's rows of a table, from the middle of the run, as JSON."""
    from signoff.cli.bench.checks import sample

    case = sample(2)[0]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]')::text FROM {name} r "
            f"WHERE {SHAPES[name].rows}",
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


def _require_written(one: psycopg.Connection, lines: int) -> None:
    found = one.execute("SELECT count(*) FROM records_case").fetchone()
    if found is None or found[0] != lines:
        raise Refused(f"plain SQL wrote {found and found[0]} cases instead of {lines}")
