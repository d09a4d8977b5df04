"""What pages show, put in order: a statement by who pays, a checklist by what is left to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from signoff.domain.checklist import Item, Status
from signoff.domain.money import Money
from signoff.domain.statement import UNCOUNTED, Statement, StatementLine
from signoff.records.models import PaymentIntent


@dataclass(frozen=True, slots=True)
class Row:
    """One amount of a statement, always shown without a sign, with its rule and source."""

    code: str
    rule: str
    amount: Money
    source: str
    source_id: str

    @property
    def values(self) -> dict[str, str]:
        """What the sentence of the source may show."""
        return {"id": self.source_id}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A statement as people read it: what they pay, what they get, and what is not counted."""

    pays: tuple[Row, ...]
    gets: tuple[Row, ...]
    uncounted: tuple[Row, ...]
    owed: Money
    refund: Money

    @property
    def empty(self) -> bool:
        return not (self.pays or self.gets or self.uncounted)


def sheet(statement: Statement) -> Sheet:
    """A statement in order."""
    counted = [line for line in statement.lines if line.code not in UNCOUNTED]
    return Sheet(
        pays=tuple(_row(line) for line in counted if line.amount.minor > 0),
        gets=tuple(_row(line) for line in counted if line.amount.minor < 0),
        uncounted=tuple(_row(line) for line in statement.lines if line.code in UNCOUNTED),
        owed=statement.owed,
        refund=statement.refund,
    )


def _row(line: StatementLine) -> Row:
    family, _, name = line.source.partition(":")
    if family == "rate":
        name = f"{Decimal(name) / 100:f}".rstrip("0").rstrip(".")
    amount = -line.amount if line.amount.minor < 0 else line.amount
    return Row(line.code.value, line.rule, amount, family, name)


@dataclass(frozen=True, slots=True)
class Todo:
    """The checklist in two parts: what can be settled, and what needs nothing."""

    items: tuple[Item, ...]
    nothing: tuple[Item, ...]
    done: int
    must: int

    @property
    def whole(self) -> int:
        return len(self.items)


def todo(items: Sequence[Item]) -> Todo:
    """What holds things up first, then what is worth doing, then what is done."""
    order = (Status.MUST, Status.SHOULD, Status.DONE)
    shown = sorted(
        (item for item in items if item.status in order),
        key=lambda item: order.index(item.status),
    )
    return Todo(
        items=tuple(shown),
        nothing=tuple(item for item in items if item.status is Status.NOT_APPLICABLE),
        done=sum(item.status is Status.DONE for item in shown),
        must=sum(item.status is Status.MUST for item in shown),
    )


@dataclass(frozen=True, slots=True)
class Refunded:
    """A part of the refund on its way back, and how far it is."""

    state: str
    amount: Money


def refunds(payments: Sequence[PaymentIntent]) -> list[Refunded]:
    """The refunds among the payments of a case."""
    return [
        Refunded(payment.state, Money(payment.minor, payment.currency))
        for payment in payments
        if payment.kind == PaymentIntent.Kind.REFUND
    ]
