"""What staff may see of sunsets: plain read models for console and command line (O1).

A run is seen by operators, supervisors and auditors of its brand; for everybody else there is no
such run (NotYours). Every figure is computed from parts, never from a million rows.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from signoff.domain.sunset import (
    AT_REST,
    PEOPLE,
    REFUSED,
    Row,
    RunAct,
    RunStanding,
    Selection,
    Stage,
    decide,
)
from signoff.domain.sunset_terms import concerns
from signoff.records import models, sunset_outcomes, sunset_rows
from signoff.records.sunset_outcomes import Matter
from signoff.usecases.desk import names_of
from signoff.usecases.look import NotYours
from signoff.usecases.sunsets.deciding import DECIDING
from signoff.usecases.sunsets.holding import terms_of
from signoff.usecases.sunsets.shown import (
    Acted,
    CarrierShare,
    Confirmed,
    FailedRow,
    Failures,
    MoneyTotal,
    Progress,
    RefusedRow,
    RunRow,
    RunView,
    Settled,
    Totals,
    WaveView,
)
from signoff.usecases.sunsets.stages import mark

__all__ = [
    "Acted",
    "CarrierShare",
    "Confirmed",
    "FailedRow",
    "Failures",
    "MoneyTotal",
    "NotYours",
    "Progress",
    "RefusedRow",
    "RunRow",
    "RunView",
    "Settled",
    "Totals",
    "WaveView",
    "failed_rows",
    "failures",
    "may_create",
    "may_look",
    "refused_rows",
    "run",
    "runs",
    "seen",
    "under_way",
    "view",
]

_ROLE = models.StaffRole.Role
LOOKING = (_ROLE.OPERATOR, _ROLE.SUPERVISOR, _ROLE.AUDITOR)
"""Who may look at runs."""

_PART = models.SunsetPart.State
_MINUTE = timedelta(minutes=1)


def _brands(user_id: int, roles: Sequence[str]) -> list[str]:
    held = models.StaffRole.objects.filter(user_id=user_id, role__in=roles)
    return sorted(set(held.values_list("brand", flat=True)))


def seen(run_id: UUID, *, user_id: int) -> models.Sunset:
    """A run for who may look at it. Raises NotYours."""
    run = models.Sunset.objects.filter(id=run_id, brand__in=_brands(user_id, LOOKING)).first()
    if run is None:
        raise NotYours
    return run


def may_look(user_id: int) -> list[str]:
    """The brands whose runs a staff member may look at."""
    return _brands(user_id, LOOKING)


def may_create(user_id: int) -> list[str]:
    """The brands a staff member may make runs for."""
    return _brands(user_id, DECIDING)


def runs(user_id: int) -> list[RunRow]:
    """The runs of the brands a staff member may look at, the newest first."""
    found = list(
        models.Sunset.objects.filter(brand__in=_brands(user_id, LOOKING)).order_by("-number")
    )
    counts: dict[UUID, Counter[str]] = {each.id: Counter() for each in found}
    parts = models.SunsetPart.objects.filter(sunset__in=found)
    for run_id, of_part in parts.values_list("sunset_id", "counts"):
        counts[run_id].update(of_part)
    names = names_of(each.created_by_id for each in found)
    return [_row(each, counts=counts[each.id], names=names) for each in found]


def _row(run: models.Sunset, *, counts: Mapping[str, int], names: Mapping[int, str]) -> RunRow:
    return RunRow(
        id=run.id,
        number=run.number,
        brand=run.brand,
        title=run.title,
        stage=Stage(run.stage),
        selection=Selection(run.selection),
        rows=run.rows,
        lines=run.lines,
        finished=_finished(counts),
        failed=counts.get(Row.FAILED.value, 0),
        created_at=run.created_at,
        created_by=names.get(run.created_by_id, ""),
    )


def _finished(counts: Mapping[str, int]) -> int:
    return sum(counts.get(code.value, 0) for code in AT_REST)


def run(run_id: UUID, *, user_id: int, now: datetime) -> RunView:
    """One run, for a staff member. Raises NotYours."""
    return _view(seen(run_id, user_id=user_id), user_id=user_id, now=now)


def view(run_id: UUID, *, now: datetime) -> RunView:
    """One run, for who has the machine in hand: nothing in it may be asked for.

    Raises Sunset.DoesNotExist.
    """
    return _view(models.Sunset.objects.get(id=run_id), user_id=None, now=now)


def _view(found: models.Sunset, *, user_id: int | None, now: datetime) -> RunView:
    terms = terms_of(found)
    parts = list(models.SunsetPart.objects.filter(sunset=found))
    progress = _progress(found, parts, now=now)
    confirmed = ((found.first_by_id, found.first_at), (found.second_by_id, found.second_at))
    acts = list(models.SunsetAct.objects.filter(sunset=found).order_by("id"))
    names = names_of([found.created_by_id, *(each.by_id for each in acts)])
    return RunView(
        row=_row(found, counts={c.value: n for c, n in progress.counts.items()}, names=names),
        plan=found.plan,
        terms=terms,
        concerns=concerns(terms, now=found.created_at),
        totals=_totals(found),
        rehearsed_at=found.rehearsed_at,
        confirmed=tuple(Confirmed(by, names.get(by, ""), at) for by, at in confirmed if by and at),
        acts=_acts(acts, names=names),
        waves=_waves(found),
        progress=progress,
        started_at=found.started_at,
        ended_at=found.ended_at,
        may=_may(found, user_id=user_id, failed=progress.counts.get(Row.FAILED, 0), now=now),
        reported=found.report is not None,
        mark=mark(found),
    )


def _acts(found: Sequence[models.SunsetAct], *, names: Mapping[int, str]) -> tuple[Acted, ...]:
    return tuple(
        Acted(
            act=RunAct(each.act),
            at=each.at,
            by=each.by_id,
            name=names.get(each.by_id, ""),
            lines=each.lines,
            step=each.step,
            code=each.code,
        )
        for each in found
    )


def _waves(run: models.Sunset) -> tuple[WaveView, ...]:
    found = models.SunsetWave.objects.filter(sunset=run).order_by("number")
    return tuple(
        WaveView(
            number=wave.number,
            at=wave.at,
            reminder=wave.reminder,
            told=wave.told,
            without_address=wave.without_address,
            finished_at=wave.finished_at,
        )
        for wave in found
    )


def _may(
    run: models.Sunset, *, user_id: int | None, failed: int, now: datetime
) -> frozenset[RunAct]:
    """The acts this person would not be refused; the count to type apart."""
    if user_id is None or run.brand not in may_create(user_id):
        return frozenset()
    standing = RunStanding(
        stage=Stage(run.stage),
        lines=run.lines,
        end_at=terms_of(run).end_at,
        first_by=run.first_by_id,
        failed=failed,
    )
    return frozenset(
        act for act in PEOPLE if decide(standing, act, now=now, by=user_id, count=run.lines).allowed
    )


def _totals(run: models.Sunset) -> Totals | None:
    if run.rehearsed_at is None or run.totals is None:
        return None
    kept = run.totals
    codes = {Row(code): count for code, count in kept["codes"].items()}
    return Totals(
        rows=run.rows,
        lines=run.lines,
        refused={code: codes[code] for code in REFUSED if codes.get(code)},
        blocked=kept["blocked"],
        money=tuple(
            MoneyTotal(
                currency=currency,
                owed=of["owed"],
                refund=of["refund"],
                fees=of["fees"],
                owing_lines=of["owing_lines"],
                refunded_lines=of["refunded_lines"],
            )
            for currency, of in sorted(kept["money"].items())
        ),
        carriers=tuple(
            CarrierShare(name, of["lines"], of["requests"], of["seconds"])
            for name, of in sorted(kept["estimates"].items())
        ),
    )


def _progress(run: models.Sunset, parts: Sequence[models.SunsetPart], *, now: datetime) -> Progress:
    counts: Counter[str] = Counter()
    money: dict[str, Counter[str]] = {}
    for part in parts:
        counts.update(part.counts)
        for currency, of in part.money.items():
            money.setdefault(currency, Counter()).update(of)
    finished, elapsed = _finished(counts), _elapsed(run, now=now)
    pace = _pace(parts, finished=finished, elapsed=elapsed, now=now)
    left = max(run.lines - finished, 0)
    return Progress(
        lines=run.lines,
        finished=finished,
        counts={Row(code): count for code, count in counts.items() if count},
        open_parts=sum(part.state == _PART.OPEN for part in parts),
        per_second=pace,
        seconds_left=round(left / pace) if pace and run.stage == Stage.RUNNING else None,
        elapsed_s=elapsed,
        money=tuple(Settled(each, of["owed"], of["refund"]) for each, of in sorted(money.items())),
    )


def _elapsed(run: models.Sunset, *, now: datetime) -> int:
    """Seconds since the start, without those the run stood still."""
    if run.started_at is None:
        return 0
    until = run.ended_at or run.paused_at or now
    return max(0, round((until - run.started_at).total_seconds()) - run.paused_s)


def _pace(
    parts: Sequence[models.SunsetPart], *, finished: int, elapsed: int, now: datetime
) -> float:
    """Lines a second: those of the last minute's parts, else of the whole run."""
    recent = [part for part in parts if part.finished_at and now - part.finished_at < _MINUTE]
    of_minute = sum(_finished(part.counts) for part in recent)
    over = min(elapsed, _MINUTE.total_seconds())
    if of_minute and over:
        return of_minute / over
    return finished / elapsed if elapsed else 0.0


def under_way(run_id: UUID, *, user_id: int) -> dict[str, int]:
    """The open rows of the parts in hand, by the state of their case. Raises NotYours.

    What a part has counted is as old as its last look; here somebody looks on. Parts in hand are
    few, whatever the length of the list.
    """
    found = seen(run_id, user_id=user_id)
    parts = models.SunsetPart.objects.filter(sunset=found, state=_PART.OPEN)
    return sunset_rows.case_states(list(parts.values_list("first", "last")))


def failures(run_id: UUID, *, user_id: int) -> list[Failures]:
    """The work list in groups, the largest first. Raises NotYours."""
    groups: Counter[tuple[str, str]] = Counter()
    for matter in _matters(seen(run_id, user_id=user_id)):
        groups[matter.step, matter.code] += 1
    return [Failures(step, code, lines) for (step, code), lines in groups.most_common()]


def failed_rows(
    run_id: UUID,
    *,
    user_id: int,
    step: str = "",
    code: str = "",
    after: int = 0,
    most: int = 100,
) -> list[FailedRow]:
    """The work list row by row, from the row after `after` on. Raises NotYours."""
    found = _matters(seen(run_id, user_id=user_id), step=step, code=code, after=after)
    return [
        FailedRow(
            row=sunset_rows.row_of(each.key),
            given=each.given,
            step=each.step,
            code=each.code,
            at=each.at,
            case_id=each.case_id,
            case_number=each.number,
            attention_id=each.attention,
        )
        for each in islice(found, most)
    ]


def _matters(
    run: models.Sunset, *, step: str = "", code: str = "", after: int = 0
) -> Iterator[Matter]:
    """Part by part, and only where something failed."""
    failed = models.SunsetPart.objects.filter(
        sunset=run, counts__has_key=Row.FAILED.value, last__gt=run.first_key + after
    )
    for first, last in failed.order_by("number").values_list("first", "last"):
        keys = (max(first, run.first_key + after + 1), last)
        yield from sunset_outcomes.matters(keys, step=step, code=code, most=2 * sunset_rows.PART)


def refused_rows(
    run_id: UUID, *, user_id: int, code: str = "", after: int = 0, most: int = 100
) -> list[RefusedRow]:
    """The rows left out, from the row after `after` on. Raises NotYours."""
    found = seen(run_id, user_id=user_id)
    codes = [Row(code)] if code else list(REFUSED)
    keys = (found.first_key + after + 1, found.last_key)
    return [
        RefusedRow(row=sunset_rows.row_of(key), given=given, code=Row(said), why=why)
        for key, given, said, why in sunset_rows.with_code(keys, codes, most=most)
    ]
