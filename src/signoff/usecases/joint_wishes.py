"""What is wished for several lines of an account in one declaration (E8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from signoff.domain.account import BalanceChoice, NumberChoice
from signoff.domain.canonical import Json, encode
from signoff.domain.policy import EffectiveRule
from signoff.domain.reasons import LeavingReason


@dataclass(frozen=True, slots=True)
class LineWish:
    """What is wished for one line; None is the first its policy offers."""

    number_choice: NumberChoice | None = None
    effective: EffectiveRule | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """One declaration for several lines, by line id."""

    account_id: int
    lines: Mapping[int, LineWish]
    reason: LeavingReason
    channel: str
    language: str
    words: str = ""
    balance_choice: BalanceChoice | None = None
    balance_to: str = ""
    proof: str = ""

    @property
    def content(self) -> str:
        """A digest of what is wished: the same wishes again have the same."""
        wished: list[Json] = [
            [line_id, str(wish.number_choice), str(wish.effective)]
            for line_id, wish in sorted(self.lines.items())
        ]
        rest: list[Json] = [str(self.reason), self.words, str(self.balance_choice), self.balance_to]
        return sha256(encode([self.account_id, wished, rest])).hexdigest()
