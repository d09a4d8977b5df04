"""M1, M2, M4, W3: exact figures per card kind, computed by hand, and what must hold for any."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.domain.account import (
    AddOn,
    BalanceChoice,
    CardKind,
    Contract,
    Credit,
    Cycle,
    Device,
    Plan,
    Points,
    Preparation,
    Snapshot,
    TopUp,
    Usage,
)
from signoff.domain.money import Money, total
from signoff.domain.policy import BalanceRule, Fee, FeeRule, Policy, Proration
from signoff.domain.remedies import stop_charging
from signoff.domain.statement import (
    UNCOUNTED,
    LineCode,
    Statement,
    allocate,
    cost_of_staying,
    leaving_fee,
    statement,
)
from signoff.testing.facts import (
    CYCLE,
    EACH_KIND,
    NOW,
    bill,
    calling,
    data,
    internet,
    policy,
    top_up,
    travel,
    unlimited,
    usd,
)
from signoff.usecases.policies import SHIPPED, load_policy_book
from unit.strategies import ENDINGS, money, top_ups

BOOK = load_policy_book(SHIPPED)
SHIPPED_POLICY = {BOOK.policy(brand).kind: BOOK.policy(brand) for brand in BOOK.brands()}
Ending = tuple[Snapshot, Policy, datetime]


def figures(found: Statement) -> dict[str, int]:
    return {line.code.value: line.amount.minor for line in found.lines}


def golden(kind: CardKind, *, ends_at: datetime, **changes: object) -> Statement:
    snapshot = replace(EACH_KIND[kind](), **changes)  # type: ignore[arg-type]
    return statement(snapshot, SHIPPED_POLICY[kind], ends_at=ends_at)


def test_travel_card_gives_the_wallet_back() -> None:
    """K1: no fee, no proration, the wallet of 23.50."""
    found = golden(CardKind.TRAVEL, ends_at=NOW)

    assert figures(found) == {"balance": -2350}
    assert (found.owed, found.refund) == (usd(0), usd(2350))


def test_data_card_gives_the_balance_back_less_a_dollar() -> None:
    """K1: it lapses at the end of the cycle; 4.20 less the fee of 1.00 is 3.20."""
    found = golden(CardKind.DATA, ends_at=CYCLE.ends_at)

    assert figures(found) == {"balance": -420, "refund_fee": 100}
    assert found.refund == usd(320)


def test_unlimited_card_settles_bills_contract_and_device() -> None:
    """K1: ends with the cycle on 1 December 2026, in contract until 15 January 2027.

    cycle fee                       65.00
    usage not billed                 5.00
    tax: 8.25 % of 70.00 = 5.775     5.78  a tie, to the even cent
    leaving: 2 months begun x 10    20.00
    device                         120.00
    unpaid bill                     70.36
    credit                         -10.00
    owed                           276.14  and 4,200 points worth 4.20 are lost, not counted
    """
    found = golden(CardKind.UNLIMITED, ends_at=CYCLE.ends_at)

    assert figures(found) == {
        "cycle_fee": 6500,
        "unbilled_usage": 500,
        "tax": 578,
        "leaving_fee": 2000,
        "device_balance": 12000,
        "unpaid_bill": 7036,
        "credit": -1000,
        "points": 420,
    }
    assert (found.owed, found.refund) == (usd(27614), usd(0))


def test_unlimited_card_without_proration_owes_the_whole_cycle() -> None:
    """K1: ended at once, on 11 November: 3 months begun, the same fee for the cycle."""
    found = golden(CardKind.UNLIMITED, ends_at=NOW)

    assert figures(found)["cycle_fee"] == 6500
    assert figures(found)["leaving_fee"] == 3000
    assert found.owed == usd(28614)


@pytest.mark.parametrize(
    ("_case", "choice", "wanted", "owed"),
    [
        ("moved: only the usage of 1.25 is owed", "move", {"balance_moved": 1875}, 125),
        ("forfeited, and so it is when nobody chooses", None, {"balance_forfeited": 1875}, 125),
    ],
)
def test_calling_card_moves_or_loses_the_balance(
    _case: str, choice: str | None, wanted: dict[str, int], owed: int
) -> None:
    """K1."""
    chosen = BalanceChoice(choice) if choice else None

    found = golden(CardKind.CALLING, ends_at=NOW, preparation=Preparation(balance=chosen))

    assert figures(found) == {"unbilled_usage": 125, **wanted}
    assert (found.owed, found.refund) == (usd(owed), usd(0))


def test_internet_card_gives_back_the_days_not_used() -> None:
    """K1: at once on the 11th day of 30 begun: 19 of 30 days of 30.00 are 19.00.

    balance 10.00 + unused 19.00 - leaving in contract 25.00 = 4.00 back
    """
    found = golden(CardKind.INTERNET, ends_at=NOW)

    assert figures(found) == {"leaving_fee": 2500, "unused_plan": -1900, "balance": -1000}
    assert found.refund == usd(400)


def test_every_line_names_its_rule_and_its_source() -> None:
    """M1."""
    for kind in CardKind:
        for line in golden(kind, ends_at=NOW).lines:
            assert line.rule
            assert line.source
    sources = {
        line.code.value: line.source for line in golden(CardKind.UNLIMITED, ends_at=NOW).lines
    }
    assert sources == {
        "cycle_fee": "plan:Unlimited Plus",
        "unbilled_usage": "usage:unbilled",
        "tax": "rate:825",
        "leaving_fee": "policy:early_leaving",
        "device_balance": "device:Phone X",
        "unpaid_bill": "bill:b2",
        "credit": "credit:k1",
        "points": "points",
    }


@pytest.mark.parametrize(
    ("_case", "ends_at", "unused"),
    [
        ("at its first moment all of it is unused", CYCLE.starts_at, 3000),
        ("before it began too", CYCLE.starts_at - timedelta(days=9), 3000),
        ("a second in, a day has begun", CYCLE.starts_at + timedelta(seconds=1), 2900),
        ("a day to the second is one day", CYCLE.starts_at + timedelta(days=1), 2900),
        ("a millionth later it is two", CYCLE.starts_at + timedelta(days=1, microseconds=1), 2800),
        ("on the last day nothing is left", CYCLE.ends_at - timedelta(seconds=1), None),
        ("nor at the end", CYCLE.ends_at, None),
        ("nor after it", CYCLE.ends_at + timedelta(days=9), None),
    ],
)
def test_a_day_begun_counts(_case: str, ends_at: datetime, unused: int | None) -> None:
    rules = policy(proration=Proration.DAILY)
    found = figures(statement(internet(account={"balance": usd(0)}), rules, ends_at=ends_at))

    assert found.get("unused_plan") == (None if unused is None else -unused)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "days"),
    [
        ("2026-03-01T00:00:00-05:00", "2026-04-01T00:00:00-04:00", 31),  # an hour short
        ("2026-11-01T00:00:00-04:00", "2026-12-01T00:00:00-05:00", 30),  # an hour long
        ("2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z", 29),  # leap year
        ("2026-11-01T00:00:00Z", "2026-11-01T00:10:00Z", 1),  # ten minutes are a day
    ],
)
def test_a_cycle_has_its_calendars_days(starts_at: str, ends_at: str, days: int) -> None:
    cycle = Cycle(datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at))
    plan = Plan("P", usd(100 * days))
    snapshot = travel(account={"balance": usd(0)}, line={"cycle": cycle, "plan": plan})
    rules = policy(proration=Proration.DAILY)

    whole = statement(snapshot, rules, ends_at=cycle.starts_at)
    after_one = statement(snapshot, rules, ends_at=cycle.starts_at + timedelta(hours=1))

    assert whole.refund == usd(100 * days)
    assert after_one.refund == usd(100 * (days - 1))


def test_a_postpaid_cycle_is_charged_by_the_day() -> None:
    """11 days of 30 of 65.00 are 23.8333..., 23.83."""
    daily = policy(proration=Proration.DAILY)

    found = statement(unlimited(), daily, ends_at=NOW)

    assert figures(found)["cycle_fee"] == 2383
    (fee,) = [line for line in found.lines if line.code is LineCode.CYCLE_FEE]
    assert fee.rule == "cycle_daily"


def test_a_postpaid_cycle_that_has_not_begun_costs_nothing() -> None:
    daily = policy(proration=Proration.DAILY)

    assert "cycle_fee" not in figures(statement(unlimited(), daily, ends_at=CYCLE.starts_at))


@pytest.mark.parametrize(("fee", "unused"), [(5, 2), (7, 4), (1, None), (3, 2)])
def test_half_a_yen_goes_to_the_even_side(fee: int, unused: int | None) -> None:
    """Half of 5, 7, 1 and 3 yen: 2.5, 3.5, 0.5 and 1.5."""
    half = CYCLE.starts_at + timedelta(days=15)
    snapshot = travel()
    account = replace(
        snapshot.account, currency="JPY", balance=Money(0, "JPY"), top_ups=(), orders=()
    )
    line = replace(snapshot.line, plan=Plan("P", Money(fee, "JPY")), usage=Usage(Money(0, "JPY")))
    snapshot = replace(snapshot, account=account, line=line)

    found = statement(snapshot, policy(proration=Proration.DAILY), ends_at=half)

    assert found.refund == Money(unused or 0, "JPY")
    assert bool(found.lines) is (unused is not None)


PER_MONTH = Fee("early", FeeRule.PER_MONTH_LEFT, usd(1000), cap=usd(12000))
TERM = Contract(date(2026, 1, 31), date(2027, 1, 31))


@pytest.mark.parametrize(
    ("_case", "ends_at", "minor"),
    [
        ("a day left is a month begun", "2027-01-30T12:00:00Z", 1000),
        ("on the last day there is none", "2027-01-31T00:00:00Z", 0),
        ("after it there is none", "2027-06-01T00:00:00Z", 0),
        ("a month to the day is one", "2026-12-31T00:00:00Z", 1000),
        ("a month and a day are two", "2026-12-30T00:00:00Z", 2000),
        ("28 February to 31 January is 11 months and some", "2026-02-28T00:00:00Z", 12000),
        ("above the cap the cap holds", "2025-06-01T00:00:00Z", 12000),
    ],
)
def test_months_begun_of_the_term_are_counted(_case: str, ends_at: str, minor: int) -> None:
    moment = datetime.fromisoformat(ends_at)

    assert leaving_fee(PER_MONTH, TERM, ends_at=moment) == usd(minor)


def test_a_fee_without_a_cap_grows_on() -> None:
    uncapped = replace(PER_MONTH, cap=None)

    assert leaving_fee(uncapped, TERM, ends_at=datetime(2025, 1, 31, tzinfo=UTC)) == usd(24000)


@pytest.mark.parametrize(
    ("rule", "in_term", "after", "without"),
    [("always", 1000, 1000, 1000), ("in_contract", 1000, 0, 0), ("per_month_left", 3000, 0, 0)],
)
def test_a_fee_depends_on_the_contract(rule: str, in_term: int, after: int, without: int) -> None:
    fee = Fee("early", FeeRule(rule), usd(1000))
    late = datetime(2027, 2, 1, tzinfo=UTC)

    assert leaving_fee(fee, TERM, ends_at=NOW) == usd(in_term)
    assert leaving_fee(fee, TERM, ends_at=late) == usd(after)
    assert leaving_fee(fee, None, ends_at=NOW) == usd(without)


def test_the_last_day_of_a_contract_is_the_one_of_the_brand() -> None:
    """M4: at 17:00 in UTC it is the next day in Shanghai, where the term is over."""
    rules = policy(fees=(replace(PER_MONTH, rule=FeeRule.IN_CONTRACT, cap=None),))
    line = {"contract": Contract(date(2026, 1, 15), date(2027, 1, 15))}
    evening = datetime(2027, 1, 14, 17, tzinfo=UTC)

    here = statement(travel(line=line), rules, ends_at=evening)
    there = statement(travel(line=line), replace(rules, time_zone="Asia/Shanghai"), ends_at=evening)

    assert "leaving_fee" in figures(here)
    assert "leaving_fee" not in figures(there)


def test_a_negative_balance_is_owed() -> None:
    found = statement(travel(account={"balance": usd(-350)}), policy(), ends_at=NOW)

    assert figures(found) == {"balance_debt": 350}
    assert found.owed == usd(350)


def test_a_refund_fee_never_makes_a_debt() -> None:
    rules = policy(balance=BalanceRule((BalanceChoice.REFUND,), refund_fee=usd(100)))

    found = statement(travel(account={"balance": usd(30)}), rules, ends_at=NOW)

    assert figures(found) == {"balance": -30, "refund_fee": 30}
    assert not found.balance


@pytest.mark.parametrize(
    ("_case", "choice", "prepared", "offered", "wanted"),
    [
        ("the word given now", "move", "refund", ("refund", "move"), "balance_moved"),
        ("else the one prepared", None, "move", ("refund", "move"), "balance_moved"),
        ("unless it is no longer offered", None, "move", ("refund",), "balance"),
        ("else the first that needs nothing", None, None, ("move", "refund"), "balance"),
        ("a move where there is nothing else", None, None, ("move",), "balance_moved"),
    ],
)
def test_the_balance_goes_where_it_was_sent(
    _case: str,
    choice: str | None,
    prepared: str | None,
    offered: tuple[str, ...],
    wanted: str,
) -> None:
    """P2."""
    rules = policy(balance=BalanceRule(tuple(BalanceChoice(each) for each in offered)))
    ready = Preparation(balance=BalanceChoice(prepared) if prepared else None)

    found = statement(
        travel(preparation=ready),
        rules,
        ends_at=NOW,
        choice=BalanceChoice(choice) if choice else None,
    )

    assert list(figures(found)) == [wanted]


def test_what_belongs_to_the_account_waits_for_its_last_line() -> None:
    """E8."""
    found = statement(
        unlimited(last_line=False), SHIPPED_POLICY[CardKind.UNLIMITED], ends_at=CYCLE.ends_at
    )

    assert set(figures(found)) == {
        "cycle_fee",
        "unbilled_usage",
        "tax",
        "leaving_fee",
        "device_balance",
    }


def test_what_is_zero_has_no_line() -> None:
    nothing = travel(
        account={"balance": usd(0), "points": Points(5)}, line={"device": Device("Phone", usd(0))}
    )

    assert statement(nothing, policy(proration=Proration.DAILY), ends_at=NOW).lines == ()


def test_staying_costs_the_plan_and_its_add_ons() -> None:
    """W3: 15.00 and 3.00 at the next renewal."""
    staying = cost_of_staying(data())

    assert staying is not None
    assert (staying.at, staying.amount) == (CYCLE.ends_at, usd(1800))


@pytest.mark.parametrize(
    ("_case", "snapshot", "minor"),
    [
        ("postpaid goes on by itself", unlimited(), 6500),
        ("a wallet costs nothing", travel(), None),
        ("an add-on alone", travel(line={"add_ons": (AddOn("a", "A", usd(300)),)}), 300),
    ],
)
def test_staying_may_cost_nothing(_case: str, snapshot: Snapshot, minor: int | None) -> None:
    """W3."""
    staying = cost_of_staying(snapshot)

    assert (staying and staying.amount) == (None if minor is None else usd(minor))


def test_a_declared_prepaid_line_costs_nothing_more() -> None:
    """P6."""
    snapshot = data()

    assert cost_of_staying(replace(snapshot, line=stop_charging(snapshot.line))) is None


def test_a_refund_goes_back_the_way_it_was_paid_newest_first() -> None:
    """M2: 23.50 over 18.50 of the later and 5.00 of the earlier payment."""
    parts = allocate(usd(2350), travel().account.top_ups)

    assert [(part.top_up and part.top_up.id, part.amount.minor) for part in parts] == [
        ("t2", 1850),
        ("t1", 500),
    ]


@pytest.mark.parametrize(
    ("_case", "refund", "wanted"),
    [
        ("nothing to give back", 0, []),
        ("part of the newest", 100, [("t2", 100)]),
        ("all of the newest and no more", 1850, [("t2", 1850)]),
        ("a cent of the older", 1851, [("t2", 1850), ("t1", 1)]),
        ("more than was paid", 2400, [("t2", 1850), ("t1", 500), (None, 50)]),
    ],
)
def test_a_refund_is_split(_case: str, refund: int, wanted: list[tuple[str | None, int]]) -> None:
    """M2."""
    parts = allocate(usd(refund), travel().account.top_ups)

    assert [(part.top_up and part.top_up.id, part.amount.minor) for part in parts] == wanted


def test_a_payment_without_reference_or_rest_takes_nothing_back() -> None:
    """M2: what no payment can take goes the manual route."""
    spent = top_up("spent", 0)
    cash = top_up("cash", 900, reference="")

    (part,) = allocate(usd(500), (spent, cash))

    assert (part.top_up, part.amount) == (None, usd(500))


@given(money("USD"), top_ups("USD"))
def test_parts_sum_to_the_refund_and_none_exceeds_its_payment(
    refund: Money, paid: tuple[TopUp, ...]
) -> None:
    """M2."""
    parts = allocate(refund, paid)

    assert total((part.amount for part in parts), "USD") == refund
    assert all(part.amount.minor > 0 for part in parts)
    assert all(part.amount <= part.top_up.left for part in parts if part.top_up)
    assert sum(part.top_up is None for part in parts) <= 1


@settings(max_examples=60)
@given(ENDINGS)
def test_what_is_owed_and_given_back_is_the_sum_of_the_lines(ending: Ending) -> None:
    """M1: money conserves; never both owed and given back."""
    snapshot, rules, ends_at = ending

    found = statement(snapshot, rules, ends_at=ends_at)

    counted = [line.amount.minor for line in found.lines if line.code not in UNCOUNTED]
    assert found.owed.minor - found.refund.minor == sum(counted)
    assert not (found.owed and found.refund)
    assert all(line.amount for line in found.lines)
    assert len({(line.code, line.source) for line in found.lines}) == len(found.lines)


@settings(max_examples=60)
@given(ENDINGS)
def test_a_balance_moved_or_lost_is_never_given_back(ending: Ending) -> None:
    """M3."""
    snapshot, rules, ends_at = ending
    empty = replace(
        snapshot,
        account=replace(snapshot.account, balance=Money.zero(snapshot.currency)),
    )
    if snapshot.account.balance.minor < 0:
        return

    for choice in (BalanceChoice.MOVE, BalanceChoice.FORFEIT):
        found = statement(snapshot, rules, ends_at=ends_at, choice=choice)
        without = statement(empty, rules, ends_at=ends_at, choice=choice)

        assert found.balance == without.balance


@settings(max_examples=60)
@given(ENDINGS, st.integers(1, 100_000), st.sampled_from(["bill", "usage", "fee", "device"]))
def test_more_debt_never_lowers_what_is_owed_nor_raises_the_refund(
    ending: Ending, more: int, how: str
) -> None:
    """M1."""
    snapshot, rules, ends_at = ending
    before = statement(snapshot, rules, ends_at=ends_at)
    debt = Money(more, snapshot.currency)

    if how == "fee":
        rules = replace(rules, fees=(*rules.fees, Fee("more", FeeRule.ALWAYS, debt)))
    else:
        snapshot = _with_debt(snapshot, debt, how=how)
    after = statement(snapshot, rules, ends_at=ends_at)

    assert before.owed <= after.owed
    assert after.refund <= before.refund


def _with_debt(snapshot: Snapshot, debt: Money, *, how: str) -> Snapshot:
    account, line = snapshot.account, snapshot.line
    if how == "bill":
        unpaid = replace(bill("more", 0), amount=debt, paid=Money.zero(debt.currency))
        return replace(snapshot, account=replace(account, bills=(*account.bills, unpaid)))
    if how == "usage":
        usage = replace(line.usage, unbilled=line.usage.unbilled + debt)
        return replace(snapshot, line=replace(line, usage=usage))
    owed = line.device.balance if line.device else Money.zero(debt.currency)
    return replace(snapshot, line=replace(line, device=Device("Phone", owed + debt)))


@settings(max_examples=60)
@given(ENDINGS, st.integers(1, 100_000))
def test_a_credit_gives_back_exactly_itself(ending: Ending, minor: int) -> None:
    """M1."""
    snapshot, rules, ends_at = ending
    snapshot = replace(snapshot, last_line=True)
    credit = Credit("more", Money(minor, snapshot.currency))
    account = replace(snapshot.account, credits=(*snapshot.account.credits, credit))

    before = statement(snapshot, rules, ends_at=ends_at).balance
    after = statement(replace(snapshot, account=account), rules, ends_at=ends_at).balance

    assert before - after == credit.amount


@settings(max_examples=30)
@given(st.lists(ENDINGS, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_a_set_is_settled_as_each_alone(found: list[Ending], random: object) -> None:
    """O1: one and many take the same path."""

    def settle(ending: Ending) -> Statement:
        snapshot, rules, ends_at = ending
        return statement(snapshot, rules, ends_at=ends_at)

    alone = [(ending, settle(ending)) for ending in found]
    random.shuffle(alone)  # type: ignore[attr-defined]

    assert [settle(ending) for ending, _ in alone] == [settled for _, settled in alone]


def test_calling_card_shows_what_is_lost() -> None:
    """P2: said loudly: it stands on the statement, counted or not."""
    found = statement(calling(), SHIPPED_POLICY[CardKind.CALLING], ends_at=NOW)

    (lost,) = [line for line in found.lines if line.code is LineCode.BALANCE_FORFEITED]
    assert (lost.amount, lost.rule) == (usd(1875), "balance_forfeit")
