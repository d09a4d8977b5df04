"""P4: abnormal charges are found, each with its reason, and nothing else is."""

from datetime import date

import pytest

from signoff.domain.account import AccountFacts, Bill, ChargeKind
from signoff.domain.flags import FlagRule, flags
from signoff.testing.facts import DETAILS, bill, charge, usd

DAY = date(2026, 9, 15)


def _account(*bills: Bill) -> AccountFacts:
    return AccountFacts("USD", DETAILS, usd(0), bills=bills)


def _found(account: AccountFacts, suspended_on: date | None = None) -> list[tuple[str, str]]:
    return [(flag.charge_id, flag.rule.value) for flag in flags(account, suspended_on)]


def test_a_premium_service_is_flagged() -> None:
    account = _account(bill("b", 99, charges=(charge("c", 99, kind=ChargeKind.PREMIUM),)))

    (flag,) = flags(account)

    assert (flag.rule, flag.bill_id, flag.amount) == (FlagRule.PREMIUM_SERVICE, "b", usd(99))


@pytest.mark.parametrize(
    ("_case", "second", "found"),
    [
        ("same day, text and amount", charge("c2", 500, text="Call"), ["c2"]),
        ("another day", charge("c2", 500, text="Call", on=date(2026, 9, 16)), []),
        ("another text", charge("c2", 500, text="Data"), []),
        ("another amount", charge("c2", 501, text="Call"), []),
    ],
)
def test_a_double_charge_is_flagged(_case: str, second: object, found: list[str]) -> None:
    first = charge("c1", 500, text="Call")
    account = _account(bill("b", 1000, charges=(first, second)))

    assert _found(account) == [(id, "charged_twice") for id in found]


def test_two_free_calls_are_no_double_charge() -> None:
    twice = (charge("c1", 0, text="Call"), charge("c2", 0, text="Call"))

    assert _found(_account(bill("b", 0, charges=twice))) == []


@pytest.mark.parametrize(
    ("kind", "on", "found"),
    [
        (ChargeKind.USAGE, date(2026, 9, 15), True),
        (ChargeKind.PLAN, date(2026, 9, 15), True),
        (ChargeKind.FEE, date(2026, 9, 15), True),
        (ChargeKind.DEVICE, date(2026, 9, 15), False),  # instalments go on
        (ChargeKind.TAX, date(2026, 9, 15), False),
        (ChargeKind.USAGE, date(2026, 9, 14), False),  # on the day itself
    ],
)
def test_a_charge_after_the_suspension_is_flagged(kind: ChargeKind, on: date, found: bool) -> None:
    account = _account(bill("b", 5, charges=(charge("c", 5, kind=kind, on=on),)))

    assert _found(account, date(2026, 9, 14)) == ([("c", "after_suspension")] if found else [])
    assert _found(account) == []


@pytest.mark.parametrize(("amount", "found"), [(150, False), (151, True)])
def test_a_jump_is_more_than_half_above_the_usual(amount: int, found: bool) -> None:
    earlier = [
        bill(f"b{month}", minor, issued_on=date(2026, month, 1))
        for month, minor in ((1, 100), (2, 900), (3, 100))
    ]
    charges = (charge("u", 20), charge("p", 80, kind=ChargeKind.PLAN))
    last = bill("b4", amount, issued_on=date(2026, 4, 1), charges=charges)

    account = _account(last, *earlier)  # in any order

    assert _found(account) == ([("u", "above_usual")] if found else [])


def test_two_bills_make_no_usual() -> None:
    earlier = [bill(f"b{n}", 100, issued_on=date(2026, n, 1)) for n in (1, 2)]
    last = bill("b3", 9000, issued_on=date(2026, 3, 1), charges=(charge("u", 9000),))

    assert _found(_account(*earlier, last)) == []


def test_a_charge_is_flagged_once_by_the_first_rule() -> None:
    earlier = [bill(f"b{n}", 100, issued_on=date(2026, n, 1)) for n in (1, 2, 3)]
    twice = (charge("u1", 300, text="Call"), charge("u2", 300, text="Call"))
    last = bill("b4", 600, issued_on=date(2026, 4, 1), charges=twice)

    assert _found(_account(*earlier, last)) == [("u2", "charged_twice"), ("u1", "above_usual")]
