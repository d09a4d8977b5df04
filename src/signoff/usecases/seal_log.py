"""Seal the log: append new events to the Merkle tree and sign a checkpoint (T1, RFC 9162).

Leaves stand in the order of event ids. A writer draws ids under the shared event lock; the sealer
takes that lock whole for a moment to read the highest id, after which no smaller one can appear.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from signoff.domain.certificate_file import Inclusion
from signoff.domain.checkpoint import Checkpoint, sign
from signoff.domain.merkle import CHUNK, append, inclusion_proof_chunked, leaf_hash
from signoff.ports.signing import Signer
from signoff.records import models
from signoff.records.changes import EVENT_LOCK
from signoff.records.rows import insert_rows

_SEAL_LOCK = EVENT_LOCK + 1


@dataclass(frozen=True, slots=True)
class Sealed:
    """The log as sealed: its size, the signed note, and every chunk."""

    size: int
    note: str
    chunks: tuple[models.EvidenceChunk, ...]

    def prove(self, event_ids: Sequence[int]) -> dict[int, Inclusion]:
        """Where these events stand in the log and the hashes that prove it."""
        roots = [bytes(chunk.root) for chunk in self.chunks]
        found: dict[int, Inclusion] = {}
        for chunk in self.chunks:
            inside = [e for e in event_ids if chunk.first_event_id <= e <= chunk.last_event_id]
            if inside:
                rows = _digests(chunk.first_event_id, chunk.last_event_id)
                leaves = [leaf_hash(digest) for _, digest in rows]
                places = {event_id: place for place, (event_id, _) in enumerate(rows)}
                for event_id in inside:
                    index = chunk.number * CHUNK + places[event_id]
                    hashes = inclusion_proof_chunked(
                        roots, chunk_leaves=leaves, index=index, size=self.size
                    )
                    found[event_id] = Inclusion(index, self.size, tuple(hashes))
        return found


def seal(*, now: datetime, signer: Signer) -> Sealed:
    """Append all events that are complete, and sign a checkpoint if there are new ones.

    Runs inside the caller's transaction; one sealer at a time.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SEAL_LOCK])
    chunks = list(models.EvidenceChunk.objects.order_by("number"))
    horizon = _horizon()
    sealed = chunks[-1].last_event_id if chunks else 0
    new = _digests(sealed + 1, horizon)
    if new:
        chunks = _append(chunks, new, now=now, signer=signer)
    size = sum(chunk.size for chunk in chunks)
    note = models.Checkpoint.objects.get(size=size).note
    return Sealed(size=size, note=note, chunks=tuple(chunks))


def _horizon() -> int:
    """The highest event id below which nothing can appear any more."""
    # Rolling back to the savepoint lets go of the lock, whatever happens in between.
    before = transaction.savepoint()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [EVENT_LOCK])
            cursor.execute("SELECT coalesce(max(id), 0) FROM records_event")
            return int(cursor.fetchone()[0])
    finally:
        transaction.savepoint_rollback(before)


def _digests(first: int, last: int) -> list[tuple[int, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, digest FROM records_event WHERE id BETWEEN %s AND %s ORDER BY id",
            [first, last],
        )
        return [(event_id, bytes(digest)) for event_id, digest in cursor.fetchall()]


def _append(
    chunks: list[models.EvidenceChunk],
    new: list[tuple[int, bytes]],
    *,
    now: datetime,
    signer: Signer,
) -> list[models.EvidenceChunk]:
    full = [chunk for chunk in chunks if chunk.size == CHUNK]
    tail = chunks[len(full) :]
    rows = _digests(tail[0].first_event_id, tail[0].last_event_id) if tail else []
    grown = append(
        [bytes(chunk.root) for chunk in full],
        tail=[leaf_hash(digest) for _, digest in rows],
        new=[leaf_hash(digest) for _, digest in new],
    )
    ids = [event_id for event_id, _ in [*rows, *new]]
    fresh = [
        models.EvidenceChunk(
            number=chunk.index,
            first_event_id=ids[(chunk.index - len(full)) * CHUNK],
            last_event_id=ids[(chunk.index - len(full)) * CHUNK + chunk.size - 1],
            size=chunk.size,
            root=chunk.root,
        )
        for chunk in grown.chunks
    ]
    models.EvidenceChunk.objects.bulk_create(
        fresh,
        update_conflicts=True,
        unique_fields=["number"],
        update_fields=["last_event_id", "size", "root"],
    )
    _checkpoint(grown.size, grown.root, now=now, signer=signer)
    return [*full, *fresh]


def _checkpoint(size: int, root: bytes, *, now: datetime, signer: Signer) -> None:
    note = sign(
        Checkpoint(origin=signer.name, size=size, root=root),
        name=signer.name,
        public_key=signer.public_key,
        sign=signer.sign,
    )
    insert_rows(
        models.Checkpoint,
        [{"size": size, "root": root, "signed_at": now, "note": note}],
        conflict="ON CONFLICT (size) DO NOTHING",
    )
