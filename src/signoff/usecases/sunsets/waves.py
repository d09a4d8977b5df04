"""Notices ahead of a sunset: a dated wave goes through the list in sets, once to everybody (O1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from signoff.domain.canonical import Json, format_time
from signoff.domain.money import Money
from signoff.domain.steps import Step
from signoff.domain.sunset import Stage
from signoff.domain.sunset_terms import Terms, line_ends_at
from signoff.records import models, sunset_rows
from signoff.records.changes import Changes
from signoff.records.sunset_rows import Told
from signoff.usecases.notify import masked, tell_contact
from signoff.usecases.sunsets import stages
from signoff.usecases.sunsets.gather import LANE
from signoff.usecases.sunsets.holding import terms_of

_SHOWN = 5
"""Lines of one account that a message names; of more it says how many."""


@dataclass(frozen=True, slots=True)
class _Reader:
    brand: str
    language: str


def owe(run: models.Sunset, *, changes: Changes) -> None:
    """Owe every wave of a run that is now confirmed, each on its date."""
    for wave in models.SunsetWave.objects.filter(sunset=run, finished_at=None):
        at = max(wave.at, changes.now)
        changes.owe(Step.SUNSET_WAVE, wave.id, lane=LANE, due_at=at)


def send(wave_id: UUID, *, changes: Changes) -> None:
    """Tell the next thousand lines of a wave; after the end nobody is told what lies ahead.

    Where the wave stands and what it told are one transaction: nobody is told twice. A line whose
    holder was told by an earlier wave is told again by a reminder alone.
    """
    wave = models.SunsetWave.objects.select_for_update().get(id=wave_id)
    run = stages.shared(wave.sunset_id)
    terms = terms_of(run)
    over = changes.now >= terms.end_at or run.stage not in (Stage.CONFIRMED, Stage.RUNNING)
    rows = [] if over else sunset_rows.to_tell((wave.next_key, run.last_key))
    if rows:
        fresh = [row for row in rows if wave.reminder or not row.told]
        _tell(fresh, brand=run.brand, wave=wave, terms=terms, changes=changes)
        wave.next_key = rows[-1].key + 1
        changes.owe(Step.SUNSET_WAVE, wave.id, lane=LANE)
    else:
        wave.finished_at = changes.now
    wave.save(update_fields=["next_key", "told", "without_address", "finished_at"])


def _tell(
    rows: Sequence[Told], *, brand: str, wave: models.SunsetWave, terms: Terms, changes: Changes
) -> None:
    told = []
    by_account = sorted(rows, key=lambda row: (row.account_id, row.key))
    for _, group in groupby(by_account, key=lambda row: row.account_id):
        lines = list(group)
        if not lines[0].email:
            wave.without_address += len(lines)
            continue
        tell_contact(
            _Reader(brand, lines[0].language),
            "sunset_ahead",
            to=lines[0].email,
            values=_values(lines, terms),
            changes=changes,
            lane=LANE,
        )
        told += [line.key for line in lines]
    wave.told += len(told)
    sunset_rows.mark_told(told, wave=wave.number)


def _values(lines: Sequence[Told], terms: Terms) -> dict[str, Json]:
    """What a message says: which lines, the first end among them, what is paid back in all."""
    refund = sum(line.refund for line in lines)
    ends_at = min(line_ends_at(terms, line.cycle) for line in lines)
    return {
        "name": lines[0].name,
        "line": _named(lines),
        "ends_at": format_time(ends_at),
        "refund_open_at": format_time(terms.refund_open_at) if refund else "",
        "refund": str(Money(refund, lines[0].currency)) if refund else "",
    }


def _named(lines: Sequence[Told]) -> str:
    apart = ", " if lines[0].language == "en" else "、"
    shown = apart.join(_masked(lines[:_SHOWN]))
    return f"{shown} +{len(lines) - _SHOWN}" if len(lines) > _SHOWN else shown


def _masked(lines: Iterable[Told]) -> list[str]:
    return [masked(line.msisdn) for line in lines]
