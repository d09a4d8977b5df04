"""Identifiers made here and passed down: ids in order of time, and case numbers people read."""

import os
import time
from uuid import UUID

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id() -> UUID:
    """A UUID version 7 (RFC 9562): milliseconds first, so that new rows lie together on disk."""
    chance = int.from_bytes(os.urandom(10))
    value = time.time_ns() // 1_000_000 << 80 | chance
    return UUID(int=value & ~(0xF << 76 | 0x3 << 62) | 0x7 << 76 | 0x2 << 62)


def new_number() -> str:
    """A case number to read aloud: eight Crockford digits, without the letters people mix up."""
    chance = int.from_bytes(os.urandom(5))
    digits = "".join(_CROCKFORD[chance >> shift & 31] for shift in range(0, 40, 5))
    return f"SO-{digits[:4]}-{digits[4:]}"
