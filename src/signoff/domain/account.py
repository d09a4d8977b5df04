"""What an account and a line look like at one moment: frozen facts the rules read.

The same shapes are the import format of the account book (docs/reference/account-book.md): JSON
objects with these field names, dates as ISO 8601, money as {"minor": 1250, "currency": "USD"}.
Unknown fields are refused, so that a misspelt one is never silently ignored.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from signoff.domain.money import Money, total
from signoff.domain.settling import OrderKind, Settled, Verdict, Voucher

_STRICT = {"extra": "forbid"}


def _require_not_negative(*amounts: Money) -> None:
    if any(amount.minor < 0 for amount in amounts):
        raise ValueError("an amount is below zero: write what is owed and what is given apart")


class CardKind(StrEnum):
    """The five kinds of card Signoff ends (K1)."""

    TRAVEL = "travel"
    DATA = "data"
    UNLIMITED = "unlimited"
    CALLING = "calling"
    INTERNET = "internet"


class Right(StrEnum):
    """What entitles somebody to a line (A7). Authorised persons and heirs act for the holder."""

    HOLDER = "holder"
    HEIR = "heir"
    AUTHORISED = "authorised"
    USER = "user"


class ChargeKind(StrEnum):
    PLAN = "plan"
    USAGE = "usage"
    PREMIUM = "premium"
    FEE = "fee"
    TAX = "tax"
    DEVICE = "device"


class LinkedKind(StrEnum):
    """Who sends codes to this number and will lock its holder out when it is gone (P7)."""

    BANK = "bank"
    PAYMENT = "payment"
    SOCIAL = "social"
    GOVERNMENT = "government"
    SHOP = "shop"


@dataclass(frozen=True, slots=True)
class Details:
    """Contact details on file (P1). `address` is one line, in the holder's own writing."""

    __pydantic_config__ = _STRICT
    name: str
    email: str
    phone: str = ""
    address: str = ""
    account_number: str = ""
    order_number: str = ""


@dataclass(frozen=True, slots=True)
class TopUp:
    """A payment that fed the balance; `left` is what of it may still go back the same way."""

    __pydantic_config__ = _STRICT
    id: str
    paid_on: date
    amount: Money
    left: Money
    method: str = ""
    reference: str = ""

    def __post_init__(self) -> None:
        _require_not_negative(self.amount, self.left)
        if self.amount < self.left:
            raise ValueError("left is above amount: at most what was paid can go back")


@dataclass(frozen=True, slots=True)
class Charge:
    """One amount on a bill. `disputed` while nobody has decided; `verdict` once somebody has."""

    __pydantic_config__ = _STRICT
    id: str
    on: date
    kind: ChargeKind
    amount: Money
    text: str = ""
    disputed: bool = False
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill: `charges` may be empty; what is `held` waits for the decision of a dispute."""

    __pydantic_config__ = _STRICT
    id: str
    issued_on: date
    due_on: date
    amount: Money
    paid: Money
    charges: tuple[Charge, ...] = ()

    def __post_init__(self) -> None:
        _require_not_negative(self.amount, self.paid)
        if self.amount < self.paid:
            raise ValueError("paid is above amount: write the excess as a credit")

    @property
    def open(self) -> Money:
        return (self.amount - self.paid).floor_zero()

    @property
    def disputed(self) -> Money:
        return total((each.amount for each in self.charges if each.disputed), self.amount.currency)

    @property
    def held(self) -> Money:
        return min(self.open, self.disputed.floor_zero())

    @property
    def due(self) -> Money:
        return self.open - self.held


@dataclass(frozen=True, slots=True)
class Credit:
    __pydantic_config__ = _STRICT
    id: str
    amount: Money
    text: str = ""

    def __post_init__(self) -> None:
        _require_not_negative(self.amount)


@dataclass(frozen=True, slots=True)
class Order:
    __pydantic_config__ = _STRICT
    id: str
    placed_on: date
    title: str
    amount: Money
    cancellable: bool = True
    kind: OrderKind = OrderKind.ORDER


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A stored card or wallet; `token` belongs to the payment provider, never a card number."""

    __pydantic_config__ = _STRICT
    id: str
    label: str
    token: str
    autopay: bool = False


@dataclass(frozen=True, slots=True)
class Points:
    __pydantic_config__ = _STRICT
    amount: int
    worth: Money | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class AddOn:
    __pydantic_config__ = _STRICT
    id: str
    name: str
    price: Money
    renews_on: date | None = None

    def __post_init__(self) -> None:
        _require_not_negative(self.price)


@dataclass(frozen=True, slots=True)
class LinkedService:
    __pydantic_config__ = _STRICT
    id: str
    name: str
    kind: LinkedKind


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of the line; `fee` is what one cycle costs, zero where there is none."""

    __pydantic_config__ = _STRICT
    name: str
    fee: Money
    auto_renews: bool = False
    prepaid: bool = True

    def __post_init__(self) -> None:
        _require_not_negative(self.fee)


@dataclass(frozen=True, slots=True)
class Cycle:
    """The running service period, half open: [starts_at, ends_at). Next renewal is at its end."""

    __pydantic_config__ = _STRICT
    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        if self.starts_at.tzinfo is None or self.ends_at.tzinfo is None:
            raise ValueError("cycle times need a time zone, for instance 2026-12-01T00:00:00Z")
        if self.ends_at <= self.starts_at:
            raise ValueError("cycle ends_at must be later than starts_at")


@dataclass(frozen=True, slots=True)
class Contract:
    __pydantic_config__ = _STRICT
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Device:
    """A device paid in instalments; `balance` is still owed."""

    __pydantic_config__ = _STRICT
    model: str
    balance: Money
    imei: str = ""

    def __post_init__(self) -> None:
        _require_not_negative(self.balance)


@dataclass(frozen=True, slots=True)
class Usage:
    """How many records can be taken along, and usage that no bill shows yet."""

    __pydantic_config__ = _STRICT
    unbilled: Money
    calls: int = 0
    messages: int = 0
    contacts: int = 0

    def __post_init__(self) -> None:
        _require_not_negative(self.unbilled)


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What belongs to the billing account and is shared by its lines."""

    __pydantic_config__ = _STRICT
    currency: str
    details: Details
    balance: Money
    top_ups: tuple[TopUp, ...] = ()
    bills: tuple[Bill, ...] = ()
    credits: tuple[Credit, ...] = ()
    orders: tuple[Order, ...] = ()
    payment_methods: tuple[PaymentMethod, ...] = ()
    points: Points | None = None
    vouchers: tuple[Voucher, ...] = ()
    tax_basis_points: int = 0

    def __post_init__(self) -> None:
        for amount in self._amounts():
            if amount.currency != self.currency:
                raise ValueError(f"amount in {amount.currency}, account is in {self.currency}")
        if not 0 <= self.tax_basis_points <= 10_000:
            raise ValueError("tax_basis_points must lie between 0 and 10000")

    def _amounts(self) -> list[Money]:
        found = [self.balance, *(c.amount for c in self.credits), *(o.amount for o in self.orders)]
        for bill in self.bills:
            found += [bill.amount, bill.paid, *(c.amount for c in bill.charges)]
        for top_up in self.top_ups:
            found += [top_up.amount, top_up.left]
        worth = [each.worth for each in (self.points, *self.vouchers) if each]
        return [*found, *filter(None, worth)]

    @property
    def unpaid(self) -> tuple[Bill, ...]:
        return tuple(bill for bill in self.bills if bill.open)

    @property
    def debt(self) -> Money:
        """What is to be paid now: nothing that is under dispute."""
        return total((bill.due for bill in self.bills), self.currency)


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What belongs to one line alone. `sim_changed_at`: the last change of its SIM (A8)."""

    __pydantic_config__ = _STRICT
    plan: Plan
    cycle: Cycle
    usage: Usage
    contract: Contract | None = None
    device: Device | None = None
    add_ons: tuple[AddOn, ...] = ()
    linked_services: tuple[LinkedService, ...] = ()
    suspended_on: date | None = None
    sim_changed_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.sim_changed_at is not None and self.sim_changed_at.tzinfo is None:
            raise ValueError("sim_changed_at needs a time zone, for instance 2026-12-01T00:00:00Z")
        amounts = [self.usage.unbilled, *(add_on.price for add_on in self.add_ons)]
        if self.device:
            amounts.append(self.device.balance)
        for amount in amounts:
            if amount.currency != self.currency:
                raise ValueError(f"amount in {amount.currency}, plan is in {self.currency}")

    @property
    def currency(self) -> str:
        return self.plan.fee.currency


class NumberChoice(StrEnum):
    """What becomes of the number (W4)."""

    RELEASE = "release"
    PORT = "port"
    PARK = "park"


class BalanceChoice(StrEnum):
    """What becomes of the balance (P2)."""

    REFUND = "refund"
    MOVE = "move"
    FORFEIT = "forfeit"


@dataclass(frozen=True, slots=True)
class Preparation:
    """What the subscriber has done or chosen so far; each moment is when it was done.

    `linked_added` are services they thought of themselves, `settled` the proofs in their order.
    """

    __pydantic_config__ = _STRICT
    details_confirmed_at: datetime | None = None
    bills_reviewed_at: datetime | None = None
    exported_at: datetime | None = None
    linked_done: tuple[str, ...] = ()
    linked_added: tuple[LinkedService, ...] = ()
    points_given_up_at: datetime | None = None
    balance: BalanceChoice | None = None
    balance_to: str = ""
    settled: tuple[Settled, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One line with its account at one moment: all a rule may know about them.

    What belongs to the account (bills, balance, points) is settled with its last line (E8).
    Line and account have one currency; ValueError where they differ.
    """

    kind: CardKind
    carrier: str
    account: AccountFacts
    line: LineFacts
    preparation: Preparation = field(default_factory=Preparation)
    frozen: bool = False
    last_line: bool = True

    def __post_init__(self) -> None:
        if self.line.currency != self.account.currency:
            raise ValueError(f"plan in {self.line.currency}, account is in {self.account.currency}")

    @property
    def currency(self) -> str:
        return self.account.currency

    @property
    def linked_services(self) -> tuple[LinkedService, ...]:
        """Who sends codes to the number: those on file, and those the subscriber thought of."""
        return (*self.line.linked_services, *self.preparation.linked_added)
