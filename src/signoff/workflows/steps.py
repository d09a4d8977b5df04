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
    aftercare,
    assess,
    carry_out,
    certify,
    change_course,
    deliver,
    end_lines,
    pay,
    seal_log,
    settle,
)
from signoff.usecases.end_lines import Errand
from signoff.workflows.archive_steps import ARCHIVE_STEPS
from signoff.workflows.document_steps import DOCUMENT_STEPS
from signoff.workflows.runner import Again, Alone, Inside, Outside, Stuck, never, park
from signoff.workflows.sunset_steps import SUNSET_STEPS


def _always(file: CaseFile) -> bool:
    return True


def _alone(file: CaseFile) -> bool:
    """What belongs to an account is settled with its last line: others are looked at anew."""
    return file.alone


def _at_carrier(step: Step, carry: Callable[[CaseFile], bool] = never) -> Outside:
    def plan(files: Sequence[CaseFile], changes: Changes) -> Errand:
        return end_lines.plan(files, step, changes=changes)

    def call(errand: Errand) -> None:
        carry_out.call(errand.calls)

    def record(
        files: Sequence[CaseFile], errand: Errand, *, changes: Changes
    ) -> list[Again | Stuck]:
        result = end_lines.record(files, step, calls=errand.calls, changes=changes)
        return [
            *(Again(case_id, at) for case_id, at in errand.waiting.items()),
            *(Again(each.case_id, at) for each, at in result.later),
            *(Stuck(each.case_id, code) for each, code in result.stuck),
        ]

    return Outside(
        plan=plan, call=call, record=record, part=Errand.part, load=casefiles.load, carry=carry
    )


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

    # Each comes with its papers, which are made for it: a few at a time, or memory fills.
    return Outside(plan=plan, call=call, record=record, part=deliver.part, most=50)


def _on_cases(use_case: Callable[..., None], carry: Callable[[CaseFile], bool] = never) -> Inside:
    def act(files: Sequence[CaseFile], changes: Changes) -> None:
        use_case(files, changes=changes)

    return Inside(act, load=casefiles.load, carry=carry)


def _seal(changes: Changes) -> int:
    return seal_log.seal(now=changes.now, signer=registry.signers[certify.SIGNER])


def _erasure_due(subjects: Sequence[UUID], changes: Changes) -> None:
    """A closed account's data is due to be erased: an operator is asked to see to it."""
    park(dict.fromkeys(subjects, "erasure_due"), step=Step.ERASE, now=changes.now)


STEPS: Mapping[Step, Inside | Outside | Alone] = {
    Step.ASSESS: _on_cases(assess.assess, _always),
    Step.LAPSE_CONFIRMATION: _on_cases(change_course.let_lapse),
    Step.BEGIN: _on_cases(end_lines.begin, _always),
    Step.BLOCK: _at_carrier(Step.BLOCK, _always),
    Step.CUT: _at_carrier(Step.CUT, _always),
    Step.SETTLE: _on_cases(settle.settle, _alone),
    Step.PAY: _pay(),
    Step.CERTIFY: _on_cases(certify.certify),
    Step.SEAL: Alone(waits=seal_log.unsealed, act=_seal),
    Step.SEND_NOTICE: _send_notice(),
    Step.RESTORE: _at_carrier(Step.RESTORE),
    Step.PURGE: _at_carrier(Step.PURGE),
    Step.ERASE: Inside(_erasure_due),
    Step.REMIND: _on_cases(aftercare.remind),
    **ARCHIVE_STEPS,
    **DOCUMENT_STEPS,
    **SUNSET_STEPS,
}
