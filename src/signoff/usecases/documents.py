"""Take, show and account for identity documents (A5): only what policy asks, every view logged."""

from hashlib import sha256
from uuid import UUID

from signoff.domain.events import Code
from signoff.ports import registry
from signoff.records import models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.records.linefiles import LineFile

STORE = "identity"
MOST_BYTES = 10 * 1024 * 1024
MOST_PER_LINE = 6
_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
)


class DocumentRefused(Exception):
    """The file is not one we can take; `code` says why: empty, too_big, wrong_type, too_many."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def media_type(content: bytes) -> str:
    """What a file is by its content, whatever its name says. Raises DocumentRefused."""
    if not content:
        raise DocumentRefused("empty")
    if len(content) > MOST_BYTES:
        raise DocumentRefused("too_big")
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            return kind
    raise DocumentRefused("wrong_type")


def take(
    line: LineFile,
    content: bytes,
    *,
    user_id: int,
    file: CaseFile | None,
    changes: Changes,
) -> UUID:
    """Keep a document of a line, encrypted under its own key. Raises DocumentRefused.

    The same file again is the same document.
    """
    kind, digest = media_type(content), sha256(content).hexdigest()
    present = models.Document.objects.filter(line_id=line.id, shredded_at=None)
    same = present.filter(sha256=digest).first()
    if same:
        return same.id
    if present.count() >= MOST_PER_LINE:
        raise DocumentRefused("too_many")
    key = changes.new_id()
    registry.documents[STORE].put(key, content)
    changes.insert(
        models.Document,
        id=key,
        line=line.id,
        uploaded_by=user_id,
        media_type=kind,
        size=len(content),
        sha256=digest,
        at=changes.now,
    )
    if file:
        changes.event(
            file, Code.DOCUMENT_RECEIVED, actor="subscriber", document=str(key), sha256=digest
        )
    return key


def view(file: CaseFile, document_id: UUID, *, agent: int, changes: Changes) -> tuple[bytes, str]:
    """A document's bytes and type for an agent, with the view written down. Raises LookupError."""
    found = models.Document.objects.filter(
        id=document_id, line_id=file.line_id, shredded_at=None
    ).first()
    if found is None:
        raise LookupError(document_id)
    changes.event(file, Code.DOCUMENT_VIEWED, actor=f"agent:{agent}", document=str(document_id))
    return registry.documents[STORE].get(document_id), found.media_type
