"""Documents: handed in and taken back by subscribers, looked at by staff (A5, P11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from signoff.domain.checklist import Remedy
from signoff.domain.files import FileProblem, unpacked
from signoff.ports import registry
from signoff.ports.documents import DocumentsError, FileUnreadable, NoSuchDocument
from signoff.records import casefiles
from signoff.records.casefiles import CaseFile
from signoff.records.linefiles import LineFile
from signoff.usecases import documents, prepare, view_document
from signoff.usecases.documents import NAME, DocumentRefused
from signoff.workflows.ids import new_id
from signoff.workflows.work import changing


def upload(
    line_id: int, contents: Sequence[bytes], *, user_id: int, replaces: UUID | None = None
) -> int:
    """Take the files of a person for their line, all or none; says how many are new.

    `replaces` is a document they take the place of. Raises NotYours, DocumentRefused.
    """
    with changing():
        line, file = _own(line_id, user_id=user_id)
        documents.require_asked(line, file)
    terms = (file.policy if file else line.policy).documents
    try:
        checked = [documents.check(each, terms=terms) for each in contents]
    except DocumentRefused as refused:
        _tell(refused, file)
        raise
    if not checked:
        raise DocumentRefused(FileProblem.EMPTY)
    files = {new_id(): each for each in checked}
    with changing() as changes:
        documents.intend(list(files), changes=changes)
    kept = documents.keep(files)
    with changing() as changes:
        line, file = _own(line_id, user_id=user_id)
        return documents.take(
            line, kept, user_id=user_id, file=file, replaces=replaces, changes=changes
        )


def _tell(refused: DocumentRefused, file: CaseFile | None) -> None:
    if refused.problem is FileProblem.INFECTED and file:
        with changing() as changes:
            (again,) = casefiles.load([file.id])
            documents.tell_infected(again, refused, changes=changes)


def _own(line_id: int, *, user_id: int) -> tuple[LineFile, CaseFile | None]:
    line = prepare.usable_line(line_id, Remedy.UPLOAD, user_id=user_id)
    files = casefiles.load([line.case_id]) if line.case_id else []
    return line, files[0] if files else None


def remove(line_id: int, document_id: UUID, *, user_id: int) -> None:
    """Shred a document its person takes back. Raises NotYours, LookupError where it is too late."""
    with changing() as changes:
        line = prepare.usable_line(line_id, Remedy.UPLOAD, user_id=user_id)
        documents.remove(line, document_id, changes=changes)


@dataclass(frozen=True, slots=True)
class Viewing:
    """A document's pages, each marked with who looks and when."""

    pages: Sequence[bytes]
    by: str
    at: datetime


def view(case_id: UUID, document_id: UUID, *, agent: int, words: str) -> Viewing:
    """A document's pages for a member of staff, with the look written down before they are read.

    `words` is written over every page. Raises NotYours, and LookupError where the document is
    shredded, still being checked, or its store does not answer.
    """
    with changing() as changes:
        found = view_document.view(case_id, document_id, agent=agent, changes=changes)
        at = changes.now
    reader = registry.readers[NAME]
    try:
        content = registry.vaults[NAME].get(found.object_id, sealed_key=found.sealed_key)
        pages = unpacked(content) if found.pages else reader.pages(content, found.kind)
    except (DocumentsError, NoSuchDocument, FileUnreadable) as error:
        raise LookupError(document_id) from error
    return Viewing([reader.marked(page, words) for page in pages], words, at)
