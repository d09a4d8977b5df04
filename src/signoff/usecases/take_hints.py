"""Take carriers' messages in, each once: a reason to read a line back now, never a proof (E3)."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from signoff.ports.carrier import CallbackHint
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


def _key(event_id: str) -> str:
    """The id as it is kept: itself, or its hash where the column could not hold it."""
    if len(event_id) <= 120 and event_id.isprintable():
        return event_id
    return sha256(event_id.encode("utf-8", "surrogatepass")).hexdigest()
