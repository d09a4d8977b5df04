"""What brings a run to its end: its parts are through, its report is written and signed (O1)."""

from uuid import UUID

from signoff.domain.steps import Step
from signoff.domain.sunset import RunAct, Stage
from signoff.records import models
from signoff.records.changes import Changes
from signoff.usecases.sunsets import parts, reconcile, stages
from signoff.usecases.sunsets.gather import LANE

_PART = models.SunsetPart.State


def see(run_id: UUID, *, changes: Changes) -> None:
    """Open parts whose day has come; a run whose parts are all done is reconciled.

    The run is taken whole only when no part is in anybody's hands: whoever finishes a part holds
    the run while it owes this very step.
    """
    if parts.all_done(run_id):
        run = stages.locked(run_id)
        verdict = stages.verdict(run, RunAct.COMPLETE, now=changes.now)
        if verdict.allowed:
            stages.move(run, verdict)
        if verdict.allowed or run.stage == Stage.STOPPING:
            changes.owe(Step.SUNSET_REPORT, run.id, lane=LANE)
        return
    run = stages.shared(run_id)
    if run.stage != Stage.RUNNING:
        return
    parts.top_up(run, changes=changes)
    asleep = models.SunsetPart.objects.filter(sunset=run, state=_PART.WAITING)
    first = asleep.filter(not_before__gt=changes.now).order_by("not_before").first()
    if first is not None:
        changes.owe(Step.SUNSET_RUN, run.id, lane=LANE, due_at=first.not_before)


def report(run_id: UUID, *, changes: Changes) -> None:
    """Write the report of a run that is through, and close it."""
    run = stages.locked(run_id)
    verdict = stages.verdict(run, RunAct.REPORT, now=changes.now)
    if not verdict.allowed or not parts.all_done(run_id):
        return
    run.ended_at = changes.now
    run.report = reconcile.signed_report(run, stage=verdict.to, now=changes.now)
    stages.move(run, verdict, "ended_at", "report")
