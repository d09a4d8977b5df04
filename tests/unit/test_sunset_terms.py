"""O1: what the terms of a sunset mean, on the dates of public ones (carrier-policies.md 10)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from signoff.domain.account import BalanceChoice, Cycle, NumberChoice, Plan, Preparation
from signoff.domain.checklist import blockers
from signoff.domain.policy import (
    BalanceRule,
    Confirmation,
    ConfirmationRule,
    Debt,
    EffectiveRule,
    Fee,
    FeeRule,
    IdentityRule,
    Proration,
    ReviewRule,
    effective,
)
from signoff.domain.statement import LineCode, statement
from signoff.domain.sunset_terms import (
    Concern,
    Terms,
    Wave,
    Wrong,
    activates,
    balance_choice,
    concerns,
    line_ends_at,
    sells,
    under,
    wrongs,
)
from signoff.testing import facts
from signoff.usecases.policies import SHIPPED, load_all_terms

EASTERN = ZoneInfo("America/New_York")
SHIPPED_TERMS = load_all_terms(SHIPPED)
ORDERED = SHIPPED_TERMS["lanternlink-us"]
"""Ended by a regulator: thirty days of notice, no run-off."""

SUDDEN = SHIPPED_TERMS["maplebridge-ca"]
"""Ended by a government: eight days of notice, plans run off."""


def eastern(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=EASTERN)  # type: ignore[misc,arg-type]


def changed(terms: Terms, **changes: Any) -> list[tuple[str, Wrong]]:
    return list(wrongs(replace(terms, **changes)))


def test_the_shipped_terms_are_good() -> None:
    assert not list(wrongs(ORDERED))
    assert not list(wrongs(SUDDEN))
    assert (ORDERED.evidence["end_at"].tier, SUDDEN.evidence["end_at"].tier) == ("R", "S")


def test_a_notice_after_its_last_day_fails() -> None:
    late = Wave(eastern(2021, 12, 5, 0, 1))

    assert changed(ORDERED, waves=(late,)) == [("waves.0.at", Wrong.NOTICE_TOO_LATE)]
    assert not changed(ORDERED, waves=(Wave(eastern(2021, 12, 4, 23, 59)),))
    assert not changed(ORDERED, waves=(replace(late, reminder=True),))


def test_a_short_notice_is_pointed_out() -> None:
    before = eastern(2021, 11, 20)

    assert concerns(ORDERED, now=before) == ()
    assert concerns(SUDDEN, now=before) == (Concern.SHORT_NOTICE,)


def test_thirty_days_are_counted_by_the_calendar() -> None:
    """The third date: end 2022-04-04, notice by 2022-03-05, with a change of the clocks between."""
    terms = replace(
        ORDERED,
        notice_by=eastern(2022, 3, 5, 23, 59),
        end_at=eastern(2022, 4, 4, 0, 0),
        waves=(),
    )

    assert concerns(terms, now=eastern(2022, 1, 1)) == (Concern.NO_WAVES,)
    later = replace(terms, notice_by=eastern(2022, 3, 6, 0, 1))
    assert concerns(later, now=eastern(2022, 1, 1)) == (Concern.SHORT_NOTICE, Concern.NO_WAVES)


def test_a_notice_that_was_due_already_is_pointed_out() -> None:
    assert concerns(ORDERED, now=eastern(2021, 12, 3, 12)) == (Concern.WAVE_PASSED,)


def test_half_of_a_plan_is_left_half_of_it_is_paid_back() -> None:
    starts = eastern(2021, 11, 20)
    snapshot = facts.travel(
        account={"balance": facts.usd(0), "orders": ()},
        line={
            "plan": Plan("90 days", facts.usd(6000)),
            "cycle": Cycle(starts, starts + timedelta(days=90)),
        },
    )
    policy = under(facts.policy(time_zone="America/New_York"), ORDERED)

    found = statement(snapshot, policy, ends_at=ORDERED.end_at)

    assert [(line.code, line.amount.minor) for line in found.lines] == [
        (LineCode.UNUSED_PLAN, -3000)
    ]


def test_sales_stop_at_midnight_where_the_brand_is() -> None:
    assert sells(SUDDEN, eastern(2021, 12, 27, 23, 59))
    assert not sells(SUDDEN, eastern(2021, 12, 28, 0, 1))


def test_running_plans_run_off_and_expired_ones_do_not() -> None:
    def cycle(until: datetime) -> Cycle:
        return Cycle(until - timedelta(days=30), until)

    assert line_ends_at(SUDDEN, cycle(eastern(2022, 1, 10))).date() == date(2022, 3, 31)
    assert line_ends_at(SUDDEN, cycle(eastern(2021, 12, 27))) == SUDDEN.end_at
    assert line_ends_at(ORDERED, cycle(eastern(2022, 1, 10))) == ORDERED.end_at


def test_nothing_is_activated_on_the_last_day() -> None:
    assert activates(SUDDEN, eastern(2022, 1, 4, 23, 59))
    assert not activates(SUDDEN, eastern(2022, 1, 5, 0, 0))
    assert not activates(SUDDEN, eastern(2022, 1, 5, 12, 0))


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"sales_stop_at": eastern(2022, 1, 4)}, ("sales_stop_at", Wrong.SALES_AFTER_END)),
        ({"notice_by": eastern(2022, 1, 4)}, ("notice_by", Wrong.NOTICE_AFTER_END)),
        ({"refund_open_at": eastern(2022, 1, 4)}, ("refund_open_at", Wrong.REFUND_AFTER_END)),
        ({"runoff_until": eastern(2022, 1, 3)}, ("runoff_until", Wrong.RUNOFF_BEFORE_END)),
        (
            {"waves": (Wave(eastern(2022, 1, 4), reminder=True),)},
            ("waves.0.at", Wrong.REMINDER_TOO_LATE),
        ),
        (
            {"sales_stop_at": datetime(2021, 12, 4, 5, tzinfo=UTC)},
            ("sales_stop_at", Wrong.OFFSET),
        ),
    ],
)
def test_dates_that_contradict_each_other_are_found(
    changes: dict[str, Any], found: tuple[str, Wrong]
) -> None:
    assert changed(ORDERED, **changes) == [found]


def test_a_time_without_offset_is_refused() -> None:
    naive = datetime(2022, 1, 3)  # noqa: DTZ001  # what is refused
    with pytest.raises(ValueError, match="offset"):
        replace(ORDERED, end_at=naive)
    with pytest.raises(ValueError, match="offset"):
        replace(ORDERED, runoff_until=naive)
    with pytest.raises(ValueError, match="offset"):
        Wave(naive)


STRICT = facts.policy(
    unpaid_bills=Debt.BLOCK,
    open_orders=Debt.BLOCK,
    identity=IdentityRule.DOCUMENT,
    confirmation=ConfirmationRule(Confirmation.LINK),
    review=ReviewRule(by_agent=True, business_days=2),
    effective=(EffectiveRule.END_OF_CYCLE,),
    balance=BalanceRule(
        (BalanceChoice.MOVE, BalanceChoice.FORFEIT),
        refund_fee=None,
        forfeit_after_days=60,
    ),
    numbers=(NumberChoice.PARK,),
    fees=(Fee("leaving", FeeRule.ALWAYS, facts.usd(500)),),
    restore_days=30,
)


def test_nothing_is_asked_and_nothing_holds_up_what_the_operator_ends() -> None:
    policy = under(STRICT, ORDERED)

    assert not blockers(facts.unlimited(), policy)
    assert not policy.review.by_agent
    assert policy.confirmation.by is Confirmation.NONE
    assert policy.effective == (EffectiveRule.AT_ONCE,)
    assert (policy.fees, policy.restore_days, policy.operator_ends) == ((), 0, True)
    assert policy.balance == BalanceRule((BalanceChoice.REFUND, BalanceChoice.MOVE))
    assert policy.numbers == (NumberChoice.RELEASE,)


def test_fees_and_unused_time_are_as_the_terms_say() -> None:
    kept = under(STRICT, replace(ORDERED, fees_waived=False, unused_back=False))

    assert kept.fees == STRICT.fees
    assert kept.proration is Proration.NONE
    assert under(STRICT, ORDERED).proration is Proration.DAILY


def test_a_place_is_still_stricter() -> None:
    policy = under(STRICT, replace(ORDERED, restore_days=45))

    held = effective(policy, facts.place(number_age_days=45, refund_days=5))

    assert (held.restore_days, held.refund_days) == (45, 5)


@pytest.mark.parametrize(
    ("prepared", "chosen"),
    [
        (Preparation(), BalanceChoice.REFUND),
        (Preparation(balance=BalanceChoice.FORFEIT), BalanceChoice.REFUND),
        (Preparation(balance=BalanceChoice.MOVE), BalanceChoice.REFUND),
        (Preparation(balance=BalanceChoice.MOVE, balance_to="+1202"), BalanceChoice.MOVE),
        (Preparation(balance=BalanceChoice.REFUND), BalanceChoice.REFUND),
    ],
)
def test_no_balance_is_lost(prepared: Preparation, chosen: BalanceChoice) -> None:
    assert balance_choice(prepared, under(STRICT, ORDERED)) is chosen
