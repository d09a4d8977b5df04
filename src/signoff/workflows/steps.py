"""Which use case carries out which step. The order of steps is in the use cases: each owes the
next."""

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.records import casefiles
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.usecases import (
    assess,
    carry_out,
    certify,
    change_course,
    deliver,
    end_lines,
    pay,
    settle,
)
from signoff.usecases.end_lines import Errand
from signoff.workflows.runner import Again, Inside, Outside, Stuck
from signoff.workflows.sunset_steps import SUNSET_STEPS


class _OnCases:
    """Loads and locks the cases of a set, then hands them to a use case."""

    def __init__(self, act: Callable[..., None]) -> None:
        self._act = act

    def __call__(self, subjects: Sequence[UUID], changes: Changes) -> None:
        self._act(casefiles.load(subjects), changes=changes)


def _at_carrier(step: Step) -> Outside:
    def plan(subjects: Sequence[UUID], changes: Changes) -> Errand:
        return end_lines.plan(casefiles.load(subjects), step, changes=changes)

    def call(errand: Errand) -> None:
        carry_out.call(errand.calls)

    def record(
        subjects: Sequence[UUID], errand: Errand, *, changes: Changes
    ) -> list[Again | Stuck]:
        files: list[CaseFile] = casefiles.load(subjects)
        result = end_lines.record(files, step, calls=errand.calls, changes=changes)
        return [
            *(Again(case_id, at) for case_id, at in errand.waiting.items()),
            *(Again(each.case_id, at) for each, at in result.later),
            *(Stuck(each.case_id, code) for each, code in result.stuck),
        ]

    return Outside(plan=plan, call=call, record=record, part=Errand.part)


def _pay() -> Outside:
    def plan(subjects: Sequence[UUID], changes: Changes) -> list[pay.Payment]:
        return pay.plan(subjects, changes=changes)

    def record(
        subjects: Sequence[UUID], payments: list[pay.Payment], *, changes: Changes
    ) -> list[Again | Stuck]:
        result = pay.record(payments, changes=changes)
        return [
            *(Again(payment, at) for payment, at in result.later.items()),
            *(Stuck(payment, code) for payment, code in result.stuck.items()),
        ]

    def part(payments: list[pay.Payment], subjects: Collection[UUID]) -> list[pay.Payment]:
        return [each for each in payments if each.id in subjects]

    return Outside(plan=plan, call=pay.call, record=record, part=part)


def _send_notice() -> Outside:
    def plan(subjects: Sequence[UUID], changes: Changes) -> deliver.Delivery:
        return deliver.plan(subjects, now=changes.now)

    def call(delivery: deliver.Delivery) -> None:
        deliver.call(delivery, registry.messengers)

    def record(
        subjects: Sequence[UUID], delivery: deliver.Delivery, *, changes: Changes
    ) -> list[Again | Stuck]:
        again = deliver.record(delivery, changes=changes)
        return [Again(notice, at) for notice, at in again.items()]

    return Outside(plan=plan, call=call, record=record, part=deliver.part)


STEPS: Mapping[Step, Inside | Outside] = {
    Step.ASSESS: Inside(_OnCases(assess.assess)),
    Step.LAPSE_CONFIRMATION: Inside(_OnCases(change_course.let_lapse)),
    Step.BEGIN: Inside(_OnCases(end_lines.begin)),
    Step.BLOCK: _at_carrier(Step.BLOCK),
    Step.CUT: _at_carrier(Step.CUT),
    Step.VERIFY: _at_carrier(Step.VERIFY),
    Step.SETTLE: Inside(_OnCases(settle.settle)),
    Step.PAY: _pay(),
    Step.CERTIFY: Inside(_OnCases(certify.certify)),
    Step.SEND_NOTICE: _send_notice(),
    Step.RESTORE: _at_carrier(Step.RESTORE),
    Step.PURGE: _at_carrier(Step.PURGE),
    **SUNSET_STEPS,
}
