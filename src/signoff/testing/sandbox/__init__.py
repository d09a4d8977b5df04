"""A carrier and a payment provider to try Signoff against, over real HTTP.

The server keeps every line in one state file that survives a crash, and books each execution in a
ledger, so a test can prove that an effect happened exactly once. The carrier has no idempotency
key: two accepted requests are two executions. Everything that goes wrong at real carriers can be
switched on while it runs. docs/reference/sandbox.md has the calls.
"""

from signoff.testing.sandbox.running import (
    SECRET,
    Sandbox,
    SandboxAdmin,
    SandboxDown,
    SandboxProcess,
    running_sandbox,
    serve,
)
from signoff.testing.sandbox.store import StateFileUnusable

__all__ = [
    "SECRET",
    "Sandbox",
    "SandboxAdmin",
    "SandboxDown",
    "SandboxProcess",
    "StateFileUnusable",
    "running_sandbox",
    "serve",
]
