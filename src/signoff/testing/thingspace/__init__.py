"""A ThingSpace to try and test against."""

from signoff.testing.thingspace.server import ThingSpaceSimulator, running_thingspace

__all__ = ["ThingSpaceSimulator", "running_thingspace"]
