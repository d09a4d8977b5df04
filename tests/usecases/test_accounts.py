"""Accounts: balances that move, and lines that share one; settled once, nothing lost (M3, E8)."""

from datetime import timedelta
from typing import Any

import pytest

import stage
from signoff.domain.account import BalanceChoice, CardKind, Plan
from signoff.domain.case import State
from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.ports.signing import SigningError
from signoff.records import models
from signoff.testing import facts
from signoff.testing.sandbox import SandboxAdmin
from signoff.testing.signing import MemorySigner
from signoff.workflows import act
from signoff.workflows.work import clock
from usecases.scenes import ENDING, Scene, final, paid_out, refunds, run, scene, work_on

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def balances() -> dict[int, int]:
    found = models.Account.objects.order_by("id")
    return {each.id: each.facts["balance"]["minor"] for each in found}


def movers(sandbox: SandboxAdmin, many: int, **wishes: Any) -> tuple[models.Line, list[Scene]]:
    """Cases of one holder that all move their balance to one line of theirs."""
    first = scene(sandbox=sandbox)
    to = first.line
    found = []
    for _ in range(many):
        line = stage.line(
            CardKind.TRAVEL, holder=first.people.subscriber, sandbox=sandbox, settled=True
        )
        moving = Scene(CardKind.TRAVEL, first.people, line)
        found.append(moving.declare(balance_choice=BalanceChoice.MOVE, balance_to=to.msisdn))
    return to, found


def test_balances_moved_to_one_line_add_up() -> None:
    """M3: in one set, nothing is lost."""
    with stage.sandbox() as sandbox, stage.mail():
        to, cases = movers(sandbox, 3)
        before = sum(balances().values())

        run(*ENDING, Step.SETTLE)

        assert {each.state for each in cases} == {State.ENDED}
        assert sum(balances().values()) == before == 4 * 2350
        assert balances()[to.account_id] == before
        assert refunds() == []
        assert [each.events().count("balance.moved") for each in cases] == [1, 1, 1]


def test_a_move_that_fails_half_way_moves_nothing() -> None:
    """M3: atomic; tried again, it moves once."""

    class Broken(MemorySigner):
        def sign(self, message: bytes) -> bytes:
            raise SigningError

        @property
        def key_id(self) -> str:
            raise SigningError

    with stage.sandbox() as sandbox, stage.mail():
        to, (found,) = movers(sandbox, 1)
        run(*ENDING)
        before = balances()

        with registry.signers.temporarily("installation", Broken()):
            run(Step.SETTLE)
        assert balances() == before
        assert found.state == State.ENDING
        assert not models.JournalEntry.objects.exists()
        assert models.Due.objects.get(step=Step.SETTLE).attempts == 1

        stage.hasten()
        run(Step.SETTLE)
        assert balances() == {found.line.account_id: 0, to.account_id: 2 * 2350}


def test_a_balance_goes_back_where_the_line_it_should_move_to_is_gone() -> None:
    """M3: never lost; the statement and the ledger say what really happened."""
    with stage.sandbox() as sandbox, stage.mail():
        to, (found,) = movers(sandbox, 1)
        models.Line.objects.filter(id=to.id).update(state="terminated")

        run(*ENDING, Step.SETTLE)
        work_on(rounds=2)

        assert final(found) == {"balance": -2350}
        assert paid_out(sandbox) == [500, 1850]
        assert balances() == {found.line.account_id: 0, to.account_id: 2350}
        assert found.events().count("balance.moved") == 0


def test_a_line_that_receives_and_ends_itself_gives_it_all_back() -> None:
    """M3, M4: what came in after its declaration is the subscriber's all the same."""
    with stage.sandbox() as sandbox, stage.mail():
        to, (moving,) = movers(sandbox, 1)
        receiving = Scene(CardKind.TRAVEL, moving.people, to).declare()
        run(Step.ASSESS)
        models.Due.objects.filter(subject=receiving.case_id).update(due_at=clock())
        run(Step.BEGIN, Step.BLOCK, Step.CUT, Step.SETTLE)
        work_on(rounds=4)

        assert {moving.state, receiving.state} == {State.ENDED}
        given = sum(minor for minor, _ in refunds())
        assert given + sum(balances().values()) == 2 * 2350
        assert sum(balances().values()) == 0


# ---------------------------------------------------------------- accounts with several lines
def family(sandbox: SandboxAdmin, **account: Any) -> tuple[Scene, Scene]:
    """Two travel lines of one account."""
    one = scene(sandbox=sandbox, settled=False, account={"orders": (), **account})
    line = stage.line(CardKind.TRAVEL, holder=one.people.subscriber, sandbox=sandbox, settled=True)
    spare = line.account
    models.Line.objects.filter(id=line.id).update(account=one.line.account)
    spare.delete()
    line.refresh_from_db()
    return one, Scene(CardKind.TRAVEL, one.people, line)


@pytest.mark.parametrize("first", [0, 1])
def test_what_belongs_to_the_account_is_settled_once(first: int) -> None:
    """E8, M4: shown with the last declaration, settled with the last end, whichever that is."""
    with stage.sandbox() as sandbox, stage.mail():
        lines = family(sandbox, bills=(facts.bill("b1", 1000),))
        for each in lines:
            each.declare()
        shown = [{line["code"] for line in each.case.shown["lines"]} for each in lines]
        assert shown == [set(), {"unpaid_bill", "balance"}]
        run(Step.ASSESS, Step.BEGIN, Step.BLOCK)
        order = [lines[first], lines[1 - first]]
        for each in order:
            models.Due.objects.filter(subject=each.case_id).update(due_at=clock())
            models.Due.objects.exclude(subject=each.case_id).update(due_at=clock() + 3 * DAY)
            run(Step.CUT, Step.SETTLE)
        stage.hasten()
        work_on(rounds=2)

        assert [final(each) for each in order] == [{}, {"balance": -2350, "unpaid_bill": 1000}]
        assert paid_out(sandbox) == [1350]
        account = models.Account.objects.get()
        assert account.settled_case == order[1].case_id
        assert account.facts["balance"]["minor"] == 0


def test_lines_of_one_account_proven_dead_together_settle_it_once() -> None:
    """E8: in one set."""
    with stage.sandbox() as sandbox, stage.mail():
        lines = family(sandbox)
        for each in lines:
            each.declare()

        stage.work()

        assert {each.state for each in lines} == {State.ENDED}
        assert paid_out(sandbox) == [500, 1850]
        assert sum("balance" in final(each) for each in lines) == 1


def test_a_wish_for_the_account_holds_whichever_line_ends_last() -> None:
    """E8: what its page showed and its holder chose, not what another line's page left open."""
    with stage.sandbox() as sandbox, stage.mail():
        one, two = family(sandbox)
        other = stage.line(CardKind.TRAVEL, holder=one.people.subscriber, sandbox=sandbox)
        one.declare()
        two.declare(balance_choice=BalanceChoice.MOVE, balance_to=other.msisdn)
        run(Step.ASSESS, Step.BEGIN, Step.BLOCK)
        models.Due.objects.filter(subject=one.case_id).update(due_at=clock() + DAY)
        run(Step.CUT, Step.SETTLE)
        stage.hasten()
        run(Step.CUT, Step.SETTLE)

        assert final(one) == {"balance_moved": 2350}
        assert refunds() == []
        assert balances()[other.account_id] == 2 * 2350


def test_sister_lines_share_what_is_left_of_a_payment() -> None:
    """M2: no payment gives back more than came in with it."""
    with stage.sandbox() as sandbox, stage.mail():
        plan = {"plan": Plan("Net", facts.usd(3000)), "contract": None}
        first = scene(CardKind.INTERNET, sandbox=sandbox, carrier="wholesale", line=plan)
        line = stage.line(
            CardKind.INTERNET,
            holder=first.people.subscriber,
            sandbox=sandbox,
            carrier="wholesale",
            line=plan,
        )
        models.Line.objects.filter(id=line.id).update(account=first.line.account)
        second = Scene(CardKind.INTERNET, first.people, line)
        for each in (first, second):
            each.declare()
            run(Step.ASSESS)
            act.confirm(each.link())
            stage.work()
            work_on(rounds=3)

        by_card = models.PaymentIntent.objects.filter(source="top_up:t1")
        assert sum(by_card.values_list("minor", flat=True)) == 1000
        assert {each.state for each in by_card} == {"done"}
        assert sum(minor for minor, _ in refunds()) == 1000 + 2 * final(first)["unused_plan"] * -1
