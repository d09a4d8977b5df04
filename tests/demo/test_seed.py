"""The demo's people: the import takes them whole, and between them every item of the list lives."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from signoff.cli import seed
from signoff.domain.checklist import ItemCode, Remedy, Status
from signoff.domain.flags import FlagRule, flags
from signoff.domain.steps import Step
from signoff.records import models
from signoff.testing.demo import AGENTS, PASSWORD, SUBSCRIBERS
from signoff.testing.sandbox import SandboxAdmin, running_sandbox
from signoff.usecases import look
from signoff.usecases.sunsets import look as sunsets
from signoff.workflows import runner

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[SandboxAdmin]:
    with running_sandbox() as admin:
        settings.SIGNOFF_SANDBOX_URL = admin.url
        yield admin


@pytest.fixture
def prepared(sandbox: SandboxAdmin) -> list[look.Preparing]:
    assert seed.load()
    now = datetime.now(UTC)
    lines = models.Line.objects.select_related("account")
    return [look.preparing(line.pk, user_id=line.account.holder_id or 0, now=now) for line in lines]


def test_every_item_and_every_button_is_alive_somewhere(prepared: list[look.Preparing]) -> None:
    items = [item for each in prepared for item in each.items]
    alive = {item.code for item in items if item.status is not Status.NOT_APPLICABLE}
    remedies = {item.remedy for item in items}
    remedies |= {entry.remedy for item in items for entry in item.entries}

    # The line is frozen by the declaration, not before.
    assert alive == set(ItemCode) - {ItemCode.FREEZE}
    # These ask for a tick before, or for a second account, a request or a balance beside a bill.
    assert remedies >= set(Remedy) - {Remedy.UNTICK, Remedy.MOVE, Remedy.FINISH, Remedy.SPEND}


def test_charges_look_wrong_in_more_than_one_way(prepared: list[look.Preparing]) -> None:
    found = {flag.rule for each in prepared for flag in flags(each.line.snapshot.account)}

    assert found >= {FlagRule.PREMIUM_SERVICE, FlagRule.CHARGED_TWICE, FlagRule.ABOVE_USUAL}


def test_accounts_differ_as_real_ones_do(prepared: list[look.Preparing]) -> None:
    accounts = [each.line.snapshot.account for each in prepared]

    assert max(len(account.bills) for account in accounts) == 24
    assert {account.balance.minor > 0 for account in accounts} == {True, False}
    assert any(account.balance.minor < 0 for account in accounts)
    assert any(not each.line.snapshot.last_line for each in prepared)
    assert max(each.line.snapshot.line.usage.calls for each in prepared) == 160
    internet = {each.line.carrier for each in prepared if each.line.brand == "wavequill"}
    assert internet == {"tmobile", "att", "verizon"}


def test_lines_and_payments_are_known_outside(
    sandbox: SandboxAdmin, prepared: list[look.Preparing]
) -> None:
    known = sum(row["lines"] for row in sandbox.counts()["lines"])
    again = sandbox.seed_payments([{"reference": "pay_demo_fw2", "minor": 3000, "currency": "USD"}])

    assert known == len(prepared)
    assert again == 0


def test_everybody_can_log_in_and_agents_have_their_brands(
    prepared: list[look.Preparing],
) -> None:
    for email in [person.email for person in (*SUBSCRIBERS, *AGENTS)]:
        assert models.User.objects.get(email=email).check_password(PASSWORD)
    assert {email for _, email, _ in seed.LOGINS} == {
        person.email for person in (*SUBSCRIBERS, *AGENTS)
    }
    everywhere = models.User.objects.get(email=AGENTS[-1].email)
    assert len(look.brands_of(everywhere.pk)) == 5


def test_a_database_with_data_is_left_alone(prepared: list[look.Preparing]) -> None:
    models.Account.objects.filter(brand="farwander").update(place="us-mn")

    assert not seed.load(data_ends_in=timedelta(seconds=1))
    assert models.Account.objects.filter(place="us-mn").exists()


def test_a_sunset_waits_for_two_people(prepared: list[look.Preparing]) -> None:
    seed.load_sunset()
    runner.run(Step.SUNSET_GATHER)
    for _ in range(2):
        runner.run(Step.SUNSET_REHEARSE)

    run = models.Sunset.objects.get()
    operator, supervisor = AGENTS[-2], AGENTS[-1]
    assert (run.stage, run.rows, run.totals is not None) == ("ready", 42, True)
    for person in (operator, supervisor):
        user = models.User.objects.get(email=person.email)
        assert "farwander" in sunsets.may_create(user.pk)
    assert run.created_by.email == operator.email
    codes = models.SunsetLine.objects.filter(id__gt=run.first_key).values_list("code", flat=True)
    assert Counter(codes) == {"blocked": 40, "duplicate": 1, "unknown": 1}
