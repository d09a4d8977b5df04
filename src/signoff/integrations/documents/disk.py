"""Identity documents on disk: AES-256-GCM, a key per document, wrapped by the installation's key.

Layout of a file: nonce (12) + wrapped key (32 + 16), then nonce (12) + content (n + 16). The
document's id is authenticated with both, so that files cannot be swapped.
"""

import os
import secrets
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signoff.ports.documents import DocumentsError, NoSuchDocument

_NONCE, _KEY, _TAG = 12, 32, 16
_HEAD = _NONCE + _KEY + _TAG


class DiskDocuments:
    """Documents in a folder only the service may read."""

    def __init__(self, folder: Path, *, key_file: Path) -> None:
        self._folder = folder
        self._key_file = key_file

    def put(self, key: UUID, content: bytes) -> None:
        own = AESGCM.generate_key(bit_length=256)
        head = _sealed(self._master(), own, label=key.bytes)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(self._path(key), head + _sealed(own, content, label=key.bytes))

    def get(self, key: UUID) -> bytes:
        try:
            data = self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise NoSuchDocument(key) from error
        try:
            own = _opened(self._master(), data[:_HEAD], label=key.bytes)
            return _opened(own, data[_HEAD:], label=key.bytes)
        except InvalidTag as error:
            raise DocumentsError("the document or the installation's key was altered") from error

    def destroy(self, key: UUID) -> None:
        path = self._path(key)
        if path.exists():
            # The wrapped key goes first: without it the rest is noise, wherever copies remain.
            with path.open("r+b") as file:
                file.write(secrets.token_bytes(_HEAD))
                file.flush()
                os.fsync(file.fileno())
            path.unlink(missing_ok=True)

    def _path(self, key: UUID) -> Path:
        return self._folder / f"{key}.bin"

    def _master(self) -> bytes:
        if not self._key_file.exists():
            self._key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _create(self._key_file, secrets.token_bytes(_KEY))
        master = self._key_file.read_bytes()
        if len(master) != _KEY:
            raise DocumentsError(f"{self._key_file.name} is damaged: restore it from a back-up")
        return master


def _sealed(key: bytes, content: bytes, *, label: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, label)


def _opened(key: bytes, data: bytes, *, label: bytes) -> bytes:
    return AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], label)


def _write(path: Path, data: bytes) -> None:
    """Replace a file whole: a crash leaves the old one or the new one."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _create(path: Path, data: bytes) -> None:
    """Write a key once; where two processes race, the first one's stays."""
    part = path.with_suffix(f".{secrets.token_hex(4)}")
    _write(part, data)
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink(missing_ok=True)
