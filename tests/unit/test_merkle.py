"""T1: proofs of the log, against a plain reading of RFC 9162 and known answers."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.domain import merkle
from signoff.domain.merkle import CHUNK, Chunk, Tree

# The eight leaves that certificate transparency implementations test with, and their roots.
VECTOR_LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                 "606162636465666768696a6b6c6d6e6f")
]  # fmt: skip
VECTOR_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# (leaf, tree size) -> path
VECTOR_PATHS = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}


def plain_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + plain_root(leaves[:k]) + plain_root(leaves[k:])).digest()


def plain_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 9162, 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*plain_path(m, leaves[:k]), plain_root(leaves[k:])]
    return [*plain_path(m - k, leaves[k:]), plain_root(leaves[:k])]


def plain_subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 9162, 2.1.4.1."""
    if m == len(leaves):
        return [] if whole else [plain_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*plain_subproof(m, leaves[:k], whole), plain_root(leaves[k:])]
    return [*plain_subproof(m - k, leaves[k:], False), plain_root(leaves[:k])]


def leaves_of(count: int) -> list[bytes]:
    return [merkle.leaf_hash(b"%d" % number) for number in range(count)]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_known_ones(size: int) -> None:
    leaves = [merkle.leaf_hash(data) for data in VECTOR_LEAVES[:size]]

    assert merkle.root(leaves).hex() == VECTOR_ROOTS[size]


@pytest.mark.parametrize(("index", "size"), VECTOR_PATHS)
def test_paths_are_the_known_ones(index: int, size: int) -> None:
    leaves = [merkle.leaf_hash(data) for data in VECTOR_LEAVES[:size]]

    path = [item.hex() for item in merkle.inclusion_proof(leaves, index)]

    assert path == VECTOR_PATHS[index, size]


def test_every_small_tree_agrees_with_the_standard() -> None:
    for size in range(1, 36):
        leaves, tree = leaves_of(size), Tree(leaves_of(size))
        assert tree.root == plain_root(leaves)
        for index in range(size):
            assert tree.proof(index) == plain_path(index, leaves)
        for old in range(1, size + 1):
            proof = merkle.consistency_proof(leaves, old)
            assert proof == plain_subproof(old, leaves, True)
            assert merkle.verify_consistency(
                old_size=old,
                new_size=size,
                old_root=plain_root(leaves[:old]),
                new_root=tree.root,
                proof=proof,
            )


@given(st.integers(1, 300), st.data())
def test_an_inclusion_proof_verifies_and_nothing_near_it(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    tree = Tree(leaves)
    proof = tree.proof(index)

    def holds(leaf: bytes, at: int, of: int, path: list[bytes], root: bytes) -> bool:
        return merkle.verify_inclusion(leaf=leaf, index=at, size=of, proof=path, root=root)

    assert holds(leaves[index], index, size, proof, tree.root)
    assert not holds(merkle.leaf_hash(b"other"), index, size, proof, tree.root)
    assert not holds(leaves[index], index, size, [*proof, tree.root], tree.root)
    assert not holds(leaves[index], index, size, proof, merkle.EMPTY_ROOT)
    for other in {0, size // 2, size - 1, size, -1} - {index}:
        assert not holds(leaves[index], other, size, proof, tree.root)
    if proof:
        assert not holds(leaves[index], index, size, proof[:-1], tree.root)
        assert not holds(leaves[index], index, size, [merkle.EMPTY_ROOT, *proof[1:]], tree.root)


@given(st.integers(1, 300), st.data())
def test_a_consistency_proof_verifies_and_nothing_near_it(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    leaves = leaves_of(size)
    old_root, root = merkle.root(leaves[:old]), merkle.root(leaves)
    proof = merkle.consistency_proof(leaves, old)

    def holds(first: int, second: int, before: bytes, after: bytes, path: list[bytes]) -> bool:
        return merkle.verify_consistency(
            old_size=first, new_size=second, old_root=before, new_root=after, proof=path
        )

    assert holds(old, size, old_root, root, proof)
    assert not holds(old, size, merkle.EMPTY_ROOT, root, proof)
    assert not holds(old, size, old_root, merkle.EMPTY_ROOT, proof)
    assert not holds(old, size, old_root, root, [*proof, root])
    assert not holds(0, size, old_root, root, proof)
    assert not holds(size + 1, size, old_root, root, proof)
    if proof:
        assert not holds(old, size, old_root, root, proof[:-1])
        assert not holds(old, size, old_root, root, [])


def test_a_dropped_or_swapped_leaf_is_found() -> None:
    before = leaves_of(9)
    swapped = [before[1], before[0], *before[2:], *leaves_of(4)]
    proof = merkle.consistency_proof(swapped, 9)

    held = merkle.verify_consistency(
        old_size=9, new_size=13, old_root=merkle.root(before), new_root=merkle.root(swapped),
        proof=proof,
    )  # fmt: skip

    assert not held


def test_chunks_give_the_same_root_and_proofs() -> None:
    for size in (1, 5, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 77, 5 * CHUNK + 1):
        leaves = leaves_of(size)
        tree = Tree(leaves)
        chunks = [leaves[start : start + CHUNK] for start in range(0, size, CHUNK)]
        roots = [merkle.root(chunk) for chunk in chunks]
        assert merkle.root_from_chunks(roots) == tree.root
        for index in {0, size // 2, size - 1}:
            proof = merkle.inclusion_proof_chunked(
                roots, chunk_leaves=chunks[index // CHUNK], index=index, size=size
            )
            assert proof == tree.proof(index)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 1500), min_size=1, max_size=5))
def test_growing_step_by_step_ends_as_one_tree(steps: list[int]) -> None:
    everything: list[bytes] = []
    full: list[bytes] = []
    for step in steps:
        tail = everything[len(full) * CHUNK :]
        new = [merkle.leaf_hash(b"%d" % n) for n in range(len(everything), len(everything) + step)]
        everything += new
        grown = merkle.append(full, tail=tail, new=new)
        assert (grown.size, grown.root) == (len(everything), merkle.root(everything))
        assert all(chunk.size == CHUNK for chunk in grown.chunks[:-1])
        full += [chunk.root for chunk in grown.chunks if chunk.size == CHUNK]
        tail_chunks = [chunk.index for chunk in grown.chunks if chunk.size < CHUNK]
        assert tail_chunks in ([], [len(full)])


def test_an_append_names_the_grown_chunk_first() -> None:
    leaves = leaves_of(CHUNK + 2)

    grown = merkle.append([], tail=leaves[:10], new=leaves[10:])

    assert grown.chunks == (
        Chunk(0, CHUNK, merkle.root(leaves[:CHUNK])),
        Chunk(1, 2, merkle.root(leaves[CHUNK:])),
    )


def test_nonsense_is_refused() -> None:
    leaves = leaves_of(3)

    with pytest.raises(IndexError):
        merkle.inclusion_proof(leaves, 3)
    with pytest.raises(IndexError):
        merkle.consistency_proof(leaves, 0)
    with pytest.raises(IndexError):
        merkle.inclusion_proof_chunked([b""], chunk_leaves=leaves, index=3, size=3)
    with pytest.raises(ValueError, match="chunks"):
        merkle.inclusion_proof_chunked([b"", b""], chunk_leaves=leaves, index=0, size=3)
    with pytest.raises(ValueError, match="chunk 0"):
        merkle.inclusion_proof_chunked([b""], chunk_leaves=leaves, index=0, size=4)
    with pytest.raises(ValueError, match="tail"):
        merkle.append([], tail=leaves_of(CHUNK), new=[])
