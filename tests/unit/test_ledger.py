"""M1, M4: double entry that always balances and never exceeds what the subscriber was shown."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings

from signoff.domain.account import Snapshot
from signoff.domain.ledger import (
    LedgerEntry,
    NotOnStatement,
    Unbalanced,
    bill_paid,
    bill_spent,
    capped,
    given_back,
    postings,
    refund_paid,
    refund_returned,
    require_shown,
    reversed_entry,
)
from signoff.domain.policy import Policy
from signoff.domain.statement import (
    UNCOUNTED,
    LineCode,
    Statement,
    StatementLine,
    statement,
)
from signoff.testing.facts import usd
from unit.strategies import ENDINGS

Ending = tuple[Snapshot, Policy, datetime]


def line(code: LineCode, minor: int, source: str = "x") -> StatementLine:
    return StatementLine(code, usd(minor), "rule", source)


def lines(*found: StatementLine) -> Statement:
    return Statement("USD", found)


OWED = lines(line(LineCode.UNPAID_BILL, 700, "bill:b"), line(LineCode.CREDIT, -200, "credit:k"))
GIVEN = lines(line(LineCode.BALANCE, -2350, "balance"), line(LineCode.REFUND_FEE, 100, "policy"))


def test_an_entry_sums_to_zero() -> None:
    with pytest.raises(Unbalanced):
        LedgerEntry("x", "y", "USD", (("subscriber", 1), ("cash", -2)))


def test_each_line_is_one_entry() -> None:
    entries = postings(OWED)

    assert [(entry.code, entry.legs) for entry in entries] == [
        ("unpaid_bill", (("subscriber", 700), ("receivable:bills", -700))),
        ("credit", (("subscriber", -200), ("credits", 200))),
    ]


def test_a_refund_has_an_entry_of_its_own() -> None:
    (*_, refund) = postings(GIVEN)

    assert (refund.code, refund.source) == ("refund_due", "statement")
    assert refund.legs == (("subscriber", 2250), ("refunds_payable", -2250))


def test_every_counted_code_has_a_counterpart() -> None:
    for code in LineCode:
        entries = postings(lines(line(code, 5)))
        assert len(entries) == (0 if code in UNCOUNTED else 1)


def test_payments_are_posted() -> None:
    assert refund_paid(usd(5), source="op").legs == (("refunds_payable", 5), ("cash", -5))
    assert refund_returned(usd(5), source="op").legs == (("cash", 5), ("refunds_payable", -5))
    assert bill_paid(usd(5), source="op").legs == (("cash", 5), ("receivable:bills", -5))


def test_what_was_shown_may_be_posted() -> None:
    require_shown(postings(OWED), OWED)
    require_shown(postings(GIVEN), GIVEN)
    require_shown((refund_paid(usd(5), source="op"),), GIVEN)


@pytest.mark.parametrize(
    ("_case", "final"),
    [
        ("a fee nobody saw", lines(line(LineCode.LEAVING_FEE, 1))),
        ("a cent more than shown", lines(line(LineCode.UNPAID_BILL, 701, "bill:b"))),
        ("the same amount of another bill", lines(line(LineCode.UNPAID_BILL, 700, "bill:c"))),
    ],
)
def test_hidden_charges_are_impossible(_case: str, final: Statement) -> None:
    """M4."""
    with pytest.raises(NotOnStatement):
        require_shown(postings(final), OWED)


def test_a_refund_beyond_what_the_entries_give_is_refused() -> None:
    """M4: also the other way round no money comes from nowhere."""
    (*rest, refund) = postings(GIVEN)
    more = replace(refund, legs=(("subscriber", 2251), ("refunds_payable", -2251)))

    with pytest.raises(NotOnStatement):
        require_shown((*rest, more), GIVEN)


def test_giving_back_more_than_shown_is_no_hidden_charge() -> None:
    """A bill paid in between leaves more to give back."""
    final = lines(line(LineCode.BALANCE, -2350, "balance"))

    require_shown(postings(final), GIVEN)


@pytest.mark.parametrize(
    ("_case", "final", "wanted"),
    [
        ("unchanged", OWED, [700, -200]),
        ("a charge grew", lines(line(LineCode.UNPAID_BILL, 900, "bill:b")), [700]),
        ("a charge shrank", lines(line(LineCode.UNPAID_BILL, 300, "bill:b")), [300]),
        ("a charge came late", lines(line(LineCode.UNBILLED_USAGE, 300)), []),
        ("more is given back", lines(line(LineCode.CREDIT, -500, "credit:k")), [-500]),
        ("points are only told", lines(line(LineCode.POINTS, 420)), [420]),
        ("a forfeit nobody saw goes back", lines(line(LineCode.BALANCE_FORFEITED, 90)), [-90]),
    ],
)
def test_the_final_statement_is_capped_by_the_one_shown(
    _case: str, final: Statement, wanted: list[int]
) -> None:
    """M4."""
    assert [each.amount.minor for each in capped(final, OWED).lines] == wanted


def test_only_the_balance_that_was_shown_is_forfeited() -> None:
    """M4: what came in after the statement was shown goes back."""
    shown = lines(line(LineCode.BALANCE_FORFEITED, 500, "balance"))
    more = lines(line(LineCode.BALANCE_FORFEITED, 700, "balance"))

    assert capped(shown, shown) == shown
    assert [(each.code, each.amount.minor) for each in capped(more, shown).lines] == [
        (LineCode.BALANCE_FORFEITED, 500),
        (LineCode.BALANCE, -200),
    ]


def test_an_entry_can_be_taken_back() -> None:
    entry = refund_paid(usd(5), source="op")

    back = reversed_entry(entry)

    assert (back.code, back.source) == ("refund_paid_reversed", "op")
    assert back.legs == (("refunds_payable", -5), ("cash", 5))


@settings(max_examples=60)
@given(ENDINGS)
def test_the_subscribers_legs_sum_to_what_is_owed(ending: Ending) -> None:
    """M1: money conserves between statement and ledger."""
    snapshot, rules, ends_at = ending
    shown = statement(snapshot, rules, ends_at=ends_at)

    entries = postings(shown)

    legs = [leg for entry in entries for leg in entry.legs]
    assert sum(minor for _, minor in legs) == 0
    assert sum(minor for account, minor in legs if account == "subscriber") == shown.owed.minor
    payable = -sum(minor for account, minor in legs if account == "refunds_payable")
    assert payable == shown.refund.minor
    require_shown(entries, shown)


@settings(max_examples=60)
@given(ENDINGS, ENDINGS)
def test_a_capped_statement_may_always_be_posted(one: Ending, two: Ending) -> None:
    """M4: whatever the account did between the two."""
    if one[0].currency != two[0].currency:
        return
    shown, now = (statement(each[0], each[1], ends_at=each[2]) for each in (one, two))

    final = capped(now, shown)

    require_shown(postings(final), shown)
    assert final.balance <= now.balance
    assert capped(final, shown) == final


def test_a_bill_paid_from_the_balance_has_its_entry() -> None:
    """P2."""
    entry = bill_spent(usd(700), source="spent:1:b:0")

    assert entry.code == "bill_spent"
    assert entry.legs == (("balances", 700), ("receivable:bills", -700))


def test_what_a_settled_account_gets_back_is_owed_to_it() -> None:
    """P4: a dispute upheld after the books were closed."""
    credit, refund = given_back(usd(30), source="charge:c")

    assert (credit.code, credit.legs) == ("credit", (("subscriber", -30), ("credits", 30)))
    assert refund.code == "refund_due"
    assert refund.legs == (("subscriber", 30), ("refunds_payable", -30))
