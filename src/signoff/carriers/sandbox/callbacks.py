"""Callbacks of the sandbox: every check first, then the lines to read back."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from signoff.carriers.sandbox.errors import kind_of
from signoff.ports.carrier import CallbackHint, CallbackRefused, CarrierMisread, Op

_BODY_MAX = 1024 * 1024
_SKEW_S = 300


def parse(
    headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime
) -> Sequence[CallbackHint]:
    """Check size, age and signature, all of them; then name the lines. Raises CallbackRefused."""
    lower = {name.lower(): value for name, value in headers.items()}
    timestamp = lower.get("x-sandbox-timestamp", "")
    signature = lower.get("x-sandbox-signature", "").encode()
    signed = timestamp.encode() + b"." + body[:_BODY_MAX]
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
    checks = (
        len(body) <= _BODY_MAX,
        _is_fresh(timestamp, now=now),
        hmac.compare_digest(signature, expected),
    )
    if not all(checks):
        raise CallbackRefused
    try:
        return _hints(json.loads(body))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CarrierMisread from error


def _is_fresh(timestamp: str, *, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        return False
    return abs(now.timestamp() - int(timestamp)) <= _SKEW_S


def _hints(content: dict[str, object]) -> Sequence[CallbackHint]:
    op = Op(str(content["op"]))
    sent_at = content["at"]
    events = content["events"]
    if not isinstance(sent_at, int | float) or not isinstance(events, list):
        raise TypeError
    at = datetime.fromtimestamp(sent_at, UTC)
    return [
        CallbackHint(
            event_id=str(event["event_id"]),
            iccid=str(event["iccid"]),
            reference=str(event["request_id"]),
            op=op,
            kind=kind_of(op, str(event["code"])),
            code=str(event["code"]),
            at=at,
        )
        for event in events
    ]
