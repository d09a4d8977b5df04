"""Signoff ends a mobile line properly and proves it."""
