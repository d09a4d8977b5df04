"""Sealed bytes in a folder only the service may read."""

import os
import secrets
from pathlib import Path
from uuid import UUID

from signoff.integrations.documents.envelope import SEALED_KEY, MasterKey, opened, sealed, write
from signoff.ports.documents import DocumentsError, NoSuchDocument


class DiskStore:
    """Objects as files, one each; every answer of the file system that is no answer is told so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: UUID, data: bytes) -> None:
        """Keep an object, whole or not at all. Raises DocumentsError."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write(self._path(key), data)
        except OSError as error:
            raise DocumentsError(f"cannot write: {error.strerror}") from error

    def get(self, key: UUID) -> bytes:
        """An object's bytes. Raises NoSuchDocument, DocumentsError."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise NoSuchDocument(key) from error
        except OSError as error:
            raise DocumentsError(f"cannot read: {error.strerror}") from error

    def delete(self, key: UUID) -> None:
        """Overwrite the head and remove the file. Raises DocumentsError."""
        try:
            with self._path(key).open("r+b") as file:
                # A key that stands in front (DiskDocuments) goes first: the rest is noise then.
                file.write(secrets.token_bytes(SEALED_KEY))
                file.flush()
                os.fsync(file.fileno())
            self._path(key).unlink()
        except FileNotFoundError:
            return
        except OSError as error:
            raise DocumentsError(f"cannot remove: {error.strerror}") from error

    def _path(self, key: UUID) -> Path:
        return self._folder / f"{key}.bin"


class DiskDocuments:
    """Documents whose wrapped key stands in front of the content, in the same file."""

    def __init__(self, folder: Path, *, key_file: Path) -> None:
        self._store = DiskStore(folder)
        self._master = MasterKey(key_file)

    def put(self, key: UUID, content: bytes) -> None:
        own, wrapped = self._master.new(key.bytes)
        self._store.put(key, wrapped + sealed(own, content, label=key.bytes))

    def get(self, key: UUID) -> bytes:
        data = self._store.get(key)
        own = self._master.unwrapped(data[:SEALED_KEY], label=key.bytes)
        return opened(own, data[SEALED_KEY:], label=key.bytes)

    def destroy(self, key: UUID) -> None:
        self._store.delete(key)
