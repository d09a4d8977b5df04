"""The certificate as a file: body, event, proof, checkpoint and signature in canonical JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from signoff.domain.canonical import Json, encode
from signoff.domain.certificate import (
    BadCertificate,
    CertificateBody,
    Flaw,
    fields,
    has_form,
    parse_body,
)
from signoff.domain.evidence import SALT_SIZE, digest_erased
from signoff.domain.merkle import HASH_SIZE, leaf_hash

ALGORITHM = "Ed25519"
MAX_PROOF = 53
_HEX = re.compile(r"([0-9a-f]{2})*")


@dataclass(frozen=True, slots=True)
class IssuedEvent:
    """The `certificate.issued` event as hashed: its content, salt and personal hash."""

    content: Mapping[str, Json]
    salt: bytes
    personal_sha256: str | None = None

    def digest(self) -> bytes:
        """The digest that the leaf is made of."""
        return digest_erased(self.content, salt=self.salt, personal_sha256=self.personal_sha256)

    def leaf(self) -> bytes:
        """The leaf of the log."""
        return leaf_hash(self.digest())


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Where the leaf stands in the log, and the hashes that lead to the root."""

    leaf_index: int
    tree_size: int
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class BodySignature:
    """Who signed the body."""

    key_id: str
    public_key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Certificate:
    """A parsed certificate. Parsed is not verified."""

    body: CertificateBody
    event: IssuedEvent
    leaf: bytes
    inclusion: Inclusion
    checkpoint: str
    signature: BodySignature


def assemble(
    *,
    body: CertificateBody,
    event: IssuedEvent,
    proof: Inclusion,
    checkpoint: str,
    signature: BodySignature,
) -> bytes:
    """The bytes of the certificate file."""
    return (
        encode(
            {
                "body": body.to_json(),
                "event": {
                    **event.content,
                    "personal": event.personal_sha256,
                    "salt": event.salt.hex(),
                },
                "proof": {
                    "hashes": [item.hex() for item in proof.hashes],
                    "leaf_hash": event.leaf().hex(),
                    "leaf_index": proof.leaf_index,
                    "tree_size": proof.tree_size,
                },
                "checkpoint": checkpoint,
                "signature": {
                    "algorithm": ALGORITHM,
                    "key_id": signature.key_id,
                    "public_key": signature.public_key.hex(),
                    "value": signature.value.hex(),
                },
            }
        )
        + b"\n"
    )


def parse(value: Json) -> Certificate:
    """The certificate in JSON, refusing whatever `assemble` would not have written."""
    names = ["body", "checkpoint", "event", "proof", "signature"]
    parts = fields(value, path="certificate", names=names)
    checkpoint = parts["checkpoint"]
    if not isinstance(checkpoint, str):
        raise BadCertificate(Flaw.WRONG_FORM, "checkpoint", wanted="text")
    leaf, inclusion = _inclusion(parts["proof"])
    return Certificate(
        body=parse_body(parts["body"]),
        event=_event(parts["event"]),
        leaf=leaf,
        inclusion=inclusion,
        checkpoint=checkpoint,
        signature=_signature(parts["signature"]),
    )


def _event(value: Json) -> IssuedEvent:
    names = ["actor", "at", "case", "code", "facts", "personal", "salt", "seq"]
    event = fields(value, path="event", names=names)
    forms = {"actor": "text", "at": "time", "case": "uuid", "code": "text", "seq": "count"}
    for name, form in {**forms, "personal": "sha256?"}.items():
        if not has_form(event[name], form):
            raise BadCertificate(Flaw.WRONG_FORM, f"event.{name}", wanted=form)
    if not isinstance(event["facts"], dict):
        raise BadCertificate(Flaw.WRONG_FORM, "event.facts", wanted="object")
    salt, personal = _hex(event.pop("salt"), path="event.salt", size=SALT_SIZE), event["personal"]
    del event["personal"]
    return IssuedEvent(event, salt, personal if isinstance(personal, str) else None)


def _inclusion(value: Json) -> tuple[bytes, Inclusion]:
    names = ["hashes", "leaf_hash", "leaf_index", "tree_size"]
    proof = fields(value, path="proof", names=names)
    index, size, hashes = proof["leaf_index"], proof["tree_size"], proof["hashes"]
    if not isinstance(index, int) or not has_form(index, "count"):
        raise BadCertificate(Flaw.WRONG_FORM, "proof.leaf_index", wanted="count")
    if not isinstance(size, int) or not has_form(size, "count"):
        raise BadCertificate(Flaw.WRONG_FORM, "proof.tree_size", wanted="count")
    if not isinstance(hashes, list) or len(hashes) > MAX_PROOF:
        raise BadCertificate(Flaw.WRONG_FORM, "proof.hashes", wanted="list of hashes")
    path = tuple(
        _hex(item, path=f"proof.hashes[{number}]", size=HASH_SIZE)
        for number, item in enumerate(hashes)
    )
    leaf = _hex(proof["leaf_hash"], path="proof.leaf_hash", size=HASH_SIZE)
    return leaf, Inclusion(index, size, path)


def _signature(value: Json) -> BodySignature:
    names = ["algorithm", "key_id", "public_key", "value"]
    signature = fields(value, path="signature", names=names)
    if signature["algorithm"] != ALGORITHM:
        raise BadCertificate(Flaw.WRONG_FORM, "signature.algorithm", wanted=ALGORITHM)
    key_id = signature["key_id"]
    if not isinstance(key_id, str) or not has_form(key_id, "key_id"):
        raise BadCertificate(Flaw.WRONG_FORM, "signature.key_id", wanted="key_id")
    public_key = _hex(signature["public_key"], path="signature.public_key", size=32)
    return BodySignature(
        key_id, public_key, _hex(signature["value"], path="signature.value", size=64)
    )


def _hex(value: Json, *, path: str, size: int) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * size or not _HEX.fullmatch(value):
        raise BadCertificate(Flaw.WRONG_FORM, path, wanted=f"{size} bytes in lower-case hex")
    return bytes.fromhex(value)
