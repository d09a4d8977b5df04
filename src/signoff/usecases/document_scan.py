"""Scan documents that wait for a virus scanner, and let their cases go on (A5)."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from signoff.domain.case import State
from signoff.domain.documents import Shredding
from signoff.domain.events import Code
from signoff.domain.files import FileKind, packed
from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.ports.documents import (
    DocumentsError,
    FileUnreadable,
    NoSuchDocument,
    Scan,
    ScannerAway,
)
from signoff.records import casefiles, models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.usecases.document_shred import shred
from signoff.usecases.documents import LATER, NAME, intend

log = logging.getLogger(__name__)

AGAIN = timedelta(minutes=5)
"""How long after a vain try the next one comes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a scanner said of a document, and where its pictures are kept from now on."""

    scan: Scan
    object_id: UUID
    sealed_key: bytes = b""
    pages: int = 0


@dataclass(slots=True)
class Scans:
    """Documents that wait, with an id each for the pictures made of them, and what came of it.

    `kept` are the ids under which something may lie in the vault.
    """

    waiting: Mapping[UUID, models.Document]
    objects: Mapping[UUID, UUID]
    seen: dict[UUID, Seen] = field(default_factory=dict)
    kept: set[UUID] = field(default_factory=set)

    def part(self, ids: Collection[UUID]) -> "Scans":
        """What of it concerns these documents."""
        waiting = {key: row for key, row in self.waiting.items() if key in ids}
        return Scans(waiting, self.objects, self.seen, self.kept)


def plan(subjects: Sequence[UUID], *, changes: Changes) -> Scans:
    """The documents that still wait."""
    rows = models.Document.objects.filter(id__in=subjects, checking=True, shredded_at=None)
    waiting = {row.id: row for row in rows}
    objects = {key: changes.new_id() for key in waiting}
    intend(list(objects.values()), changes=changes)
    return Scans(waiting, objects)


def call(scans: Scans) -> None:
    """Scan each; where no scanner answers, or the vault does not, the rest waits on."""
    if NAME not in registry.scanners:
        return
    for key, row in scans.waiting.items():
        try:
            scans.seen[key] = _seen(row, scans)
        except (ScannerAway, DocumentsError) as error:
            log.warning("documents wait", extra={"reason": type(error).__name__})
            return
        except (NoSuchDocument, FileUnreadable) as error:
            log.warning("document waits", extra={"reason": type(error).__name__})


def _seen(row: models.Document, scans: Scans) -> Seen:
    vault, object_id = registry.vaults[NAME], scans.objects[row.id]
    content = vault.get(row.object_id, sealed_key=bytes(row.sealed_key or b""))
    scan = registry.scanners[NAME].scan(content)
    if scan.found:
        return Seen(scan, object_id)
    pages = registry.readers[NAME].pages(content, FileKind(row.media_type))
    scans.kept.add(object_id)
    return Seen(scan, object_id, vault.put(object_id, packed(pages)), len(pages))


def record(scans: Scans, *, changes: Changes) -> dict[UUID, datetime]:
    """Write down what was seen; says which documents are tried again, and when."""
    still = models.Document.objects.filter(id__in=scans.seen, checking=True, shredded_at=None)
    rows = list(still.select_related("line").order_by("id").select_for_update(of=("self",)))
    cases = {row.line.case_id for row in rows if row.line.case_id}
    files = {file.line_id: file for file in casefiles.load(sorted(cases))}
    for row in rows:
        seen, file = scans.seen[row.id], files.get(row.line_id)
        if seen.scan.found:
            log.warning("document infected", extra={"signature": seen.scan.found})
            _infected(row, seen, file=file, changes=changes)
        else:
            _clean(row, seen, file=file, changes=changes)
    clean = {each.object_id for each in scans.seen.values() if not each.scan.found}
    unused = {scans.objects[key] for key in scans.waiting} - scans.kept
    taken = clean.intersection(scans.objects[row.id] for row in rows)
    models.Due.objects.filter(
        step=Step.DISCARD_OBJECT.value, subject__in=[*taken, *unused]
    ).delete()
    return {key: changes.now + AGAIN for key in scans.waiting if key not in scans.seen}


def _infected(row: models.Document, seen: Seen, *, file: CaseFile | None, changes: Changes) -> None:
    if file:
        changes.event(
            file,
            Code.DOCUMENT_INFECTED,
            actor="signoff",
            sha256=row.sha256,
            signature=seen.scan.found,
        )
    files = {row.line_id: file} if file else {}
    shred([row], because=Shredding.INFECTED, files=files, changes=changes)


def _clean(row: models.Document, seen: Seen, *, file: CaseFile | None, changes: Changes) -> None:
    changes.update(
        models.Document,
        id=row.id,
        object_id=seen.object_id,
        sealed_key=seen.sealed_key,
        pages=seen.pages,
        checking=False,
        scanned_at=changes.now,
        scanner=seen.scan.scanner,
    )
    changes.owe(Step.DISCARD_OBJECT, row.object_id, lane=LATER)
    if file:
        changes.event(
            file,
            Code.DOCUMENT_SCANNED,
            actor="signoff",
            document=str(row.id),
            scanner=seen.scan.scanner,
        )
        if file.state is State.DECLARED:
            changes.owe(Step.ASSESS, file.id, lane=file.lane)
