"""M1: exact amounts in whole minor units of one currency."""

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.money import CurrencyMismatch, Money, total

AMOUNTS = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "USD", "0.00 USD"),
        (1, "USD", "0.01 USD"),
        (-1, "USD", "-0.01 USD"),
        (123456, "USD", "1234.56 USD"),
        (500, "JPY", "500 JPY"),
        (0, "JPY", "0 JPY"),
        (1234, "KWD", "1.234 KWD"),
        (-7, "KWD", "-0.007 KWD"),
    ],
)
def test_is_written_with_the_digits_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert str(Money(minor, currency)) == text


@pytest.mark.parametrize("minor", [1.0, True, "1"])
def test_takes_whole_numbers_only(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "USD")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["usd", "US", "USDX", "", "ÜSD"])
def test_takes_codes_of_three_capital_letters(currency: str) -> None:
    with pytest.raises(ValueError, match="three capital letters"):
        Money(1, currency)


def test_two_currencies_are_never_combined() -> None:
    dollar, yen = Money(100, "USD"), Money(100, "JPY")

    for combine in (Money.__add__, Money.__sub__, Money.__lt__, Money.__le__):
        with pytest.raises(CurrencyMismatch):
            combine(dollar, yen)
    assert dollar != yen


def test_compares_and_knows_zero() -> None:
    assert Money(1, "USD") < Money(2, "USD")
    assert Money(2, "USD") <= Money(2, "USD")
    assert not Money(0, "JPY")
    assert Money(-1, "JPY")
    assert Money(-5, "USD").floor_zero() == Money.zero("USD")
    assert Money(5, "USD").floor_zero() == Money(5, "USD")


@pytest.mark.parametrize(
    ("minor", "numerator", "denominator", "wanted"),
    [
        (5, 1, 2, 2),  # 2.5, a tie: to the even 2
        (7, 1, 2, 4),  # 3.5, a tie: to the even 4
        (-5, 1, 2, -2),  # -2.5, a tie: to the even -2
        (-7, 1, 2, -4),
        (10, 1, 3, 3),
        (11, 1, 3, 4),
        (1, 0, 30, 0),
        (3000, 11, 30, 1100),
    ],
)
def test_shares_are_rounded_half_to_even(
    minor: int, numerator: int, denominator: int, wanted: int
) -> None:
    assert Money(minor, "JPY").share(numerator, denominator) == Money(wanted, "JPY")


@pytest.mark.parametrize("denominator", [0, -30])
def test_shares_need_a_positive_whole(denominator: int) -> None:
    with pytest.raises(ValueError, match="denominator"):
        Money(1, "USD").share(1, denominator)


def test_basis_points_are_ten_thousandths() -> None:
    # 8.25 % of 70.00 is 5.775, a tie: to the even 5.78.
    assert Money(7000, "USD").basis_points(825) == Money(578, "USD")


def test_a_total_of_nothing_is_zero() -> None:
    assert total([], "JPY") == Money(0, "JPY")


@given(AMOUNTS, st.integers(0, 10**6), st.integers(1, 10**6))
def test_rounds_as_decimal_does(minor: int, numerator: int, denominator: int) -> None:
    exact = Decimal(minor * numerator) / Decimal(denominator)

    shared = Money(minor, "USD").share(numerator, denominator)

    assert abs(Decimal(shared.minor) - exact) <= Decimal("0.5")
    if denominator in {1, 2, 4, 5, 8, 10}:
        assert shared.minor == int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))


@given(st.lists(AMOUNTS))
def test_a_total_is_the_sum_whatever_the_order(minors: list[int]) -> None:
    amounts = [Money(minor, "USD") for minor in minors]

    assert total(amounts, "USD") == total(reversed(amounts), "USD") == Money(sum(minors), "USD")


@given(AMOUNTS, AMOUNTS)
def test_subtracting_is_adding_the_opposite(left: int, right: int) -> None:
    one, two = Money(left, "USD"), Money(right, "USD")

    assert one - two == one + -two == -(two - one)
