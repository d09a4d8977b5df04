"""The sandbox payment provider's rules. It honours idempotency keys, as real ones do."""

import hashlib
import json
import sqlite3
import uuid
from dataclasses import dataclass
from typing import Any

from signoff.testing.sandbox.behaviour import PAY, BadRequest
from signoff.testing.sandbox.store import Store

_DECLINING = "tok_declined"
_SLOW = "tok_pending"
_RETURNED = "returned_"
"""Refunds of payments so named succeed, and come back from the bank when they settle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A wish to move money. `source` is a method token for a charge, a reference for a refund."""

    kind: str
    key: str
    minor: int
    currency: str
    source: str

    @classmethod
    def from_json(cls, raw: dict[str, Any], *, kind: str, key: str) -> "Movement":
        """Read a request; refuse anything but whole, positive amounts."""
        source = raw.get("method" if kind == "charge" else "original")
        minor, currency = raw.get("minor"), raw.get("currency")
        if type(minor) is not int or minor <= 0:
            raise BadRequest("minor must be a positive whole number")
        if not (isinstance(currency, str) and isinstance(source, str) and source and key):
            raise BadRequest("currency, method or original, and Idempotency-Key are needed")
        return cls(kind=kind, key=key, minor=minor, currency=currency, source=source)

    def digest(self) -> str:
        """Return what must be the same when a key is used again."""
        content = [self.kind, self.minor, self.currency, self.source]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


class Pay:
    """All movements of the merchant account."""

    def __init__(self, store: Store) -> None:
        """Work on this memory."""
        self._store = store

    def move(self, movement: Movement, *, now: float) -> tuple[int, dict[str, Any]]:
        """Carry a movement out once, and answer every repetition of its key with the same."""
        settings = self._store.behaviours[PAY].settings
        with self._store.transaction() as db:
            row = db.execute("SELECT * FROM payment WHERE key = ?", (movement.key,)).fetchone()
            if row is not None:
                if row["digest"] != movement.digest():
                    return 409, {"code": "KEY_REUSED"}
                return _answer(dict(row), now=now)
            code = self._refusal(db, movement=movement, unknown=settings.unknown_originals)
            slow = movement.source == _SLOW
            status = "declined" if code else "pending" if slow else "succeeded"
            if movement.kind == "refund" and _RETURNED in movement.source and not code:
                status = "returning"
            settles_at = now + settings.settle_after_ms / 1000
            self._write(db, movement=movement, outcome=(status, code, settles_at), now=now)
            row = db.execute("SELECT * FROM payment WHERE key = ?", (movement.key,)).fetchone()
            return _answer(dict(row), now=now)

    def find(self, key: str, *, now: float) -> tuple[int, dict[str, Any]]:
        """Answer what a key came to."""
        rows = self._store.rows("SELECT * FROM payment WHERE key = ?", (key,))
        return _answer(rows[0], now=now) if rows else (404, {"code": "KEY_NOT_FOUND"})

    def seed(self, payments: list[dict[str, Any]], *, now: float) -> int:
        """Make earlier payments known, so that refunds find their originals."""
        values = [
            (f"seed:{one['reference']}", one["reference"], one["minor"], one["currency"], now)
            for one in payments
        ]
        with self._store.transaction() as db:
            before = db.total_changes
            db.executemany(
                "INSERT OR IGNORE INTO payment VALUES"
                " (?1, 'charge', '', 'succeeded', NULL, ?2, NULL, ?3, ?4, ?5)",
                values,
            )
            return db.total_changes - before

    def _refusal(self, db: sqlite3.Connection, *, movement: Movement, unknown: str) -> str | None:
        if movement.kind == "charge":
            return "CARD_DECLINED" if movement.source == _DECLINING else None
        original = db.execute(
            "SELECT * FROM payment WHERE reference = ? AND kind = 'charge'"
            " AND status != 'declined'",
            (movement.source,),
        ).fetchone()
        if original is None:
            return None if unknown == "accept" else "ORIGINAL_NOT_FOUND"
        if original["currency"] != movement.currency:
            return "CURRENCY_MISMATCH"
        given_back = db.execute(
            "SELECT coalesce(sum(minor), 0) FROM payment WHERE original = ?"
            " AND kind = 'refund' AND status != 'declined'",
            (movement.source,),
        ).fetchone()[0]
        return "AMOUNT_EXCEEDS" if given_back + movement.minor > original["minor"] else None

    def _write(
        self,
        db: sqlite3.Connection,
        *,
        movement: Movement,
        outcome: tuple[str, str | None, float],
        now: float,
    ) -> None:
        status, code, settles_at = outcome
        reference = f"{movement.kind[:2]}_{uuid.uuid4().hex}"
        original = movement.source if movement.kind == "refund" else None
        money = (movement.minor, movement.currency)
        db.execute(
            "INSERT INTO payment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(movement.key, movement.kind, movement.digest(), status, code, reference),
                *(original, *money, settles_at),
            ),
        )
        if status != "declined":
            db.execute(
                "INSERT INTO pay_ledger (at, key, kind, reference, original, minor, currency)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (now, movement.key, movement.kind, reference, original, *money),
            )


def _answer(row: dict[str, Any], *, now: float) -> tuple[int, dict[str, Any]]:
    status, code = row["status"], row["code"]
    if status == "pending" and now >= row["settles_at"]:
        status = "succeeded"
    if status == "returning":
        back = now >= row["settles_at"]
        status, code = ("declined", "RETURNED_BY_BANK") if back else ("succeeded", None)
    row = {**row, "code": code}
    names = ("key", "kind", "code", "reference", "original", "minor", "currency")
    # The card comes back, as in real answers; an adapter must never let it through.
    content = {name: row[name] for name in names} | {"status": status, "card": "4242424242424242"}
    return {"declined": 402, "pending": 202}.get(status, 200), content
