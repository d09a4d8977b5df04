"""Money moves once for a key, whatever happens on the way (M4, M5)."""

from collections.abc import Iterator, Sequence

import pytest

from signoff.domain.money import Money
from signoff.integrations.payments.sandbox import SandboxPayments
from signoff.ports.payments import Charge, PaymentKind, PaymentLockedOut, PaymentOutcome, Refund
from signoff.testing.sandbox import SECRET, SandboxAdmin, running_sandbox

CARD = "4242424242424242"


@pytest.fixture
def admin() -> Iterator[SandboxAdmin]:
    with running_sandbox() as sandbox:
        sandbox.behave("pay", hang_ms=600)
        yield sandbox


@pytest.fixture
def payments(admin: SandboxAdmin) -> Iterator[SandboxPayments]:
    provider = SandboxPayments(base_url=admin.url, secret=SECRET, timeout_s=0.4)
    yield provider
    provider.close()


def charge(key: str, *, minor: int = 500, token: str = "tok_visa") -> Charge:
    return Charge(key=key, amount=Money(minor, "USD"), method_token=token, description="Bill")


def kinds(outcomes: Sequence[PaymentOutcome | None]) -> list[PaymentKind | None]:
    return [None if outcome is None else outcome.kind for outcome in outcomes]


def test_a_key_moves_money_once(admin: SandboxAdmin, payments: SandboxPayments) -> None:
    first = payments.charge([charge("a"), charge("b")])
    again = payments.charge([charge("a")])

    assert kinds(first) == [PaymentKind.DONE, PaymentKind.DONE]
    assert again[0] == first[0]
    assert [row["key"] for row in admin.pay_ledger()] == ["a", "b"]


def test_a_key_for_another_movement_needs_a_human(
    admin: SandboxAdmin, payments: SandboxPayments
) -> None:
    payments.charge([charge("a")])

    (outcome,) = payments.charge([charge("a", minor=501)])

    assert (outcome.kind, outcome.code) == (PaymentKind.NEEDS_HUMAN, "KEY_REUSED")
    assert [row["minor"] for row in admin.pay_ledger()] == [500]


def test_a_declined_card_is_refused_and_moves_nothing(
    admin: SandboxAdmin, payments: SandboxPayments
) -> None:
    outcomes = payments.charge([charge("a", token="tok_declined"), charge("b")])

    assert kinds(outcomes) == [PaymentKind.REFUSED, PaymentKind.DONE]
    assert outcomes[0].code == "CARD_DECLINED"
    assert [row["key"] for row in admin.pay_ledger()] == ["b"]


def test_an_accepted_charge_is_done_when_read_later(
    admin: SandboxAdmin, payments: SandboxPayments
) -> None:
    admin.behave("pay", settle_after_ms=1)
    (accepted,) = payments.charge([charge("a", token="tok_pending")])

    outcomes = payments.read([charge("a"), charge("never-sent")])

    assert accepted.kind in (PaymentKind.ACCEPTED, PaymentKind.DONE)
    assert kinds(outcomes) == [PaymentKind.DONE, None]


@pytest.mark.parametrize("fault", ["hang_after", "reset_after", "garbage", "down_after"])
def test_a_lost_answer_is_unknown_and_found_by_reading(
    admin: SandboxAdmin, payments: SandboxPayments, fault: str
) -> None:
    admin.behave("pay", faults=[{"kind": fault, "endpoint": "charges", "times": 1}])

    outcomes = payments.charge([charge("a"), charge("b")])

    assert kinds(outcomes) == [PaymentKind.UNKNOWN, PaymentKind.RETRY_AFTER]
    assert kinds(payments.read([charge("a"), charge("b")])) == [PaymentKind.DONE, None]
    payments.charge([charge("a")])
    assert [row["key"] for row in admin.pay_ledger()] == ["a"]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("hang", PaymentKind.UNKNOWN),
        ("reset", PaymentKind.UNKNOWN),
        ("down", PaymentKind.UNKNOWN),
        ("throttle", PaymentKind.RETRY_AFTER),
    ],
)
def test_trouble_before_execution_moves_nothing(
    admin: SandboxAdmin, payments: SandboxPayments, fault: str, kind: PaymentKind
) -> None:
    admin.behave("pay", faults=[{"kind": fault, "endpoint": "charges", "times": 1}])

    (outcome,) = payments.charge([charge("a")])

    assert outcome.kind is kind
    assert payments.read([charge("a")]) == [None]
    assert admin.pay_ledger() == []


def test_unreadable_is_unknown_and_never_unseen(
    admin: SandboxAdmin, payments: SandboxPayments
) -> None:
    """None would mean that sending is safe."""
    payments.charge([charge("a")])
    for fault in ("down", "throttle", "hang"):
        admin.behave("pay", faults=[{"kind": fault, "endpoint": "reads", "times": 1}])
        assert kinds(payments.read([charge("a")])) == [PaymentKind.UNKNOWN]


def test_refunds_never_exceed_the_payment(admin: SandboxAdmin, payments: SandboxPayments) -> None:
    admin.seed_payments([{"reference": "pay_1", "minor": 1000, "currency": "USD"}])
    refunds = [
        Refund(key=key, amount=Money(minor, currency), original_reference=original)
        for key, minor, currency, original in [
            ("a", 600, "USD", "pay_1"),
            ("b", 401, "USD", "pay_1"),
            ("c", 400, "USD", "pay_1"),
            ("d", 1, "EUR", "pay_1"),
            ("e", 1, "USD", "pay_unheard_of"),
        ]
    ]

    outcomes = payments.refund(refunds)

    assert [one.code for one in outcomes] == [
        None,
        "AMOUNT_EXCEEDS",
        None,
        "CURRENCY_MISMATCH",
        "ORIGINAL_NOT_FOUND",
    ]
    assert sum(row["minor"] for row in admin.pay_ledger()) == 1000


def test_wrong_credentials_and_a_closed_port_send_nothing(admin: SandboxAdmin) -> None:
    wrong = SandboxPayments(base_url=admin.url, secret="wrong")
    closed = SandboxPayments(base_url="http://127.0.0.1:9", secret=SECRET)

    with pytest.raises(PaymentLockedOut):
        wrong.charge([charge("a")])
    outcomes = closed.charge([charge("a")])

    wrong.close()
    closed.close()
    assert kinds(outcomes) == [PaymentKind.RETRY_AFTER]
    assert admin.pay_ledger() == []


def test_no_card_number_leaves_the_adapter(payments: SandboxPayments) -> None:
    outcomes = [*payments.charge([charge("a")]), *payments.read([charge("a")])]

    assert CARD not in repr(outcomes)
    assert SECRET not in repr([payments, *outcomes])
