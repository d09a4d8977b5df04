"""The steps of sunsets: each works on one run, part or notice at a time, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from signoff.domain.steps import Step
from signoff.records.changes import Changes
from signoff.usecases.sunsets import completing, gather, parts, rehearse, waves
from signoff.workflows.ids import new_number
from signoff.workflows.runner import Inside


def _one(act: Callable[..., None]) -> Inside:
    def act_on(subjects: Sequence[UUID], changes: Changes) -> None:
        for subject in subjects:
            act(subject, changes=changes)

    return Inside(act_on, most=1)


def _part(part_id: UUID, *, changes: Changes) -> None:
    parts.work(part_id, changes=changes, new_number=new_number)


SUNSET_STEPS: Mapping[Step, Inside] = {
    Step.SUNSET_GATHER: _one(gather.gather),
    Step.SUNSET_REHEARSE: _one(rehearse.rehearse),
    Step.SUNSET_WAVE: _one(waves.send),
    Step.SUNSET_PART: _one(_part),
    Step.SUNSET_RUN: _one(completing.see),
    Step.SUNSET_REPORT: _one(completing.report),
}
