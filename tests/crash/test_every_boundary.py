"""Q2: a worker killed with SIGKILL at every boundary of every step loses nothing, doubles nothing.

The sandbox carrier knows no idempotency key: a second order would stand in its ledger.
"""

from datetime import timedelta

import pytest

import stage
from crash.killing import LATER, DyingWorkers, finish, require_once
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.domain.steps import Step
from signoff.records import models
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases import look
from signoff.workflows import act, runner
from signoff.workflows.work import clock

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]

INSIDE = ("unclaimed", "act_written", "committed")
OUTSIDE = ("unclaimed", "plan_written", "planned", "called", "record_written", "committed")
LEASED = ("planned", "called", "record_written")
"""Where the dead worker still holds the row: nobody else may touch it before its time."""

AT_CARRIER = (Step.BLOCK, Step.CUT)
TO_THE_END = [
    *((step, at) for step in (Step.ASSESS, Step.BEGIN, Step.SETTLE) for at in INSIDE),
    *((Step.SEAL, at) for at in INSIDE if at != "unclaimed"),
    *((step, at) for step in (*AT_CARRIER, Step.PAY, Step.SEND_NOTICE) for at in OUTSIDE),
]
CARRIED = [
    (Step.BLOCK, "plan_written"),
    (Step.BLOCK, "planned"),
    (Step.BLOCK, "called"),
    (Step.CUT, "plan_written"),
    (Step.CUT, "planned"),
    (Step.CUT, "called"),
    (Step.SETTLE, "act_written"),
]
"""Where a worker commits or calls when it carries a case on from its declaration to its end."""

ON_ITS_WAY = [(step, at) for step in AT_CARRIER for at in ("planned", "called", "record_written")]


def declared(sandbox: SandboxAdmin, *, carrier: str = "") -> models.Case:
    """A travel card whose balance goes back to two payments."""
    people = stage.cast("farwander")
    line = stage.line(
        CardKind.TRAVEL, holder=people.subscriber, sandbox=sandbox, settled=True, carrier=carrier
    )
    found = act.declare_line(stage.declaration(line), user_id=people.subscriber.id)
    return models.Case.objects.get(id=found.case_id)


def require_lease(step: Step, boundary: str) -> None:
    """A dead worker's rows wait until its lease is over; all others are free at once."""
    held = models.Due.objects.filter(step=step, lease_until__gt=clock())
    assert held.exists() == (boundary in LEASED)
    if boundary in LEASED:
        assert runner.run_once(step, only=[each.subject for each in held]) == 0


@pytest.mark.parametrize(("step", "boundary"), TO_THE_END)
def test_a_case_ends_once(step: Step, boundary: str, workers: DyingWorkers) -> None:
    with stage.sandbox() as sandbox, stage.mail() as box:
        case = declared(sandbox)

        workers.die(step, boundary, sandbox=sandbox, box=box)
        require_lease(step, boundary)
        case = finish(case.id, state=State.ENDED, sandbox=sandbox)

        require_once(case, sandbox=sandbox, box=box, ops=["block", "cut"])
        assert set(models.Due.objects.values_list("step", flat=True)) == {"purge", "remind"}


@pytest.mark.parametrize(("step", "boundary"), CARRIED)
def test_a_case_that_is_carried_on_ends_once(
    step: Step, boundary: str, workers: DyingWorkers
) -> None:
    """From the declaration to the end in three transactions."""
    with stage.sandbox() as sandbox, stage.mail() as box:
        case = declared(sandbox)

        workers.die(step, boundary, sandbox=sandbox, box=box, carry=True)
        case = finish(case.id, state=State.ENDED, sandbox=sandbox)

        require_once(case, sandbox=sandbox, box=box, ops=["block", "cut"])
        assert set(models.Due.objects.values_list("step", flat=True)) == {"purge", "remind"}


@pytest.mark.parametrize(("step", "boundary"), ON_ITS_WAY)
def test_an_order_accepted_for_later_is_executed_once(
    step: Step, boundary: str, workers: DyingWorkers
) -> None:
    """E5: the carrier only accepts, and nobody is left who knows its reference."""
    with stage.sandbox() as sandbox, stage.mail() as box:
        sandbox.behave("verizon", execute_after_ms=60, callbacks=False)
        case = declared(sandbox, carrier="verizon")

        workers.die(step, boundary, sandbox=sandbox, box=box)
        case = finish(case.id, state=State.ENDED, sandbox=sandbox)

        require_once(case, sandbox=sandbox, box=box, ops=["block", "cut"])


@pytest.mark.parametrize("boundary", INSIDE)
def test_a_confirmation_lapses_once(boundary: str, workers: DyingWorkers) -> None:
    """F4: a person looks instead, once."""
    people = stage.cast("wavequill")
    with stage.sandbox() as sandbox, stage.mail() as box:
        line = stage.line(
            CardKind.INTERNET,
            holder=people.subscriber,
            sandbox=sandbox,
            settled=True,
            carrier="wholesale",
        )
        found = act.declare_line(stage.declaration(line), user_id=people.subscriber.id)
        stage.work()
        over = clock() - timedelta(seconds=1)
        models.Case.objects.update(confirm_until=over)
        models.Due.objects.filter(step=Step.LAPSE_CONFIRMATION).update(due_at=over)

        workers.die(Step.LAPSE_CONFIRMATION, boundary, sandbox=sandbox, box=box)
        case = finish(found.case_id, state=State.IN_REVIEW, sandbox=sandbox)
        act.approve(case.id, agent=people.agent.id, seen=look.mark(case.id))
        case = finish(case.id, state=State.ENDED, sandbox=sandbox)

        require_once(case, sandbox=sandbox, box=box, ops=["block", "cut"])


@pytest.mark.parametrize("boundary", ["plan_written", "planned", "called", "record_written"])
def test_a_bill_is_paid_once(boundary: str, workers: DyingWorkers) -> None:
    """P3: it is the web process that speaks to the provider here, and that dies."""
    people = stage.cast("boundlark")
    with stage.sandbox() as sandbox, stage.mail() as box:
        line = stage.line(CardKind.UNLIMITED, holder=people.subscriber)
        pay = {"line_id": line.id, "bill_id": "b2", "user_id": people.subscriber.id}

        workers.die(Step.PAY, boundary, sandbox=sandbox, box=box, pay={**pay, "method_id": "m1"})
        stage.hasten()
        stage.work()
        stage.hasten()
        stage.work()

        (charge,) = sandbox.pay_ledger()
        assert (charge["kind"], charge["minor"]) == ("charge", 7036)
        (payment,) = models.PaymentIntent.objects.all()
        assert (payment.key, payment.state) == (charge["key"], "done")
        account = models.Account.objects.get()
        assert [bill["paid"]["minor"] for bill in account.facts["bills"]] == [7036, 7036]
        assert models.JournalEntry.objects.get().minors == [7036, -7036]
        assert not models.Due.objects.exists()


@pytest.mark.parametrize("boundary", OUTSIDE)
def test_a_line_is_purged_once(boundary: str, workers: DyingWorkers) -> None:
    """The irreversible call, after the window."""
    with stage.sandbox() as sandbox, stage.mail() as box:
        case = finish(declared(sandbox).id, state=State.ENDED, sandbox=sandbox)
        models.Case.objects.update(restore_until=clock())
        models.Due.objects.update(due_at=clock())

        workers.die(Step.PURGE, boundary, sandbox=sandbox, box=box)
        require_lease(Step.PURGE, boundary)
        case = finish(case.id, state=State.CLOSED, sandbox=sandbox)

        require_once(case, sandbox=sandbox, box=box, ops=["block", "cut", "purge"])
        account = models.Account.objects.get()
        assert account.closed_at
        assert models.Due.objects.get(step=Step.ERASE).due_at == account.erase_at
        assert not models.Due.objects.exclude(step__in=LATER).exists()


@pytest.mark.parametrize("boundary", OUTSIDE)
def test_a_line_is_restored_once(boundary: str, workers: DyingWorkers) -> None:
    """X2."""
    with stage.sandbox() as sandbox, stage.mail() as box:
        case = finish(declared(sandbox).id, state=State.ENDED, sandbox=sandbox)
        assert act.restore(case.id, user_id=case.account.holder_id or 0).allowed

        workers.die(Step.RESTORE, boundary, sandbox=sandbox, box=box)
        require_lease(Step.RESTORE, boundary)
        case = finish(case.id, state=State.RESTORED, sandbox=sandbox)

        require_once(case, sandbox=sandbox, box=box, ops=["block", "cut", "restore"])
        line = models.Line.objects.get()
        assert (line.state, line.case_id, line.generation) == ("active", None, 2)
