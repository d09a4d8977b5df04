"""Let staff look at a document, with every look written down (A5, R5)."""

from dataclasses import dataclass
from uuid import UUID

from signoff.domain.events import Code
from signoff.domain.files import FileKind
from signoff.records import casefiles, models
from signoff.records.changes import Changes
from signoff.usecases.look import NotYours, seen_by


@dataclass(frozen=True, slots=True)
class Found:
    """Where a document's bytes lie. `pages` is 0 where they are still the file that came."""

    object_id: UUID
    sealed_key: bytes
    pages: int
    kind: FileKind


def view(case_id: UUID, document_id: UUID, *, agent: int, changes: Changes) -> Found:
    """Find a document of a case within an agent's reach and log the look, before any byte is read.

    Raises NotYours; LookupError where it is shredded or no scanner has seen it yet.
    """
    if not seen_by(agent).filter(id=case_id).exists():
        raise NotYours
    (file,) = casefiles.load([case_id])
    found = models.Document.objects.filter(
        id=document_id, line_id=file.line_id, shredded_at=None, checking=False
    ).first()
    if found is None:
        raise LookupError(document_id)
    changes.insert(models.Access, at=changes.now, user=agent, case_id=case_id, what="document")
    changes.event(file, Code.DOCUMENT_VIEWED, actor=f"agent:{agent}", document=str(document_id))
    key = bytes(found.sealed_key or b"")
    return Found(found.object_id, key, found.pages, FileKind(found.media_type))
