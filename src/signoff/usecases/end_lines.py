"""What follows at each step of ending a line at its carrier: blocked, cut, proven, purged, back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from signoff.domain.canonical import format_time
from signoff.domain.case import Act, State, decide
from signoff.domain.events import Code
from signoff.domain.reasons import Refusal
from signoff.domain.steps import Step
from signoff.ports.carrier import Op
from signoff.records import models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.usecases import carry_out
from signoff.usecases.carry_out import Call, Result
from signoff.usecases.notify import tell


def begin(files: Sequence[CaseFile], *, changes: Changes) -> None:
    """Start ending approved cases whose date has come."""
    for file in files:
        verdict = decide(file.standing, Act.BEGIN_ENDING, now=changes.now)
        if verdict.allowed:
            changes.move(file, verdict.to)
            changes.event(file, Code.ENDING_BEGUN, actor="signoff", carrier=file.carrier)
            changes.owe(Step.BLOCK, file.id, lane=file.lane)
        elif Refusal.TOO_EARLY in verdict.reasons:
            # The clock went back: the date still stands, and is waited for again.
            changes.owe(Step.BEGIN, file.id, lane=file.lane, due_at=file.effective_at)


def blocked(file: CaseFile, done: Call, *, changes: Changes) -> None:
    """The line can no longer be used; where the case is ending, the cut comes next."""
    _line_event(file, done, code=Code.LINE_BLOCKED, changes=changes)
    changes.update(models.Line, id=file.line_id, state=models.Line.State.SUSPENDED.value)
    if file.state is State.ENDING:
        changes.owe(Step.CUT, file.id, lane=file.lane)
    elif file.state in _TAKEN_BACK:
        changes.owe(Step.RESTORE, file.id, lane=file.lane)


def cut(file: CaseFile, done: Call, *, changes: Changes) -> None:
    """The carrier carried out the cut; a fresh reading must prove it."""
    _line_event(file, done, code=Code.LINE_CUT, changes=changes)
    changes.update(models.Line, id=file.line_id, state=models.Line.State.PENDING_TERMINATE.value)
    changes.owe(Step.VERIFY, file.id, lane=file.lane)


def verified(file: CaseFile, done: Call, *, changes: Changes) -> None:
    """The carrier's own state says the line is dead: the proof without which nothing closes."""
    proof: dict[str, Any] = {
        "carrier": file.carrier,
        "intent": str(done.intent_id),
        "reference": done.reference or str(done.intent_id),
        "verified_at": format_time(changes.now),
        **carry_out.observed(done.observation),
    }
    file.proof = proof
    changes.move(file, proof=proof)
    changes.event(
        file,
        Code.LINE_VERIFIED,
        actor=f"carrier:{file.carrier}",
        carrier=file.carrier,
        intent=str(done.intent_id),
        state=proof.get("state"),
        observed_at=format_time(changes.now),
        reference=proof["reference"],
    )
    changes.update(models.Line, id=file.line_id, state=models.Line.State.TERMINATED.value)
    changes.owe(Step.SETTLE, file.id, lane=file.lane)


def purged(file: CaseFile, done: Call, *, changes: Changes) -> None:
    """The window is over and the line is gone at the carrier: the case closes."""
    _line_event(file, done, code=Code.LINE_PURGED, changes=changes)
    verdict = decide(file.standing, Act.CLOSE, now=changes.now)
    if verdict.allowed:
        changes.move(file, verdict.to, closed_at=changes.now)
        changes.event(
            file, Code.CLOSED, actor="signoff", number_aging_from=format_time(changes.now)
        )
        if file.snapshot.last_line:
            changes.update(models.Account, id=file.account_id, closed_at=changes.now)
        tell(file, "closed", changes=changes)


def restored(file: CaseFile, done: Call, *, changes: Changes) -> None:
    """The line lives again; it is free, and may be ended anew as another generation."""
    _line_event(file, done, code=Code.LINE_RESTORED, changes=changes)
    if file.state in _TAKEN_BACK:
        # Blocked for safety, then withdrawn or declined: only the block is undone.
        changes.update(
            models.Line,
            id=file.line_id,
            state=models.Line.State.ACTIVE.value,
            generation=file.generation + 1,
        )
        return
    changes.move(file, State.RESTORED, closed_at=changes.now)
    changes.event(file, Code.RESTORED, actor="subscriber")
    changes.update(
        models.Line,
        id=file.line_id,
        state=models.Line.State.ACTIVE.value,
        case_id=None,
        frozen_at=None,
        generation=file.generation + 1,
    )
    changes.update(models.Account, id=file.account_id, settled_case=None)
    tell(file, "restored", changes=changes)


_TAKEN_BACK = (State.WITHDRAWN, State.DECLINED)

_AFTER = {
    Step.BLOCK: blocked,
    Step.CUT: cut,
    Step.VERIFY: verified,
    Step.PURGE: purged,
    Step.RESTORE: restored,
}
OPS = {Step.BLOCK: Op.BLOCK, Step.CUT: Op.CUT, Step.PURGE: Op.PURGE, Step.RESTORE: Op.RESTORE}


def wanted(file: CaseFile, step: Step, *, changes: Changes) -> bool:
    """Whether a case still wants this step at its carrier: it may have been withdrawn meanwhile."""
    match step:
        case Step.BLOCK:
            return file.state not in (State.WITHDRAWN, State.DECLINED, State.PORTED_OUT)
        case Step.CUT | Step.VERIFY:
            return file.state is State.ENDING
        case Step.PURGE:
            return decide(file.standing, Act.CLOSE, now=changes.now).allowed
        case Step.RESTORE:
            return file.state in (State.ENDED, *_TAKEN_BACK)
        case _:
            return False


def plan(files: Sequence[CaseFile], step: Step, *, changes: Changes) -> list[Call]:
    """The calls of a step for the cases that still want it."""
    files = [file for file in files if wanted(file, step, changes=changes)]
    if step is Step.VERIFY:
        return carry_out.verify(files)
    return carry_out.plan(files, OPS[step], changes=changes)


def too_early(
    files: Sequence[CaseFile], step: Step, *, now: datetime
) -> list[tuple[UUID, datetime]]:
    """Cases whose purge was claimed before their restore window is over: the clock went back."""
    if step is not Step.PURGE:
        return []
    return [
        (file.id, file.restore_until)
        for file in files
        if file.state is State.ENDED and file.restore_until is not None
        if now < file.restore_until
    ]


def record(
    files: Sequence[CaseFile], step: Step, *, calls: Sequence[Call], changes: Changes
) -> Result:
    """Record what the calls came to and let each proven case go on."""
    result = carry_out.record(calls, changes=changes)
    by_id: dict[UUID, CaseFile] = {file.id: file for file in files}
    for done in result.done:
        _AFTER[step](by_id[done.case_id], done, changes=changes)
    for each, code in result.stuck:
        _needs_human(by_id[each.case_id], step, code=code, changes=changes)
    return result


def _needs_human(file: CaseFile, step: Step, *, code: str, changes: Changes) -> None:
    changes.event(
        file,
        Code.CARRIER_NEEDS_HUMAN,
        actor=f"carrier:{file.carrier}",
        carrier=file.carrier,
        op=step.value,
        code=code,
    )


def _line_event(file: CaseFile, done: Call, *, code: Code, changes: Changes) -> None:
    state = done.observation.state.value if done.observation else None
    changes.event(
        file,
        code,
        actor=f"carrier:{file.carrier}",
        carrier=file.carrier,
        intent=str(done.intent_id),
        state=state,
    )
