"""O1: how long carriers take, at the paces they publish (carriers.md)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.sunset_pace import Pace, requests_needed, seconds_for

ONE_BY_ONE = Pace(batch_max=1, rate_rps=5, concurrency=1)
"""Five calls a second, one line a call, one call at a time."""

IN_BATCHES = Pace(batch_max=100, rate_rps=10, concurrency=4)


def test_a_million_calls_one_by_one_take_more_than_two_days() -> None:
    assert seconds_for(1_000_000, ONE_BY_ONE) / 3600 == pytest.approx(55.6, abs=0.05)


def test_a_line_takes_five_calls_and_seven_with_its_purge() -> None:
    assert requests_needed(1_000, ONE_BY_ONE) == 5_000
    assert requests_needed(1_000, ONE_BY_ONE, purged=True) == 7_000


def test_batches_count_once() -> None:
    assert requests_needed(1_001, IN_BATCHES) == 11 * 5
    assert requests_needed(0, IN_BATCHES) == 0


def test_what_is_in_flight_bounds_what_no_rate_bounds() -> None:
    assert Pace(concurrency=4).requests_per_second == pytest.approx(40)
    assert Pace(rate_rps=1000, concurrency=4).requests_per_second == pytest.approx(40)


@given(
    lines=st.integers(0, 10_000_000),
    batch=st.integers(1, 1000),
    more=st.integers(1, 1000),
)
def test_more_lines_never_take_fewer_requests(lines: int, batch: int, more: int) -> None:
    pace = Pace(batch_max=batch)

    assert requests_needed(lines + more, pace) >= requests_needed(lines, pace)
