"""Stores of identity documents."""
