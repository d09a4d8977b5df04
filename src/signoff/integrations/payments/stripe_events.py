"""Stripe's messages: every check first, then the orders to read back (docs.stripe.com/webhooks)."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from signoff.ports.payments import PaymentCallbackRefused, PaymentHint, PaymentMisread

TOLERANCE_S = 300
"""How old a message may be, and how far ahead: Stripe's own libraries use the same."""

_BODY_MAX = 256 * 1024
_MOST_SIGNATURES = 8


def parse(
    headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime, metadata_key: str
) -> Sequence[PaymentHint]:
    """Our orders named in a message that Stripe signed, lately.

    Raises PaymentCallbackRefused, PaymentMisread.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    if not _is_signed(lower.get("stripe-signature", ""), body, secret=secret, now=now):
        raise PaymentCallbackRefused
    try:
        event = json.loads(body)
        found = event["data"]["object"]
        hint = _hint(str(event["id"]), found, metadata_key=metadata_key)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PaymentMisread from error
    return [hint] if hint else []


def _hint(event_id: str, found: Mapping[str, Any], *, metadata_key: str) -> PaymentHint | None:
    key = (found.get("metadata") or {}).get(metadata_key)
    return PaymentHint(event_id=event_id, key=key) if isinstance(key, str) and key else None


def signature(body: bytes, *, secret: str, at: int) -> str:
    """The header Stripe sends: a time in whole seconds, and an HMAC-SHA256 over it and the body."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


def _is_signed(header: str, body: bytes, *, secret: str, now: datetime) -> bool:
    """Whether one of the header's signatures is ours; while a secret is changed there are two."""
    pairs = [part.strip().partition("=")[::2] for part in header[:4096].split(",")]
    times = [value for name, value in pairs if name == "t"]
    offered = [value for name, value in pairs if name == "v1"][:_MOST_SIGNATURES]
    if not secret or len(times) != 1 or len(body) > _BODY_MAX:
        return False
    if not (times[0].isascii() and times[0].isdigit() and len(times[0]) < 12):
        return False
    at = int(times[0])
    expected = signature(body, secret=secret, at=at).rpartition("=")[2]
    matches = [hmac.compare_digest(one.encode(), expected.encode()) for one in offered]
    return any(matches) and abs(now.timestamp() - at) <= TOLERANCE_S
