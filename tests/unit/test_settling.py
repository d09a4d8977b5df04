"""Shapes of what is settled refuse what cannot be (Q6)."""

import pytest

from signoff.domain.settling import Voucher
from signoff.testing.facts import usd


def test_a_voucher_is_worth_something_or_nothing() -> None:
    """P8."""
    assert Voucher("v", "Ride").worth is None
    with pytest.raises(ValueError, match="below zero"):
        Voucher("v", "Gift", usd(-1))
