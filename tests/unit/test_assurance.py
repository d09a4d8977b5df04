"""What proves a person, for how long, and what does not."""

from datetime import UTC, datetime, timedelta

import pytest

from signoff.domain import assurance
from signoff.domain.assurance import SIM_SETTLES, Proof, Proven
from signoff.domain.policy import ReviewRule
from signoff.testing import facts

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
LASTS = timedelta(minutes=15)


def given(by: Proof, *, minutes_ago: float) -> Proven:
    return Proven(by, NOW - timedelta(minutes=minutes_ago))


@pytest.mark.parametrize("by", Proof)
def test_every_proof_counts_where_the_sim_is_settled(by: Proof) -> None:
    """A4."""
    assert by in assurance.accepted(sim_changed_at=None, now=NOW)


def test_after_a_sim_change_neither_text_code_nor_password_counts() -> None:
    """A8: a password may have been set by a code to the number."""
    counts = assurance.accepted(sim_changed_at=NOW - timedelta(days=1), now=NOW)

    assert counts == {Proof.MAIL_CODE, Proof.PASSKEY, Proof.TOTP, Proof.RECOVERY_CODE}


def test_a_sim_settles_after_ten_days_to_the_second() -> None:
    """A8."""
    changed = NOW - SIM_SETTLES

    assert not assurance.is_unsettled(changed, now=NOW)
    assert assurance.is_unsettled(changed + timedelta(seconds=1), now=NOW)
    assert not assurance.is_unsettled(None, now=NOW)


@pytest.mark.parametrize(
    ("_case", "minutes_ago", "counts"),
    [
        ("just now", 0, True),
        ("within its time", 14.9, True),
        ("at the end of its time", 15, False),
        ("long ago", 600, False),
        ("in the future, by a clock set back", -1, False),
    ],
)
def test_a_proof_lasts(_case: str, minutes_ago: float, counts: bool) -> None:
    """A4."""
    proof = given(Proof.PASSWORD, minutes_ago=minutes_ago)

    found = assurance.newest([proof], now=NOW, lasts=LASTS)

    assert found == (proof if counts else None)


def test_the_newest_that_counts_is_taken() -> None:
    """A4, A8."""
    proofs = [
        given(Proof.PASSKEY, minutes_ago=9),
        given(Proof.SMS_CODE, minutes_ago=1),
        given(Proof.TOTP, minutes_ago=5),
    ]

    assert assurance.newest(proofs, now=NOW, lasts=LASTS) == proofs[1]
    assert assurance.newest(proofs, now=NOW, lasts=LASTS, counts={Proof.TOTP}) == proofs[2]
    assert assurance.newest([], now=NOW, lasts=LASTS) is None


def test_an_unproven_declaration_is_looked_at_by_a_person() -> None:
    """A4, F3: received, and not ended unseen."""
    policy = facts.policy()

    held = assurance.unproven(policy)

    assert held.review.by_agent
    assert held.review.business_days >= 1
    assert held.confirmation == policy.confirmation


def test_a_promised_review_time_is_kept() -> None:
    """R2."""
    slow = facts.policy(review=ReviewRule(by_agent=True, business_days=3))

    assert assurance.unproven(slow) == slow
