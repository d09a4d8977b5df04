"""P4: a disputed charge is set apart until it is decided, and money conserves either way."""

from dataclasses import replace
from datetime import date

import pytest

from signoff.domain.account import AccountFacts, Credit
from signoff.domain.closing import closed
from signoff.domain.disputes import decide, open_dispute
from signoff.domain.ledger import NotOnStatement, capped, postings, require_shown
from signoff.domain.remedies import NoSuchEntry, NotOffered
from signoff.domain.settling import Verdict
from signoff.domain.statement import LineCode, Statement, statement
from signoff.testing.facts import DETAILS, NOW, bill, charge, policy, unlimited, usd

ON = date(2026, 11, 11)
RULES = policy()


def _account(*, paid: int = 0, disputed: bool = True) -> AccountFacts:
    """A bill of 100.00 of which 30.00 is (to be) disputed."""
    charges = (charge("good", 7000), charge("odd", 3000, disputed=disputed))
    return AccountFacts(
        "USD", DETAILS, usd(0), bills=(bill("b", 10000, paid=paid, charges=charges),)
    )


def _shown(account: AccountFacts) -> Statement:
    whole = statement(replace(unlimited(), account=account), RULES, ends_at=NOW)
    ours = {LineCode.UNPAID_BILL, LineCode.DISPUTED, LineCode.CREDIT}
    return Statement("USD", tuple(line for line in whole.lines if line.code in ours))


def _rows(account: AccountFacts) -> list[tuple[str, int, str]]:
    return [(line.rule, line.amount.minor, line.source) for line in _shown(account).lines]


def test_disputing_marks_one_charge() -> None:
    account, found, disputed = open_dispute(_account(disputed=False), "odd")

    assert account == _account()
    assert (found.id, disputed.amount) == ("b", usd(3000))


@pytest.mark.parametrize("charge_id", ["gone", "odd"])
def test_a_second_click_or_a_stale_page_disputes_nothing(charge_id: str) -> None:
    """Q6."""
    with pytest.raises(NoSuchEntry):
        open_dispute(_account(), charge_id)


def test_what_is_decided_is_not_disputed_again() -> None:
    decided = decide(_account(), "odd", verdict=Verdict.REJECTED, on=ON).account

    with pytest.raises(NoSuchEntry):
        open_dispute(decided, "odd")
    with pytest.raises(NoSuchEntry):
        decide(decided, "odd", verdict=Verdict.UPHELD, on=ON)


def test_what_costs_nothing_cannot_be_disputed() -> None:
    given = AccountFacts("USD", DETAILS, usd(0), bills=(bill("b", 0, charges=(charge("c", -5),)),))

    with pytest.raises(NotOffered):
        open_dispute(given, "c")


@pytest.mark.parametrize(
    ("paid", "rows"),
    [
        (0, [("unpaid_bill", 7000, "bill:b"), ("disputed_unpaid", 3000, "bill:b")]),
        (7000, [("disputed_unpaid", 3000, "bill:b")]),
        (
            8000,
            [("disputed_unpaid", 2000, "bill:b"), ("disputed_paid", 1000, "paid:b")],
        ),
        (10000, [("disputed_paid", 3000, "paid:b")]),
    ],
)
def test_the_statement_sets_it_apart(paid: int, rows: list[tuple[str, int, str]]) -> None:
    """M1: shown, not counted."""
    assert _rows(_account(paid=paid)) == rows
    assert _shown(_account(paid=paid)).owed == usd(max(0, 7000 - paid))


@pytest.mark.parametrize(("paid", "credit"), [(0, 0), (7000, 0), (8000, 1000), (10000, 3000)])
def test_upheld_it_leaves_the_bill_or_comes_back(paid: int, credit: int) -> None:
    decided = decide(_account(paid=paid), "odd", verdict=Verdict.UPHELD, on=ON)

    (after,) = decided.account.bills
    given = tuple(each.amount for each in decided.account.credits)
    assert decided.credit == usd(credit)
    assert given == ((usd(credit),) if credit else ())
    assert after.open == usd(max(0, 7000 - paid))
    assert sum(each.amount.minor for each in after.charges) == after.amount.minor
    assert after.disputed == usd(0)


def test_a_credit_tells_what_it_is_for() -> None:
    decided = decide(_account(paid=10000), "odd", verdict=Verdict.UPHELD, on=ON)

    assert decided.account.credits == (Credit("dispute:odd", usd(3000), "Charge odd"),)


def test_rejected_it_is_owed_as_before() -> None:
    decided = decide(_account(), "odd", verdict=Verdict.REJECTED, on=ON)

    assert decided.credit == usd(0)
    assert decided.account.debt == usd(10000)


@pytest.mark.parametrize(("verdict", "owed"), [(Verdict.UPHELD, 7000), (Verdict.REJECTED, 10000)])
def test_decided_while_the_case_runs_it_is_settled_as_shown(verdict: Verdict, owed: int) -> None:
    """M4: what stood apart was shown, so a rejection may be posted, and nothing above it."""
    shown = _shown(_account())
    later = decide(_account(), "odd", verdict=verdict, on=ON).account

    final = capped(_shown(later), shown)

    assert final.owed == usd(owed)
    require_shown(postings(final), shown)


def test_what_was_never_shown_is_not_posted_for_a_dispute() -> None:
    """M4."""
    nothing = Statement("USD", ())
    later = decide(_account(), "odd", verdict=Verdict.REJECTED, on=ON).account

    with pytest.raises(NotOnStatement):
        require_shown(postings(_shown(later)), nothing)


@pytest.mark.parametrize(("verdict", "open_"), [(Verdict.UPHELD, 7000), (Verdict.REJECTED, 10000)])
def test_an_account_that_closes_keeps_the_dispute_open(verdict: Verdict, open_: int) -> None:
    """Nobody decides it by letting the account end."""
    after = closed(_account(), _shown(_account()))

    assert (after.debt, after.bills[0].held) == (usd(7000), usd(3000))
    assert decide(after, "odd", verdict=verdict, on=ON).account.bills[0].open == usd(open_)
