"""Adapters to billing, payments, messaging, documents and signing keys."""
