"""What no record of an account book may hold, whatever its types say."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from signoff.domain.account import (
    AccountFacts,
    AddOn,
    Contract,
    Credit,
    Cycle,
    LineFacts,
    Order,
    PaymentMethod,
    Points,
)
from signoff.domain.book import (
    MOST_MINOR,
    AccountRecord,
    ContactRecord,
    Finding,
    Holder,
    LineRecord,
    UsageRecord,
    implausible,
)
from signoff.domain.money import Money
from signoff.testing import facts
from signoff.testing.facts import bill, charge, top_up, usd

USED_UP = Money(MOST_MINOR + 1, "USD")


def account(**changes: object) -> AccountRecord:
    plain = facts.unlimited().account
    return AccountRecord(
        type="account",
        brand="boundlark",
        external_id="A-1",
        holder=Holder(email="lin.xiaoyu@example.com"),
        place="us-ny",
        facts=replace(plain, **changes),  # type: ignore[arg-type]
    )


def line(**changes: object) -> LineRecord:
    plain = facts.unlimited().line
    return LineRecord(
        type="line",
        brand="boundlark",
        external_id="L-1",
        account="A-1",
        msisdn="+12125550171",
        iccid="8914800000001001003",
        carrier="verizon",
        facts=replace(plain, **changes),  # type: ignore[arg-type]
    )


def usage(at: datetime, *, seconds: int = 0) -> UsageRecord:
    return UsageRecord(
        type="usage",
        external_id="R-1",
        line="L-1",
        at=at,
        kind="call",
        outgoing=True,
        seconds=seconds,
    )


def cycle(first: int, last: int) -> Cycle:
    return Cycle(datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC))


def places(found: list[Finding]) -> list[str]:
    return [each.at for each in found]


def test_plausible_records_pass() -> None:
    at = datetime(2026, 11, 3, tzinfo=UTC)

    assert not [*implausible(account()), *implausible(line()), *implausible(usage(at))]


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"balance": USED_UP}, "facts"),
        ({"balance": -USED_UP}, "facts"),
        ({"bills": (bill("b1", USED_UP.minor),)}, "facts"),
        ({"top_ups": (top_up("t1", USED_UP.minor),)}, "facts"),
        ({"orders": (Order("o1", date(2026, 11, 1), "Case", usd(-1)),)}, "facts.orders"),
        ({"points": Points(-1)}, "facts.points.amount"),
        ({"bills": (bill("b1", 1), bill("b1", 2))}, "facts.bills"),
        ({"credits": (Credit("k", usd(1)), Credit("k", usd(1)))}, "facts.credits"),
        (
            {"payment_methods": (PaymentMethod("m", "Visa", "t1"), PaymentMethod("m", "V", "t2"))},
            "facts.payment_methods",
        ),
        (
            {
                "bills": (
                    bill("b1", 1, charges=(charge("c", 1),)),
                    bill("b2", 1, charges=(charge("c", 1),)),
                )
            },
            "facts.bills.charges",
        ),
    ],
)
def test_an_account_no_account_can_be_is_found(changes: dict[str, object], at: str) -> None:
    assert places(list(implausible(account(**changes)))) == [at]


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"add_ons": (AddOn("x", "Cloud", USED_UP),)}, "facts"),
        ({"add_ons": (AddOn("x", "A", usd(1)), AddOn("x", "B", usd(1)))}, "facts.add_ons"),
        ({"contract": Contract(date(2026, 2, 1), date(2026, 1, 1))}, "facts.contract.ends_on"),
        ({"contract": None, "cycle": cycle(1980, 2026)}, "facts.cycle"),
        ({"cycle": cycle(2026, 2300)}, "facts.cycle"),
    ],
)
def test_a_line_no_line_can_be_is_found(changes: dict[str, object], at: str) -> None:
    assert places(list(implausible(line(**changes)))) == [at]


@pytest.mark.parametrize("name", ["calls", "messages", "contacts"])
def test_counts_are_not_below_zero(name: str) -> None:
    counted = replace(facts.unlimited().line.usage, **{name: -1})  # type: ignore[arg-type]

    assert places(list(implausible(line(usage=counted)))) == ["facts.usage"]


def test_a_call_has_a_time_zone_and_took_no_negative_time() -> None:
    at = datetime(2026, 11, 3)  # noqa: DTZ001

    assert places(list(implausible(usage(at, seconds=-1)))) == ["at", "seconds"]


def test_the_id_that_stands_twice_is_named() -> None:
    (found,) = implausible(account(bills=(bill("b1", 1), bill("b7", 1), bill("b7", 1))))

    assert "'b7'" in found.what


def test_facts_alone_are_of_the_domain() -> None:
    assert isinstance(account().facts, AccountFacts)
    assert isinstance(line().facts, LineFacts)


def contact(**changes: object) -> ContactRecord:
    plain = ContactRecord(type="contact", external_id="K-1", line="L-1", name="Chen")
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({}, []),
        ({"name": "", "phones": ("+1",)}, []),
        ({"name": ""}, ["name"]),
        ({"name": "x" * 201}, [""]),
        ({"emails": ("x" * 201,)}, [""]),
        ({"phones": ("1",) * 21}, ["phones"]),
        ({"emails": ("1",) * 21}, ["phones"]),
    ],
)
def test_a_contact_has_a_name_or_a_way_to_reach_it(
    changes: dict[str, object], at: list[str]
) -> None:
    """P9."""
    assert [found.at for found in implausible(contact(**changes))] == at
