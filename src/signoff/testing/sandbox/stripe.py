"""The sandbox's payments in Stripe's own words: the same movements, rules and ledger.

Follows docs.stripe.com/api for what the adapter asks: payment intents confirmed at once with a
stored card, refunds, lists in pages with the newest first, idempotency, errors.
"""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from signoff.testing.sandbox.pay import Movement, Pay
from signoff.testing.sandbox.store import Store
from signoff.testing.sandbox.web import Answer, Call

_ERRORS = {
    "CARD_DECLINED": (402, "card_error", "card_declined"),
    "KEY_REUSED": (400, "idempotency_error", ""),
    "ORIGINAL_NOT_FOUND": (404, "invalid_request_error", "resource_missing"),
    "AMOUNT_EXCEEDS": (400, "invalid_request_error", "charge_already_refunded"),
}
_STATUS = {"succeeded": "succeeded", "pending": "pending", "declined": "failed"}
_LIST = """
SELECT s.id AS place, s.customer, s.metadata, p.* FROM stripe_object s
JOIN payment p ON p.reference = s.reference
WHERE p.kind = ? AND (s.customer = ? OR p.original = ?)
  AND (p.status != 'declined' OR p.kind = 'charge') AND s.id < ?
ORDER BY s.id DESC LIMIT ?
"""
_OBJECT = """
SELECT s.id AS place, s.customer, s.metadata, p.* FROM stripe_object s
JOIN payment p ON p.reference = s.reference WHERE p.reference = ?
"""


class StripeDesk:
    """Payment intents and refunds upon the sandbox's payments."""

    def __init__(self, *, store: Store, pay: Pay) -> None:
        """Work on this memory."""
        self._store, self._pay = store, pay

    def create(self, call: Call, *, kind: str) -> Answer:
        """Carry out a payment intent (`charge`) or a refund, once for its key."""
        form = dict(parse_qsl(call.raw.decode(), keep_blank_values=True))
        key = call.headers.get("idempotency-key", "")
        movement, customer = self._movement(form, kind=kind, key=key)
        status, content = self._pay.move(movement, now=time.time())
        code = content.get("code")
        metadata = {n[9:-1]: v for n, v in form.items() if n.startswith("metadata[")}
        if "reference" in content:
            self._remember(str(content["reference"]), customer=customer, metadata=metadata)
        if code in _ERRORS and status >= 400:
            return _error(str(code))
        row = self._store.rows(_OBJECT, (content["reference"],))[0]
        return Answer(200, _object({**row, "status": content["status"], "code": code}))

    def listed(self, call: Call, *, kind: str) -> Answer:
        """A page of a customer's payment intents, or of a payment's refunds."""
        limit = min(int(call.query.get("limit", 10)), 100)
        after = call.query.get("starting_after")
        before = self._store.rows(_OBJECT, (_ours(after),))[0]["place"] if after else 1 << 62
        original = _ours(call.query.get("payment_intent") or call.query.get("charge") or "")
        values = (kind, call.query.get("customer", ""), original, before, limit + 1)
        rows = self._store.rows(_LIST, values)
        now = time.time()
        data = [_object(self._pay.find(row["key"], now=now)[1] | _extra(row)) for row in rows]
        page = {"object": "list", "data": data[:limit], "has_more": len(rows) > limit}
        return Answer(200, page)

    def _movement(self, form: Mapping[str, str], *, kind: str, key: str) -> tuple[Movement, str]:
        customer = form.get("customer", "") if kind == "charge" else ""
        if kind == "charge":
            currency, source = form["currency"].upper(), form["payment_method"]
        else:
            source = _ours(form.get("payment_intent") or form["charge"])
            # A refund is in the currency of its payment: it names none.
            found = self._store.rows("SELECT currency FROM payment WHERE reference = ?", (source,))
            currency = found[0]["currency"] if found else "USD"
        raw = {"minor": int(form["amount"]), "currency": currency, "method": source}
        movement = Movement.from_json({**raw, "original": source}, kind=kind, key=key)
        return movement, customer

    def _remember(self, reference: str, *, customer: str, metadata: Mapping[str, str]) -> None:
        with self._store.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO stripe_object (reference, customer, metadata)"
                " VALUES (?, ?, ?)",
                (reference, customer, json.dumps(metadata)),
            )


def _extra(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"customer": row["customer"], "metadata": row["metadata"]}


def _error(code: str) -> Answer:
    status, kind, name = _ERRORS[code]
    return Answer(status, {"error": {"type": kind, "code": name or None, "message": code}})


def _object(row: Mapping[str, Any]) -> dict[str, Any]:
    is_charge = row["kind"] == "charge"
    status = _STATUS[str(row["status"])]
    if is_charge:
        status = {"pending": "processing", "failed": "requires_payment_method"}.get(status, status)
    content = {
        "id": _theirs(str(row["reference"])),
        "object": "payment_intent" if is_charge else "refund",
        "amount": row["minor"],
        "currency": str(row["currency"]).lower(),
        "status": status,
        "metadata": json.loads(row["metadata"]),
    }
    if is_charge:
        return {**content, "customer": row["customer"]}
    reason = str(row["code"]).lower() if row.get("code") else None
    return {**content, "payment_intent": _theirs(str(row["original"])), "failure_reason": reason}


def _theirs(reference: str) -> str:
    return f"pi_{reference[3:]}" if reference.startswith("ch_") else reference


def _ours(reference: str) -> str:
    return f"ch_{reference[3:]}" if reference.startswith("pi_") else reference
