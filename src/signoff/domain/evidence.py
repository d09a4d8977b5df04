"""What of an event is hashed into the log.

The digest covers every part of an event. The personal part enters only as a salted hash of its
own, so that erasing it leaves the digest, the leaf and every proof as they were.
"""

from collections.abc import Mapping
from hashlib import sha256

from signoff.domain.canonical import Json, encode

SALT_SIZE = 16
_FIELDS = frozenset({"actor", "at", "case", "code", "facts", "seq"})


def event_content(
    *, actor: str, at: str, case: str, code: str, facts: Mapping[str, Json], seq: int
) -> dict[str, Json]:
    """An event's hashed content without its personal part. `at` as `format_time` writes it."""
    return {"actor": actor, "at": at, "case": case, "code": code, "facts": facts, "seq": seq}


def personal_digest(personal: Json, *, salt: bytes) -> str | None:
    """What stays of the personal part when it is erased; nothing stays of nothing."""
    _require_salt(salt)
    return None if personal is None else sha256(salt + encode(personal)).hexdigest()


def digest(content: Mapping[str, Json], *, salt: bytes, personal: Json) -> bytes:
    """The digest of an event with its personal part."""
    kept = personal_digest(personal, salt=salt)
    return digest_erased(content, salt=salt, personal_sha256=kept)


def digest_erased(
    content: Mapping[str, Json], *, salt: bytes, personal_sha256: str | None
) -> bytes:
    """The same digest when only the hash of the personal part is left."""
    _require_salt(salt)
    if content.keys() != _FIELDS:
        raise ValueError(f"an event has {sorted(_FIELDS)}, not {sorted(content)}")
    return sha256(salt + encode({**content, "personal": personal_sha256})).digest()


def _require_salt(salt: bytes) -> None:
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt has {SALT_SIZE} bytes")
