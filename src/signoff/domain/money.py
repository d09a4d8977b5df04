"""Exact money: whole minor units of one currency, never a float."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

# Minor digits that differ from two, ISO 4217 table A.1; only currencies a travel-card seller meets.
_EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "KWD": 3, "BHD": 3, "JOD": 3, "TND": 3}
_BASIS_POINTS = 10_000


class CurrencyMismatch(ValueError):
    """Amounts of different currencies cannot be combined."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (cents for USD) of an ISO 4217 currency; may be negative."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise TypeError("minor must be a whole number of minor units")
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise ValueError("currency must be three capital letters, for instance USD")

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @property
    def exponent(self) -> int:
        """Digits after the decimal point when written in major units."""
        return _EXPONENTS.get(self.currency, 2)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.minor

    def floor_zero(self) -> "Money":
        """This amount, or zero where it is negative."""
        return self if self.minor > 0 else Money(0, self.currency)

    def share(self, numerator: int, denominator: int) -> "Money":
        """This amount times numerator/denominator, rounded half to even on the minor unit.

        Raises ValueError where the denominator is not positive.
        """
        if denominator <= 0:
            raise ValueError("denominator must be positive")
        return Money(_half_even(self.minor * numerator, denominator), self.currency)

    def basis_points(self, points: int) -> "Money":
        """points/10 000 of this amount, rounded half to even (tax rates)."""
        return self.share(points, _BASIS_POINTS)

    def __str__(self) -> str:
        digits = f"{abs(self.minor):0{self.exponent + 1}d}"
        whole, cents = digits[: len(digits) - self.exponent], digits[len(digits) - self.exponent :]
        sign = "-" if self.minor < 0 else ""
        return f"{sign}{whole}{'.' if cents else ''}{cents} {self.currency}"


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of the amounts; zero of the currency where there are none."""
    zero = Money.zero(currency)
    return Money(sum(zero._same(amount) for amount in amounts), currency)


def _half_even(numerator: int, denominator: int) -> int:
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    if twice > denominator or (twice == denominator and quotient % 2):
        return quotient + 1
    return quotient
