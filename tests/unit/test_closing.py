"""E8, M1: an account that was settled owes what its statement says, and gives nothing twice."""

from datetime import datetime

import pytest
from hypothesis import given, settings

from signoff.domain.account import Snapshot
from signoff.domain.closing import closed
from signoff.domain.ledger import capped
from signoff.domain.policy import Policy
from signoff.domain.statement import Statement, statement
from signoff.testing.facts import NOW, bill, policy, travel, usd
from unit.strategies import ENDINGS


@pytest.mark.parametrize(
    ("_case", "paid_in", "wanted"),
    [
        ("the balance pays it all", 5000, [0, 0]),
        ("the newest bill stays open in part", 2400, [0, 600]),
        ("both stay open", 500, [500, 2000]),
    ],
)
def test_bills_the_statement_settled_are_paid(_case: str, paid_in: int, wanted: list[int]) -> None:
    account = {"bills": (bill("b1", 1000), bill("b2", 2000)), "balance": usd(paid_in)}
    snapshot = travel(account=account)
    final = statement(snapshot, policy(), ends_at=NOW)

    after = closed(snapshot.account, final)

    assert [each.open.minor for each in after.bills] == wanted
    assert not after.balance


def test_a_bill_the_statement_did_not_show_stays_as_it_was() -> None:
    """M4: it was not settled, so nothing is said about it."""
    snapshot = travel(account={"bills": (bill("late", 900),)})

    after = closed(snapshot.account, Statement("USD", ()))

    assert after.bills == snapshot.account.bills


@settings(max_examples=60)
@given(ENDINGS)
def test_what_is_owed_afterwards_is_what_the_statement_says(
    ending: tuple[Snapshot, Policy, datetime],
) -> None:
    """Ended again at once, nothing of the account is given back or charged anew."""
    snapshot, rules, ends_at = ending
    shown = statement(snapshot, rules, ends_at=ends_at)
    final = capped(shown, shown)

    after = closed(snapshot.account, final)

    if snapshot.last_line:
        assert after.debt - after.balance == final.owed
    assert not (after.top_ups or after.credits or after.points or after.payment_methods)
