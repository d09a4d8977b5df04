"""Who may do what with a line (A7), and what of an account is shown to whom."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from signoff.domain.account import BalanceChoice, Preparation, Right
from signoff.domain.checklist import ItemCode, checklist
from signoff.domain.closing import erase_at
from signoff.domain.policy import UserRule
from signoff.domain.rights import (
    Way,
    account_part,
    own_items,
    own_part,
    own_statement,
    shared_items,
    speaks_for_account,
    strongest,
    way,
)
from signoff.domain.statement import OF_ACCOUNT, statement
from signoff.testing import facts


@pytest.mark.parametrize(
    ("rights", "counts"),
    [
        ([], None),
        ([Right.USER], Right.USER),
        ([Right.USER, Right.AUTHORISED], Right.AUTHORISED),
        ([Right.AUTHORISED, Right.HEIR], Right.HEIR),
        ([Right.USER, Right.HOLDER, Right.HEIR], Right.HOLDER),
    ],
)
def test_the_strongest_right_counts(rights: list[Right], counts: Right | None) -> None:
    assert strongest(rights) == counts


@pytest.mark.parametrize(
    ("right", "users", "last_line", "ends_by"),
    [
        (Right.HOLDER, UserRule.ASK, True, Way.DECLARE),
        (Right.AUTHORISED, UserRule.ASK, False, Way.DECLARE),
        (Right.HEIR, UserRule.ASK, True, Way.DECLARE),
        (Right.USER, UserRule.ASK, False, Way.ASK),
        (Right.USER, UserRule.END, False, Way.DECLARE),
        (Right.USER, UserRule.END, True, Way.ASK),
    ],
)
def test_who_declares_and_who_asks(
    right: Right, users: UserRule, last_line: bool, ends_by: Way
) -> None:
    assert way(right, facts.policy(users=users), last_line=last_line) is ends_by


@pytest.mark.parametrize("right", Right)
def test_everybody_but_a_user_speaks_for_the_account(right: Right) -> None:
    assert speaks_for_account(right) == (right is not Right.USER)


def test_a_user_sees_nothing_of_the_account() -> None:
    prepared = Preparation(linked_done=("bank",), balance=BalanceChoice.REFUND)
    full = facts.unlimited(preparation=prepared)

    seen = own_part(full)

    assert (seen.account.details.name, seen.account.details.email) == ("", "")
    assert (seen.account.bills, seen.account.payment_methods, seen.account.points) == ((), (), None)
    assert (seen.account.balance, seen.account.credits) == (facts.usd(0), ())
    assert (seen.line, seen.preparation.linked_done) == (full.line, ("bank",))
    assert seen.preparation.balance is None


def test_a_user_is_shown_what_their_line_costs_and_no_more() -> None:
    full, policy = facts.unlimited(), facts.policy()
    whole = statement(full, policy, ends_at=facts.NOW)

    own = own_statement(whole)

    assert {line.code for line in own.lines}.isdisjoint(OF_ACCOUNT)
    alone = statement(own_part(full), policy, ends_at=facts.NOW)
    assert own == alone == statement(replace(full, last_line=False), policy, ends_at=facts.NOW)


def test_every_item_is_the_accounts_or_the_lines() -> None:
    """E8: cards stand with the account, add-ons with the line; nothing falls between."""
    items = checklist(facts.data(), facts.policy())

    shared = {item.code for item in shared_items(items)}
    own = {item.code for item in own_items(items)}

    assert shared | own == set(ItemCode)
    assert shared & own == {ItemCode.RENEWALS}
    cards = checklist(account_part(facts.data()), facts.policy())
    (renewals,) = [item for item in cards if item.code is ItemCode.RENEWALS]
    assert [entry.id for entry in renewals.entries] == ["m1"]


def test_erasure_counts_from_the_end_of_the_window() -> None:
    until = datetime(2026, 12, 1, tzinfo=UTC)

    erased = erase_at(facts.policy(erase_after_days=30), restorable_until=until)

    assert erased == until + timedelta(days=30)
