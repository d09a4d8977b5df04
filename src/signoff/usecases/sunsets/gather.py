"""Make a run and find its lines: by its list, by a plan, or every line of the brand (O1)."""

from collections.abc import Iterator
from typing import BinaryIO
from uuid import UUID

from django.db import connection

from signoff.domain.steps import Step
from signoff.domain.sunset import Row, RunAct, Selection, Stage
from signoff.domain.sunset_terms import Terms, Wrong, wrongs
from signoff.records import codec, models, sunset_lists
from signoff.records.changes import Changes
from signoff.records.sunset_rows import PART
from signoff.usecases import rules
from signoff.usecases.sunsets import stages
from signoff.usecases.sunsets.reading import GivenList, ListUnusable, Unusable

LANE = 1
"""Whatever a sunset owes comes after what people wait for."""


class TermsRefused(ValueError):
    """Terms that must not hold for anybody, with the addresses of what is wrong."""

    def __init__(self, found: tuple[tuple[str, Wrong], ...]) -> None:
        super().__init__(found)
        self.found = found

    def __str__(self) -> str:
        return "; ".join(f"{address}: {wrong.value}" for address, wrong in self.found)


class PlanMissing(ValueError):
    """A run of one plan names none."""


def create(
    *,
    brand: str,
    title: str,
    terms: Terms,
    by: int,
    selection: Selection,
    plan: str = "",
    given: BinaryIO | None = None,
    changes: Changes,
) -> UUID:
    """Write a run down, with its list as it was given; who looks lines up is a worker.

    Raises UnknownBrand, TermsRefused, ListUnusable, PlanMissing; nothing is written then, as the
    transaction is rolled back.
    """
    _require_sense(brand, terms, selection=selection, plan=plan)
    run = models.Sunset(
        id=changes.new_id(),
        number=sunset_lists.next_number(),
        brand=brand,
        title=title.strip()[:120] or terms.name[:120],
        selection=selection.value,
        plan=plan[:80],
        terms=codec.TERMS.dump_python(terms, mode="json"),
        stage=Stage.GATHERING.value,
        created_by_id=by,
        created_at=changes.now,
    )
    if selection is Selection.LIST:
        if given is None:
            raise ListUnusable(Unusable.MISSING)
        run.column = _take_list(given, run)
    run.save(force_insert=True)
    models.SunsetWave.objects.bulk_create(_waves(run, terms, changes=changes))
    changes.owe(Step.SUNSET_GATHER, run.id, lane=LANE)
    return run.id


def _require_sense(brand: str, terms: Terms, *, selection: Selection, plan: str) -> None:
    rules.book().policy(brand)
    if selection is Selection.PLAN and not plan.strip():
        raise PlanMissing
    if found := tuple(wrongs(terms)):
        raise TermsRefused(found)


def _take_list(file: BinaryIO, run: models.Sunset) -> str:
    given = GivenList(file)
    before = run.first_key

    def rows() -> Iterator[tuple[int, str, Row]]:
        for number, text, code in given:
            yield before + number, text, code

    run.rows = sunset_lists.write_given(rows())
    if not run.rows:
        raise ListUnusable(Unusable.NO_ROWS)
    return given.column


def _waves(run: models.Sunset, terms: Terms, *, changes: Changes) -> Iterator[models.SunsetWave]:
    for number, wave in enumerate(sorted(terms.waves, key=lambda each: each.at), 1):
        yield models.SunsetWave(
            id=changes.new_id(),
            sunset=run,
            number=number,
            at=wave.at,
            reminder=wave.reminder,
            next_key=run.first_key,
        )


def gather(run_id: UUID, *, changes: Changes) -> None:
    """Find the line of every row, tell the refused ones apart, and cut the list into parts."""
    run = stages.locked(run_id)
    verdict = stages.verdict(run, RunAct.GATHERED, now=changes.now)
    if not verdict.allowed:
        return
    keys = (run.first_key + 1, run.last_key)
    if run.selection == Selection.LIST:
        sunset_lists.look_up(keys, column=run.column, brand=run.brand, plan=run.plan)
    else:
        run.rows = sunset_lists.select_lines(run.first_key, brand=run.brand, plan=run.plan)
    _analyze(run.rows)
    sunset_lists.mark_last_lines(keys)
    _cut_into_parts(run, changes=changes)
    stages.move(run, verdict, "rows")
    changes.owe(Step.SUNSET_REHEARSE, run.id, lane=LANE)


def _analyze(rows: int) -> None:
    """What comes next joins a stretch of rows: tell the planner how many there are by now."""
    if rows > 10 * PART:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE records_sunsetline")


def _cut_into_parts(run: models.Sunset, *, changes: Changes) -> None:
    counts = sunset_lists.count_by_part((run.first_key + 1, run.last_key), before=run.first_key)
    models.SunsetPart.objects.bulk_create(
        [
            models.SunsetPart(
                id=changes.new_id(),
                sunset=run,
                number=number,
                first=run.first_key + number * PART + 1,
                last=run.first_key + (number + 1) * PART,
                state=models.SunsetPart.State.GATHERED.value,
                counts=codes,
            )
            for number, codes in counts.items()
        ],
        batch_size=PART,
    )
