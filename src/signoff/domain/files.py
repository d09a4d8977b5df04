"""What may be handed in as a document, told by content and never by name (A5).

Everything that is taken is turned into pictures, one a page, so that nothing of the file itself
(metadata, scripts, a second file behind the first) reaches anybody.
"""

from collections.abc import Sequence
from enum import StrEnum

MOST_PAGES = 10
"""Pages a PDF may have."""

MOST_PIXELS = 120_000_000
"""Pixels a picture may have: above any phone's, below what unpacking can be abused for."""


class FileKind(StrEnum):
    """What we read."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"


class FileProblem(StrEnum):
    """Why a file cannot be taken; each has a sentence that says what to do instead."""

    EMPTY = "empty"
    TOO_BIG = "too_big"
    WRONG_TYPE = "wrong_type"
    HEIC = "heic"
    TWO_IN_ONE = "two_in_one"
    DAMAGED = "damaged"
    LOCKED = "locked"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_LARGE = "too_large"
    INFECTED = "infected"
    TOO_MANY = "too_many"
    NOT_ASKED = "not_asked"
    GONE = "gone"
    BUSY = "busy"


_HEIC = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_ZIP_END = b"PK\x05\x06"
_ZIP_TAIL = 65_557
"""The end record of a ZIP archive stands within its last 22 + 65,535 bytes."""


def kind_of(content: bytes) -> FileKind | FileProblem:
    """What a file is by its first bytes, or why it cannot be taken."""
    if not content:
        return FileProblem.EMPTY
    kind = _by_signature(content)
    if isinstance(kind, FileKind) and _holds_another(content, kind):
        return FileProblem.TWO_IN_ONE
    return kind


def _by_signature(content: bytes) -> FileKind | FileProblem:
    if content.startswith(b"\xff\xd8\xff"):
        return FileKind.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return FileKind.WEBP
    if content.startswith(b"%PDF-"):
        return FileKind.PDF
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        return FileProblem.HEIC
    return FileProblem.WRONG_TYPE


def _holds_another(content: bytes, kind: FileKind) -> bool:
    """Whether other programs would read the same bytes as an archive, or as a PDF.

    Films that phones append to photos are none of these; they fall away with the rest.
    """
    if _ZIP_END in content[-_ZIP_TAIL:]:
        return True
    return kind is not FileKind.PDF and b"%PDF-" in content[:1024]


_LENGTH = 4


def packed(pages: Sequence[bytes]) -> bytes:
    """Pages as one run of bytes: each after its length, in four bytes, the largest first."""
    return b"".join(len(page).to_bytes(_LENGTH) + page for page in pages)


def unpacked(content: bytes) -> tuple[bytes, ...]:
    """The pages of `packed` bytes. Raises ValueError where they are not whole."""
    pages, at = [], 0
    while at < len(content):
        start = at + _LENGTH
        at = start + int.from_bytes(content[at:start])
        pages.append(content[start:at])
    if at != len(content):
        raise ValueError("the last page is cut off")
    return tuple(pages)
