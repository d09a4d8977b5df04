"""What Signoff asks of those who keep, read and scan files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from signoff.domain.files import FileKind, FileProblem


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


class Vault(Protocol):
    """Keeps sealed bytes apart from the keys that open them.

    Each object has a key of its own, wrapped by the installation's; the caller keeps it, and
    whoever drops it has shredded the object, wherever copies of it lie.
    """

    def put(self, key: UUID, content: bytes) -> bytes:
        """Keep an object under a new id, and give its sealed key. Raises DocumentsError."""

    def get(self, key: UUID, *, sealed_key: bytes) -> bytes:
        """An object's bytes. Raises NoSuchDocument, DocumentsError."""

    def destroy(self, key: UUID) -> None:
        """Remove an object's bytes; one that is not there is removed. Raises DocumentsError."""


class FileUnreadable(Exception):
    """A file is not whole, or is what we do not read."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class FileReader(Protocol):
    """Turns foreign files into pictures of our own, and marks these."""

    def pages(self, content: bytes, kind: FileKind) -> Sequence[bytes]:
        """Each page as a JPEG made anew: upright, without metadata, at most 3,000 pixels long.

        Raises FileUnreadable; with FileProblem.BUSY where it may be tried again.
        """

    def marked(self, page: bytes, words: str) -> bytes:
        """A page (as `pages` made it) with words written all over it, as a JPEG."""


class ScannerAway(Exception):
    """No virus scanner answers; the file was not looked at."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scanner said: the name of what it found, or nothing; and by which scanner."""

    found: str
    scanner: str


@dataclass(frozen=True, slots=True)
class Signatures:
    """A scanner's version, and how old the signatures are that it scans with, if it says so."""

    scanner: str
    made_at: datetime | None


class Scanner(Protocol):
    """Looks into files for what is known to be harmful. Nothing is kept of them there."""

    def scan(self, content: bytes) -> Scan:
        """Look into a file. Raises ScannerAway."""

    def signatures(self) -> Signatures:
        """Who scans, and with signatures of when. Raises ScannerAway."""
