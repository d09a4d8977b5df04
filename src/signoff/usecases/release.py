"""Free lines from their cases: they are used and charged as before, and may be declared anew."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from signoff.domain.events import Code
from signoff.domain.remedies import resume_charging
from signoff.domain.steps import Step
from signoff.ports.carrier import Op
from signoff.records import codec, models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.usecases import carry_out, document_shred


def release_lines(files: Sequence[CaseFile], *, changes: Changes) -> None:
    """Free the lines of these cases, with a constant number of queries."""
    before, blocks = lines_before(files), carry_out.begun_of(files, Op.BLOCK)
    for file in files:
        document_shred.decided(file, changes=changes)
        document_shred.closed(file, changes=changes)
        changes.update(
            models.Line, id=file.line_id, case_id=None, frozen_at=None, facts=before[file.id]
        )
        if block := blocks.get(file.line_id):
            # Blocked for safety, or about to be: the block is undone once it can no longer come.
            at = max(changes.now, block.sent_at + carry_out.settling(file.carrier))
            changes.owe(Step.RESTORE, file.id, lane=file.lane, due_at=at)


def lines_before(files: Sequence[CaseFile]) -> dict[UUID, dict[str, Any]]:
    """The lines' facts with what the declarations stopped put back: they renew as they used to."""
    stopped = _stopped(files)
    found: dict[UUID, dict[str, Any]] = {}
    for file in files:
        facts, event = file.snapshot.line, stopped.get(file.id)
        if event and event.personal:
            add_ons = codec.ADD_ONS.validate_python(event.personal["stopped"])
            facts = resume_charging(facts, auto_renews=event.facts["plan"], add_ons=add_ons)
        found[file.id] = codec.LINE.dump_python(facts, mode="json")
    return found


def _stopped(files: Sequence[CaseFile]) -> Mapping[UUID, models.Event]:
    """What each case's last freeze stopped: one that was declined and goes on was frozen twice."""
    codes = (Code.FROZEN.value, Code.CHARGING_STOPPED.value)
    events = models.Event.objects.filter(case_id__in=[file.id for file in files], code__in=codes)
    last = events.order_by("case_id", "-seq").distinct("case_id")
    return {each.case_id: each for each in last if each.code == Code.CHARGING_STOPPED}
