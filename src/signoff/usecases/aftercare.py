"""After the end: what a subscriber has ticked off, and mails that remind of dates (X6)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from signoff.domain.aftercare import CareItem, Ending, care, reminders
from signoff.domain.canonical import format_time
from signoff.domain.case import State
from signoff.domain.steps import Step
from signoff.records import dues, models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.usecases.notify import tell

_OVER = (State.ENDED, State.CLOSED)


class NoSuchItem(LookupError):
    """The list of this case has no such line."""


def items_of(file: CaseFile) -> tuple[CareItem, ...]:
    """The after-care list of a case; empty unless its line has ended for good so far."""
    if file.state not in _OVER or file.ended_at is None or file.final is None:
        return ()
    return care(_ending(file, ended_at=file.ended_at))


def _ending(file: CaseFile, *, ended_at: datetime) -> Ending:
    return Ending(
        ended_at=ended_at,
        restore_until=file.restore_until or ended_at,
        cycle_ends_at=file.snapshot.line.cycle.ends_at,
        billed=bool(file.snapshot.account.bills),
        refunded=bool(file.final and file.final.refund.minor > 0),
        refund_days=file.policy.refund_days,
        watch_cycles=file.policy.watch_cycles,
    )


def begin(file: CaseFile, *, changes: Changes) -> None:
    """Owe the first reminder of a case that has just ended.

    Nobody asked the holder of a line that the operator ends: a bulk's cases remind of nothing.
    """
    if file.lane != dues.PEOPLE or not file.email or file.ended_at is None:
        return
    items = care(_ending(file, ended_at=file.ended_at))
    _, later = reminders(items, settled=(), now=changes.now)
    if later:
        changes.owe(Step.REMIND, file.id, lane=file.lane, due_at=later)


def remind(files: Sequence[CaseFile], *, changes: Changes) -> None:
    """Send the reminders that are due, and owe the next ones; whoever wants none gets none."""
    kept = {row.case_id: row for row in _rows([file.id for file in files])}
    told = []
    for file in files:
        row = kept.get(file.id) or models.AfterCare(case_id=file.id)
        if not row.by_mail:
            continue
        settled = {*row.ticked, *row.reminded}
        due, later = reminders(items_of(file), settled=settled, now=changes.now)
        for item in due:
            at = format_time(item.at) if item.at else ""
            tell(file, "aftercare", changes=changes, reason=f"care_{item.code.value}", until=at)
        if due:
            row.reminded = [*row.reminded, *(item.key for item in due)]
            told.append(row)
        if later:
            changes.owe(Step.REMIND, file.id, lane=file.lane, due_at=later)
    _keep(told)


def row_of(case_id: UUID) -> models.AfterCare:
    """What was ticked and reminded of so far."""
    return next(iter(_rows([case_id])), None) or models.AfterCare(case_id=case_id)


def tick(file: CaseFile, key: str, *, done: bool) -> None:
    """Tick a line of the list off, or take the tick back. Raises NoSuchItem."""
    if key not in {item.key for item in items_of(file)}:
        raise NoSuchItem(key)
    row = row_of(file.id)
    ticked = [each for each in row.ticked if each != key]
    row.ticked = [*ticked, key] if done else ticked
    _keep([row])


def choose_mail(file: CaseFile, *, by_mail: bool, changes: Changes) -> None:
    """Have reminders by mail, or none. Who wants them again gets those that are still to come."""
    row = row_of(file.id)
    row.by_mail = by_mail
    _keep([row])
    if not by_mail:
        return
    _, later = reminders(items_of(file), settled={*row.ticked, *row.reminded}, now=changes.now)
    if later:
        changes.owe(Step.REMIND, file.id, lane=file.lane, due_at=later)


def _rows(ids: Sequence[UUID]) -> list[models.AfterCare]:
    return list(models.AfterCare.objects.filter(case_id__in=ids))


def _keep(rows: Sequence[models.AfterCare]) -> None:
    """Write rows, new ones and old ones, with one statement."""
    models.AfterCare.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["case_id"],
        update_fields=["ticked", "reminded", "by_mail"],
    )
