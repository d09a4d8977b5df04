"""What Signoff asks of the store of identity documents."""

from typing import Protocol
from uuid import UUID


class DocumentsError(Exception):
    """The document store gave no answer."""


class NoSuchDocument(LookupError):
    """The document is not (or no longer) there."""


class Documents(Protocol):
    """Keeps documents encrypted, each under a key of its own, so that erasing the key erases it."""

    def put(self, key: UUID, content: bytes) -> None:
        """Keep a document. The same key again replaces it."""

    def get(self, key: UUID) -> bytes:
        """A document's bytes. Raises NoSuchDocument."""

    def destroy(self, key: UUID) -> None:
        """Destroy a document's key and bytes; of what is gone already, nothing is said."""
