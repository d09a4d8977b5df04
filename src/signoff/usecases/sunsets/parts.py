"""A part of a run: its cases opened together, watched until every one is at rest, then fixed (O1).

Nothing here ends a line: cases go the way of all cases. A part is one due row that looks again
every few seconds, so that a pause or an abort reaches it wherever it stands. Whoever has a part in
hand holds the run in share mode; what people ask for takes the run whole and so sees all of it.
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from signoff.domain.steps import Step
from signoff.domain.sunset import Row, Stage
from signoff.records import models, sunset_dues, sunset_outcomes, sunset_rows
from signoff.records.changes import Changes
from signoff.usecases.sunsets import calling_off, stages
from signoff.usecases.sunsets.gather import LANE
from signoff.usecases.sunsets.opening import CHANNEL, open_part

MOST_OPEN = 32
"""Parts under way at once where carriers are fast: enough to keep every worker busy."""

_LEAST_OPEN = 2
_AHEAD_S = 60
"""Where carriers are slow, no more parts are open than they finish in this time."""

_SOON, _AT_LAST = timedelta(seconds=2), timedelta(seconds=15)
"""How soon a part is looked at again, at first and when it takes long."""

_SETTLED = timedelta(seconds=1)

_HELD_STEPS = (Step.ASSESS.value, Step.BEGIN.value, Step.BLOCK.value)
_PART = models.SunsetPart.State


def work(part_id: UUID, *, changes: Changes, new_number: Callable[[], str]) -> None:
    """Do what a part needs now, and owe the next look at it."""
    found = models.SunsetPart.objects.filter(id=part_id)
    # The run before the part, as everywhere: whoever has the run whole may want the part.
    run, opened = stages.shared(found.values_list("sunset_id", flat=True).get()), False
    part = found.select_for_update().get()
    if part.state == _PART.DONE:
        return
    match Stage(run.stage):
        case Stage.RUNNING:
            _let_go(part)
            sleeps = part.not_before is not None and part.not_before > changes.now
            if not (sleeps and part.opened_at):
                opened = open_part(part, run, changes=changes, new_number=new_number)
        case Stage.PAUSED:
            _hold_back(part)
        case Stage.STOPPING:
            _stop(part, changes=changes)
        case _:
            return
    if opened:
        _look_again(part, changes=changes)
    else:
        _watch(part, run, changes=changes)


def _keys(part: models.SunsetPart) -> tuple[int, int]:
    return (part.first, part.last)


def _hold_back(part: models.SunsetPart) -> None:
    """What is not at its carrier yet waits; what is there is brought to its end."""
    cases = sunset_rows.open_cases(_keys(part))
    if cases and sunset_dues.hold_back(cases, steps=_HELD_STEPS):
        part.held = True
        part.save(update_fields=["held"])


def _let_go(part: models.SunsetPart) -> None:
    if part.held:
        sunset_dues.let_go(sunset_rows.open_cases(_keys(part)), steps=_HELD_STEPS)
        part.held = False
        part.save(update_fields=["held"])


def _stop(part: models.SunsetPart, *, changes: Changes) -> None:
    """Leave what was not begun, and call off what is not being cut."""
    _let_go(part)
    sunset_rows.leave(_keys(part))
    calling_off.call_off(sunset_rows.open_cases(_keys(part)), channel=CHANNEL, changes=changes)


def _watch(part: models.SunsetPart, run: models.Sunset, *, changes: Changes) -> None:
    """Fix what has come to rest; a part without open rows is done, or waits for its day."""
    keys = _keys(part)
    if not part.paying and not sunset_outcomes.ending(keys):
        # A provider that is slow, or down, holds up money and no line.
        part.paying = True
        part.save(update_fields=["paying"])
        _next(run, changes=changes)
    # What is under way is fixed together once all is at rest, where that does not take long. While
    # refunds go on it is only asked whether they do: fixing a part costs ten times that.
    young = part.opened_at is not None and changes.now - part.opened_at < 2 * _AT_LAST
    if (young or part.paying) and sunset_outcomes.busy(keys):
        _look_again(part, changes=changes)
        return
    sunset_outcomes.finish(keys)
    counted = sunset_rows.count(keys)
    part.counts, part.money = dict(counted.counts), {k: dict(v) for k, v in counted.money.items()}
    if part.counts.get(Row.OPEN.value):
        _look_again(part, changes=changes)
    elif part.counts.get(Row.READY.value):
        _wait(part, run, changes=changes)
    else:
        part.state, part.finished_at = _PART.DONE.value, changes.now
    part.save(update_fields=["state", "counts", "money", "finished_at"])
    if part.state != _PART.OPEN:
        _next(run, changes=changes)


def _wait(part: models.SunsetPart, run: models.Sunset, *, changes: Changes) -> None:
    """Rows are left whose day has not come, or that a pause keeps from being opened."""
    soon = part.not_before is None or part.not_before <= changes.now
    if run.stage == Stage.RUNNING and soon:
        _look_again(part, changes=changes)
        return
    part.state = _PART.WAITING.value


def _look_again(part: models.SunsetPart, *, changes: Changes) -> None:
    age = changes.now - (part.opened_at or changes.now)
    wait = min(max(age / 4, _SOON), _AT_LAST)
    changes.owe(Step.SUNSET_PART, part.id, lane=LANE, due_at=changes.now + wait)


def _next(run: models.Sunset, *, changes: Changes) -> None:
    """Open the next parts; once no more come to an end, the run sees whether it is through."""
    if run.stage == Stage.RUNNING:
        top_up(run, changes=changes)
    changes.owe(Step.SUNSET_RUN, run.id, lane=LANE, due_at=changes.now + _SETTLED)


def top_up(run: models.Sunset, *, changes: Changes) -> None:
    """Take as many waiting parts in hand as may be open, while the run is held, shared or whole.

    Others may do the same at once: each sees the parts of the others as they were, still open.
    """
    parts = models.SunsetPart.objects.filter(sunset=run)
    free = _most_open(run) - parts.filter(state=_PART.OPEN, paying=False).count()
    due = parts.filter(state=_PART.WAITING).exclude(not_before__gt=changes.now)
    chosen = due.order_by("number").select_for_update(skip_locked=True)[: max(free, 0)]
    for part in chosen:
        part.state, part.opened_at, part.paying = _PART.OPEN.value, None, False
        part.save(update_fields=["state", "opened_at", "paying"])
        changes.owe(Step.SUNSET_PART, part.id, lane=LANE)


def _most_open(run: models.Sunset) -> int:
    """As many parts as the slowest carrier finishes in a minute, within bounds."""
    estimates = (run.totals or {}).get("estimates", {})
    slowest = max((each["seconds"] for each in estimates.values()), default=0)
    if not slowest:
        return MOST_OPEN
    in_time = run.lines * _AHEAD_S // (slowest * sunset_rows.PART)
    return min(max(in_time, _LEAST_OPEN), MOST_OPEN)


def owe_waiting(run: models.Sunset, *, changes: Changes) -> None:
    """Have every part looked at that is in nobody's hands: the run, held whole, is stopping."""
    waiting = models.SunsetPart.objects.filter(sunset=run, state=_PART.WAITING)
    for part_id in waiting.values_list("id", flat=True):
        changes.owe(Step.SUNSET_PART, part_id, lane=LANE)


def hasten(run: models.Sunset) -> None:
    """Have every open part looked at now."""
    opened = models.SunsetPart.objects.filter(sunset=run, state=_PART.OPEN)
    sunset_dues.hasten(list(opened.values_list("id", flat=True)), step=Step.SUNSET_PART)


def all_done(run_id: UUID) -> bool:
    """Whether no part of a run waits or is open."""
    left = models.SunsetPart.objects.filter(sunset_id=run_id).exclude(state=_PART.DONE)
    return not left.exists()
