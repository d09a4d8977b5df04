"""What Stripe's answers mean (docs.stripe.com/api/errors, /refunds/object, /payment_intents)."""

from collections.abc import Mapping
from typing import Any

import httpx

from signoff.ports.payments import PaymentKind, PaymentLockedOut, PaymentOutcome
from signoff.ports.redaction import redact

_PAUSE_S = 5
_MOST_PAUSE_S = 600
_KEPT = ("object", "status", "amount", "currency", "failure_reason", "pending_reason")

_BY_STATUS = {
    "succeeded": PaymentKind.DONE,
    "pending": PaymentKind.ACCEPTED,
    "processing": PaymentKind.ACCEPTED,
    "failed": PaymentKind.REFUSED,
    "canceled": PaymentKind.REFUSED,
    "requires_payment_method": PaymentKind.REFUSED,
}

_REFUSALS = frozenset(
    {
        "charge_already_refunded",
        "charge_disputed",
        "charge_not_refundable",
        "refund_disputed_payment",
        "resource_missing",
    }
)
"""Refusals of a movement that are for good, though they are no answer of a card's bank."""


class Unread(Exception):
    """A list could not be read to its end."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def later(key: str, *, code: str, after_s: int = _PAUSE_S) -> PaymentOutcome:
    """Certainly not carried out."""
    kind = PaymentKind.RETRY_AFTER
    return PaymentOutcome(key=key, kind=kind, code=code, retry_after_s=after_s)


def unknown(key: str, *, code: str) -> PaymentOutcome:
    """Carried out or not."""
    return PaymentOutcome(key=key, kind=PaymentKind.UNKNOWN, code=code)


def refused(key: str, *, code: str) -> PaymentOutcome:
    """Never to be carried out."""
    return PaymentOutcome(key=key, kind=PaymentKind.REFUSED, code=code)


def outcome(key: str, answer: httpx.Response) -> PaymentOutcome:
    """What an order came to, by Stripe's answer to it. Raises PaymentLockedOut."""
    content = _content(answer)
    if answer.is_success and content.get("object"):
        return came_to(key, content)
    error = content.get("error")
    error = error if isinstance(error, dict) else {}
    code = _code(error) or f"HTTP_{answer.status_code}"
    if answer.status_code in (401, 403):
        raise PaymentLockedOut(code)
    if answer.status_code in (409, 429):
        # 409: another request with this key is under way, and will have answered by then.
        return later(key, code=code, after_s=_pause(answer))
    if not error or answer.status_code >= 500:
        return unknown(key, code=code)
    if answer.status_code == 402 or code in _REFUSALS:
        return refused(key, code=code)
    # An order we should not have sent: our own books are wrong, and no repetition mends them.
    return PaymentOutcome(key=key, kind=PaymentKind.NEEDS_HUMAN, code=code)


def came_to(key: str, content: Mapping[str, Any]) -> PaymentOutcome:
    """What a payment intent or a refund says of itself."""
    status = str(content.get("status"))
    if status == "requires_action":
        # A refund waits for its receiver, and may still arrive. A charge asks for a person who is
        # not there; left alone it never moves.
        is_refund = content.get("object") == "refund"
        kind = PaymentKind.ACCEPTED if is_refund else PaymentKind.REFUSED
        code = None if is_refund else "authentication_required"
    else:
        kind = _BY_STATUS.get(status, PaymentKind.UNKNOWN)
        said = content.get("failure_reason") or _code(content.get("last_payment_error") or {})
        code = str(said or status) if kind is PaymentKind.REFUSED else None
    reference = content.get("id")
    return PaymentOutcome(
        key=key,
        kind=kind,
        reference=reference if isinstance(reference, str) else None,
        code=code,
        detail=redact(content, keep=_KEPT),
    )


def page(answer: httpx.Response) -> dict[str, Any]:
    """One page of a list, whole. Raises Unread, PaymentLockedOut."""
    if answer.status_code in (401, 403):
        raise PaymentLockedOut(f"HTTP_{answer.status_code}")
    content = _content(answer)
    data = content.get("data")
    if not (answer.is_success and isinstance(data, list) and isinstance(content["has_more"], bool)):
        raise Unread(f"HTTP_{answer.status_code}")
    return {"data": data, "has_more": content["has_more"] and bool(data)}


def _content(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return {"has_more": None, **content} if isinstance(content, dict) else {}


def _code(error: Mapping[str, Any]) -> str:
    """The most telling of Stripe's codes: why the bank declined, else the error, else its type."""
    found = error.get("decline_code") or error.get("code") or error.get("type")
    return found if isinstance(found, str) else ""


def _pause(answer: httpx.Response) -> int:
    asked = answer.headers.get("retry-after", "")
    wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
    return min(max(wanted, _PAUSE_S), _MOST_PAUSE_S)
