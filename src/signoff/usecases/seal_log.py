"""Seal the log: append new events to the Merkle tree and sign a checkpoint (T1, RFC 9162).

Leaves stand in the order of event ids. A writer draws ids under the shared event lock; the sealer
takes that lock whole for a moment to read the highest id, after which no smaller one can appear.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from signoff.domain.certificate_file import Inclusion
from signoff.domain.checkpoint import Checkpoint, sign
from signoff.domain.merkle import CHUNK, append, inclusion_proof_chunked, leaf_hash, root
from signoff.ports.signing import Signer
from signoff.records import models
from signoff.records.changes import EVENT_LOCK
from signoff.records.rows import insert_rows

_SEAL_LOCK = EVENT_LOCK + 1


@dataclass(frozen=True, slots=True)
class Proof:
    """Where an event stands in the log as some checkpoint saw it, and that checkpoint's note."""

    inclusion: Inclusion
    note: str


MOST = 64 * CHUNK
"""Events sealed in one transaction: memory stays flat however many wait."""


def sealed_until() -> int:
    """The id of the newest sealed event; 0 where none is."""
    newest = models.EvidenceChunk.objects.order_by("-number").values_list("last_event_id").first()
    return newest[0] if newest else 0


def unsealed() -> bool:
    """Whether there is an event no checkpoint covers yet."""
    newest = models.Event.objects.order_by("-id").values_list("id", flat=True).first()
    return newest is not None and newest > sealed_until()


def seal(*, now: datetime, signer: Signer) -> int:
    """Append the events that are complete, at most `MOST`, and sign a checkpoint over them.

    Runs inside the caller's transaction; one sealer at a time. Says how many were appended.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SEAL_LOCK])
    new = _digests(sealed_until() + 1, _horizon(), most=MOST)
    if new:
        _append(new, now=now, signer=signer)
    return len(new)


def prove(event_id: int) -> Proof | None:
    """The proof of an event in the first checkpoint over it; None until there is one."""
    chunk = models.EvidenceChunk.objects.filter(
        first_event_id__lte=event_id, last_event_id__gte=event_id
    ).first()
    if chunk is None:
        return None
    rows = _digests(chunk.first_event_id, chunk.last_event_id)
    index = chunk.number * CHUNK + [each for each, _ in rows].index(event_id)
    covering = models.Checkpoint.objects.filter(size__gt=index).order_by("size").first()
    if covering is None:
        return None
    full, left = divmod(covering.size, CHUNK)
    roots, tail = _roots(full), _tail(full, left)
    leaves = tail if chunk.number == full else [leaf_hash(digest) for _, digest in rows]
    hashes = inclusion_proof_chunked(
        [*roots, root(tail)] if tail else roots,
        chunk_leaves=leaves,
        index=index,
        size=covering.size,
    )
    return Proof(Inclusion(index, covering.size, tuple(hashes)), covering.note)


def _roots(full: int) -> list[bytes]:
    """The roots of so many full chunks, from the first on."""
    chunks = models.EvidenceChunk.objects.filter(number__lt=full).order_by("number")
    return [bytes(each) for each in chunks.values_list("root", flat=True)]


def _tail(number: int, size: int) -> list[bytes]:
    """The first leaves of a chunk, as many as it had once."""
    if not size:
        return []
    chunk = models.EvidenceChunk.objects.get(number=number)
    rows = _digests(chunk.first_event_id, chunk.last_event_id, most=size)
    return [leaf_hash(digest) for _, digest in rows]


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


def _digests(first: int, last: int, *, most: int | None = None) -> list[tuple[int, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, digest FROM records_event WHERE id BETWEEN %s AND %s ORDER BY id LIMIT %s",
            [first, last, most],
        )
        return [(event_id, bytes(digest)) for event_id, digest in cursor.fetchall()]


def _append(new: list[tuple[int, bytes]], *, now: datetime, signer: Signer) -> None:
    newest = models.EvidenceChunk.objects.order_by("-number").first()
    open_one = newest if newest and newest.size < CHUNK else None
    full = open_one.number if open_one else (newest.number + 1 if newest else 0)
    rows = _digests(open_one.first_event_id, open_one.last_event_id) if open_one else []
    grown = append(
        _roots(full),
        tail=[leaf_hash(digest) for _, digest in rows],
        new=[leaf_hash(digest) for _, digest in new],
    )
    ids = [event_id for event_id, _ in [*rows, *new]]
    fresh = [
        models.EvidenceChunk(
            number=chunk.index,
            first_event_id=ids[(chunk.index - full) * CHUNK],
            last_event_id=ids[(chunk.index - full) * CHUNK + chunk.size - 1],
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


def _checkpoint(size: int, top: bytes, *, now: datetime, signer: Signer) -> None:
    note = sign(
        Checkpoint(origin=signer.name, size=size, root=top),
        name=signer.name,
        public_key=signer.public_key,
        sign=signer.sign,
    )
    insert_rows(
        models.Checkpoint,
        [{"size": size, "root": top, "signed_at": now, "note": note}],
        conflict="ON CONFLICT (size) DO NOTHING",
    )


@dataclass(frozen=True, slots=True)
class Proofs:
    """Where several events stand in the log as one checkpoint saw them all."""

    inclusions: Mapping[int, Inclusion]
    note: str


def prove_all(event_ids: Collection[int]) -> Proofs | None:
    """The proofs of those of the events that are sealed, in the first checkpoint over them all.

    None where none is. The number of queries does not depend on the number of events.
    """
    until = sealed_until()
    sealed = sorted(each for each in event_ids if each <= until)
    rows = _chunk_rows(sealed)
    chunk_of = {event_id: number for number, event_id, _ in rows}
    leaves: dict[int, list[bytes]] = {}
    index: dict[int, int] = {}
    for number, event_id, digest in rows:
        chunk = leaves.setdefault(number, [])
        index[event_id] = number * CHUNK + len(chunk)
        chunk.append(leaf_hash(digest))
    last = max((index[each] for each in sealed), default=-1)
    covering = models.Checkpoint.objects.filter(size__gt=last).order_by("size").first()
    if not sealed or covering is None:
        return None
    full, left = divmod(covering.size, CHUNK)
    tail = _tail(full, left)
    roots = [*_roots(full), root(tail)] if tail else _roots(full)
    inclusions = {}
    for each in sealed:
        number = chunk_of[each]
        hashes = inclusion_proof_chunked(
            roots,
            chunk_leaves=tail if number == full else leaves[number],
            index=index[each],
            size=covering.size,
        )
        inclusions[each] = Inclusion(index[each], covering.size, tuple(hashes))
    return Proofs(inclusions, covering.note)


def _chunk_rows(event_ids: Sequence[int]) -> list[tuple[int, int, bytes]]:
    """Every event of the chunks these events stand in: chunk, event id, digest."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.number, e.id, e.digest FROM records_evidencechunk c "
            "JOIN records_event e ON e.id BETWEEN c.first_event_id AND c.last_event_id "
            "WHERE c.number IN (SELECT o.number FROM unnest(%s::bigint[]) AS i(id) "
            "JOIN records_evidencechunk o ON i.id BETWEEN o.first_event_id AND o.last_event_id) "
            "ORDER BY e.id",
            [list(event_ids)],
        )
        return [(number, event_id, bytes(digest)) for number, event_id, digest in cursor.fetchall()]
