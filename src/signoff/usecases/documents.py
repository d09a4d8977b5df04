"""Take identity documents (A5): only what is asked for, checked whole before anything is kept.

    require_asked   in a transaction: may this line have another one at all?
    check           outside: read, turn into pictures, scan; a refusal leaves nothing behind
    intend          in a transaction: what is about to be kept is owed to be discarded in an hour
    keep            outside: into the vault, each under a key of its own
    take            in a transaction: the rows with their keys; what was owed is not, any more

A process that dies in between leaves bytes without a key, which the owed step removes.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.conf import settings

from signoff.domain.case import State
from signoff.domain.documents import MOST_PER_LINE, OpenCase, Shredding, asked, shred_at
from signoff.domain.events import Code
from signoff.domain.files import FileKind, FileProblem, kind_of, packed
from signoff.domain.policy import DocumentTerms, Unscanned
from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.ports.documents import DocumentsError, FileUnreadable, ScannerAway
from signoff.records import models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.records.linefiles import LineFile
from signoff.records.rows import MovedOn
from signoff.usecases.document_shred import shred

log = logging.getLogger(__name__)

NAME = "identity"
"""Under which vault, reader and scanner are wired."""

LATER = 1
"""The lane of steps nobody waits for."""

_UNKEPT = timedelta(hours=1)
_RESCAN = timedelta(minutes=1)


class DocumentRefused(Exception):
    """The file is not one we can take; `problem` says why."""

    def __init__(self, problem: FileProblem, *, signature: str = "", digest: str = "") -> None:
        super().__init__(problem.value)
        self.problem, self.signature, self.digest = problem, signature, digest


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that can be taken: what of it is kept, and what it was when it came.

    While no scanner has seen it and the policy lets it wait, what is kept is the file itself.
    """

    content: bytes
    kind: FileKind
    size: int
    sha256: str
    pages: int
    checking: bool
    scanner: str


def most_bytes() -> int:
    """Bytes a file may have."""
    return int(settings.SIGNOFF_DOCUMENT_MB) * 1024 * 1024


def require_asked(line: LineFile, file: CaseFile | None) -> None:
    """Stop where no document is asked for. Raises DocumentRefused."""
    case = OpenCase(file.state, _reason(file)) if file else None
    policy = file.policy if file else line.policy
    if line.state == models.Line.State.TERMINATED or not asked(policy.identity, case):
        raise DocumentRefused(FileProblem.NOT_ASKED)


def _reason(file: CaseFile) -> str:
    if file.state not in (State.NEEDS_INPUT, State.IN_REVIEW):
        return ""
    return models.Case.objects.values_list("outcome_reason", flat=True).get(id=file.id)


def check(content: bytes, *, terms: DocumentTerms) -> Checked:
    """Read and scan a file; nothing is kept yet. Raises DocumentRefused."""
    if len(content) > most_bytes():
        raise DocumentRefused(FileProblem.TOO_BIG)
    kind = kind_of(content)
    if isinstance(kind, FileProblem):
        raise DocumentRefused(kind)
    digest = sha256(content).hexdigest()
    scanner = _scanned(content, digest=digest)
    try:
        pages = registry.readers[NAME].pages(content, kind)
    except FileUnreadable as error:
        raise DocumentRefused(error.problem) from error
    waits = not scanner and terms.unscanned is Unscanned.WAIT
    return Checked(
        content=content if waits else packed(pages),
        kind=kind,
        size=len(content),
        sha256=digest,
        pages=len(pages),
        checking=waits,
        scanner=scanner,
    )


def _scanned(content: bytes, *, digest: str) -> str:
    """Which scanner looked into a file; empty where none did. Raises DocumentRefused."""
    if NAME not in registry.scanners:
        return ""
    try:
        scan = registry.scanners[NAME].scan(content)
    except ScannerAway as error:
        log.warning("virus scanner away", extra={"reason": str(error)})
        return ""
    if scan.found:
        log.warning("document infected", extra={"signature": scan.found})
        raise DocumentRefused(FileProblem.INFECTED, signature=scan.found, digest=digest)
    return scan.scanner


def intend(objects: Sequence[UUID], *, changes: Changes) -> None:
    """Owe the removal of what is about to be kept, should it never be taken."""
    for key in objects:
        changes.owe(Step.DISCARD_OBJECT, key, lane=LATER, due_at=changes.now + _UNKEPT)


@dataclass(frozen=True, slots=True)
class Kept:
    """A checked file in the vault, and the key that opens it."""

    file: Checked
    sealed_key: bytes


def keep(files: Mapping[UUID, Checked]) -> dict[UUID, Kept]:
    """Put files into the vault under their object ids. Raises DocumentRefused: try again."""
    vault = registry.vaults[NAME]
    try:
        return {key: Kept(file, vault.put(key, file.content)) for key, file in files.items()}
    except DocumentsError as error:
        log.warning("document store away", extra={"reason": str(error)})
        raise DocumentRefused(FileProblem.BUSY) from error


def take(
    line: LineFile,
    kept: Mapping[UUID, Kept],
    *,
    user_id: int,
    file: CaseFile | None,
    replaces: UUID | None,
    changes: Changes,
) -> int:
    """Give a line its kept files, all or none; says how many are new.

    The same file again is the same document. Raises DocumentRefused, and MovedOn where keeping
    took so long that the bytes may be gone.
    """
    require_asked(line, file)
    present = list(_present(line.id))
    before = next((row for row in present if row.id == replaces), None)
    if replaces and (before is None or file is not None):
        raise DocumentRefused(FileProblem.GONE)
    known = {row.sha256 for row in present}
    new: dict[UUID, Kept] = {}
    for key, each in kept.items():
        if each.file.sha256 not in known:
            known.add(each.file.sha256)
            new[key] = each
    if len(present) - (before is not None) + len(new) > MOST_PER_LINE:
        raise DocumentRefused(FileProblem.TOO_MANY)
    for key, each in new.items():
        _insert(line, key, kept=each, user_id=user_id, file=file, changes=changes)
    if before and new:
        shred([before], because=Shredding.REPLACED, files={}, changes=changes)
    owed = models.Due.objects.filter(step=Step.DISCARD_OBJECT.value, subject__in=list(new))
    if owed.delete()[0] != len(new):
        raise MovedOn("records_due")
    return len(new)


def _insert(
    line: LineFile,
    key: UUID,
    *,
    kept: Kept,
    user_id: int,
    file: CaseFile | None,
    changes: Changes,
) -> None:
    taken, now, document = kept.file, changes.now, changes.new_id()
    changes.insert(
        models.Document,
        id=document,
        line=line.id,
        uploaded_by=user_id,
        media_type=taken.kind.value,
        size=taken.size,
        sha256=taken.sha256,
        at=now,
        pages=taken.pages,
        object_id=key,
        sealed_key=kept.sealed_key,
        checking=taken.checking,
        scanned_at=now if taken.scanner else None,
        scanner=taken.scanner,
        shredded_for="",
    )
    terms = (file.policy if file else line.policy).documents
    gone = shred_at(terms, taken_at=now, decided_at=None, closed_at=None)
    changes.owe(Step.SHRED_DOCUMENTS, document, lane=LATER, due_at=gone)
    if taken.checking:
        changes.owe(Step.SCAN_DOCUMENT, document, due_at=now + _RESCAN)
    if file:
        changes.event(
            file,
            Code.DOCUMENT_RECEIVED,
            actor="subscriber",
            document=str(document),
            sha256=taken.sha256,
        )


def _present(line_id: int) -> Sequence[models.Document]:
    found = models.Document.objects.filter(line_id=line_id, shredded_at=None)
    return list(found.order_by("at", "id").select_for_update())


def remove(line: LineFile, document_id: UUID, *, changes: Changes) -> None:
    """Shred a document its person takes back, before the line is declared. Raises LookupError."""
    found = [row for row in _present(line.id) if row.id == document_id]
    if not found or line.case_id:
        raise LookupError(document_id)
    shred(found, because=Shredding.REMOVED, files={}, changes=changes)


def tell_infected(file: CaseFile, refused: DocumentRefused, *, changes: Changes) -> None:
    """Let the agents of a case know that a harmful file was handed in and not kept."""
    changes.event(
        file,
        Code.DOCUMENT_INFECTED,
        actor="signoff",
        sha256=refused.digest,
        signature=refused.signature,
    )
