"""Money moves once, to the right place, and only as shown (M1-M4, E8)."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

import stage
from signoff.domain.account import BalanceChoice, CardKind
from signoff.domain.steps import Step
from signoff.records import codec, models
from signoff.testing import facts
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases.pay import PATIENCE, NothingToPay
from signoff.workflows import act
from usecases.scenes import (
    ENDING,
    Scene,
    final,
    nothing_happens,
    paid_out,
    refunds,
    run,
    scene,
    work_on,
)

pytestmark = pytest.mark.django_db


def pay_behaviour(sandbox: SandboxAdmin, kind: str, **more: Any) -> None:
    sandbox.behave("pay", faults=[{"kind": kind, **more}], hang_ms=2_500)


# ---------------------------------------------------------------- the provider
@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["down", "down_after", "reset", "reset_after", "hang", "hang_after", "garbage"]
)
@pytest.mark.parametrize("endpoint", ["refunds", "reads"])
def test_trouble_with_the_provider_pays_back_once(kind: str, endpoint: str) -> None:
    """M2: to the payments it came from, exactly."""
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(sandbox=sandbox).declare()
        run(*ENDING, Step.SETTLE)
        unknown = {"kind": "reset_after", "endpoint": "refunds", "times": 1}
        first = [] if endpoint == "refunds" else [unknown]
        times = 1 if kind.startswith("hang") else 3
        faults = [*first, {"kind": kind, "endpoint": endpoint, "times": times}]
        sandbox.behave("pay", faults=faults, hang_ms=2_500)

        work_on(rounds=10)

        assert paid_out(sandbox) == [500, 1850]
        assert refunds() == [(1850, "done"), (500, "done")]
        assert found.events().count("refund.paid") == 2
        assert not models.Attention.objects.exists()


def test_a_refund_the_card_refuses_goes_the_manual_way() -> None:
    """M2, M6: said to the subscriber, kept for an operator, not tried again."""
    with stage.sandbox() as sandbox, stage.mail() as box:
        found = scene(sandbox=sandbox).declare()
        run(*ENDING, Step.SETTLE)
        sandbox.post("/admin/reset", {})
        sandbox.behave("pay", unknown_originals="refuse")
        run(Step.PAY, Step.SEAL, Step.SEND_NOTICE)

        assert refunds() == [(1850, "manual"), (500, "manual")]
        assert paid_out(sandbox) == []
        assert found.events().count("refund.failed") == 2
        told = models.Notice.objects.filter(name="refund_failed")
        assert {notice.state for notice in told} == {"sent"}
        assert len(box.messages) == models.Notice.objects.filter(state="sent").count()
        with nothing_happens(sandbox):
            stage.hasten(but=(*stage.LATER, "shred"))
            run(Step.PAY)


def test_no_answer_is_no_refusal() -> None:
    """M2: paid by hand as well, it would be paid twice; a person looks, and asks again."""
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(sandbox=sandbox).declare()
        run(*ENDING, Step.SETTLE)
        pay_behaviour(sandbox, "reset_after", endpoint="refunds", times=1)
        pay_behaviour(sandbox, "down", endpoint="reads")
        for _ in range(PATIENCE + 1):
            run(Step.PAY)
            stage.hasten()

        assert {state for _, state in refunds()} == {"unknown", "done"}
        assert found.events().count("refund.failed") == 0
        parked = found.attention()
        assert parked.step == "pay"

        sandbox.behave("pay", reset=True)
        act.retry(found.case_id, parked.id, agent=found.agent)
        run(Step.PAY)
        assert paid_out(sandbox) == [500, 1850]
        assert {state for _, state in refunds()} == {"done"}


# ---------------------------------------------------------------- bills before leaving
def owing(sandbox: SandboxAdmin, *minors: int) -> Scene:
    """An unlimited card with these bills unpaid."""
    bills = tuple(facts.bill(f"b{number}", minor) for number, minor in enumerate(minors, 1))
    return scene(CardKind.UNLIMITED, sandbox=sandbox, settled=False, account={"bills": bills})


def open_bills() -> list[int]:
    bills = codec.ACCOUNT.validate_python(models.Account.objects.get().facts).bills
    return [bill.open.minor for bill in bills]


def test_two_bills_of_one_account_both_count() -> None:
    """P3: their answers came in one set."""
    with stage.sandbox() as sandbox:
        found = owing(sandbox, 1000, 2000)
        pay_behaviour(sandbox, "down", times=2)
        for bill in ("b1", "b2"):
            assert act.pay_bill(found.line.id, bill, user_id=found.me, method_id="m1") != "done"
        assert open_bills() == [1000, 2000]

        work_on(rounds=2)

        assert open_bills() == [0, 0]
        assert sorted(row["minor"] for row in sandbox.pay_ledger()) == [1000, 2000]
        assert models.JournalEntry.objects.filter(code="bill_paid").count() == 2


def test_a_second_click_is_the_same_payment() -> None:
    """P3: also when the first has no answer yet, after a card that was refused."""
    with stage.sandbox() as sandbox:
        found = owing(sandbox, 1000)
        account = models.Account.objects.get()
        bad = {**account.facts["payment_methods"][0], "id": "m0", "token": "tok_declined"}
        account.facts["payment_methods"].append(bad)
        account.save()

        def click(method: str) -> str:
            return act.pay_bill(found.line.id, "b1", user_id=found.me, method_id=method)

        assert click("m0") == "refused"
        pay_behaviour(sandbox, "reset_after", endpoint="charges", times=1)
        pay_behaviour(sandbox, "down", endpoint="reads", times=2)
        assert [click("m1") for _ in range(3)] == ["unknown"] * 3
        work_on(rounds=4)

        assert [row["minor"] for row in sandbox.pay_ledger()] == [1000]
        assert open_bills() == [0]
        with nothing_happens(sandbox), pytest.raises(NothingToPay):
            click("m1")


# ---------------------------------------------------------------- only what was shown
def test_late_usage_is_not_charged() -> None:
    """M4, P10: it came in after the statement was shown."""
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(CardKind.UNLIMITED, sandbox=sandbox, carrier="wholesale").declare()
        shown = sum(each["amount"]["minor"] for each in found.case.shown["lines"])
        line = models.Line.objects.get()
        line.facts["usage"]["unbilled"]["minor"] = 999_999
        line.save()

        stage.to_the_end(found.case_id, agent=found.people.agent)

        assert final(found)["unbilled_usage"] == 500
        assert sum(final(found).values()) <= shown


def test_a_forfeit_nobody_saw_is_none() -> None:
    """M4: the balance came in after the page with the final button."""
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(CardKind.CALLING, sandbox=sandbox)
        found.declare(balance_choice=BalanceChoice.FORFEIT)
        account = models.Account.objects.get()
        account.facts["balance"]["minor"] += 600
        account.save()

        stage.to_the_end(found.case_id, agent=found.people.agent)

        assert final(found)["balance_forfeited"] == 1875
        assert final(found)["balance"] == -600


# ---------------------------------------------------------------- the ledger
@pytest.mark.parametrize(
    ("_case", "accounts", "minors"),
    [
        ("does not sum to zero", ["a", "b"], [5, -4]),
        ("one leg only", ["a"], [0]),
        ("an amount without an account", ["a"], [5, -5]),
        ("nothing at all", [], []),
    ],
)
def test_the_database_refuses_an_entry_that_does_not_balance(
    _case: str, accounts: list[str], minors: list[int]
) -> None:
    """M1: whoever writes it."""
    with pytest.raises(IntegrityError), transaction.atomic():
        _post(accounts, minors)

    assert not models.JournalEntry.objects.exists()


def test_the_database_refuses_to_post_twice() -> None:
    _post(["a", "b"], [5, -5])

    with pytest.raises(IntegrityError), transaction.atomic():
        _post(["a", "b"], [5, -5])


def test_the_database_refuses_a_second_refund_under_a_key() -> None:
    """M2."""
    with stage.sandbox() as sandbox, stage.mail():
        scene(sandbox=sandbox).declare()
        run(*ENDING, Step.SETTLE)
    refund = models.PaymentIntent.objects.first()
    assert refund

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_paymentintent SELECT gen_random_uuid(), key, kind, state, "
            "provider, account_id, case_id, minor, currency, target, source, reference, code, "
            "attempts, at, answered_at FROM records_paymentintent WHERE id = %s",
            [refund.id],
        )


def _post(accounts: list[str], minors: list[int]) -> None:
    models.JournalEntry.objects.create(
        key="k",
        account_id=1,
        at=facts.NOW,
        code="c",
        source="s",
        currency="USD",
        accounts=accounts,
        minors=minors,
    )
