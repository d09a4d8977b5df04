"""A mobile network for texts, for tests and the demo: a message centre over SMPP, a gateway over
HTTP, and a file of what phones got.

The byte layouts are written here once more, on purpose: two hands that read one specification find
each other's slips.
"""

from signoff.testing.texting.centre import MessageCentre, NobodyListens, running_centre
from signoff.testing.texting.gateway import Answered, Gateway, running_gateway
from signoff.testing.texting.phones import Bubble, Phones

__all__ = [
    "Answered",
    "Bubble",
    "Gateway",
    "MessageCentre",
    "NobodyListens",
    "Phones",
    "running_centre",
    "running_gateway",
]
