"""Hold the log against itself (T1): an event altered, dropped or put elsewhere is found."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from signoff.domain import checkpoint, merkle
from signoff.domain.canonical import format_time
from signoff.domain.checkpoint import BadCheckpoint
from signoff.domain.evidence import digest_erased, event_content, personal_digest
from signoff.records import models


class Flaw(StrEnum):
    """What does not fit."""

    EVENT = "event"
    """An event's row no longer says what its digest says."""
    ORDER = "order"
    """A case's events do not stand one behind the other, up to the last it counted."""
    LEAVES = "leaves"
    """A chunk of the log has other leaves, or in another order, than were sealed."""
    CHECKPOINT = "checkpoint"
    """A checkpoint does not fit the leaves, or is not signed by a key of ours."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One flaw and where it is: an event's id, a case, a chunk's number or a checkpoint's size."""

    flaw: Flaw
    where: str


def audit(*, trusted_keys: Mapping[str, bytes]) -> list[Finding]:
    """Recompute the whole log from its rows; says what does not fit, nothing where all does."""
    return [*_events(), *_order(), *_tree(trusted_keys)]


def _events() -> Iterator[Finding]:
    for event in models.Event.objects.order_by("id").iterator(chunk_size=2_000):
        if not _intact(event):
            yield Finding(Flaw.EVENT, str(event.id))


def _intact(event: models.Event) -> bool:
    salt = bytes(event.salt)
    kept = bytes(event.personal_hash).hex() if event.personal_hash is not None else None
    if event.personal is not None and personal_digest(event.personal, salt=salt) != kept:
        return False
    content = event_content(
        actor=event.actor,
        at=format_time(event.at),
        case=str(event.case_id),
        code=event.code,
        facts=event.facts,
        seq=event.seq,
    )
    return digest_erased(content, salt=salt, personal_sha256=kept) == bytes(event.digest)


_ORDER = """
SELECT coalesce(c.id, e.case_id)
FROM records_case c FULL JOIN (
    SELECT case_id, min(seq) AS first, max(seq) AS last, count(*) AS size
    FROM records_event GROUP BY case_id) e ON e.case_id = c.id
WHERE c.id IS NULL OR e.first IS DISTINCT FROM 1 OR e.last <> e.size OR e.last <> c.last_seq
ORDER BY 1
"""


def _order() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_ORDER)
        for (case_id,) in cursor.fetchall():
            yield Finding(Flaw.ORDER, str(case_id))


def _tree(trusted_keys: Mapping[str, bytes]) -> Iterator[Finding]:
    checkpoints = list(models.Checkpoint.objects.order_by("size"))
    roots: list[bytes] = []
    end = 0
    for chunk in models.EvidenceChunk.objects.order_by("number"):
        leaves = _leaves(chunk)
        start = chunk.number * merkle.CHUNK
        inside = [each for each in checkpoints if start < each.size <= start + merkle.CHUNK]
        yield from _checkpoints(inside, roots, leaves=leaves, trusted_keys=trusted_keys)
        found = (len(roots), len(leaves), merkle.root(leaves))
        if found != (chunk.number, chunk.size, bytes(chunk.root)):
            yield Finding(Flaw.LEAVES, str(chunk.number))
        roots.append(found[-1])
        end = start + len(leaves)
    for each in checkpoints:
        if each.size > end:
            yield Finding(Flaw.CHECKPOINT, str(each.size))


def _leaves(chunk: models.EvidenceChunk) -> list[bytes]:
    inside = models.Event.objects.filter(
        id__gte=chunk.first_event_id, id__lte=chunk.last_event_id
    ).order_by("id")
    return [merkle.leaf_hash(bytes(digest)) for digest in inside.values_list("digest", flat=True)]


def _checkpoints(
    inside: Sequence[models.Checkpoint],
    roots: Sequence[bytes],
    *,
    leaves: Sequence[bytes],
    trusted_keys: Mapping[str, bytes],
) -> Iterator[Finding]:
    for each in inside:
        part = leaves[: each.size - len(roots) * merkle.CHUNK]
        size = len(roots) * merkle.CHUNK + len(part)
        root = merkle.root_from_chunks([*roots, merkle.root(part)])
        if not _fits(each, size=size, root=root, trusted_keys=trusted_keys):
            yield Finding(Flaw.CHECKPOINT, str(each.size))


def _fits(
    kept: models.Checkpoint, *, size: int, root: bytes, trusted_keys: Mapping[str, bytes]
) -> bool:
    try:
        note = checkpoint.parse(kept.note)
    except BadCheckpoint:
        return False
    said = note.checkpoint
    if (said.size, said.root, bytes(kept.root), kept.size) != (size, root, root, size):
        return False
    return any(
        checkpoint.verify(note, name=said.origin, public_key=key, check=_check_with(key))
        for key in trusted_keys.values()
    )


def _check_with(public_key: bytes) -> Callable[[bytes, bytes], bool]:
    key = Ed25519PublicKey.from_public_bytes(public_key)

    def check(signature: bytes, message: bytes) -> bool:
        try:
            key.verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    return check
