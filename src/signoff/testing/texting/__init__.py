"""A mobile network for texts, for tests and the demo: a message centre that speaks SMPP, and a
file of what phones got.

The byte layouts are written here once more, on purpose: two hands that read one specification find
each other's slips.
"""

from signoff.testing.texting.centre import MessageCentre, NobodyListens, running_centre
from signoff.testing.texting.phones import Bubble, Phones

__all__ = ["Bubble", "MessageCentre", "NobodyListens", "Phones", "running_centre"]
