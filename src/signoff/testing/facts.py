"""Facts of lines to try rules on: one plausible line a card kind, changed by keywords.

Every builder takes the fields to replace: `travel(account={"balance": usd(0)})`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from signoff.domain.account import (
    AccountFacts,
    AddOn,
    BalanceChoice,
    Bill,
    CardKind,
    Charge,
    ChargeKind,
    Contract,
    Credit,
    Cycle,
    Details,
    Device,
    LineFacts,
    LinkedKind,
    LinkedService,
    NumberChoice,
    Order,
    PaymentMethod,
    Plan,
    Points,
    Snapshot,
    TopUp,
    Usage,
)
from signoff.domain.money import Money
from signoff.domain.policy import (
    BalanceRule,
    Channel,
    Contact,
    Debt,
    EffectiveRule,
    Jurisdiction,
    Names,
    Policy,
)

NOW = datetime(2026, 11, 11, 9, 30, tzinfo=UTC)
"""A moment within `CYCLE`: its eleventh day has begun."""

CYCLE = Cycle(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
"""Thirty days."""

DETAILS = Details(
    name="Lin Xiaoyu",
    email="lin.xiaoyu@example.com",
    phone="+12025550170",
    address="200 Example Street, Springfield",
    account_number="A-1001",
    order_number="O-2001",
)

Changes = Mapping[str, Any]


def usd(minor: int) -> Money:
    """So many cents."""
    return Money(minor, "USD")


def policy(**changes: Any) -> Policy:
    """A policy without any special rule: at once, all owed, the balance refunded or moved."""
    plain = Policy(
        brand="plain",
        version="2026-11-01",
        kind=CardKind.TRAVEL,
        names=Names("Plain", "素卡", "素卡"),
        operator="Plain Telecom (fictional)",
        carriers=("wholesale",),
        channels=(Channel.WEB,),
        contact=Contact(
            "care@plain.example", "+12025550100", "https://plain.example", "Mo-Fr 09:00-18:00"
        ),
        time_zone="UTC",
        unpaid_bills=Debt.OWE,
        open_orders=Debt.OWE,
        effective=(EffectiveRule.AT_ONCE,),
        balance=BalanceRule((BalanceChoice.REFUND, BalanceChoice.MOVE)),
        numbers=(NumberChoice.RELEASE,),
    )
    return replace(plain, **changes)


def place(**changes: Any) -> Jurisdiction:
    """A place that adds nothing to a brand's policy."""
    plain = Jurisdiction("nowhere", Names("Nowhere", "无处", "無處"), date(2026, 11, 20))
    return replace(plain, **changes)


def bill(id: str, amount: int, *, paid: int = 0, **changes: Any) -> Bill:
    """A bill in cents."""
    plain = Bill(id, date(2026, 10, 1), date(2026, 10, 21), usd(amount), usd(paid))
    return replace(plain, **changes)


def charge(id: str, amount: int, **changes: Any) -> Charge:
    """A charge in cents, for usage unless told otherwise."""
    plain = Charge(id, date(2026, 9, 15), ChargeKind.USAGE, usd(amount), f"Charge {id}")
    return replace(plain, **changes)


def top_up(id: str, left: int, **changes: Any) -> TopUp:
    """A payment of which so many cents may still go back."""
    plain = TopUp(id, date(2026, 10, 1), usd(left), usd(left), "card", f"pay_{id}")
    return replace(plain, **changes)


def card(id: str) -> PaymentMethod:
    """A stored card."""
    return PaymentMethod(id, "Visa 4242", f"tok_{id}")


def travel(
    *, account: Changes | None = None, line: Changes | None = None, **changes: Any
) -> Snapshot:
    """A prepaid travel card: a wallet of 23.50 fed by two payments, codes for a bank."""
    return _snapshot(
        Snapshot(
            CardKind.TRAVEL,
            "wholesale",
            AccountFacts(
                "USD",
                DETAILS,
                usd(2350),
                top_ups=(
                    top_up("t1", 500, amount=usd(2000)),
                    top_up("t2", 1850, amount=usd(3000), paid_on=date(2026, 11, 5)),
                ),
                orders=(Order("o1", date(2026, 11, 9), "Japan 5 GB", usd(900)),),
            ),
            LineFacts(
                Plan("Travel wallet", usd(0)),
                CYCLE,
                Usage(usd(0), calls=12, messages=30, contacts=8),
                linked_services=(
                    LinkedService("bank", "Example Bank", LinkedKind.BANK),
                    LinkedService("pay", "Example Pay", LinkedKind.PAYMENT),
                ),
            ),
        ),
        account=account,
        line=line,
        changes=changes,
    )


def data(
    *, account: Changes | None = None, line: Changes | None = None, **changes: Any
) -> Snapshot:
    """A prepaid data card that renews itself, with an add-on and a balance of 4.20."""
    return _snapshot(
        Snapshot(
            CardKind.DATA,
            "att",
            AccountFacts(
                "USD",
                DETAILS,
                usd(420),
                top_ups=(top_up("t1", 420),),
                payment_methods=(PaymentMethod("m1", "Visa 4242", "tok_m1", autopay=True),),
            ),
            LineFacts(
                Plan("Data 20 GB", usd(1500), auto_renews=True),
                CYCLE,
                Usage(usd(0)),
                add_ons=(AddOn("a1", "Night data", usd(300), date(2026, 12, 1)),),
            ),
        ),
        account=account,
        line=line,
        changes=changes,
    )


def unlimited(
    *, account: Changes | None = None, line: Changes | None = None, **changes: Any
) -> Snapshot:
    """A postpaid line in contract: an unpaid bill, autopay, points, a device, tax of 8.25 %."""
    return _snapshot(
        Snapshot(
            CardKind.UNLIMITED,
            "verizon",
            AccountFacts(
                "USD",
                DETAILS,
                usd(0),
                bills=(
                    bill("b1", 7036, paid=7036, issued_on=date(2026, 9, 1)),
                    bill("b2", 7036, charges=(charge("c1", 536, text="Roaming data"),)),
                ),
                credits=(Credit("k1", usd(1000), "Loyalty credit"),),
                payment_methods=(PaymentMethod("m1", "Visa 4242", "tok_m1", autopay=True),),
                points=Points(4200, usd(420)),
                tax_basis_points=825,
            ),
            LineFacts(
                Plan("Unlimited Plus", usd(6500), auto_renews=True, prepaid=False),
                CYCLE,
                Usage(usd(500), calls=88, messages=140, contacts=52),
                contract=Contract(date(2026, 1, 15), date(2027, 1, 15)),
                device=Device("Phone X", usd(12000)),
            ),
        ),
        account=account,
        line=line,
        changes=changes,
    )


def calling(
    *, account: Changes | None = None, line: Changes | None = None, **changes: Any
) -> Snapshot:
    """A prepaid calling card: many records and a balance of 18.75."""
    return _snapshot(
        Snapshot(
            CardKind.CALLING,
            "att",
            AccountFacts("USD", DETAILS, usd(1875), top_ups=(top_up("t1", 1875),)),
            LineFacts(
                Plan("Calling E-card", usd(0)),
                CYCLE,
                Usage(usd(125), calls=124, messages=37, contacts=58),
            ),
        ),
        account=account,
        line=line,
        changes=changes,
    )


def internet(
    *, account: Changes | None = None, line: Changes | None = None, **changes: Any
) -> Snapshot:
    """A prepaid internet card in contract: 30.00 a cycle, a balance of 10.00."""
    return _snapshot(
        Snapshot(
            CardKind.INTERNET,
            "tmobile",
            AccountFacts("USD", DETAILS, usd(1000), top_ups=(top_up("t1", 1000),)),
            LineFacts(
                Plan("Internet E-card 50 GB", usd(3000), auto_renews=True),
                CYCLE,
                Usage(usd(0)),
                contract=Contract(date(2026, 6, 1), date(2027, 6, 1)),
            ),
        ),
        account=account,
        line=line,
        changes=changes,
    )


EACH_KIND = {
    CardKind.TRAVEL: travel,
    CardKind.DATA: data,
    CardKind.UNLIMITED: unlimited,
    CardKind.CALLING: calling,
    CardKind.INTERNET: internet,
}
"""The builder of each kind (K1)."""


def _snapshot(
    plain: Snapshot, *, account: Changes | None, line: Changes | None, changes: Changes
) -> Snapshot:
    return replace(
        plain,
        account=replace(plain.account, **(account or {})),
        line=replace(plain.line, **(line or {})),
        **changes,
    )
