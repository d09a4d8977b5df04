"""Take messages from outside in, each once: a reason to read back now, never a proof (E3, M2)."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from signoff.domain.steps import Step
from signoff.ports.carrier import CallbackHint
from signoff.ports.payments import PaymentHint
from signoff.records import callbacks


def take_hints(
    carrier: str, hints: Sequence[CallbackHint], *, now: datetime
) -> tuple[int, set[tuple[str, bool]]]:
    """Keep the messages; says how many were new, and which steps are due now because of
    them, and whether for a person."""
    by_key = {_key(hint.event_id): hint for hint in hints}
    fresh = callbacks.remember(carrier, list(by_key), now=now)
    iccids = sorted({by_key[key].iccid for key in fresh})
    return len(fresh), callbacks.hasten(carrier, iccids, now=now) if iccids else set()


def take_payment_hints(
    provider: str, hints: Sequence[PaymentHint], *, now: datetime
) -> tuple[int, set[tuple[str, bool]]]:
    """As `take_hints`, for movements of money; a refund that is paid may have come back."""
    by_key = {_key(hint.event_id): hint for hint in hints}
    fresh = callbacks.remember(f"pay/{provider}", list(by_key), now=now)
    orders = sorted({by_key[key].key for key in fresh})
    due = orders and callbacks.read_payments_again(provider, orders, now=now)
    return len(fresh), {(Step.PAY.value, True)} if due else set()


def _key(event_id: str) -> str:
    """The id as it is kept: itself, or its hash where the column could not hold it."""
    if len(event_id) <= 120 and event_id.isprintable():
        return event_id
    return sha256(event_id.encode("utf-8", "surrogatepass")).hexdigest()
