"""What follows at each step of ending a line at its carrier: blocked, cut, proven, purged, back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from signoff.domain.canonical import format_time
from signoff.domain.case import Act, State, Verdict, decide
from signoff.domain.closing import erase_at
from signoff.domain.events import Code
from signoff.domain.reasons import Refusal
from signoff.domain.steps import Step
from signoff.ports.carrier import Op
from signoff.records import casefiles, dues, entitlements, models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.usecases import carry_out, document_shred
from signoff.usecases.carry_out import Call, Result
from signoff.usecases.notify import tell
from signoff.usecases.release import lines_before

_TAKEN_BACK = (State.WITHDRAWN, State.DECLINED)
_LOOK_AGAIN = timedelta(minutes=1)


def begin(files: Sequence[CaseFile], *, changes: Changes) -> None:
    """Start ending approved cases whose date has come."""
    being_restored = dues.lines_owed(Step.RESTORE, [file.line_id for file in files])
    for file in files:
        verdict = decide(file.standing, Act.BEGIN_ENDING, now=changes.now)
        if verdict.allowed and file.line_id in being_restored:
            # For an earlier case that was withdrawn: two orders at once would cross at the carrier.
            changes.owe(Step.BEGIN, file.id, lane=file.lane, due_at=changes.now + carry_out.POLL)
        elif verdict.allowed:
            changes.move(file, verdict.to)
            changes.event(file, Code.ENDING_BEGUN, actor="signoff", carrier=file.carrier)
            changes.owe(Step.BLOCK, file.id, lane=file.lane)
        elif Refusal.TOO_EARLY in verdict.reasons:
            # The clock went back: the date still stands, and is waited for again.
            changes.owe(Step.BEGIN, file.id, lane=file.lane, due_at=file.effective_at)


def blocked(file: CaseFile, done: Call, *, changes: Changes) -> None:
    """The line can no longer be used; where the case is ending, the cut comes next.

    A carrier that blocks no line goes on to the cut, and nobody says that it was blocked.
    """
    if not done.left_out:
        _line_event(file, done, code=Code.LINE_BLOCKED, changes=changes)
        changes.update(models.Line, id=file.line_id, state=models.Line.State.SUSPENDED.value)
    if file.state is State.ENDING:
        changes.owe(Step.CUT, file.id, lane=file.lane)
    elif file.state in _TAKEN_BACK and not done.left_out:
        changes.owe(Step.RESTORE, file.id, lane=file.lane)


def cut(file: CaseFile, done: Call, *, changes: Changes) -> None:
    """The carrier's own state, read after the cut, says the line is dead: the proof (E3).

    Without it nothing closes.
    """
    _line_event(file, done, code=Code.LINE_CUT, changes=changes)
    file.proof = proof = {
        "carrier": file.carrier,
        "intent": str(done.intent_id),
        "reference": done.reference or str(done.intent_id),
        "verified_at": format_time(changes.now),
        **carry_out.observed(done.observation),
    }
    changes.move(file, proof=proof)
    changes.event(
        file,
        Code.LINE_VERIFIED,
        actor=f"carrier:{file.carrier}",
        carrier=file.carrier,
        intent=proof["intent"],
        state=proof["state"],
        observed_at=proof["verified_at"],
        reference=proof["reference"],
    )
    changes.update(models.Line, id=file.line_id, state=models.Line.State.TERMINATED.value)
    changes.owe(Step.SETTLE, file.id, lane=file.lane)


def purged(file: CaseFile, done: Call, *, changes: Changes) -> None:
    """The window is over and the line is gone at the carrier: the case closes."""
    if not done.left_out:
        _line_event(file, done, code=Code.LINE_PURGED, changes=changes)
    verdict = decide(file.standing, Act.CLOSE, now=changes.now)
    if verdict.allowed:
        changes.move(file, verdict.to, closed_at=changes.now)
        changes.event(
            file, Code.CLOSED, actor="signoff", number_aging_from=format_time(changes.now)
        )
        document_shred.closed(file, changes=changes)
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
        facts=lines_before([file])[file.id],
        generation=file.generation + 1,
    )
    changes.rewrite_account(file.account_id, file.account_version, settled_case=None, erase_at=None)
    document_shred.closed(file, changes=changes)
    tell(file, "restored", changes=changes)


_AFTER = {
    Step.BLOCK: blocked,
    Step.CUT: cut,
    Step.PURGE: purged,
    Step.RESTORE: restored,
}
OPS = {Step.BLOCK: Op.BLOCK, Step.CUT: Op.CUT, Step.PURGE: Op.PURGE, Step.RESTORE: Op.RESTORE}


def wanted(file: CaseFile, step: Step, *, changes: Changes) -> bool:
    """Whether a case still wants this step at its carrier: it may have been withdrawn meanwhile."""
    match step:
        case Step.BLOCK:
            return file.state not in (*_TAKEN_BACK, State.PORTED_OUT)
        case Step.CUT:
            return file.state is State.ENDING
        case Step.PURGE:
            return decide(file.standing, Act.CLOSE, now=changes.now).allowed
        case Step.RESTORE:
            # A line that a later case is ending by now stays blocked.
            taken_back = file.state in _TAKEN_BACK and not casefiles.ending_by_another(file)
            return file.state is State.ENDED or taken_back
        case _:
            return False


@dataclass(frozen=True, slots=True)
class Errand:
    """A step for a set of cases: the calls it takes, and which cases wait until when."""

    calls: Sequence[Call]
    waiting: Mapping[UUID, datetime]

    def part(self, case_ids: Collection[UUID]) -> "Errand":
        """What of it concerns these cases."""
        return Errand(
            [each for each in self.calls if each.case_id in case_ids],
            {each: at for each, at in self.waiting.items() if each in case_ids},
        )


def plan(files: Sequence[CaseFile], step: Step, *, changes: Changes) -> Errand:
    """The calls of a step for the cases that still want it and need not wait."""
    waiting = dict(_waits(files, step, now=changes.now))
    files = [f for f in files if f.id not in waiting and wanted(f, step, changes=changes)]
    return Errand(carry_out.plan(files, OPS[step], changes=changes), waiting)


def _waits(files: Sequence[CaseFile], step: Step, *, now: datetime) -> list[tuple[UUID, datetime]]:
    """Cases whose step comes too soon, and when it is looked at again.

    A purge waits for the end of the window, should the clock have gone back, and for a restoring
    that was asked for in time; undoing a block waits until nobody is blocking any more.
    """
    ids = [file.id for file in files]
    if step is Step.RESTORE:
        owed = dues.owed(Step.BLOCK, ids)
        return [(each, now + carry_out.POLL) for each in sorted(owed)]
    if step is not Step.PURGE:
        return []
    asked = dues.owed(Step.RESTORE, ids) | dues.parked(Step.RESTORE, ids)
    return [
        (file.id, max(now + _LOOK_AGAIN, file.restore_until))
        for file in files
        if file.state is State.ENDED and file.restore_until is not None
        if now < file.restore_until or file.id in asked
    ]


def ask_restore(file: CaseFile, *, changes: Changes) -> Verdict:
    """Owe the restoring of a line within its window; the state follows the carrier's proof (X2)."""
    verdict = decide(file.standing, Act.RESTORE, now=changes.now)
    if not verdict.allowed:
        return verdict
    if carry_out.begun(file, Op.PURGE):
        # Another machine's clock was ahead: what is being purged cannot be promised back.
        reasons = (Refusal.RESTORE_WINDOW_OVER,)
        return Verdict(allowed=False, reasons=reasons, at=changes.now)
    if not dues.owed(Step.RESTORE, [file.id]):
        changes.owe(Step.RESTORE, file.id)
    return verdict


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
    if step is Step.RESTORE:
        back = [file.account_id for file in files if file.state is State.RESTORED]
        entitlements.revive(back)
    if step is Step.PURGE:
        _close_accounts([file for file in files if file.state is State.CLOSED], changes=changes)
    return result


def _close_accounts(files: Sequence[CaseFile], *, changes: Changes) -> None:
    """An account closes with the last of its cases; nothing can bring a line of it back (E8)."""
    over = casefiles.accounts_over([file.account_id for file in files], [file.id for file in files])
    last = {file.account_id: file for file in files}
    found = models.Account.objects.filter(id__in=over).order_by("id")
    for account_id, settled, erased in found.values_list("id", "settled_case", "erase_at"):
        file = last[account_id]
        at = erased or erase_at(file.policy, restorable_until=changes.now)
        changes.update(models.Account, id=account_id, closed_at=changes.now, erase_at=at)
        changes.owe(Step.ERASE, settled or file.id, lane=file.lane, due_at=at)


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
