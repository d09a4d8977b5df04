"""Q2, E8: a worker killed while an account's last lines are settled closes the account once."""

import pytest

import stage
from crash.killing import DyingWorkers, finish
from crash.test_every_boundary import INSIDE
from signoff.domain.case import State
from signoff.domain.reasons import LeavingReason
from signoff.domain.steps import Step
from signoff.records import models
from signoff.usecases.joint_wishes import LineWish, Wishes
from signoff.workflows import accounts

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("boundary", INSIDE)
def test_an_account_closes_once(boundary: str, workers: DyingWorkers) -> None:
    """Both lines are proven dead; the balance goes back once, and one mail says it is closed."""
    with stage.sandbox() as sandbox, stage.mail() as box:
        people = stage.cast("farwander")
        lines = stage.lines_of_one_account(2, holder=people.subscriber, sandbox=sandbox)
        wishes = Wishes(
            account_id=lines[0].account_id,
            lines={line.id: LineWish() for line in lines},
            reason=LeavingReason.LEFT_COUNTRY,
            channel="web",
            language="en",
        )
        accounts.declare(wishes, user_id=people.subscriber.id, key="k", shown=None)

        workers.die(Step.SETTLE, boundary, sandbox=sandbox, box=box)
        cases = [
            finish(case.id, state=State.ENDED, sandbox=sandbox)
            for case in models.Case.objects.order_by("id")
        ]

        refunds = [row["minor"] for row in sandbox.pay_ledger() if row["kind"] == "refund"]
        assert sorted(refunds) == [500, 1850]
        settled = [
            any(row["code"] == "balance" for row in (case.final or {})["lines"]) for case in cases
        ]
        assert sorted(settled) == [False, True]
        assert models.Account.objects.get().settled_case == cases[settled.index(True)].id
        assert models.Certificate.objects.count() == 2
        assert sum("is closed" in str(mail["subject"]) for mail in box.messages) == 1
