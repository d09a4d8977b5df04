"""K5, P1-P10: facts refuse what no rule could count."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from signoff.domain.account import (
    AccountFacts,
    AddOn,
    Bill,
    CardKind,
    Charge,
    ChargeKind,
    Credit,
    Cycle,
    Device,
    LineFacts,
    Order,
    Plan,
    Points,
    TopUp,
    Usage,
)
from signoff.domain.money import Money
from signoff.testing.facts import DETAILS, EACH_KIND, bill, charge, travel, usd

DAY = date(2026, 11, 1)
YEN = Money(100, "JPY")


@pytest.mark.parametrize("kind", CardKind)
def test_facts_of_each_kind_survive_json(kind: CardKind) -> None:
    snapshot = EACH_KIND[kind]()

    for shape, facts in ((AccountFacts, snapshot.account), (LineFacts, snapshot.line)):
        adapter = TypeAdapter[object](shape)
        assert adapter.validate_json(adapter.dump_json(facts)) == facts


def test_a_misspelt_field_is_refused() -> None:
    adapter = TypeAdapter(AccountFacts)
    document = adapter.dump_python(travel().account, mode="json") | {"ballance": 3}

    with pytest.raises(ValidationError, match="ballance"):
        adapter.validate_python(document)


@pytest.mark.parametrize(
    "changes",
    [
        {"balance": YEN},
        {"credits": (Credit("k", YEN),)},
        {"orders": (Order("o", DAY, "Pack", YEN),)},
        {"bills": (Bill("b", DAY, DAY, YEN, YEN),)},
        {"bills": (bill("b", 5, charges=(Charge("c", DAY, ChargeKind.FEE, YEN),)),)},
        {"top_ups": (TopUp("t", DAY, YEN, YEN),)},
        {"points": Points(3, YEN)},
    ],
)
def test_an_account_has_one_currency(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="account is in USD"):
        travel(account=changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"usage": Usage(YEN)},
        {"add_ons": (AddOn("a", "Night", YEN),)},
        {"device": Device("Phone", YEN)},
    ],
)
def test_a_line_has_one_currency(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="plan is in USD"):
        travel(line=changes)


def test_a_line_has_its_accounts_currency() -> None:
    with pytest.raises(ValueError, match="account is in USD"):
        travel(line={"plan": Plan("P", YEN), "usage": Usage(YEN)})
    assert travel().currency == "USD"


@pytest.mark.parametrize("points", [-1, 10_001])
def test_a_tax_rate_lies_between_nothing_and_all(points: int) -> None:
    with pytest.raises(ValueError, match="tax_basis_points"):
        travel(account={"tax_basis_points": points})


@pytest.mark.parametrize(
    "build",
    [
        lambda: Credit("k", usd(-1)),
        lambda: Plan("P", usd(-1)),
        lambda: Usage(usd(-1)),
        lambda: AddOn("a", "Night", usd(-1)),
        lambda: Device("Phone", usd(-1)),
        lambda: TopUp("t", DAY, usd(1), usd(-1)),
        lambda: Bill("b", DAY, DAY, usd(-1), usd(-1)),
    ],
)
def test_amounts_below_zero_are_refused(build: object) -> None:
    with pytest.raises(ValueError, match="below zero"):
        build()  # type: ignore[operator]


def test_nothing_is_paid_or_given_back_twice() -> None:
    with pytest.raises(ValueError, match="paid is above amount"):
        bill("b", 100, paid=101)
    with pytest.raises(ValueError, match="left is above amount"):
        TopUp("t", DAY, usd(1), usd(2))


def test_a_cycle_has_a_time_zone_and_a_length() -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    naive = start.replace(tzinfo=None)

    for starts_at, ends_at in ((naive, start), (start, naive)):
        with pytest.raises(ValueError, match="time zone"):
            Cycle(starts_at, ends_at)
    with pytest.raises(ValueError, match="later"):
        Cycle(start, start)


def test_a_sim_change_has_a_time_zone() -> None:
    """A8."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    settled = travel().line

    assert replace(settled, sim_changed_at=at).sim_changed_at == at
    with pytest.raises(ValueError, match="time zone"):
        replace(settled, sim_changed_at=at.replace(tzinfo=None))


def test_what_is_unpaid_is_what_is_left_of_each_bill() -> None:
    account = AccountFacts(
        "USD", DETAILS, usd(0), bills=(bill("a", 500, paid=200), bill("b", 300, paid=300))
    )

    assert [each.id for each in account.unpaid] == ["a"]
    assert account.debt == usd(300)
    assert replace(account, bills=()).debt == usd(0)


def test_points_may_be_worth_nothing_known() -> None:
    assert travel(account={"points": Points(5)}).account.points == Points(5)
    assert charge("c", 1).disputed is False
