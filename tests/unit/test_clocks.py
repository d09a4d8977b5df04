"""E1, R2, X2: dates at midnight, month ends, leap days, changes of the clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.account import Cycle
from signoff.domain.clocks import (
    DateNotOffered,
    business_days_later,
    effective_at,
    restore_until,
)
from signoff.domain.policy import EffectiveRule
from signoff.testing.facts import CYCLE, NOW, policy

NEW_YORK = ZoneInfo("America/New_York")
MOMENTS = st.integers(0, 8 * 365 * 86_400).map(lambda seconds: NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("_case", "rule", "declared_at", "wanted"),
    [
        ("at once is the declaration", "at_once", NOW, NOW),
        ("the cycle runs out", "end_of_cycle", NOW, CYCLE.ends_at),
        ("a lapse runs out as well", "lapse", NOW, CYCLE.ends_at),
        ("at midnight the cycle is over", "end_of_cycle", CYCLE.ends_at, CYCLE.ends_at),
        (
            "a cycle that is over cannot be waited for",
            "lapse",
            CYCLE.ends_at + timedelta(days=3),
            CYCLE.ends_at + timedelta(days=3),
        ),
    ],
)
def test_a_line_ends_as_its_rule_says(
    _case: str, rule: str, declared_at: datetime, wanted: datetime
) -> None:
    offered = policy(effective=(EffectiveRule(rule),))

    assert effective_at(offered, CYCLE, declared_at=declared_at) == wanted


def test_a_wish_is_granted_only_where_it_is_offered() -> None:
    offered = policy(effective=(EffectiveRule.END_OF_CYCLE, EffectiveRule.AT_ONCE))

    assert effective_at(offered, CYCLE, declared_at=NOW) == CYCLE.ends_at
    assert effective_at(offered, CYCLE, declared_at=NOW, wish=EffectiveRule.AT_ONCE) == NOW
    with pytest.raises(DateNotOffered):
        effective_at(offered, CYCLE, declared_at=NOW, wish=EffectiveRule.LAPSE)


def test_a_cycle_over_a_leap_day_ends_where_it_says() -> None:
    cycle = Cycle(datetime(2028, 2, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC))
    offered = policy(effective=(EffectiveRule.END_OF_CYCLE,))
    leap_day = datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)

    assert effective_at(offered, cycle, declared_at=leap_day) == cycle.ends_at


@given(MOMENTS, st.sampled_from(EffectiveRule))
def test_no_line_ends_before_it_was_declared(declared_at: datetime, rule: EffectiveRule) -> None:
    assert effective_at(policy(effective=(rule,)), CYCLE, declared_at=declared_at) >= declared_at


@pytest.mark.parametrize(
    ("policy_days", "carrier_days", "days"), [(14, None, 14), (14, 5, 5), (7, 30, 7), (0, 30, 0)]
)
def test_the_shorter_window_holds(policy_days: int, carrier_days: int | None, days: int) -> None:
    """X2: the brand's or the carrier's."""
    until = restore_until(ended_at=NOW, policy_days=policy_days, carrier_days=carrier_days)

    assert until == NOW + timedelta(days=days)


def test_a_window_crosses_the_end_of_february() -> None:
    ended_at = datetime(2028, 2, 20, tzinfo=UTC)

    until = restore_until(ended_at=ended_at, policy_days=10, carrier_days=None)

    assert until == datetime(2028, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "days", "wanted"),
    [
        ("2026-11-20T17:00Z", 1, "2026-11-23T17:00Z"),  # Friday: Monday
        ("2026-11-21T09:00Z", 1, "2026-11-23T09:00Z"),  # Saturday: Monday
        ("2026-11-22T09:00Z", 2, "2026-11-24T09:00Z"),  # Sunday: Tuesday
        ("2026-11-25T09:00Z", 0, "2026-11-25T09:00Z"),
        ("2026-12-31T09:00Z", 1, "2027-01-01T09:00Z"),  # holidays are not counted yet
        ("2028-02-28T09:00Z", 1, "2028-02-29T09:00Z"),
        ("2028-02-29T09:00Z", 2, "2028-03-02T09:00Z"),
    ],
)
def test_a_review_is_promised_in_working_days(start: str, days: int, wanted: str) -> None:
    """R2."""
    promised = business_days_later(datetime.fromisoformat(start), days)

    assert promised == datetime.fromisoformat(wanted)


def test_a_promise_keeps_its_time_of_day_when_the_clocks_change() -> None:
    # In New York they went back on Sunday, 1 November 2026.
    friday = datetime(2026, 10, 30, 16, tzinfo=NEW_YORK)

    monday = business_days_later(friday, 1)

    assert monday == datetime(2026, 11, 2, 16, tzinfo=NEW_YORK)
    assert monday.astimezone(UTC) - friday.astimezone(UTC) == timedelta(days=3, hours=1)


def test_the_day_is_the_one_of_the_brand() -> None:
    # Saturday 01:00 in UTC is still Friday evening in New York.
    moment = datetime(2026, 11, 21, 1, tzinfo=UTC)

    assert business_days_later(moment.astimezone(NEW_YORK), 1).weekday() == 0
    assert business_days_later(moment, 1).astimezone(NEW_YORK).weekday() == 6


@given(MOMENTS, st.integers(1, 40))
def test_a_promise_never_ends_on_a_weekend(start: datetime, days: int) -> None:
    moment = business_days_later(start, days)

    assert moment.weekday() < 5
    assert moment >= start + timedelta(days=days)
