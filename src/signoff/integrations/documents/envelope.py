"""AES-256-GCM with a key per object, wrapped by the installation's key.

Sealed bytes are a nonce (12) and the content (n + 16). The object's id is authenticated with both
key and content, so that neither can be swapped.
"""

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signoff.ports.documents import DocumentsError

_NONCE, _KEY, _TAG = 12, 32, 16

SEALED_KEY = _NONCE + _KEY + _TAG
"""Bytes of a wrapped key."""


class MasterKey:
    """The installation's key: from its settings, or made once and kept in a file (mode 0600)."""

    def __init__(self, file: Path, *, given: str = "") -> None:
        self._file = file
        self._given = given

    def new(self, label: bytes) -> tuple[bytes, bytes]:
        """A new object's own key, plain and wrapped."""
        own = AESGCM.generate_key(bit_length=256)
        return own, sealed(self._master(), own, label=label)

    def unwrapped(self, wrapped: bytes, *, label: bytes) -> bytes:
        """An object's own key. Raises DocumentsError."""
        return opened(self._master(), wrapped, label=label)

    def _master(self) -> bytes:
        if self._given:
            return bytes.fromhex(self._given)
        if not self._file.exists():
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _create(self._file, secrets.token_bytes(_KEY))
        master = self._file.read_bytes()
        if len(master) != _KEY:
            raise DocumentsError(f"{self._file.name} is damaged: restore it from a back-up")
        return master


def sealed(key: bytes, content: bytes, *, label: bytes) -> bytes:
    """Content that only this key opens, and only under this label."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, label)


def opened(key: bytes, data: bytes, *, label: bytes) -> bytes:
    """Sealed content. Raises DocumentsError where it, its label or the key was altered."""
    try:
        return AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], label)
    except (InvalidTag, ValueError) as error:
        raise DocumentsError("the document or the installation's key was altered") from error


def write(path: Path, data: bytes) -> None:
    """Replace a file whole: a crash leaves the old one or the new one."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _create(path: Path, data: bytes) -> None:
    """Write a key once; where two processes race, the first one's stays."""
    part = path.with_suffix(f".{secrets.token_hex(4)}")
    write(part, data)
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink(missing_ok=True)
