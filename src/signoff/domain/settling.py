"""What settling an item of the checklist is about: kinds, choices, and the proof it leaves."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from signoff.domain.money import Money

_STRICT = {"extra": "forbid"}


class Verdict(StrEnum):
    """What came of a dispute: the charge is taken back, or it stands."""

    UPHELD = "upheld"
    REJECTED = "rejected"


class OrderKind(StrEnum):
    """What is not finished (P5): goods or a plan, money on its way, something asked of us."""

    ORDER = "order"
    TRANSACTION = "transaction"
    REQUEST = "request"


class PointsChoice(StrEnum):
    """What becomes of points (P8): a credit on the account, another account's, nobody's."""

    REDEEM = "redeem"
    MOVE = "move"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Settled:
    """One thing that was settled, kept as its proof (P6): what, when, and by whom.

    `remedy` is a checklist.Remedy, `by` an actor as events name them.
    """

    __pydantic_config__ = _STRICT
    remedy: str
    id: str
    label: str
    at: datetime
    by: str = "subscriber"


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher not used yet; without `worth` it counts for nothing on a final bill."""

    __pydantic_config__ = _STRICT
    id: str
    name: str
    worth: Money | None = None
    expires_on: date | None = None

    def __post_init__(self) -> None:
        if self.worth is not None and self.worth.minor < 0:
            raise ValueError("an amount is below zero: a voucher is worth something or nothing")
