"""How a talk with the HLR can fail: before anything was ordered, or no longer sure."""

from signoff.ports.carrier import CarrierError

PAUSE_S = 5


class NotSent(CarrierError):
    """The core network certainly did nothing."""


class Unclear(CarrierError):
    """The core network may or may not have done it."""
