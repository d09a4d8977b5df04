"""What a run has written, counted by the database itself."""

from dataclasses import dataclass

from django.db import connection

from signoff.cli.bench.report import Figures, rounded

_COUNTED = """
SELECT relname, n_tup_ins, n_tup_upd, n_tup_del, n_tup_hot_upd FROM pg_stat_user_tables
WHERE relname LIKE 'records%' OR relname LIKE 'procrastinate%'
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows inserted, updated and deleted by table; bytes on disk; bytes of write-ahead log."""

    rows: dict[str, tuple[int, ...]]
    size: int
    log: int

    def since(self, before: "Tally") -> "Tally":
        rows = {
            name: tuple(now - then for now, then in zip(counts, before.rows[name], strict=True))
            for name, counts in self.rows.items()
        }
        return Tally(rows, self.size - before.size, self.log - before.log)

    def each(self, lines: int) -> dict[str, Figures]:
        """Rows a line, by table; tables that are not written line by line are left out."""
        words = ("inserted", "updated", "deleted", "updated_in_place")
        return {
            name: {word: rounded(n / lines) for word, n in zip(words, counts, strict=True) if n}
            for name, counts in sorted(self.rows.items())
            if sum(counts[:3]) >= lines / 2
        }


def tally() -> Tally:
    """As it stands. What a connection did is counted for good once that connection ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        cursor.execute(_COUNTED)
        rows = {name: tuple(counts) for name, *counts in cursor.fetchall()}
        cursor.execute("SELECT pg_database_size(current_database())")
        size = int(cursor.fetchone()[0])
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")
        return Tally(rows, size, int(cursor.fetchone()[0]))
