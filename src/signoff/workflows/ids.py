"""Identifiers made here and passed down: ids in order of time, and case numbers people read."""

import secrets
import time
from uuid import UUID

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id() -> UUID:
    """A UUID version 7 (RFC 9562): milliseconds first, so that new rows lie together on disk."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | (0x7 << 76) | (secrets.randbits(12) << 64)
    return UUID(int=value | (0b10 << 62) | secrets.randbits(62))


def new_number() -> str:
    """A case number to read aloud: eight Crockford digits, without the letters people mix up."""
    digits = "".join(secrets.choice(_CROCKFORD) for _ in range(8))
    return f"SO-{digits[:4]}-{digits[4:]}"
