"""T2: the file form of a certificate."""

from typing import cast

import pytest

from signoff.domain.canonical import Json, decode, encode
from signoff.domain.certificate import BadCertificate
from signoff.domain.certificate_file import Certificate, assemble, parse
from signoff.domain.merkle import verify_inclusion
from signoff.testing.certificates import specimen
from signoff.testing.signing import MemorySigner

SIGNER = MemorySigner()
FILE = specimen(SIGNER)


def load() -> dict[str, dict[str, Json]]:
    return cast(dict[str, dict[str, Json]], decode(FILE))


def rebuilt(certificate: Certificate) -> bytes:
    return assemble(
        body=certificate.body,
        event=certificate.event,
        proof=certificate.inclusion,
        checkpoint=certificate.checkpoint,
        signature=certificate.signature,
    )


def test_a_file_comes_back_from_its_parts() -> None:
    assert rebuilt(parse(decode(FILE))) == FILE


def test_a_file_is_canonical_with_a_line_feed() -> None:
    assert encode(decode(FILE)) + b"\n" == FILE


def test_the_event_is_the_leaf() -> None:
    certificate = parse(decode(FILE))

    assert certificate.event.leaf() == certificate.leaf
    assert not verify_inclusion(
        leaf=certificate.leaf, index=0, size=7, proof=certificate.inclusion.hashes, root=b""
    )


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("event", "seq", "1"),
        ("event", "at", "today"),
        ("event", "facts", []),
        ("event", "salt", "00"),
        ("event", "salt", "Z" * 32),
        ("event", "personal", ""),
        ("event", "more", 1),
        ("proof", "leaf_index", -1),
        ("proof", "leaf_index", True),
        ("proof", "tree_size", None),
        ("proof", "hashes", "x"),
        ("proof", "hashes", ["00" * 31]),
        ("proof", "hashes", ["00" * 32] * 54),
        ("proof", "leaf_hash", "AB" * 32),
        ("signature", "algorithm", "none"),
        ("signature", "key_id", "x"),
        ("signature", "key_id", 1),
        ("signature", "public_key", "00"),
        ("signature", "value", 7),
    ],
)
def test_a_malformed_part_is_refused_by_name(part: str, name: str, value: Json) -> None:
    file = load()
    file[part][name] = value

    with pytest.raises(BadCertificate, match=rf"{part}\.{name}"):
        parse(file)


@pytest.mark.parametrize("value", [None, {}, 1])
def test_a_checkpoint_is_text(value: Json) -> None:
    with pytest.raises(BadCertificate, match="checkpoint"):
        parse({**load(), "checkpoint": value})


def test_a_file_without_a_part_is_refused() -> None:
    file = load()
    del file["proof"]

    with pytest.raises(BadCertificate, match=r"missing_field: certificate\.proof"):
        parse(file)


def test_the_personal_hash_of_the_event_is_kept() -> None:
    file = load()
    file["event"]["personal"] = "ab" * 32

    assert parse(file).event.personal_sha256 == "ab" * 32
