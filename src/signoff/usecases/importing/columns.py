"""CSV files of an account book: one record a row, the common facts as flat columns."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from signoff.domain.book import Finding
from signoff.domain.money import Money

At: TypeAlias = tuple[str | int, ...]
"""An address in the JSON form of a record."""

_DECIMAL = re.compile(r"(-?)(\d{1,15})(?:\.(\d{1,3}))?")
_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})


class CellWrong(ValueError):
    """A cell that cannot be read: what is wrong with it, and what to write instead."""

    def __init__(self, what: str, instead: str) -> None:
        super().__init__(what, instead)
        self.what, self.instead = what, instead


Reader: TypeAlias = Callable[[str, str], Any]


def _text(cell: str, currency: str) -> str:
    return cell


def _whole(cell: str, currency: str) -> int:
    if not re.fullmatch(r"-?\d{1,15}", cell):
        raise CellWrong("is no whole number", "digits only, for instance 12")
    return int(cell)


def _yes_no(cell: str, currency: str) -> bool:
    word = cell.lower()
    if word not in _YES | _NO:
        raise CellWrong("is neither yes nor no", "yes or no")
    return word in _YES


def _money(cell: str, currency: str) -> dict[str, Any]:
    """Decimal text as exact minor units: 12.50 USD is 1250 cents, never a float."""
    try:
        digits = Money.zero(currency).exponent
    except ValueError as error:
        raise CellWrong("stands in a row without a currency", "USD in the column currency") from (
            error
        )
    match = _DECIMAL.fullmatch(cell)
    example = f"12.{'5'.ljust(digits, '0')}" if digits else "12"
    if not match:
        raise CellWrong("is no amount", f"digits and a point, for instance {example}")
    sign, whole, part = match[1], match[2], match[3] or ""
    if len(part) > digits:
        raise CellWrong(f"has more decimals than {currency}", f"{digits} at most: {example}")
    return {"minor": int(f"{sign}{whole}{part.ljust(digits, '0')}"), "currency": currency}


@dataclass(frozen=True, slots=True)
class Column:
    """Where a cell goes. For an empty one stands `unless`, where the column `given` is filled, or
    the cell of the column `like`."""

    at: At
    read: Reader = _text
    unless: str = ""
    given: str = "external_id"
    like: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of CSV file."""

    type: str
    columns: Mapping[str, Column]
    needed: frozenset[str]

    def record(self, cells: Mapping[str, str]) -> dict[str, Any] | tuple[Finding, ...]:
        """The row as a record in its JSON form, or what is wrong with its cells."""
        made: dict[str, Any] = {"type": self.type}
        wrong = []
        currency = cells.get("currency", "")
        for name, column in self.columns.items():
            cell = cells.get(name, "") or cells.get(column.like, "")
            if not cell and column.unless and cells.get(column.given):
                cell = column.unless
            if not cell:
                continue
            try:
                _put(made, column.at, value=column.read(cell, currency))
            except CellWrong as error:
                wrong.append(Finding(name, error.what, error.instead))
        return tuple(wrong) or made

    def column_at(self, at: At) -> str:
        """The column a value came from, by its address in the record."""
        for name, column in self.columns.items():
            if column.at == at[: len(column.at)]:
                return name
        for name, column in self.columns.items():
            if at == column.at[: len(at)]:
                return name
        return ""


def _put(made: dict[str, Any], at: At, *, value: Any) -> None:
    """Set a value at an address, making the objects and one-element lists on the way."""
    place: Any = made
    for part, following in pairwise(at):
        fresh: Any = [] if isinstance(following, int) else {}
        if isinstance(part, str):
            place = place.setdefault(part, fresh)
            continue
        if not place:
            place.append(fresh)
        place = place[part]
    place[at[-1]] = value


def _of(prefix: Sequence[str | int], **columns: str | tuple[str, Reader]) -> dict[str, Column]:
    """Columns below one address: the keyword is the column, the value its field."""
    made = {}
    for name, field in columns.items():
        last, read = (field, _text) if isinstance(field, str) else field
        made[name] = Column((*prefix, last), read)
    return made


ACCOUNTS = Shape(
    "account",
    {
        **_of((), brand="brand", external_id="external_id", place="place"),
        **_of(("holder",), email="email", language="language"),
        **_of(("facts",), currency="currency", balance=("balance", _money)),
        **_of(
            ("facts", "details"),
            name="name",
            phone="phone",
            address="address",
            account_number="account_number",
            order_number="order_number",
        ),
        "contact_email": Column(("facts", "details", "email"), like="email"),
        **_of(("facts",), tax_basis_points=("tax_basis_points", _whole)),
        **_of(
            ("facts", "points"),
            points=("amount", _whole),
            points_worth=("worth", _money),
            points_expires_on="expires_on",
        ),
        **_of(
            ("facts", "bills", 0),
            bill_id="id",
            bill_issued_on="issued_on",
            bill_due_on="due_on",
            bill_amount=("amount", _money),
        ),
        "bill_paid": Column(("facts", "bills", 0, "paid"), _money, "0", given="bill_id"),
        **_of(
            ("facts", "top_ups", 0),
            top_up_id="id",
            top_up_paid_on="paid_on",
            top_up_amount=("amount", _money),
            top_up_left=("left", _money),
            top_up_method="method",
            top_up_reference="reference",
        ),
        **_of(
            ("facts", "payment_methods", 0),
            card_id="id",
            card_label="label",
            card_token="token",
            card_autopay=("autopay", _yes_no),
        ),
    },
    frozenset({"external_id", "email", "name", "place", "currency", "balance"}),
)

LINES = Shape(
    "line",
    {
        **_of((), brand="brand", external_id="external_id", account="account", msisdn="msisdn"),
        **_of((), iccid="iccid", imsi="imsi", carrier="carrier", carrier_account="carrier_account"),
        **_of(
            ("facts", "plan"),
            plan="name",
            plan_fee=("fee", _money),
            plan_auto_renews=("auto_renews", _yes_no),
            plan_prepaid=("prepaid", _yes_no),
        ),
        **_of(("facts", "cycle"), cycle_starts_at="starts_at", cycle_ends_at="ends_at"),
        "unbilled": Column(("facts", "usage", "unbilled"), _money, "0"),
        **_of(
            ("facts", "usage"),
            calls=("calls", _whole),
            messages=("messages", _whole),
            contacts=("contacts", _whole),
        ),
        **_of(("facts", "contract"), contract_starts_on="starts_on", contract_ends_on="ends_on"),
        **_of(
            ("facts", "device"),
            device_model="model",
            device_balance=("balance", _money),
            device_imei="imei",
        ),
        **_of(
            ("facts", "add_ons", 0),
            add_on_id="id",
            add_on_name="name",
            add_on_price=("price", _money),
            add_on_renews_on="renews_on",
        ),
        **_of(("facts",), suspended_on="suspended_on", sim_changed_at="sim_changed_at"),
        **_of(("people", 0), user_email="email", user_name="name", user_language="language"),
        "user_right": Column(("people", 0, "right"), unless="user", given="user_email"),
    },
    frozenset(
        {"external_id", "account", "msisdn", "iccid", "carrier", "currency", "plan", "plan_fee"}
        | {"cycle_starts_at", "cycle_ends_at"}
    ),
)

USAGE = Shape(
    "usage",
    {
        **_of((), brand="brand", external_id="external_id", line="line", at="at", kind="kind"),
        **_of((), outgoing=("outgoing", _yes_no), peer="peer", seconds=("seconds", _whole)),
    },
    frozenset({"external_id", "line", "at", "kind", "outgoing"}),
)

SHAPES = (ACCOUNTS, LINES, USAGE)
