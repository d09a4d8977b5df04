"""The steps of documents: scanned when a scanner is there, shredded in time, bytes removed."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from signoff.domain.steps import Step
from signoff.records.changes import Changes
from signoff.usecases import document_scan, document_shred
from signoff.usecases.document_scan import Scans
from signoff.usecases.document_shred import Removal
from signoff.workflows.runner import Again, Inside, Outside, Stuck


def _scan() -> Outside:
    def plan(subjects: Sequence[UUID], changes: Changes) -> Scans:
        return document_scan.plan(subjects, changes=changes)

    def record(subjects: Sequence[UUID], scans: Scans, *, changes: Changes) -> list[Again | Stuck]:
        again = document_scan.record(scans, changes=changes)
        return [Again(document, at) for document, at in again.items()]

    def part(scans: Scans, subjects: Collection[UUID]) -> Scans:
        return scans.part(subjects)

    return Outside(plan=plan, call=document_scan.call, record=record, part=part, most=20)


def _shred(subjects: Sequence[UUID], changes: Changes) -> None:
    document_shred.shred_due(subjects, changes=changes)


def _discard() -> Outside:
    def plan(subjects: Sequence[UUID], changes: Changes) -> Removal:
        return Removal(subjects)

    def record(
        subjects: Sequence[UUID], removal: Removal, *, changes: Changes
    ) -> list[Again | Stuck]:
        again = document_shred.removed(removal, changes=changes)
        return [Again(key, at) for key, at in again.items()]

    def part(removal: Removal, subjects: Collection[UUID]) -> Removal:
        return removal.part(subjects)

    return Outside(plan=plan, call=document_shred.remove_bytes, record=record, part=part)


DOCUMENT_STEPS: Mapping[Step, Inside | Outside] = {
    Step.SCAN_DOCUMENT: _scan(),
    Step.SHRED_DOCUMENTS: Inside(_shred),
    Step.DISCARD_OBJECT: _discard(),
}
