"""Accepted requests that run later, and the callbacks that tell of them."""

import hashlib
import hmac
import json
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from signoff.testing.sandbox.behaviour import Settings
from signoff.testing.sandbox.lines import Lines, Order
from signoff.testing.sandbox.store import Store

_EVENTS_PER_CALLBACK = 100
_ATTEMPTS = 4
_BETWEEN_ATTEMPTS_S = 1.0
_IDLE_S = 0.5


def sign(*, secret: str, timestamp: str, body: bytes) -> str:
    """Sign a callback: HMAC-SHA256 over the timestamp, a dot, and the raw body."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


class AcceptedRequests:
    """The queue of accepted requests and of callbacks, both in the state file."""

    def __init__(self, *, store: Store, lines: Lines, secret: str) -> None:
        """Work on this memory; nothing runs before `start`."""
        self._store = store
        self._lines = lines
        self._secret = secret
        self._stopping = False
        # A proxy of the environment is for the world outside, not for a loopback listener.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._wakes = [threading.Event(), threading.Event()]
        self._threads = [
            threading.Thread(target=self._loop, args=(step, wake), daemon=True)
            for step, wake in zip((self._run_due, self._deliver_due), self._wakes, strict=True)
        ]

    def start(self) -> None:
        """Begin to run what is due."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop, and leave the rest in the state file."""
        self._stopping = True
        self._wake_all()
        for thread in self._threads:
            thread.join(timeout=10)

    def accept(
        self, *, account: str, op: str, iccids: Sequence[str], refusals: dict[str, str]
    ) -> str:
        """Write a request down and return its id."""
        settings = self._store.behaviours[account].settings
        content = {
            "iccids": list(iccids),
            "refusals": refusals,
            "promised": self._lines.states(iccids),
        }
        request_id = str(uuid.uuid4())
        due_at = time.time() + settings.execute_after_ms / 1000
        with self._store.transaction() as db:
            db.execute(
                "INSERT INTO request VALUES (?, ?, ?, ?, ?, NULL)",
                (request_id, account, op, json.dumps(content), due_at),
            )
        self._wake_all()
        return request_id

    def status(self, *, account: str, request_id: str) -> dict[str, Any] | None:
        """Answer a poll."""
        rows = self._store.rows(
            "SELECT * FROM request WHERE id = ? AND account = ?", (request_id, account)
        )
        if not rows:
            return None
        results = rows[0]["results"]
        status = "pending" if results is None else "complete"
        return {"request_id": request_id, "status": status, "results": json.loads(results or "[]")}

    def _wake_all(self) -> None:
        for wake in self._wakes:
            wake.set()

    def _loop(self, step: Callable[[], float], wake: threading.Event) -> None:
        while not self._stopping:
            wake.wait(timeout=step())
            wake.clear()

    def _run_due(self) -> float:
        now = time.time()
        rows = self._store.rows(
            "SELECT * FROM request WHERE results IS NULL ORDER BY due_at LIMIT 50"
        )
        for row in rows:
            if row["due_at"] > now:
                return min(float(row["due_at"]) - now, _IDLE_S)
            self._run(row, now=now)
        return 0.0 if rows else _IDLE_S

    def _run(self, row: dict[str, Any], *, now: float) -> None:
        behaviour = self._store.behaviours[row["account"]]
        order = Order(account=row["account"], op=row["op"], request=row["id"], **_content(row))
        results = self._lines.execute(order, settings=behaviour.settings, now=now)
        with self._store.transaction() as db:
            db.execute(
                "UPDATE request SET results = ? WHERE id = ?", (json.dumps(results), row["id"])
            )
            for body, due_at in self._callbacks(row, results=results, now=now):
                db.execute(
                    "INSERT INTO callback (account, body, due_at, forged) VALUES (?, ?, ?, ?)",
                    (row["account"], body, due_at, behaviour.settings.callback_forged),
                )
        self._wake_all()

    def _callbacks(
        self, row: dict[str, Any], *, results: list[dict[str, Any]], now: float
    ) -> list[tuple[str, float]]:
        behaviour = self._store.behaviours[row["account"]]
        settings = behaviour.settings
        if not (settings.callbacks and settings.callback_url):
            return []
        if settings.callback_lose:
            rest = settings.callback_lose - 1 if settings.callback_lose > 0 else -1
            behaviour.settings = settings.changed({"callback_lose": rest})
            self._store.save_behaviour(behaviour)
            return []
        return _bodies(row, results=results, settings=settings, now=now)

    def _deliver_due(self) -> float:
        now = time.time()
        rows = self._store.rows(
            "SELECT * FROM callback WHERE state = 'waiting' ORDER BY due_at, id LIMIT 50"
        )
        for row in rows:
            if self._stopping:
                break
            if row["due_at"] > now:
                return min(float(row["due_at"]) - now, _IDLE_S)
            self._settle(row, delivered=self._deliver(row))
        return 0.0 if rows else _IDLE_S

    def _deliver(self, row: dict[str, Any]) -> bool:
        body = row["body"].encode()
        timestamp = str(int(time.time()))
        secret = "forged" if row["forged"] else self._secret
        headers = {
            "Content-Type": "application/json",
            "X-Sandbox-Timestamp": timestamp,
            "X-Sandbox-Signature": sign(secret=secret, timestamp=timestamp, body=body),
        }
        url = self._store.behaviours[row["account"]].settings.callback_url
        try:
            message = urllib.request.Request(url, data=body, headers=headers, method="POST")
            with self._opener.open(message, timeout=5):
                return True
        except (OSError, ValueError):  # refused, timed out, answered 4xx or 5xx, or no URL at all
            return False

    def _settle(self, row: dict[str, Any], *, delivered: bool) -> None:
        attempts = row["attempts"] + 1
        state = "delivered" if delivered else "failed" if attempts >= _ATTEMPTS else "waiting"
        with self._store.transaction() as db:
            db.execute(
                "UPDATE callback SET state = ?, attempts = ?, due_at = ? WHERE id = ?",
                (state, attempts, time.time() + _BETWEEN_ATTEMPTS_S, row["id"]),
            )


def _content(row: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(row["lines"])
    return content


def _bodies(
    row: dict[str, Any], *, results: list[dict[str, Any]], settings: Settings, now: float
) -> list[tuple[str, float]]:
    """Pack a request's results into callback bodies, each with the time to send it."""
    size = 1 if settings.callback_reorder else _EVENTS_PER_CALLBACK
    bodies = []
    for start in range(0, len(results), size):
        events = [
            {"event_id": f"{row['id']}:{one['iccid']}", "request_id": row["id"], **one}
            for one in results[start : start + size]
        ]
        # The password repeats a real carrier's habit; an adapter must never let it through.
        body = {"op": row["op"], "at": now, "password": "callback-password", "events": events}
        bodies.append(json.dumps(body))
    if settings.callback_reorder:
        bodies.reverse()
    due_at = now + settings.callback_delay_ms / 1000
    return [(body, due_at) for body in bodies for _ in range(settings.callback_copies)]
