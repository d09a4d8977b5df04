"""What staff decide about a run: confirm, start, pause, resume, abort, try again (O1).

Each of these holds the run whole, so it sees all that was done to its parts before, and whatever is
done to them afterwards sees it. Each that is allowed leaves who did it, and when.
"""

from collections.abc import Iterable
from itertools import groupby
from uuid import UUID

from signoff.domain.steps import Step
from signoff.domain.sunset import Objection, Row, RunAct, RunVerdict, Stage
from signoff.records import models, sunset_outcomes, sunset_rows
from signoff.records.changes import Changes
from signoff.records.sunset_outcomes import Matter
from signoff.usecases.look import NotYours
from signoff.usecases.sunsets import parts, stages, waves
from signoff.usecases.sunsets import rehearse as dry_run
from signoff.usecases.sunsets.gather import LANE

_ROLE = models.StaffRole.Role
DECIDING = (_ROLE.OPERATOR, _ROLE.SUPERVISOR)
"""Who may make runs and act on them."""

_PART = models.SunsetPart.State


def require_brand(brand: str, *, user_id: int) -> None:
    """Let through who may decide for this brand. Raises NotYours."""
    held = models.StaffRole.objects.filter(user_id=user_id, brand=brand, role__in=DECIDING)
    if not held.exists():
        raise NotYours


def own(run_id: UUID, *, user_id: int) -> models.Sunset:
    """A run, held whole, for who may decide about it. Raises NotYours."""
    try:
        run = stages.locked(run_id)
    except stages.NoSuchRun as error:
        raise NotYours from error
    require_brand(run.brand, user_id=user_id)
    return run


def _keep(
    run: models.Sunset,
    act: RunAct,
    *,
    by: int,
    lines: int | None = None,
    step: str = "",
    code: str = "",
    changes: Changes,
) -> None:
    changes.insert(
        models.SunsetAct,
        sunset_id=run.id,
        act=act.value,
        at=changes.now,
        by_id=by,
        lines=lines,
        step=step,
        code=code,
    )


def rehearse(run: models.Sunset, *, by: int, changes: Changes) -> RunVerdict:
    """Begin the dry run anew."""
    verdict = stages.verdict(run, RunAct.REHEARSE, now=changes.now)
    if verdict.allowed:
        dry_run.anew(run)
        columns = ("totals", "lines", "rehearsed_at", "first_by", "first_at")
        stages.move(run, verdict, *columns)
        changes.owe(Step.SUNSET_REHEARSE, run.id, lane=LANE)
        _keep(run, RunAct.REHEARSE, by=by, changes=changes)
    return verdict


def confirm(run: models.Sunset, *, by: int, count: int, changes: Changes) -> RunVerdict:
    """Take one of the two confirmations; after the second, notices ahead are owed."""
    verdict = stages.verdict(run, RunAct.CONFIRM, now=changes.now, by=by, count=count)
    if verdict.to is Stage.HALF_CONFIRMED:
        run.first_by_id, run.first_at = by, changes.now
        stages.move(run, verdict, "first_by", "first_at")
    elif verdict.allowed:
        run.second_by_id, run.second_at = by, changes.now
        stages.move(run, verdict, "second_by", "second_at")
        waves.owe(run, changes=changes)
    if verdict.allowed:
        _keep(run, RunAct.CONFIRM, by=by, lines=count, changes=changes)
    return verdict


def start(run: models.Sunset, *, by: int, changes: Changes) -> RunVerdict:
    """Take the first parts in hand."""
    verdict = stages.verdict(run, RunAct.START, now=changes.now)
    if verdict.allowed:
        run.started_at = changes.now
        stages.move(run, verdict, "started_at")
        parts.top_up(run, changes=changes)
        _keep(run, RunAct.START, by=by, changes=changes)
    return verdict


def pause(run: models.Sunset, *, by: int, changes: Changes) -> RunVerdict:
    """Let every open part hold its cases back."""
    verdict = stages.verdict(run, RunAct.PAUSE, now=changes.now)
    if verdict.allowed:
        run.paused_at = changes.now
        stages.move(run, verdict, "paused_at")
        parts.hasten(run)
        _keep(run, RunAct.PAUSE, by=by, changes=changes)
    return verdict


def resume(run: models.Sunset, *, by: int, changes: Changes) -> RunVerdict:
    """Let every open part go on, and take more in hand."""
    verdict = stages.verdict(run, RunAct.RESUME, now=changes.now)
    if verdict.allowed:
        _stood_still(run, changes=changes)
        stages.move(run, verdict, "paused_at", "paused_s")
        parts.top_up(run, changes=changes)
        parts.hasten(run)
        _keep(run, RunAct.RESUME, by=by, changes=changes)
    return verdict


def _stood_still(run: models.Sunset, *, changes: Changes) -> None:
    if run.paused_at is not None:
        run.paused_s += round((changes.now - run.paused_at).total_seconds())
        run.paused_at = None


def abort(run: models.Sunset, *, by: int, changes: Changes) -> RunVerdict:
    """Stop every part; before the start there is nothing to stop."""
    verdict = stages.verdict(run, RunAct.ABORT, now=changes.now)
    if verdict.to is Stage.ABORTED:
        run.ended_at = changes.now
        stages.move(run, verdict, "ended_at")
    elif verdict.allowed:
        _stood_still(run, changes=changes)
        stages.move(run, verdict, "paused_at", "paused_s")
        parts.owe_waiting(run, changes=changes)
        parts.hasten(run)
    if verdict.allowed:
        _keep(run, RunAct.ABORT, by=by, changes=changes)
    return verdict


def retry(run: models.Sunset, *, by: int, step: str, code: str, changes: Changes) -> RunVerdict:
    """Close the matters of failed lines and owe their steps again, part by part."""
    verdict = stages.verdict(run, RunAct.RETRY, now=changes.now)
    if not verdict.allowed:
        return verdict
    failed = models.SunsetPart.objects.filter(sunset=run, counts__has_key=Row.FAILED.value)
    again = 0
    for part in failed.select_for_update().order_by("number"):
        keys = (part.first, part.last)
        found = sunset_outcomes.matters(keys, step=step, code=code, most=2 * sunset_rows.PART)
        if found:
            _owe_again(found, changes=changes)
            _reopen(part, found, changes=changes)
        again += len(found)
    if not again:
        # Others failed, but none at this step for this reason.
        reasons = (Objection.NOTHING_FAILED,)
        return RunVerdict(allowed=False, reasons=reasons, at=changes.now)
    run.report, run.ended_at = None, None
    stages.move(run, verdict, "report", "ended_at")
    _keep(run, RunAct.RETRY, by=by, lines=again, step=step, code=code, changes=changes)
    return verdict


def _owe_again(found: Iterable[Matter], *, changes: Changes) -> None:
    ordered = sorted(found, key=lambda matter: matter.step)
    models.Attention.objects.filter(id__in=[matter.attention for matter in ordered]).update(
        resolved_at=changes.now
    )
    for step, matters in groupby(ordered, key=lambda matter: matter.step):
        for matter in matters:
            changes.owe(step, matter.subject, lane=LANE)


def _reopen(part: models.SunsetPart, found: Iterable[Matter], *, changes: Changes) -> None:
    sunset_outcomes.reopen(sorted({matter.key for matter in found}))
    counted = sunset_rows.count((part.first, part.last))
    part.counts, part.finished_at = dict(counted.counts), None
    if part.state == _PART.DONE:
        part.state, part.opened_at = _PART.OPEN.value, changes.now
        changes.owe(Step.SUNSET_PART, part.id, lane=LANE)
    part.save(update_fields=["state", "counts", "opened_at", "finished_at"])
