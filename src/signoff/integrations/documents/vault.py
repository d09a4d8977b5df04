"""The vault of identity documents: sealed bytes in a store, their keys with whoever asks."""

from typing import Protocol
from uuid import UUID

from signoff.integrations.documents.envelope import SEALED_KEY, MasterKey, opened, sealed


class Store(Protocol):
    """Where sealed bytes lie: a folder, or a bucket."""

    def put(self, key: UUID, data: bytes) -> None: ...

    def get(self, key: UUID) -> bytes: ...

    def delete(self, key: UUID) -> None: ...


class SealedVault:
    """A ports.documents.Vault over any store."""

    def __init__(self, store: Store, *, master: MasterKey) -> None:
        self._store = store
        self._master = master

    def put(self, key: UUID, content: bytes) -> bytes:
        own, wrapped = self._master.new(key.bytes)
        self._store.put(key, sealed(own, content, label=key.bytes))
        return wrapped

    def get(self, key: UUID, *, sealed_key: bytes) -> bytes:
        data = self._store.get(key)
        if not sealed_key:  # kept before keys stood apart: it is in front of the content
            sealed_key, data = data[:SEALED_KEY], data[SEALED_KEY:]
        own = self._master.unwrapped(sealed_key, label=key.bytes)
        return opened(own, data, label=key.bytes)

    def destroy(self, key: UUID) -> None:
        self._store.delete(key)
