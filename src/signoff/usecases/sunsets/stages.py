"""A run's row: locked, judged by the rules, moved on."""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from signoff.domain.sunset import Row, RunAct, RunStanding, RunVerdict, Stage, decide
from signoff.records import models
from signoff.usecases.sunsets.holding import terms_of


class NoSuchRun(LookupError):
    """There is no such run."""


def locked(run_id: UUID) -> models.Sunset:
    """The run, for this transaction alone. Raises NoSuchRun."""
    run = models.Sunset.objects.select_for_update().filter(id=run_id).first()
    if run is None:
        raise NoSuchRun(run_id)
    return run


def shared(run_id: UUID) -> models.Sunset:
    """The run as it stands until this transaction ends; other parts may read it meanwhile.

    Nobody who holds a part waits for more than this, so that an act of a person, which takes the
    run whole, waits for the parts in hand and then sees all they did.
    """
    found = models.Sunset.objects.raw(
        "SELECT * FROM records_sunset WHERE id = %s FOR SHARE", [run_id]
    )
    return next(iter(found))


def mark(run: models.Sunset) -> str:
    """Which standing of the run a page showed: an act asked for from an older one is stale."""
    moments = (
        run.rehearsed_at,
        run.first_at,
        run.second_at,
        run.started_at,
        run.paused_at,
        run.ended_at,
    )
    told = [at.isoformat() if at else "" for at in moments]
    return sha256("|".join([run.stage, *told, str(run.paused_s)]).encode()).hexdigest()[:16]


def failed(run: models.Sunset) -> int:
    """How many lines of the run wait for a person."""
    counts = models.SunsetPart.objects.filter(sunset=run).values_list("counts", flat=True)
    return sum(each.get(Row.FAILED.value, 0) for each in counts)


def verdict(
    run: models.Sunset,
    act: RunAct,
    *,
    now: datetime,
    by: int | None = None,
    count: int | None = None,
) -> RunVerdict:
    """What the rules say about an act on this run."""
    standing = RunStanding(
        stage=Stage(run.stage),
        lines=run.lines,
        end_at=terms_of(run).end_at,
        first_by=run.first_by_id,
        failed=failed(run) if act is RunAct.RETRY else 0,
    )
    return decide(standing, act, now=now, by=by, count=count)


def move(run: models.Sunset, verdict: RunVerdict, /, *columns: str) -> None:
    """Move a locked run on to where the verdict leads, and write these columns with it."""
    if verdict.to is not None:
        run.stage = verdict.to.value
    run.save(update_fields=["stage", *columns])
