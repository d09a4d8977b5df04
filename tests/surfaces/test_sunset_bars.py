"""How far a sunset is, as its pages draw it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

import stage
from signoff.console.sunsets import shown
from signoff.domain.sunset import Row
from signoff.usecases.sunsets.look import Progress
from surfaces.sunset_pages import browser, ready_run, text, url
from usecases.sunset_scenes import Scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ready() -> Iterator[Scene]:
    with ready_run() as closing:
        yield closing


@pytest.mark.parametrize(
    "counts",
    [
        {Row.READY: 10},
        {Row.ENDED: 1_000_000, Row.FAILED: 1},
        {Row.ENDED: 1, Row.FAILED: 1, Row.OPEN: 1, Row.READY: 1_000_000, Row.NOT_BEGUN: 1},
    ],
)
def test_a_bar_is_filled_and_shows_the_smallest_share(counts: dict[Row, int]) -> None:
    progress = Progress(1, 0, counts, 0, 0.0, None, 0, ())

    found = shown.bar(progress)

    assert sum(each.width for each in found.segments) == shown.WIDTH
    assert min(each.width for each in found.segments) >= 6
    assert [each.x for each in found.segments] == sorted(each.x for each in found.segments)


def test_lines_that_are_off_are_told_apart_from_those_under_way() -> None:
    progress = Progress(4, 0, {Row.OPEN: 4}, 1, 0.0, None, 0, ())

    found = shown.bar(progress, {"ended": 1, "closed": 1, "ending": 2})

    assert {each.code: each.count for each in found.segments} == {"off": 2, "open": 2}
    assert found.percent == "0%"


def test_what_is_under_way_is_counted_as_of_now(ready: Scene) -> None:
    ready.confirmed().start()
    stage.work()

    part = text(browser(ready.auditor).get(url(ready, "live")))

    assert "Off, money on its way" in part


def test_a_run_is_not_done_before_its_last_line() -> None:
    almost = Progress(100_000, 99_999, {Row.ENDED: 99_999, Row.OPEN: 1}, 1, 0.0, None, 0, ())
    whole = replace(almost, finished=100_000, counts={Row.ENDED: 100_000})

    assert (shown.bar(almost).percent, shown.bar(whole).percent) == ("99.9%", "100%")
