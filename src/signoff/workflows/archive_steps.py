"""The steps of archives: built outside any transaction, destroyed when their time is over."""

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from signoff.domain.steps import Step
from signoff.records import models
from signoff.records.changes import Changes
from signoff.usecases import archives, evidence_pack, export
from signoff.usecases.archives import Build, Order
from signoff.workflows.runner import Again, Outside, Stuck

BUILDERS: Mapping[str, Build] = {
    models.Archive.Kind.DATA.value: export.build,
    models.Archive.Kind.EVIDENCE.value: evidence_pack.build,
}
"""What each kind of archive is built by."""

TOLD: Mapping[str, Callable[..., None]] = {models.Archive.Kind.DATA.value: export.told}
"""Who is told that an archive of a kind is there, or could not be made."""


def _build() -> Outside:
    def plan(subjects: Sequence[UUID], changes: Changes) -> Order:
        return archives.plan(subjects)

    def call(order: Order) -> None:
        archives.call(order, BUILDERS)

    def record(subjects: Sequence[UUID], order: Order, *, changes: Changes) -> list[Again | Stuck]:
        failed = archives.record(order.part(subjects), changes=changes)
        for wanted in order.part(subjects).wanted:
            if wanted.kind in TOLD and wanted.id in order.made:
                TOLD[wanted.kind](wanted, ready=wanted.id not in failed, changes=changes)
        return [Stuck(archive, code) for archive, code in failed.items()]

    # Each is made whole in memory: one at a time.
    return Outside(plan=plan, call=call, record=record, part=Order.part, most=1)


def _drop() -> Outside:
    def plan(subjects: Sequence[UUID], changes: Changes) -> list[UUID]:
        return list(subjects)

    def record(
        subjects: Sequence[UUID], planned: list[UUID], *, changes: Changes
    ) -> list[Again | Stuck]:
        archives.record_gone(subjects, changes=changes)
        return []

    def part(planned: list[UUID], subjects: Collection[UUID]) -> list[UUID]:
        return [each for each in planned if each in subjects]

    return Outside(plan=plan, call=archives.destroy, record=record, part=part)


ARCHIVE_STEPS: Mapping[Step, Outside] = {
    Step.BUILD_ARCHIVE: _build(),
    Step.DROP_ARCHIVE: _drop(),
}
