"""Fakes, simulators and contract suites for those who build on Signoff."""
