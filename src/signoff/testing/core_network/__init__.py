"""A core network to try and test against: an HLR of our own hand, and a phone for the real one."""

from signoff.testing.core_network.hlr import Hlr, running_hlr

__all__ = ["Hlr", "running_hlr"]
