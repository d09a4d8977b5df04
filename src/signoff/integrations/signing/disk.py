"""The signing key as files in the keys folder.

    signing.pem           the private key (PKCS 8), mode 0600
    public-<key id>.pem   its public key; those of older keys stay here or in retired/

The key is made once, at first use. A key that is damaged, open to others or gone is never
replaced by a new one: that would leave every older certificate without its issuer.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from signoff.domain.checkpoint import key_id
from signoff.ports.signing import SigningError

_PRIVATE = "signing.pem"


class KeyUnusable(SigningError):
    """A key file cannot be used; it is never replaced silently."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class DiskSigner:
    """Signs with the key in `folder` under `name`, the name of the log."""

    def __init__(self, folder: Path, *, name: str) -> None:
        self._folder = folder
        self._name = name
        try:
            self._key = _load_or_make(folder)
            self._public = _raw(self._key.public_key())
            self._publish()
        except OSError as error:
            raise KeyUnusable(str(error.filename or folder), f"{error.strerror}") from error

    @property
    def name(self) -> str:
        return self._name

    @property
    def public_key(self) -> bytes:
        return self._public

    @property
    def key_id(self) -> str:
        return key_id(self._public)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def trusted_keys(self) -> Mapping[str, bytes]:
        return dict(map(_published, _public_files(self._folder)))

    def _publish(self) -> None:
        path = self._folder / f"public-{self.key_id}.pem"
        if not path.exists():
            pem = self._key.public_key().public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
            )
            _write_once(path, pem, mode=0o644)


def _load_or_make(folder: Path) -> Ed25519PrivateKey:
    path = folder / _PRIVATE
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        if any(folder.glob("public-*.pem")):
            raise KeyUnusable(
                str(path),
                "the signing key is gone although its public key is here; restore it from the "
                "backup, or move the public-*.pem files into retired/ to begin a new key",
            )
        pem = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        _write_once(path, pem, mode=0o600)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyUnusable(str(path), "others can read it; run chmod 600 on it")
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise KeyUnusable(str(path), "it is damaged; restore it from the backup") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(str(path), "it is no Ed25519 key; restore the right one")
    return key


def _public_files(folder: Path) -> list[Path]:
    return sorted([*folder.glob("public-*.pem"), *folder.glob("retired/public-*.pem")])


def _published(path: Path) -> tuple[str, bytes]:
    try:
        key = load_pem_public_key(path.read_bytes())
    except ValueError as error:
        raise KeyUnusable(str(path), "it is damaged; restore it from the backup") from error
    if not isinstance(key, Ed25519PublicKey) or path.stem != f"public-{key_id(_raw(key))}":
        raise KeyUnusable(str(path), "it is not the Ed25519 key that its name says")
    return key_id(_raw(key)), _raw(key)


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _write_once(path: Path, data: bytes, *, mode: int) -> None:
    """Write the file whole or not at all; of two that try at once the first one's file stays."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
