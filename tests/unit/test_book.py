"""What the account book refuses that no dataclass refuses by itself (K5, Q6)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from signoff.domain.account import AccountFacts, Contract, Cycle, LineFacts, Points, Usage
from signoff.domain.book import (
    MOST_MINOR,
    AccountRecord,
    Finding,
    Holder,
    LineRecord,
    Record,
    UsageRecord,
    implausible,
)
from signoff.testing import facts


def account(**changes: Any) -> AccountRecord:
    shown: AccountFacts = replace(facts.unlimited().account, **changes)
    holder = Holder(email="lin.xiaoyu@example.com")
    return AccountRecord(
        type="account", external_id="A-1", holder=holder, place="us-default", facts=shown
    )


def line(**changes: Any) -> LineRecord:
    shown: LineFacts = replace(facts.unlimited().line, **changes)
    return LineRecord(
        type="line",
        external_id="L-1",
        account="A-1",
        msisdn="+12025550170",
        iccid="8901260000000000012",
        carrier="att",
        facts=shown,
    )


def call(**changes: Any) -> UsageRecord:
    known: dict[str, Any] = {"at": datetime(2026, 11, 5, 9, 30, tzinfo=UTC), **changes}
    return UsageRecord(
        type="usage", external_id="U-1", line="L-1", kind="call", outgoing=True, **known
    )


@pytest.mark.parametrize("record", [account(), line(), call(), account(points=None)])
def test_plausible_records_pass(record: Record) -> None:
    """K5."""
    assert list(implausible(record)) == []


BEYOND = facts.usd(MOST_MINOR + 1)
BILL = facts.bill("B-1", 100)
ORDER = facts.travel().account.orders[0]
ADD_ON = facts.data().line.add_ons[0]
START = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("record", "at"),
    [
        (account(balance=BEYOND), "facts"),
        (account(bills=(BILL, BILL)), "facts.bills"),
        (account(orders=(replace(ORDER, amount=facts.usd(-1)),)), "facts.orders"),
        (account(points=Points(amount=-1)), "facts.points.amount"),
        (line(usage=Usage(unbilled=BEYOND)), "facts"),
        (line(usage=Usage(unbilled=facts.usd(0), calls=-1)), "facts.usage"),
        (line(cycle=Cycle(START.replace(year=1980), START)), "facts.cycle"),
        (line(cycle=Cycle(START, START + timedelta(days=80_000))), "facts.cycle"),
        (line(contract=Contract(date(2026, 2, 1), date(2026, 1, 1))), "facts.contract.ends_on"),
        (line(add_ons=(ADD_ON, ADD_ON)), "facts.add_ons"),
        (call(at=datetime(2026, 11, 5, 9, 30)), "at"),  # noqa: DTZ001  the point of it
        (call(seconds=-1), "seconds"),
    ],
)
def test_an_implausible_record_is_told_where_and_how_to_mend(record: Record, at: str) -> None:
    """Q6: what, where, and what to write instead."""
    (finding,) = implausible(record)

    assert finding.at == at
    assert finding.what and finding.instead
    assert isinstance(finding, Finding)
