"""Signoff ends a mobile line properly and proves it."""

__version__ = "0.1.0"
