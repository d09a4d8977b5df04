"""The sandbox carrier's rules: what an operation does to a line, and what is booked for it."""

import json
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from signoff.testing.sandbox.behaviour import BadRequest, Settings
from signoff.testing.sandbox.store import Store

OPS = ("block", "cut", "restore", "purge")
STATES = ("active", "suspended", "deactivated", "purged")
_WANTED = dict(zip(OPS, ("suspended", "deactivated", "active", "purged"), strict=True))
_DAY_S = 86_400
_FIND = "SELECT * FROM line WHERE iccid IN (SELECT value FROM json_each(?))"
_READ = (
    "SELECT iccid, account, msisdn, imsi, ki, state, changed_at AS changed,"
    # In SQLite, because a million times isoformat() takes longer than all the rest.
    " strftime('%Y-%m-%dT%H:%M:%fZ', changed_at, 'unixepoch') AS changed_at"
    " FROM line WHERE iccid IN (SELECT value FROM json_each(?))"
)
_ALL = "SELECT * FROM line WHERE account = ?"


@dataclass(slots=True)
class _Line:
    account: str
    state: str
    changed_at: float


def decide(*, op: str, line: _Line, settings: Settings, now: float) -> str:
    """Answer OK where the operation may change the line, else the code that says why not."""
    if line.state == "purged":
        return "LINE_PURGED"
    if line.state == _WANTED[op]:
        return "ALREADY_IN_STATE"
    if op == "block" and line.state == "deactivated":
        return "LINE_NOT_ACTIVE"
    if op == "purge" and line.state != "deactivated":
        return "LINE_NOT_DEACTIVATED"
    if op == "restore" and line.state == "deactivated":
        over = now - line.changed_at > settings.restore_days * _DAY_S
        return "RESTORE_WINDOW_OVER" if over else "OK"
    return "OK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One request to change lines. `promised` are the states in which it was accepted."""

    account: str
    op: str
    iccids: Sequence[str]
    refusals: dict[str, str]
    request: str | None = None
    promised: dict[str, str] | None = None


class Lines:
    """All lines of all accounts of the sandbox."""

    def __init__(self, store: Store) -> None:
        """Work on this memory."""
        self._store = store

    def provision(self, *, account: str, lines: list[dict[str, Any]], now: float) -> int:
        """Create lines that are not there yet; return how many were created."""
        values = [
            (
                str(one["iccid"]),
                account,
                str(one["msisdn"]),
                one.get("imsi"),
                uuid.uuid4().hex,
                one.get("state", "active"),
                now,
            )
            for one in lines
        ]
        if any(value[5] not in STATES for value in values):
            raise BadRequest(f"state must be one of {', '.join(STATES)}")
        with self._store.transaction() as db:
            before = db.total_changes
            db.executemany("INSERT OR IGNORE INTO line VALUES (?, ?, ?, ?, ?, ?, ?)", values)
            return db.total_changes - before

    def set_by_hand(self, *, wishes: dict[str, Any], now: float) -> None:
        """Change a line behind everybody's back, as a person in the carrier's console does."""
        at = now - _DAY_S * wishes.get("age_days", 0)
        with self._store.transaction() as db:
            for column in ("state", "account", "msisdn"):
                if column in wishes:
                    db.execute(
                        f"UPDATE line SET {column} = ?, changed_at = ? WHERE iccid = ?",
                        (wishes[column], at, wishes["iccid"]),
                    )
            db.execute("UPDATE line SET changed_at = ? WHERE iccid = ?", (at, wishes["iccid"]))

    def states(self, iccids: Sequence[str]) -> dict[str, str]:
        """Return the present state of each line that exists."""
        rows = self._store.rows(_FIND, (json.dumps(list(iccids)),))
        return {row["iccid"]: row["state"] for row in rows}

    def all_of(self, account: str) -> list[str]:
        """Return every line of an account: whom a request without a list hits."""
        return [row["iccid"] for row in self._store.rows(_ALL, (account,))]

    def execute(self, order: Order, *, settings: Settings, now: float) -> list[dict[str, Any]]:
        """Carry an order out, book one ledger row per execution, and answer line by line."""
        with self._store.transaction() as db:
            found = {
                row["iccid"]: _Line(row["account"], row["state"], row["changed_at"])
                for row in db.execute(_FIND, (json.dumps(list(order.iccids)),))
            }
            results, booked = [], []
            for iccid in order.iccids:
                line = found.get(iccid)
                code = self._code(order, iccid=iccid, line=line, settings=settings, now=now)
                before = line.state if line else ""
                if line and (code == "OK" or _is_second_execution(order, iccid=iccid, code=code)):
                    booked.append((now, order.account, iccid, order.op, before, order.request))
                    line.state, line.changed_at = _WANTED[order.op], now
                state = line.state if line and code != "WRONG_ACCOUNT" else None
                results.append({"iccid": iccid, "code": code, "state": state})
            self._write(db, order=order, booked=booked, settings=settings)
        return results

    def query(
        self, *, account: str, iccids: Sequence[str], settings: Settings, now: float
    ) -> list[dict[str, Any]]:
        """Read lines. The answer carries the SIM's key, as real answers carry secrets."""
        rows = {row["iccid"]: row for row in self._store.rows(_READ, (json.dumps(list(iccids)),))}
        answers: list[dict[str, Any]] = []
        for iccid in iccids:
            row = rows.get(iccid)
            if row is None:
                answers.append({"iccid": iccid, "code": "LINE_NOT_FOUND"})
            elif row["account"] != account:
                answers.append({"iccid": iccid, "code": "WRONG_ACCOUNT"})
            else:
                attached = now - row.pop("changed") < settings.detach_after_ms / 1000
                row["connected"] = row["state"] == "active" or attached
                answers.append(row)
        return answers

    def _code(
        self, order: Order, *, iccid: str, line: _Line | None, settings: Settings, now: float
    ) -> str:
        if iccid in order.refusals:
            return order.refusals[iccid]
        if line is None:
            return "LINE_NOT_FOUND"
        if line.account != order.account:
            return "WRONG_ACCOUNT"
        return decide(op=order.op, line=line, settings=settings, now=now)

    def _write(
        self,
        db: sqlite3.Connection,
        *,
        order: Order,
        booked: list[tuple[float, str, str, str, str, str | None]],
        settings: Settings,
    ) -> None:
        after = _WANTED[order.op]
        db.executemany(
            "INSERT INTO ledger (at, account, iccid, op, before, request, after)"
            f" VALUES (?, ?, ?, ?, ?, ?, '{after}')",
            booked,
        )
        changes = [(at, iccid) for at, _, iccid, _, _, _ in booked]
        keys = ", ki = NULL, imsi = NULL" if order.op == "purge" else ""
        db.executemany(
            f"UPDATE line SET state = '{after}', changed_at = ?{keys} WHERE iccid = ?", changes
        )
        if order.op == "restore" and settings.new_number_on_restore:
            fresh = [(iccid,) for _, _, iccid, _, before, _ in booked if before == "deactivated"]
            db.executemany(
                "UPDATE line SET msisdn = '+1999' || substr(iccid, -7) WHERE iccid = ?", fresh
            )


def _is_second_execution(order: Order, *, iccid: str, code: str) -> bool:
    """Tell whether a request accepted while the line was in its old state now runs for nothing.

    There is no idempotency key: two accepted requests are two executions, and two fees.
    """
    if code != "ALREADY_IN_STATE" or order.promised is None:
        return False
    return order.promised.get(iccid) not in (None, _WANTED[order.op])
