"""What a bench counts afterwards: every way in which a line could have gone astray is noticed."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection

import stage
from signoff.cli.bench import checks, opening, seeding, waiting
from signoff.records import models
from signoff.testing.sandbox import SandboxAdmin
from signoff.workflows import runner

pytestmark = pytest.mark.django_db

LINES = 3


@pytest.fixture
def sandbox() -> Iterator[SandboxAdmin]:
    """So many lines in the book and at the sandbox, ended the whole way."""
    with stage.sandbox() as admin:
        seeding.seed(1, LINES, carrier="wholesale")
        seeding.provision(1, LINES, carrier="wholesale", sandbox=admin)
        opening.open_cases(1, LINES)
        while steps := set(runner.due_steps()) & set(waiting.NOT_LATER):
            for step in steps:
                runner.run(step)
        yield admin


def test_nothing_is_wrong_where_all_went_well(sandbox: SandboxAdmin) -> None:
    assert checks.ended(LINES, sandbox=sandbox, declared=LINES) == []


def test_one_line_too_few_is_told(sandbox: SandboxAdmin) -> None:
    wrong = checks.ended(LINES + 1, sandbox=sandbox, declared=LINES)

    assert f"cases ended: {LINES} instead of {LINES + 1}" in wrong


def _cut_again(sandbox: SandboxAdmin) -> None:
    """As a worker would that repeats an order it should have read back."""
    iccid = models.Line.objects.get(id=1).iccid
    sandbox.change_line(iccid, state="active")
    models.CarrierIntent.objects.filter(line_id=1, op="cut").update(state="planned")
    models.Due.objects.create(
        subject=models.Case.objects.get(line_id=1).id, step="cut", due_at="2026-01-01T00:00Z"
    )
    models.Case.objects.filter(line_id=1).update(state="ending")
    runner.run("cut", carry=False)
    models.Case.objects.filter(line_id=1).update(state="ended")


def _lose_refund(sandbox: SandboxAdmin) -> None:
    models.PaymentIntent.objects.filter(account_id=1).delete()


def _lose_notice(sandbox: SandboxAdmin) -> None:
    models.Notice.objects.filter(name="declared").order_by("id")[0].delete()


def _lose_event(sandbox: SandboxAdmin) -> None:
    models.Event.objects.filter(code="line.cut").order_by("id")[0].delete()


def _alter_certificate(sandbox: SandboxAdmin) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_certificate SET body = jsonb_set(body, '{brand,name_en}', '\"X\"') "
            "WHERE case_id = (SELECT id FROM records_case WHERE line_id = 1)"
        )


def _leave_alive(sandbox: SandboxAdmin) -> None:
    sandbox.change_line(models.Line.objects.get(id=1).iccid, state="active")


@pytest.mark.parametrize(
    ("spoil", "noticed"),
    [
        (_cut_again, "executed"),
        (_lose_refund, "refund intents"),
        (_lose_notice, "notices of each name"),
        (_lose_event, "events the log lacks"),
        (_alter_certificate, "certificates that verify, of a sample"),
        (_leave_alive, "at the carrier"),
    ],
)
def test_what_went_astray_is_noticed(
    spoil: Callable[[SandboxAdmin], None], noticed: str, sandbox: SandboxAdmin
) -> None:
    spoil(sandbox)

    wrong = checks.ended(LINES, sandbox=sandbox, declared=LINES)

    assert any(each.startswith(noticed) for each in wrong), wrong
