"""Money moves once for a key at Stripe too, and what Stripe says is understood (M2, I4)."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from signoff.domain.money import Money
from signoff.integrations.payments import stripe_answers
from signoff.integrations.payments.stripe import StripePayments
from signoff.integrations.payments.stripe_events import signature
from signoff.ports.payments import (
    Charge,
    PaymentCallbackRefused,
    PaymentKind,
    PaymentLockedOut,
    PaymentMisread,
    PaymentOutcome,
    Refund,
)
from signoff.testing.sandbox import SECRET, SandboxAdmin, running_sandbox

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WEBHOOK = "whsec_for_tests"


@pytest.fixture
def admin() -> Iterator[SandboxAdmin]:
    with running_sandbox() as sandbox:
        sandbox.behave("pay", hang_ms=600)
        yield sandbox


@pytest.fixture
def stripe(admin: SandboxAdmin) -> Iterator[StripePayments]:
    provider = StripePayments(
        api_key=SECRET,
        webhook_secret=WEBHOOK,
        base_url=f"{admin.url}/stripe",
        now=lambda: NOW,
        timeout_s=0.4,
    )
    yield provider
    provider.close()


def charge(key: str, *, minor: int = 500, card: str = "cus_1/pm_visa") -> Charge:
    return Charge(key=key, amount=Money(minor, "USD"), method_token=card, description="Bill")


def refund(key: str, *, of: str, minor: int = 500) -> Refund:
    return Refund(key=key, amount=Money(minor, "USD"), original_reference=of)


def kinds(outcomes: Sequence[PaymentOutcome | None]) -> list[PaymentKind | None]:
    return [None if outcome is None else outcome.kind for outcome in outcomes]


def keys(admin: SandboxAdmin) -> list[str]:
    return [row["key"] for row in admin.pay_ledger()]


def test_a_key_moves_money_once(admin: SandboxAdmin, stripe: StripePayments) -> None:
    """M2: the same order again is answered as the first time."""
    first = stripe.charge([charge("a"), charge("b")])

    again = stripe.charge([charge("a")])

    assert kinds(first) == [PaymentKind.DONE, PaymentKind.DONE]
    assert first[0].reference and first[0].reference.startswith("pi_")
    assert again[0] == first[0]
    assert keys(admin) == ["a", "b"]


def test_a_payment_is_refunded_in_parts_up_to_its_amount(
    admin: SandboxAdmin, stripe: StripePayments
) -> None:
    """M2: partial refunds, never above the payment."""
    (paid,) = stripe.charge([charge("a", minor=1000)])
    of = paid.reference or ""

    outcomes = stripe.refund([refund(key, of=of, minor=600) for key in ("r1", "r2")])
    rest = stripe.refund([refund("r3", of=of, minor=400)])

    assert kinds([*outcomes, *rest]) == [
        PaymentKind.DONE,
        PaymentKind.REFUSED,
        PaymentKind.DONE,
    ]
    assert outcomes[1].code == "charge_already_refunded"
    assert keys(admin) == ["a", "r1", "r3"]


def test_orders_are_found_again_by_our_key_over_many_pages(
    admin: SandboxAdmin, stripe: StripePayments
) -> None:
    """Q2: what was sent is read back, however many came later; what never was is not found."""
    stripe.charge([charge(f"k{number}") for number in range(230)])
    (paid,) = stripe.charge([charge("mine", minor=700)])
    stripe.refund([refund("back", of=paid.reference or "", minor=100)])

    seen = stripe.read(
        [charge("k0"), charge("never"), refund("back", of=paid.reference or ""), refund("x", of="")]
    )

    assert kinds(seen) == [PaymentKind.DONE, None, PaymentKind.DONE, None]
    assert len(keys(admin)) == 232


@pytest.mark.parametrize("fault", ["hang_after", "reset_after", "garbage", "down_after"])
def test_a_lost_answer_is_unknown_and_found_by_reading(
    admin: SandboxAdmin, stripe: StripePayments, fault: str
) -> None:
    """Q2: executed or not is asked, never guessed."""
    admin.behave("pay", faults=[{"kind": fault, "endpoint": "charges", "times": 1}])

    outcomes = stripe.charge([charge("a"), charge("b")])

    assert kinds(outcomes) == [PaymentKind.UNKNOWN, PaymentKind.RETRY_AFTER]
    assert kinds(stripe.read([charge("a"), charge("b")])) == [PaymentKind.DONE, None]
    stripe.charge([charge("a")])
    assert keys(admin) == ["a"]


@pytest.mark.parametrize("fault", ["down", "garbage", "throttle", "hang", "reset"])
def test_a_list_that_cannot_be_read_is_never_an_empty_one(
    admin: SandboxAdmin, stripe: StripePayments, fault: str
) -> None:
    """Q2: None would mean that sending is safe."""
    stripe.charge([charge("a")])
    admin.behave("pay", faults=[{"kind": fault, "endpoint": "reads", "times": 1}])

    assert kinds(stripe.read([charge("a")])) == [PaymentKind.UNKNOWN]


def test_a_declined_card_and_a_reused_key_move_nothing(
    admin: SandboxAdmin, stripe: StripePayments
) -> None:
    """M2: the bank's no is final for this order; a key for another order needs a person."""
    declined = stripe.charge([charge("a", card="cus_1/tok_declined")])
    stripe.charge([charge("b")])
    reused = stripe.charge([charge("b", minor=501)])

    assert [(one.kind, one.code) for one in declined] == [(PaymentKind.REFUSED, "card_declined")]
    assert kinds(stripe.read([charge("a", card="cus_1/tok_declined")])) == [PaymentKind.REFUSED]
    assert [(one.kind, one.code) for one in reused] == [
        (PaymentKind.NEEDS_HUMAN, "idempotency_error")
    ]
    assert keys(admin) == ["b"]


def test_what_is_not_stripes_is_refused_without_a_call(admin: SandboxAdmin) -> None:
    """Q6: a token or a reference of another provider is never sent."""
    closed = StripePayments(api_key=SECRET, base_url="http://127.0.0.1:9", now=lambda: NOW)

    outcomes = [
        *closed.charge([charge("a", card="tok_visa")]),
        *closed.refund([refund("b", of="paypal-77")]),
    ]

    closed.close()
    assert {one.code for one in outcomes} == {"NOT_A_STRIPE_REFERENCE"}
    assert kinds(outcomes) == [PaymentKind.REFUSED, PaymentKind.REFUSED]
    assert keys(admin) == []


def test_wrong_credentials_and_a_closed_port_send_nothing(admin: SandboxAdmin) -> None:
    """Q3, Q6: the operator is told; nothing moved."""
    wrong = StripePayments(api_key="sk_wrong", base_url=f"{admin.url}/stripe", now=lambda: NOW)
    closed = StripePayments(api_key=SECRET, base_url="http://127.0.0.1:9", now=lambda: NOW)

    with pytest.raises(PaymentLockedOut) as refused:
        wrong.charge([charge("a")])
    outcomes = closed.charge([charge("a")])

    wrong.close()
    closed.close()
    assert "sk_wrong" not in repr([wrong, refused.value])
    assert kinds(outcomes) == [PaymentKind.RETRY_AFTER]
    assert keys(admin) == []


def test_a_refund_that_comes_back_is_seen_when_read(
    admin: SandboxAdmin, stripe: StripePayments
) -> None:
    """M2: a refund succeeds, and the bank sends it back days later."""
    admin.behave("pay", settle_after_ms=1)
    admin.seed_payments([{"reference": "ch_returned_1", "minor": 900, "currency": "USD"}])
    order = refund("r", of="ch_returned_1", minor=900)
    stripe.refund([order])

    (seen,) = stripe.read([order])

    assert seen and (seen.kind, seen.code) == (PaymentKind.REFUSED, "returned_by_bank")


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (200, {"object": "refund", "status": "requires_action", "id": "re_1"}, "accepted"),
        (200, {"object": "refund", "status": "canceled", "id": "re_1"}, "refused"),
        (200, {"object": "payment_intent", "status": "requires_action", "id": "pi_1"}, "refused"),
        (200, {"object": "payment_intent", "status": "brand_new", "id": "pi_1"}, "unknown"),
        (200, [], "unknown"),
        (409, {"error": {"type": "idempotency_error"}}, "retry_after"),
        (429, {"error": {"code": "rate_limit"}}, "retry_after"),
        (500, {"error": {"type": "api_error"}}, "unknown"),
        (
            400,
            {"error": {"type": "invalid_request_error", "code": "amount_too_small"}},
            "needs_human",
        ),
        (404, {"error": {"code": "resource_missing"}}, "refused"),
    ],
)
def test_every_answer_has_one_meaning(status: int, content: object, kind: str) -> None:
    """E5 for money: what Stripe may answer, and what it comes to."""
    answer = httpx.Response(status, json=content, headers={"Retry-After": "7"})

    outcome = stripe_answers.outcome("k", answer)

    assert outcome.kind == kind
    assert outcome.retry_after_s == (7 if kind == "retry_after" else None)


def event(key: str | None) -> bytes:
    metadata = {"signoff_key": key} if key else {}
    content = {"id": "evt_1", "type": "refund.failed", "data": {"object": {"metadata": metadata}}}
    return json.dumps(content).encode()


def test_a_signed_message_names_our_order_and_no_others(stripe: StripePayments) -> None:
    """M2: while the secret is changed, either signature will do."""
    body, at = event("r1"), int(NOW.timestamp())
    signed = signature(body, secret=WEBHOOK, at=at)
    both = f"t={at},v1={'0' * 64},v1={signed.rpartition('=')[2]}"

    hints = [stripe.parse_callback({"Stripe-Signature": one}, body) for one in (signed, both)]
    others = event(None)
    signed = signature(others, secret=WEBHOOK, at=at)

    assert [[hint.key for hint in each] for each in hints] == [["r1"], ["r1"]]
    assert stripe.parse_callback({"Stripe-Signature": signed}, others) == []


def test_a_forged_old_or_broken_message_is_refused(stripe: StripePayments) -> None:
    """Q3: every check, before anything is read."""
    body, at = event("r1"), int(NOW.timestamp())
    good = signature(body, secret=WEBHOOK, at=at)
    late = int((NOW - timedelta(minutes=6)).timestamp())
    for header, content in [
        ("", body),
        (good, body + b" "),
        (signature(body, secret="other", at=at), body),
        (signature(body, secret=WEBHOOK, at=late), body),
        (good.replace("v1", "v0"), body),
        (f"{good},t={at + 1}", body),
        ("t=٣,v1=x", body),
    ]:
        with pytest.raises(PaymentCallbackRefused):
            stripe.parse_callback({"Stripe-Signature": header}, content)
    garbage = b"[1]"
    with pytest.raises(PaymentMisread):
        signed = signature(garbage, secret=WEBHOOK, at=at)
        stripe.parse_callback({"Stripe-Signature": signed}, garbage)


def test_without_a_secret_no_message_is_believed(admin: SandboxAdmin) -> None:
    """Q3: an empty secret signs nothing."""
    unset = StripePayments(api_key=SECRET, base_url=admin.url, now=lambda: NOW)
    body = event("r1")
    header = signature(body, secret="", at=int(NOW.timestamp()))

    with pytest.raises(PaymentCallbackRefused):
        unset.parse_callback({"Stripe-Signature": header}, body)

    unset.close()
