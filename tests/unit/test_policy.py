"""K3, K4, L1: a brand's policy as it holds in a place; the stricter wins."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.domain.account import BalanceChoice
from signoff.domain.money import Money
from signoff.domain.policy import (
    BalanceRule,
    Channel,
    Confidence,
    Debt,
    DebtRule,
    DocumentRule,
    Fee,
    FeeRule,
    IdentityRule,
    Jurisdiction,
    PauseOffer,
    Policy,
    SaveOffer,
    Source,
    effective,
)
from signoff.testing.facts import place, policy, usd
from unit.strategies import policies

STRICT = policy(
    unpaid_bills=Debt.BLOCK,
    open_orders=Debt.BLOCK,
    identity=IdentityRule.DOCUMENT,
    fees=(Fee("early", FeeRule.ALWAYS, usd(500)),),
    pause=PauseOffer(usd(200), 90),
    refund_days=30,
    restore_days=45,
)
PLACES = st.builds(
    place,
    binding=st.booleans(),
    debt=st.sampled_from(DebtRule),
    documents=st.sampled_from(DocumentRule),
    leaving_fees=st.booleans(),
    save_offer=st.sampled_from(SaveOffer),
    refund_days=st.integers(1, 60),
    number_age_days=st.integers(1, 365),
)


@pytest.mark.parametrize(
    ("_case", "rule", "wanted"),
    [
        (
            "a debt stays owed",
            {"debt": DebtRule.OWED},
            {"unpaid_bills": Debt.OWE, "open_orders": Debt.OWE},
        ),
        (
            "no document is asked for",
            {"documents": DocumentRule.NEVER},
            {"identity": IdentityRule.LOGIN},
        ),
        ("leaving is free", {"leaving_fees": False}, {"fees": ()}),
        ("no offer is made", {"save_offer": SaveOffer.NEVER}, {"pause": None}),
        ("an offer comes after", {"save_offer": SaveOffer.AFTER}, {}),
        ("money is back sooner", {"refund_days": 14}, {"refund_days": 14}),
        ("later is no improvement", {"refund_days": 45}, {}),
        ("numbers age faster", {"number_age_days": 20}, {"restore_days": 20}),
    ],
)
def test_a_place_changes_only_what_it_rules(
    _case: str, rule: dict[str, object], wanted: dict[str, object]
) -> None:
    neutral = {"refund_days": 30} | rule

    merged = effective(STRICT, place(**neutral))

    assert merged == replace(STRICT, **wanted)  # type: ignore[arg-type]


def test_information_only_changes_nothing() -> None:
    """law.md: cn-info."""
    all_of_it = place(
        binding=False,
        debt=DebtRule.OWED,
        documents=DocumentRule.NEVER,
        leaving_fees=False,
        save_offer=SaveOffer.NEVER,
        refund_days=1,
        number_age_days=1,
    )

    assert effective(STRICT, all_of_it) == STRICT


@settings(max_examples=80)
@given(policies(), PLACES)
def test_no_place_makes_leaving_harder(rules: Policy, where: Jurisdiction) -> None:
    """L1: accept more, ask less, answer faster."""
    merged = effective(rules, where)

    assert (merged.unpaid_bills, rules.unpaid_bills) != (Debt.BLOCK, Debt.OWE)
    assert (merged.open_orders, rules.open_orders) != (Debt.BLOCK, Debt.OWE)
    assert (merged.identity, rules.identity) != (IdentityRule.DOCUMENT, IdentityRule.LOGIN)
    assert set(merged.fees) <= set(rules.fees)
    assert merged.refund_days <= rules.refund_days
    assert effective(merged, where) == merged


def test_online_means_on_the_web() -> None:
    """K4."""
    assert policy(channels=(Channel.HOTLINE, Channel.WEB)).online
    assert not policy(channels=(Channel.HOTLINE, Channel.STORE)).online


def test_a_policy_fits_accounts_of_its_currency() -> None:
    capped = Fee("early", FeeRule.PER_MONTH_LEFT, usd(500), cap=usd(900))
    rules = policy(fees=(capped,), pause=PauseOffer(usd(200), 90))

    assert rules.amounts == (usd(200), usd(500), usd(900))
    assert rules.fits("USD")
    assert not rules.fits("JPY")
    assert policy().fits("JPY")
    with_fee = policy(balance=BalanceRule((BalanceChoice.REFUND,), Money(100, "JPY")))
    assert with_fee.fits("JPY")


@pytest.mark.parametrize(
    ("_case", "source", "binding", "law"),
    [
        ("read in a public text", Source(Confidence.VERIFIED, (17,)), True, True),
        ("not read", Source(Confidence.UNVERIFIED), True, False),
        ("our own policy", Source(Confidence.POLICY), True, False),
        ("no source", None, True, False),
        ("information only", Source(Confidence.VERIFIED, (17,)), False, False),
    ],
)
def test_only_what_was_read_is_law(
    _case: str, source: Source | None, binding: bool, law: bool
) -> None:
    """G1, L1: unverified facts are never shown as law."""
    where = place(binding=binding, sources={"debt": source} if source else {})

    assert where.is_law("debt") is law
