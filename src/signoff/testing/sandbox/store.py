"""The sandbox's memory: one SQLite file that a kill -9 cannot spoil."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from signoff.testing.sandbox.behaviour import DEFAULTS, Behaviour

_SCHEMA = """
CREATE TABLE IF NOT EXISTS line (
    iccid TEXT PRIMARY KEY, account TEXT NOT NULL, msisdn TEXT NOT NULL, imsi TEXT, ki TEXT,
    state TEXT NOT NULL, changed_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, account TEXT NOT NULL, iccid TEXT NOT NULL,
    op TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, request TEXT
);
CREATE INDEX IF NOT EXISTS ledger_iccid ON ledger (iccid);
CREATE TABLE IF NOT EXISTS request (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, op TEXT NOT NULL, lines TEXT NOT NULL,
    due_at REAL NOT NULL, results TEXT
);
CREATE INDEX IF NOT EXISTS request_due ON request (due_at) WHERE results IS NULL;
CREATE TABLE IF NOT EXISTS callback (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, body TEXT NOT NULL, due_at REAL NOT NULL,
    forged INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting'
);
CREATE INDEX IF NOT EXISTS callback_due ON callback (due_at) WHERE state = 'waiting';
CREATE TABLE IF NOT EXISTS behaviour (account TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS payment (
    key TEXT PRIMARY KEY, kind TEXT NOT NULL, digest TEXT NOT NULL, status TEXT NOT NULL,
    code TEXT, reference TEXT UNIQUE NOT NULL, original TEXT, minor INTEGER NOT NULL,
    currency TEXT NOT NULL, settles_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS payment_original ON payment (original);
CREATE TABLE IF NOT EXISTS stripe_object (
    id INTEGER PRIMARY KEY, reference TEXT UNIQUE NOT NULL, customer TEXT NOT NULL,
    metadata TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS pay_ledger (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL,
    reference TEXT NOT NULL, original TEXT, minor INTEGER NOT NULL, currency TEXT NOT NULL
);
"""
_TABLES = (
    "line",
    "ledger",
    "request",
    "callback",
    "behaviour",
    "payment",
    "pay_ledger",
    "stripe_object",
)


class StateFileUnusable(Exception):
    """Another sandbox uses this state file, or it cannot be opened, or is no state file."""


class Store:
    """The tables, and the behaviour of every account. All access goes through `transaction`."""

    def __init__(self, path: Path | None) -> None:
        """Open or make the state file; without a path everything is lost at the end."""
        self._lock = RLock()
        try:
            self._db = sqlite3.connect(
                path or ":memory:", isolation_level=None, check_same_thread=False, timeout=1
            )
        except sqlite3.Error as error:
            raise StateFileUnusable(str(error)) from error
        self._db.row_factory = sqlite3.Row
        try:
            # What was written survives the process in the page cache; only a power cut loses it.
            for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=OFF"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            self._db.close()
            raise StateFileUnusable(str(error)) from error
        self.behaviours = {account: Behaviour(account) for account in DEFAULTS}
        for row in self._db.execute("SELECT account, content FROM behaviour"):
            self.behaviours[row["account"]].restore(json.loads(row["content"]))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and one at a time."""
        with self._lock:
            self._db.execute("BEGIN")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def save_behaviour(self, behaviour: Behaviour) -> None:
        """Write an account's behaviour down, so that a restart keeps it."""
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO behaviour VALUES (?, ?)",
                (behaviour.account, json.dumps(behaviour.as_json())),
            )

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run one query and return its rows as plain mappings."""
        with self._lock:
            return [dict(row) for row in self._db.execute(sql, values)]

    def forget(self) -> None:
        """Empty every table and go back to the defaults."""
        with self.transaction() as db:
            for table in _TABLES:
                db.execute(f"DELETE FROM {table}")
        self.behaviours.update({account: Behaviour(account) for account in DEFAULTS})
