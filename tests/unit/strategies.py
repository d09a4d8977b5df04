"""Hypothesis strategies: any line, policy and moment that the facts allow.

Everything is drawn as numbers of a fixed shape and built from them: hundreds of accounts a second.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache

from hypothesis import strategies as st

from signoff.domain.account import (
    AccountFacts,
    AddOn,
    BalanceChoice,
    Bill,
    Charge,
    ChargeKind,
    Contract,
    Credit,
    Device,
    LineFacts,
    LinkedKind,
    LinkedService,
    Order,
    PaymentMethod,
    Plan,
    Points,
    Preparation,
    Snapshot,
    TopUp,
    Usage,
)
from signoff.domain.money import Money
from signoff.domain.policy import (
    BalanceRule,
    Debt,
    Fee,
    FeeRule,
    IdentityRule,
    Policy,
    Proration,
)
from signoff.testing.facts import CYCLE, DETAILS, NOW, policy, travel

MOST = 1_000_000
AMOUNTS = st.integers(0, MOST)
PERCENT = st.integers(0, 100)
DAYS = st.integers(0, 1000)
SWITCHES = st.integers(0, 2**16 - 1)
"""Sixteen yes or no in one draw; `_on` reads one."""

PAIRS = st.tuples(AMOUNTS, PERCENT, DAYS)
FEW = st.lists(PAIRS, max_size=3)
ENDS: st.SearchStrategy[datetime] = st.integers(-40 * 86_400, 40 * 86_400).map(
    lambda seconds: CYCLE.starts_at + timedelta(seconds=seconds)
)
CHOICES = st.sampled_from(
    [
        (BalanceChoice.REFUND,),
        (BalanceChoice.REFUND, BalanceChoice.MOVE),
        (BalanceChoice.MOVE, BalanceChoice.FORFEIT),
        (BalanceChoice.MOVE,),
    ]
)
_BEGIN = date(2025, 1, 1)


def _on(switches: int, bit: int) -> bool:
    return bool(switches >> bit & 1)


@cache
def money(currency: str, least: int = 0) -> st.SearchStrategy[Money]:
    return st.integers(least, MOST).map(lambda minor: Money(minor, currency))


def _bill(index: int, drawn: tuple[int, int, int], *, currency: str) -> Bill:
    amount, percent, day = drawn
    issued = _BEGIN + timedelta(days=day)
    kinds = list(ChargeKind)
    charges = tuple(
        Charge(
            f"c{index}.{part}",
            issued,
            kinds[(day + part) % len(kinds)],
            Money(amount // 2, currency),
            "Call",
            disputed=percent % 2 == part,
        )
        for part in range(day % 3)
    )
    paid = Money(amount * percent // 100, currency)
    due = issued + timedelta(days=20)
    return Bill(f"b{index}", issued, due, Money(amount, currency), paid, charges)


def _top_up(index: int, drawn: tuple[int, int, int], *, currency: str) -> TopUp:
    amount, percent, day = drawn
    return TopUp(
        id=f"t{index}",
        paid_on=_BEGIN + timedelta(days=day),
        amount=Money(amount, currency),
        left=Money(amount * percent // 100, currency),
        reference="" if percent % 3 == 0 else f"pay_{index}",
    )


@cache
def top_ups(currency: str) -> st.SearchStrategy[tuple[TopUp, ...]]:
    return FEW.map(
        lambda drawn: tuple(_top_up(n, each, currency=currency) for n, each in enumerate(drawn))
    )


@cache
def accounts(currency: str) -> st.SearchStrategy[AccountFacts]:
    def build(
        balance: Money,
        paid: tuple[TopUp, ...],
        bills: list[tuple[int, int, int]],
        other: tuple[int, int, int],
        switches: int,
    ) -> AccountFacts:
        amount, percent, _ = other
        some = Money(amount, currency)
        order = Order("o1", _BEGIN, "Pack", some, cancellable=_on(switches, 0))
        credits = (Credit("k1", some), Credit("k2", Money(percent, currency)))
        return AccountFacts(
            currency=currency,
            details=DETAILS,
            balance=balance,
            top_ups=paid,
            bills=tuple(_bill(n, each, currency=currency) for n, each in enumerate(bills)),
            credits=credits if _on(switches, 1) else (),
            orders=(order,) if _on(switches, 2) else (),
            payment_methods=(PaymentMethod("m1", "Visa", "tok"),) if _on(switches, 3) else (),
            points=Points(percent, some if _on(switches, 4) else None)
            if _on(switches, 5)
            else None,
            tax_basis_points=percent * 33 if _on(switches, 6) else 0,
        )

    return st.builds(build, money(currency, -MOST), top_ups(currency), FEW, PAIRS, SWITCHES)


@cache
def lines(currency: str) -> st.SearchStrategy[LineFacts]:
    def build(fee: int, other: tuple[int, int, int], switches: int) -> LineFacts:
        amount, percent, day = other
        some, little = Money(amount, currency), Money(percent, currency)
        starts = _BEGIN + timedelta(days=day)
        contract = Contract(starts, starts + timedelta(days=365))
        service = LinkedService("bank", "Bank", LinkedKind.BANK)
        return LineFacts(
            plan=Plan("Plan", Money(fee, currency), _on(switches, 0), _on(switches, 1)),
            cycle=CYCLE,
            usage=Usage(some if _on(switches, 2) else little, percent),
            contract=contract if _on(switches, 3) else None,
            device=Device("Phone", some) if _on(switches, 4) else None,
            add_ons=(AddOn("a", "Night", little),) if _on(switches, 5) else (),
            linked_services=(service,) if _on(switches, 6) else (),
            suspended_on=starts if _on(switches, 7) else None,
        )

    return st.builds(build, AMOUNTS, PAIRS, SWITCHES)


@cache
def snapshots(currency: str = "USD") -> st.SearchStrategy[Snapshot]:
    plain = travel()

    def build(account: AccountFacts, line: LineFacts, switches: int) -> Snapshot:
        choices = [None, *BalanceChoice]
        ready = Preparation(
            details_confirmed_at=NOW if _on(switches, 0) else None,
            linked_done=("bank",) if _on(switches, 1) else (),
            balance=choices[switches >> 8 & 3],
            balance_to="+12025550190",
        )
        return replace(
            plain,
            account=account,
            line=line,
            preparation=ready,
            frozen=_on(switches, 2),
            last_line=_on(switches, 3),
        )

    return st.builds(build, accounts(currency), lines(currency), SWITCHES)


@cache
def policies(currency: str = "USD") -> st.SearchStrategy[Policy]:
    plain = policy()
    rules = list(FeeRule)

    def build(choices: tuple[BalanceChoice, ...], fee: Money, cap: Money, switches: int) -> Policy:
        leaving = Fee(
            "leaving", rules[switches % len(rules)], fee, cap if _on(switches, 8) else None
        )
        return replace(
            plain,
            unpaid_bills=Debt.BLOCK if _on(switches, 9) else Debt.OWE,
            open_orders=Debt.BLOCK if _on(switches, 10) else Debt.OWE,
            identity=IdentityRule.DOCUMENT if _on(switches, 11) else IdentityRule.LOGIN,
            proration=Proration.DAILY if _on(switches, 12) else Proration.NONE,
            balance=BalanceRule(choices, fee if _on(switches, 13) else None),
            fees=(leaving,) if _on(switches, 14) else (),
        )

    return st.builds(build, CHOICES, money(currency, 1), money(currency, 1), SWITCHES)


def _endings(currency: str) -> st.SearchStrategy[tuple[Snapshot, Policy, datetime]]:
    return st.tuples(snapshots(currency), policies(currency), ENDS)


ENDINGS = st.one_of(_endings("USD"), _endings("JPY"))
"""A line, its policy and a moment to end it, all in one currency."""
