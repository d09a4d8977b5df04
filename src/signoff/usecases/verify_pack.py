"""Verify an evidence pack, without database or network: manifest, files, certificate, log.

The verdict has the shape of a certificate's, so that commands and pages tell it the same way.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from signoff.domain import checkpoint, merkle
from signoff.domain.canonical import NotCanonical, decode
from signoff.domain.checkpoint import BadCheckpoint
from signoff.domain.evidence import digest_erased
from signoff.domain.merkle import leaf_hash
from signoff.usecases import verify_certificate
from signoff.usecases.verify_certificate import Check, Part, State, Verdict, signed_by

FORMAT = "signoff.evidence-pack/1"
MAX_PACK = 64 * 1024 * 1024
MAX_UNPACKED = 256 * 1024 * 1024
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"


class _Stop(Exception):
    """Nothing more can be checked; carries the check that failed."""

    def __init__(self, check: Check) -> None:
        super().__init__(check)
        self.check = check


def is_pack(data: bytes) -> bool:
    """Whether the bytes are a ZIP archive."""
    return data[:4] == b"PK\x03\x04"


def verify_pack(data: bytes, *, trusted_keys: Mapping[str, bytes] | None) -> Verdict:
    """Check a pack against `trusted_keys` by key id; without them it is at best ok."""
    try:
        files = _files(data)
        manifest, key = _manifest(files)
    except _Stop as stop:
        return Verdict((stop.check,), "pack")
    checks = [
        Check(Part.MANIFEST_SIGNATURE),
        _listed(files, manifest),
        *_certificate(files),
        *_log(files, key=key, origin=manifest["issuer"]["installation"]),
        _trusted(key, trusted_keys),
    ]
    return Verdict(tuple(checks), "pack", manifest["case"], checkpoint.key_id(key), key.hex())


def _fail(part: Part, code: str, detail: str = "") -> Check:  # noqa: PLR0917
    return Check(part, State.FAILED, code, detail)


def _files(data: bytes) -> dict[str, bytes]:
    """Every file of the archive by its path; none whose name occurs twice."""
    if len(data) > MAX_PACK:
        raise _Stop(_fail(Part.FILE, "too_big", f"at most {MAX_PACK} bytes"))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            size = sum(info.file_size for info in archive.infolist())
            if len(set(names)) != len(names) or size > MAX_UNPACKED:
                raise _Stop(_fail(Part.FILE, "bad_archive", "a name twice, or too large"))
            return {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise _Stop(_fail(Part.FILE, "bad_archive", "not a whole ZIP archive")) from error


def _manifest(files: Mapping[str, bytes]) -> tuple[Any, bytes]:
    """The manifest, whose signature holds, and the key that signed it."""
    try:
        manifest: Any = decode(files[MANIFEST])
        signature: Any = decode(files[SIGNATURE])
        key, value = bytes.fromhex(signature["public_key"]), bytes.fromhex(signature["value"])
        shape = (manifest["files"], manifest["case"]["reference"])
        named = manifest["issuer"]["key_id"] == signature["key_id"] == checkpoint.key_id(key)
        known = manifest["format"] == FORMAT and all(shape)
    except (KeyError, TypeError, ValueError, NotCanonical) as error:
        raise _Stop(_fail(Part.MANIFEST, "no_manifest", "no manifest of a pack")) from error
    if not known or not named:
        raise _Stop(_fail(Part.MANIFEST, "no_manifest", "another format, or another key"))
    if not signed_by(key, value, message=files[MANIFEST]):
        raise _Stop(_fail(Part.MANIFEST_SIGNATURE, "altered", "the manifest was altered"))
    return manifest, key


def _listed(files: Mapping[str, bytes], manifest: Any) -> Check:
    """Every file is as the manifest says, none is missing and none is too many."""
    listed = {each["path"]: each["sha256"] for each in manifest["files"]}
    found = {
        name: sha256(content).hexdigest()
        for name, content in files.items()
        if name not in (MANIFEST, SIGNATURE)
    }
    wrong = sorted(
        name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name)
    )
    if wrong:
        return _fail(Part.FILES, "altered", ", ".join(wrong))
    return Check(Part.FILES)


def _certificate(files: Mapping[str, bytes]) -> Iterator[Check]:
    """What is wrong with the certificate, in either form; one good check where nothing is."""
    names = [name for name in ("certificate.json", "certificate.pdf") if name in files]
    for name in names:
        verdict = verify_certificate.verify(files[name], trusted_keys=None)
        yield from verdict.failed
        if verdict.ok:
            yield Check(Part.CERTIFICATE)


def _log(files: Mapping[str, bytes], *, key: bytes, origin: str) -> Iterator[Check]:
    """Each event that is sealed stands in the log under the checkpoint's root."""
    try:
        log: Any = decode(files["log.json"])
        if log["checkpoint"] is None:
            yield Check(Part.INCLUSION, State.UNKNOWN, "not_sealed", "the log was not sealed yet")
            return
        note = checkpoint.parse(log["checkpoint"])
        outside = [
            str(place) for place, each in enumerate(log["events"], 1) if not _inside(each, note)
        ]
    except (KeyError, TypeError, ValueError, NotCanonical, BadCheckpoint) as error:
        yield _fail(Part.CHECKPOINT, "bad_log", type(error).__name__)
        return
    held = checkpoint.verify(
        note, name=origin, public_key=key, check=lambda value, text: signed_by(
            key, value, message=text
        ),
    )  # fmt: skip
    yield (
        Check(Part.CHECKPOINT_SIGNATURE)
        if held
        else _fail(Part.CHECKPOINT_SIGNATURE, "bad_signature")
    )
    told = f"events {', '.join(outside)}"
    yield _fail(Part.INCLUSION, "not_in_log", told) if outside else Check(Part.INCLUSION)


def _inside(event: Any, note: checkpoint.Note) -> bool:
    proof = event["proof"]
    if proof is None:
        return True  # newer than the checkpoint
    if "digest" in event:
        digest = bytes.fromhex(event["digest"])
    else:
        digest = digest_erased(
            event["content"],
            salt=bytes.fromhex(event["salt"]),
            personal_sha256=event["personal_sha256"],
        )
    return proof["tree_size"] == note.checkpoint.size and merkle.verify_inclusion(
        leaf=leaf_hash(digest),
        index=proof["leaf_index"],
        size=note.checkpoint.size,
        proof=[bytes.fromhex(each) for each in proof["hashes"]],
        root=note.checkpoint.root,
    )


def _trusted(key: bytes, trusted_keys: Mapping[str, bytes] | None) -> Check:
    if trusted_keys is None:
        detail = f"the pack itself names the key {key.hex()}: compare it with the published one"
        return Check(Part.KEY_TRUSTED, State.UNKNOWN, "self_asserted", detail)
    if trusted_keys.get(checkpoint.key_id(key)) == key:
        return Check(Part.KEY_TRUSTED)
    return _fail(Part.KEY_TRUSTED, "key_not_trusted", f"key {key.hex()}")
