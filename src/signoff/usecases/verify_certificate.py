"""Verify a certificate of line termination, JSON or PDF, without database or network.

Everything is checked that can be, and every check is named, so that the answer to an altered file
says what does not fit. A signature cannot tell which field of a body was changed; the digest in
the logged event, the leaf, the proof and the two signatures together tell which part was.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from signoff.domain import checkpoint, merkle
from signoff.domain.canonical import Json, NotCanonical, decode, require_canonical
from signoff.domain.certificate import ISSUED, BadCertificate
from signoff.domain.certificate_file import Certificate, parse
from signoff.domain.checkpoint import BadCheckpoint, Note
from signoff.domain.sealed_pdf import BadSeal, is_pdf, split

MAX_JSON = 256 * 1024
MAX_PDF = 16 * 1024 * 1024


class Part(StrEnum):
    """What is checked, in this order. `wording` has a sentence for each."""

    FILE = "file"
    PDF_SEAL = "pdf_seal"
    PDF_SIGNATURE = "pdf_signature"
    CANONICAL = "canonical"
    LAYOUT = "layout"
    BODY_DIGEST = "body_digest"
    EVENT_FACTS = "event_facts"
    LEAF = "leaf"
    CHECKPOINT = "checkpoint"
    INCLUSION = "inclusion"
    CHECKPOINT_SIGNATURE = "checkpoint_signature"
    BODY_SIGNATURE = "body_signature"
    KEY_ID = "key_id"
    KEY_TRUSTED = "key_trusted"
    MANIFEST = "manifest"
    MANIFEST_SIGNATURE = "manifest_signature"
    FILES = "files"
    CERTIFICATE = "certificate"


class State(StrEnum):
    """How a check came out. `unknown` is a check that needs what was not given."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


_FAILED = State.FAILED


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `code` is for machines, `detail` says in English what does not fit."""

    part: Part
    state: State = State.OK
    code: str = "ok"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ok`: nothing is altered. `trusted`: and the key is one the reader knows."""

    checks: tuple[Check, ...]
    kind: str
    facts: Mapping[str, Json] | None = None
    key_id: str | None = None
    public_key: str | None = None
    ok: bool = field(init=False)
    trusted: bool = field(init=False)

    def __post_init__(self) -> None:
        ok = all(check.state is not State.FAILED for check in self.checks)
        trusted = Check(Part.KEY_TRUSTED) in self.checks
        object.__setattr__(self, "ok", ok)
        object.__setattr__(self, "trusted", ok and trusted)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed, the first one first."""
        return tuple(check for check in self.checks if check.state is State.FAILED)


def verify(data: bytes, *, trusted_keys: Mapping[str, bytes] | None) -> Verdict:
    """Check `data`, a certificate as JSON or PDF, against `trusted_keys` by key id.

    Without trusted keys the key inside is used and the verdict is at best ok, never trusted.
    """
    kind = "pdf" if is_pdf(data) else "json"
    limit = MAX_PDF if kind == "pdf" else MAX_JSON
    if not data or len(data) > limit:
        code = "too_big" if data else "empty"
        return Verdict(
            (Check(Part.FILE, _FAILED, code, f"{len(data)} bytes, at most {limit}"),), kind
        )
    if kind == "json":
        return _json(data, trusted_keys=trusted_keys)
    try:
        sealed = split(data)
    except BadSeal as error:
        return Verdict((Check(Part.PDF_SEAL, _FAILED, "bad_seal", str(error)),), kind)
    inner = _json(sealed.certificate, trusted_keys=trusted_keys)
    seal = Check(Part.PDF_SEAL)
    if inner.key_id is None or inner.public_key is None:
        return Verdict((seal, *inner.checks), kind)
    if sealed.key_id != inner.key_id:
        seal = Check(
            Part.PDF_SEAL, _FAILED, "other_key", "the PDF names another key than the certificate"
        )
    signed = signed_by(bytes.fromhex(inner.public_key), sealed.signature, message=sealed.signed)
    altered = Check(
        Part.PDF_SIGNATURE, _FAILED, "altered", "a byte of the PDF was altered after it was signed"
    )
    checks = (seal, _unless(altered, holds=signed), *inner.checks)
    return Verdict(checks, kind, inner.facts, inner.key_id, inner.public_key)


def _json(data: bytes, *, trusted_keys: Mapping[str, bytes] | None) -> Verdict:
    try:
        value = decode(data)
    except NotCanonical as error:
        return Verdict((Check(Part.CANONICAL, _FAILED, error.fault.value, str(error)),), "json")
    canonical = _canonical(data, value)
    try:
        certificate = parse(value)
    except BadCertificate as error:
        return Verdict(
            (canonical, Check(Part.LAYOUT, _FAILED, error.flaw.value, str(error))), "json"
        )
    checks = (
        canonical,
        Check(Part.LAYOUT),
        _body_digest(certificate),
        _event_facts(certificate),
        _leaf(certificate),
        *_log(certificate),
        _body_signature(certificate),
        _key_id(certificate),
        _key_trusted(certificate, trusted_keys),
    )
    signature = certificate.signature
    return Verdict(
        checks, "json", certificate.body.to_json(), signature.key_id, signature.public_key.hex()
    )


def _canonical(data: bytes, value: Json) -> Check:
    if not data.endswith(b"\n"):
        return Check(
            Part.CANONICAL, _FAILED, "not_canonical", "the line feed at the end is missing"
        )
    try:
        require_canonical(data[:-1], value)
    except NotCanonical as error:
        return Check(Part.CANONICAL, _FAILED, error.fault.value, str(error))
    return Check(Part.CANONICAL)


def _body_digest(certificate: Certificate) -> Check:
    facts = certificate.event.content["facts"]
    recorded = facts.get("body_sha256") if isinstance(facts, Mapping) else None
    found = certificate.body.sha256()
    if recorded == found:
        return Check(Part.BODY_DIGEST)
    detail = f"SHA-256 of the body is {found}, the logged event records {recorded}"
    return Check(Part.BODY_DIGEST, _FAILED, "body_not_in_event", detail)


def _event_facts(certificate: Certificate) -> Check:
    body, event = certificate.body, certificate.event.content
    facts = event["facts"]
    pairs = {
        "event.code": (event["code"], ISSUED),
        "event.case": (event["case"], body.case_id),
        "event.at": (event["at"], body.issued_at),
        "event.facts.certificate": (
            facts.get("certificate") if isinstance(facts, Mapping) else None, body.id
        ),
    }  # fmt: skip
    wrong = [f"{name} is {found}, not {want}" for name, (found, want) in pairs.items()
             if found != want]  # fmt: skip
    if wrong:
        return Check(Part.EVENT_FACTS, _FAILED, "event_of_another", "; ".join(wrong))
    return Check(Part.EVENT_FACTS)


def _leaf(certificate: Certificate) -> Check:
    found = certificate.event.leaf()
    if found == certificate.leaf:
        return Check(Part.LEAF)
    detail = f"the event hashes to {found.hex()}, proof.leaf_hash is {certificate.leaf.hex()}"
    return Check(Part.LEAF, _FAILED, "event_not_leaf", detail)


def _log(certificate: Certificate) -> Iterator[Check]:
    try:
        note = checkpoint.parse(certificate.checkpoint)
    except BadCheckpoint as error:
        yield Check(Part.CHECKPOINT, _FAILED, "bad_checkpoint", str(error))
        return
    wrong = _disagreement(certificate, note)
    yield _unless(Check(Part.CHECKPOINT, _FAILED, "checkpoint_of_another", wrong), holds=not wrong)
    included = merkle.verify_inclusion(
        leaf=certificate.leaf,
        index=certificate.inclusion.leaf_index,
        size=note.checkpoint.size,
        proof=certificate.inclusion.hashes,
        root=note.checkpoint.root,
    )
    detail = "leaf_hash, leaf_index and hashes do not lead to the root in the checkpoint"
    yield _unless(Check(Part.INCLUSION, _FAILED, "not_in_log", detail), holds=included)
    key = certificate.signature.public_key
    signed = checkpoint.verify(
        note,
        name=certificate.body.issuer_installation,
        public_key=key,
        check=lambda value, message: signed_by(key, value, message=message),
    )
    detail = "the signature line does not fit the checkpoint and signature.public_key"
    yield _unless(Check(Part.CHECKPOINT_SIGNATURE, _FAILED, "bad_signature", detail), holds=signed)


def _disagreement(certificate: Certificate, note: Note) -> str:
    name, size = certificate.body.issuer_installation, certificate.inclusion.tree_size
    if note.checkpoint.origin != name:
        return f"the log is {note.checkpoint.origin}, body.issuer.installation is {name}"
    if note.checkpoint.size != size:
        return f"the checkpoint has {note.checkpoint.size} leaves, proof.tree_size is {size}"
    if len(note.signatures) != 1:
        return f"{len(note.signatures)} signature lines instead of one"
    return ""


def _body_signature(certificate: Certificate) -> Check:
    signature, message = certificate.signature, certificate.body.signed_bytes()
    if signed_by(signature.public_key, signature.value, message=message):
        return Check(Part.BODY_SIGNATURE)
    detail = "signature.value does not fit the body and signature.public_key"
    return Check(Part.BODY_SIGNATURE, _FAILED, "bad_signature", detail)


def _key_id(certificate: Certificate) -> Check:
    signature, named = certificate.signature, certificate.body.issuer_key_id
    found = checkpoint.key_id(signature.public_key)
    if signature.key_id == found == named:
        return Check(Part.KEY_ID)
    detail = (
        f"signature.public_key has the id {found}, signature.key_id is {signature.key_id}, "
        f"body.issuer.key_id is {named}"
    )
    return Check(Part.KEY_ID, _FAILED, "key_id_mismatch", detail)


def _key_trusted(certificate: Certificate, trusted_keys: Mapping[str, bytes] | None) -> Check:
    signature = certificate.signature
    if trusted_keys is None:
        detail = (
            f"the file itself names the key {signature.public_key.hex()}: "
            "compare it with the key the issuer publishes"
        )
        return Check(Part.KEY_TRUSTED, State.UNKNOWN, "self_asserted", detail)
    if trusted_keys.get(checkpoint.key_id(signature.public_key)) == signature.public_key:
        return Check(Part.KEY_TRUSTED)
    detail = f"key {signature.public_key.hex()} is none of the {len(trusted_keys)} trusted ones"
    return Check(Part.KEY_TRUSTED, _FAILED, "key_not_trusted", detail)


def signed_by(public_key: bytes, signature: bytes, *, message: bytes) -> bool:
    """Whether an Ed25519 signature over `message` is the key's."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _unless(failed: Check, *, holds: bool) -> Check:
    return Check(failed.part) if holds else failed
