"""Callbacks: taken in and answered at once, and asked for at the carriers that offer them."""

import logging
from collections.abc import Sequence

from django.db import transaction

from signoff.ports import registry
from signoff.ports.carrier import Answering, CallbackHint, CarrierError, Subscribing
from signoff.ports.payments import PaymentHint
from signoff.usecases.take_hints import take_hints, take_payment_hints
from signoff.workflows import engine
from signoff.workflows.work import clock

log = logging.getLogger(__name__)


def take_in(carrier: str, hints: Sequence[CallbackHint]) -> int:
    """Keep a carrier's messages and wake who waits for them; says how many were new.

    Duplicates, latecomers and messages about lines we wait for nothing of change nothing.
    """
    with transaction.atomic():
        fresh, steps = take_hints(carrier, hints, now=clock())
        engine.wake(steps)
    return fresh


def take_in_payments(provider: str, hints: Sequence[PaymentHint]) -> int:
    """The same for a payment provider's messages."""
    with transaction.atomic():
        fresh, steps = take_payment_hints(provider, hints, now=clock())
        engine.wake(steps)
    return fresh


def subscribe(base_url: str) -> list[str]:
    """Have every carrier that sends callbacks on request send them here; says which do.

    One that cannot be reached is left out and logged: lines are read back without it, only later.
    """
    listening = []
    for name in registry.carriers.names():
        carrier = registry.carriers[name]
        if carrier.capabilities.asynchronous is not Answering.CALLBACK:
            continue
        if not isinstance(carrier, Subscribing):
            continue
        try:
            carrier.listen(f"{base_url}/callbacks/carriers/{name}")
        except CarrierError as error:
            log.warning(
                "no callbacks", extra={"carrier": name, "code": error.code or type(error).__name__}
            )
        else:
            listening.append(name)
    return listening
