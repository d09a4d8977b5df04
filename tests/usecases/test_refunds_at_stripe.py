"""Refunds by Stripe, the whole way: once, read back, and taken back when the bank returns them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client

import stage
from signoff.domain.steps import Step
from signoff.integrations.payments.stripe import StripePayments
from signoff.integrations.payments.stripe_events import signature
from signoff.ports import registry
from signoff.records import models
from signoff.testing.sandbox import SECRET, SandboxAdmin
from signoff.workflows.work import clock
from usecases.scenes import ENDING, Scene, nothing_happens, paid_out, refunds, run, scene, work_on

pytestmark = pytest.mark.django_db

WEBHOOK = "whsec_for_tests"
CALLBACK = "/callbacks/payments/cards"


@contextmanager
def at_stripe(*, returned: bool = False) -> Iterator[tuple[Scene, SandboxAdmin]]:
    """A line whose money came from Stripe, ended; its refunds are owed and not paid."""
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(sandbox=sandbox)
        prefix = "ch_returned_" if returned else "ch_"
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE records_account SET facts = replace(facts::text, 'pay_', %s)::jsonb",
                [prefix],
            )
        seeds = [
            {"reference": each["reference"], "minor": each["amount"]["minor"], "currency": "USD"}
            for each in models.Account.objects.get().facts["top_ups"]
        ]
        sandbox.seed_payments(seeds)
        stripe = StripePayments(
            api_key=SECRET,
            webhook_secret=WEBHOOK,
            base_url=f"{sandbox.url}/stripe",
            now=clock,
            timeout_s=1.0,
        )
        with registry.payments.temporarily("cards", stripe):
            found.declare()
            run(*ENDING, Step.SETTLE)
            yield found, sandbox
        stripe.close()


def tell(key: str, *, event_id: str = "evt_1", secret: str = WEBHOOK) -> int:
    """Stripe's message that a refund of ours changed; says the answer's status."""
    metadata = {"object": {"metadata": {"signoff_key": key}}}
    body = json.dumps({"id": event_id, "type": "refund.failed", "data": metadata}).encode()
    header = signature(body, secret=secret, at=int(clock().timestamp()))
    return (
        Client()
        .post(CALLBACK, body, content_type="application/json", headers={"stripe-signature": header})
        .status_code
    )


def test_refunds_go_to_the_payments_they_came_from() -> None:
    """M2: two payments, two refunds, each once."""
    with at_stripe() as (found, sandbox):
        run(Step.PAY)
        with nothing_happens(sandbox):
            run(Step.PAY)

        assert paid_out(sandbox) == [500, 1850]
        assert refunds() == [(1850, "done"), (500, "done")]
        assert found.events().count("refund.paid") == 2


@pytest.mark.parametrize("fault", ["reset_after", "down_after", "garbage", "throttle"])
def test_trouble_on_the_way_pays_back_once(fault: str) -> None:
    """M2, Q2: what was lost on the way is read back, and never sent twice."""
    with at_stripe() as (found, sandbox):
        for endpoint in ("refunds", "reads"):
            sandbox.behave("pay", faults=[{"kind": fault, "endpoint": endpoint, "times": 2}])

        work_on(rounds=8)

        assert paid_out(sandbox) == [500, 1850]
        assert refunds() == [(1850, "done"), (500, "done")]
        assert found.events().count("refund.paid") == 2


def test_a_refund_that_comes_back_is_owed_again() -> None:
    """M2, M6: the bank returned it days later; the books say so, and a person pays it by hand."""
    with at_stripe(returned=True) as (found, sandbox):
        sandbox.behave("pay", settle_after_ms=1)
        run(Step.PAY)
        back = models.PaymentIntent.objects.filter(kind="refund", minor=500).get()
        stays = models.PaymentIntent.objects.filter(kind="refund", minor=1850).get()

        answers = [tell(back.key), tell(back.key)]
        run(Step.PAY)

        assert answers == [204, 204]
        assert refunds() == [(1850, "done"), (500, "manual")]
        assert found.events().count("refund.failed") == 1
        assert models.Notice.objects.filter(name="refund_failed").count() == 1
        assert posted(back.key) == {"refund_paid", "refund_returned"}
        assert posted(stays.key) == {"refund_paid"}
        assert len(paid_out(sandbox)) == 2
        with nothing_happens(sandbox):
            assert tell(back.key) == 204
            run(Step.PAY)


def test_a_message_about_a_refund_that_stands_changes_nothing_but_the_look() -> None:
    """M2: a message is a reason to read, never a proof."""
    with at_stripe() as (found, sandbox):
        run(Step.PAY)
        key = models.PaymentIntent.objects.filter(kind="refund")[0].key
        before = [*found.events()], posted(key), paid_out(sandbox)

        assert tell(key) == 204
        run(Step.PAY)

        assert ([*found.events()], posted(key), paid_out(sandbox)) == before
        assert {state for _, state in refunds()} == {"done"}


def test_a_forged_message_and_one_for_nobody_are_refused() -> None:
    """Q3: nothing is read because of it."""
    with at_stripe() as (_, sandbox):
        run(Step.PAY)
        key = models.PaymentIntent.objects.filter(kind="refund")[0].key

        with nothing_happens(sandbox):
            assert tell(key, secret="whsec_guessed") == 403
            assert tell("refund:of:nobody") == 204
            unknown = "/callbacks/payments/unknown"
            stranger = Client().post(unknown, b"{}", content_type="application/json")
            assert stranger.status_code == 404


def posted(key: str) -> set[str]:
    """The codes of the journal's entries of a movement."""
    found = models.JournalEntry.objects.filter(key__startswith=f"{key}:")
    return set(found.values_list("code", flat=True))
