"""A Merkle tree over hashes, as in RFC 9162, section 2.1.

A *leaf* here is always a leaf hash. Besides the plain functions there is a chunked form: an
aligned run of CHUNK leaves is a complete subtree, so the whole tree is the tree over the chunks'
roots. A proof then needs the leaves of one chunk and the roots of all, and growing the tree
needs the leaves of the last, partly filled chunk only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

CHUNK = 1024
EMPTY_ROOT = sha256(b"").digest()
HASH_SIZE = 32


def leaf_hash(data: bytes) -> bytes:
    """The hash of an entry."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """All levels of a tree over `leaves`, for many proofs from one calculation."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            pairs = zip(below[::2], below[1::2], strict=False)
            level = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
            if len(below) % 2:
                level.append(below[-1])
            self._levels.append(level)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self._levels[0])

    @property
    def root(self) -> bytes:
        """The root hash; of no leaves, the hash of nothing."""
        return self._levels[-1][0] if self.size else EMPTY_ROOT

    def proof(self, index: int) -> list[bytes]:
        """The inclusion proof of leaf `index`: its siblings from the bottom up."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        siblings = []
        for level in self._levels[:-1]:
            if (index ^ 1) < len(level):
                siblings.append(level[index ^ 1])
            index //= 2
        return siblings


def root(leaves: Sequence[bytes]) -> bytes:
    """The root hash over `leaves`."""
    return Tree(leaves).root


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The proof that leaf `index` is in the tree over `leaves`."""
    return Tree(leaves).proof(index)


def verify_inclusion(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether `proof` shows `leaf` at `index` of the tree of `size` with `root`."""
    if not 0 <= index < size:
        return False
    position, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position % 2 or position == last:
            found = node_hash(sibling, found)
            while not position % 2 and position:
                position, last = position // 2, last // 2
        else:
            found = node_hash(found, sibling)
        position, last = position // 2, last // 2
    return last == 0 and found == root


def consistency_ranges(old_size: int, new_size: int) -> list[tuple[int, int]]:
    """The leaf ranges whose subtree roots, in this order, are the consistency proof."""
    if not 0 < old_size <= new_size:
        raise IndexError(old_size)
    ranges: list[tuple[int, int]] = []
    start, end, whole = 0, new_size, True
    while old_size != end - start:
        middle = start + _left(end - start)
        if old_size <= middle - start:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            old_size -= middle - start
            start, whole = middle, False
    if not whole:
        ranges.append((start, end))
    return ranges[::-1]


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """The proof that the first `old_size` leaves are unchanged in the tree over `leaves`."""
    return [root(leaves[a:b]) for a, b in consistency_ranges(old_size, len(leaves))]


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` shows that the new tree begins with the whole old one."""
    if not 0 < old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    position, last = old_size - 1, new_size - 1
    while position % 2:
        position, last = position // 2, last // 2
    old_found = new_found = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position % 2 or position == last:
            old_found = node_hash(sibling, old_found)
            new_found = node_hash(sibling, new_found)
            while not position % 2 and position:
                position, last = position // 2, last // 2
        else:
            new_found = node_hash(new_found, sibling)
        position, last = position // 2, last // 2
    return last == 0 and old_found == old_root and new_found == new_root


@dataclass(frozen=True, slots=True)
class Chunk:
    """Leaves [CHUNK * index, CHUNK * index + size) and their subtree's root."""

    index: int
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Grown:
    """What an append changed: the last chunk if it grew, the new ones, and the whole tree."""

    chunks: tuple[Chunk, ...]
    size: int
    root: bytes


def root_from_chunks(chunk_roots: Sequence[bytes]) -> bytes:
    """The root of the whole tree from the roots of all its chunks, a part-filled last included."""
    return root(chunk_roots)


def inclusion_proof_chunked(
    chunk_roots: Sequence[bytes], *, chunk_leaves: Sequence[bytes], index: int, size: int
) -> list[bytes]:
    """The proof of leaf `index` of `size` from all chunk roots and the leaves of its own chunk."""
    if not 0 <= index < size:
        raise IndexError(index)
    number, position = divmod(index, CHUNK)
    if len(chunk_roots) != -(-size // CHUNK):
        raise ValueError(f"{size} leaves have not {len(chunk_roots)} chunks")
    if len(chunk_leaves) != min(CHUNK, size - number * CHUNK):
        raise ValueError(f"chunk {number} of {size} leaves has not {len(chunk_leaves)}")
    return Tree(chunk_leaves).proof(position) + Tree(chunk_roots).proof(number)


def append(full_roots: Sequence[bytes], *, tail: Sequence[bytes], new: Sequence[bytes]) -> Grown:
    """Add `new` leaves behind the full chunks and the `tail` of a part-filled one.

    `tail` holds the leaves of the last chunk when it is not full, else nothing.
    """
    if len(tail) >= CHUNK:
        raise ValueError("a full chunk is no tail")
    first, open_leaves = len(full_roots), [*tail, *new]
    chunks = tuple(
        Chunk(first + start // CHUNK, len(part), root(part))
        for start in range(0, len(open_leaves), CHUNK)
        if (part := open_leaves[start : start + CHUNK])
    )
    whole = root_from_chunks([*full_roots, *(chunk.root for chunk in chunks)])
    return Grown(chunks, first * CHUNK + len(open_leaves), whole)


def _left(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
