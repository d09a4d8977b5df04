"""K1, K3, K4, L1: the five brands and nine places that come with Signoff."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from signoff.domain.account import BalanceChoice, CardKind
from signoff.domain.policy import (
    Channel,
    Confidence,
    Confirmation,
    Debt,
    DebtRule,
    DocumentRule,
    EffectiveRule,
    IdentityRule,
    Proration,
    SaveOffer,
)
from signoff.usecases.policies import (
    CARRIERS,
    SHIPPED,
    UnknownBrand,
    UnknownPlace,
    load_policy_book,
    policy_book,
    policy_digest,
)

BOOK = load_policy_book(SHIPPED)
POLICIES = {BOOK.policy(brand).kind: BOOK.policy(brand) for brand in BOOK.brands()}


def test_each_kind_of_card_has_a_brand() -> None:
    """K1."""
    assert BOOK.brands() == ("boundlark", "bytebrook", "farwander", "tellmagpie", "wavequill")
    assert set(POLICIES) == set(CardKind)


def test_brands_are_invented_and_say_so() -> None:
    for policy in POLICIES.values():
        assert policy.operator.endswith("(fictional)")
        assert policy.contact.email.endswith(".example")
        assert policy.contact.site.endswith(".example")
        assert policy.contact.phone.startswith("+1202555")  # kept free for fiction


def test_names_are_there_in_three_languages() -> None:
    """Q5."""
    names = [policy.names for policy in POLICIES.values()]
    names += [BOOK.place(place).names for place in BOOK.places()]

    for each in names:
        assert each.en.isascii()
        assert not each.zh_hans.isascii()
        assert not each.zh_hant.isascii()


def test_brands_really_differ() -> None:
    """K1, K3: in every rule at least two do otherwise."""
    for rule in (
        "carriers",
        "channels",
        "unpaid_bills",
        "open_orders",
        "effective",
        "balance",
        "numbers",
        "confirmation",
        "review",
        "identity",
        "proration",
        "fees",
        "export_records",
        "restore_days",
        "refund_days",
        "pause",
    ):
        assert len({getattr(policy, rule) for policy in POLICIES.values()}) > 1, rule


def test_travel_card_refunds_or_moves_its_wallet_at_once() -> None:
    policy = POLICIES[CardKind.TRAVEL]

    assert policy.balance.choices == (BalanceChoice.REFUND, BalanceChoice.MOVE)
    assert policy.effective == (EffectiveRule.AT_ONCE,)
    assert policy.confirmation.by is Confirmation.NONE
    assert policy.restore_days == 14


def test_data_card_lapses_and_may_be_paused() -> None:
    policy = POLICIES[CardKind.DATA]

    assert policy.effective == (EffectiveRule.LAPSE,)
    assert policy.pause is not None


def test_unlimited_card_is_reviewed_with_a_document() -> None:
    policy = POLICIES[CardKind.UNLIMITED]

    assert policy.unpaid_bills is Debt.BLOCK
    assert policy.identity is IdentityRule.DOCUMENT
    assert (policy.review.by_agent, policy.review.business_days) == (True, 2)
    assert policy.fees[0].cap is not None


def test_calling_card_loses_what_nobody_moves() -> None:
    policy = POLICIES[CardKind.CALLING]

    assert policy.export_records
    assert policy.balance.forfeit_after_days == 60
    assert policy.balance.unchosen is BalanceChoice.FORFEIT
    assert policy.review.business_days == 1


def test_internet_card_runs_on_three_networks_and_is_confirmed_in_a_day() -> None:
    policy = POLICIES[CardKind.INTERNET]

    assert set(policy.carriers) == {"tmobile", "att", "verizon"}
    assert (policy.confirmation.by, policy.confirmation.within_hours) == (Confirmation.LINK, 24)
    assert policy.proration is Proration.DAILY


def test_all_five_can_be_ended_online_and_each_carrier_is_used() -> None:
    """K4."""
    assert all(policy.online for policy in POLICIES.values())
    assert {name for policy in POLICIES.values() for name in policy.carriers} == set(CARRIERS)
    assert {name for policy in POLICIES.values() for name in policy.channels} == set(Channel)


def test_places_are_the_launch_profiles() -> None:
    """L1: law.md 2."""
    assert BOOK.places() == (
        "cn-info",
        "de",
        "eu-default",
        "uk",
        "us-ca",
        "us-default",
        "us-ma",
        "us-mn",
        "us-ny",
    )


@pytest.mark.parametrize("place", BOOK.places())
def test_a_debt_holds_up_the_end_only_where_it_may(place: str) -> None:
    """law.md 3."""
    free = place in {"us-default", "cn-info"}

    assert BOOK.place(place).debt is (DebtRule.OPERATOR if free else DebtRule.OWED)
    held = BOOK.held("boundlark", place).policy
    assert held.unpaid_bills is (Debt.BLOCK if free else Debt.OWE)


def test_german_door_has_the_words_of_the_law() -> None:
    """law.md 4.1."""
    place = BOOK.place("de")

    assert (place.door.step1, place.door.step2) == ("Verträge hier kündigen", "jetzt kündigen")
    assert place.is_law("door")
    assert place.documents is DocumentRule.NEVER
    assert not place.terms_tick
    assert not place.leaving_fees


def test_minnesota_allows_offers_only_afterwards() -> None:
    """W2, law.md 0.7."""
    assert BOOK.place("us-mn").save_offer is SaveOffer.AFTER
    assert BOOK.place("us-mn").is_law("save_offer")


def test_nothing_unread_is_shown_as_law() -> None:
    """law.md, Marks: what Europe takes over from Germany is no law there."""
    assert not any(BOOK.place("eu-default").is_law(name) for name in ("door", "debt", "documents"))
    assert not any(BOOK.place("cn-info").is_law(name) for name in BOOK.place("cn-info").sources)
    assert not any(BOOK.place(place).is_law("debt") for place in BOOK.places())
    assert BOOK.place("us-ca").is_law("number_age_days")  # inherited, with its sources
    assert BOOK.place("us-ca").sources["number_age_days"].refs == (17, 45, 48)


@pytest.mark.parametrize("place", BOOK.places())
def test_every_value_of_a_place_has_a_source(place: str) -> None:
    sources = BOOK.place(place).sources

    assert {"debt", "documents", "leaving_fees", "save_offer", "refund_days"} <= set(sources)
    verified = [each for each in sources.values() if each.confidence is Confidence.VERIFIED]
    assert all(each.refs for each in verified)


def test_a_digest_names_a_policy_for_good() -> None:
    """DESIGN.md 7: a case keeps the digest of the policy it was opened under."""
    again = load_policy_book(SHIPPED)
    held = BOOK.held("boundlark", "de")

    assert (
        BOOK.digest("farwander")
        == again.digest("farwander")
        == policy_digest(BOOK.policy("farwander"))
    )
    assert len(BOOK.digest("farwander")) == 64
    assert len({BOOK.digest(brand) for brand in BOOK.brands()}) == 5
    assert held.digest == policy_digest(held.policy) != BOOK.digest("boundlark")


def test_a_digest_is_the_same_in_every_process() -> None:
    ask = (
        "from signoff.usecases.policies import *; "
        "print(load_policy_book(SHIPPED).held('boundlark', 'de').digest)"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7"}

    told = subprocess.run(
        [sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True
    )

    assert told.stdout.strip() == BOOK.held("boundlark", "de").digest


def test_unknown_brands_and_places_are_named() -> None:
    for ask in (BOOK.policy, BOOK.digest, lambda brand: BOOK.held(brand, "de")):
        with pytest.raises(UnknownBrand, match="nobody"):
            ask("nobody")
    for where in (BOOK.place, lambda place: BOOK.held("farwander", place)):
        with pytest.raises(UnknownPlace, match="nowhere"):
            where("nowhere")


def test_a_folder_is_read_once(tmp_path: Path) -> None:
    assert policy_book(SHIPPED) is policy_book(SHIPPED)
    assert policy_book(SHIPPED).brands() == BOOK.brands()
