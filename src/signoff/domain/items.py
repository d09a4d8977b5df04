"""What the checklist is made of: items with live values, entries below them, remedies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from signoff.domain.account import BalanceChoice
from signoff.domain.money import Money
from signoff.domain.settling import Settled

Value = Money | int | str | date | datetime
"""A live value of an item."""


class ItemCode(StrEnum):
    """One item of the list; the value is also its address on the page."""

    DETAILS = "details"
    BALANCE = "balance"
    BILLS = "bills"
    CHARGES = "charges"
    ORDERS = "orders"
    RENEWALS = "renewals"
    LINKED = "linked"
    POINTS = "points"
    DATA = "data"
    FREEZE = "freeze"
    DOCUMENTS = "documents"


class Status(StrEnum):
    """MUST holds up the approval (never the declaration); SHOULD costs the subscriber if left."""

    MUST = "must"
    SHOULD = "should"
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"


class Remedy(StrEnum):
    """The button that settles an item, or one entry of it, then and there."""

    CONFIRM = "confirm"
    CHOOSE = "choose"
    PAY = "pay"
    SPEND = "spend"
    DISPUTE = "dispute"
    REVIEWED = "reviewed"
    CANCEL = "cancel"
    FINISH = "finish"
    UNBIND = "unbind"
    STOP = "stop"
    TICK = "tick"
    UNTICK = "untick"
    ADD = "add"
    REDEEM = "redeem"
    MOVE = "move"
    GIVE_UP = "give_up"
    EXPORT = "export"
    UPLOAD = "upload"


PROVEN = frozenset(
    {
        Remedy.SPEND,
        Remedy.DISPUTE,
        Remedy.CANCEL,
        Remedy.FINISH,
        Remedy.UNBIND,
        Remedy.STOP,
        Remedy.REDEEM,
        Remedy.MOVE,
        Remedy.GIVE_UP,
    }
)
"""The remedies that take something away or give it up: each leaves a proof (P6)."""

POINTS = "points"
"""The entry that stands for all points; vouchers have ids of their own."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row below an item: what it is, how much, when, and what can be done about it.

    `also` are further ways to settle it, beside the first.
    """

    id: str
    label: str
    amount: Money | None = None
    on: date | None = None
    remedy: Remedy | None = None
    why: str = ""
    done: bool = False
    also: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its live values, why it matters (`reason`, a wording key) and its remedy.

    `proofs` tell what of it was settled before, when and by whom.
    """

    code: ItemCode
    status: Status
    reason: str
    values: Mapping[str, Value] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    remedy: Remedy | None = None
    choices: tuple[BalanceChoice, ...] = ()
    proofs: tuple[Settled, ...] = ()
