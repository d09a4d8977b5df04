"""Several lines in one request: all or nothing, then each its own way; the account closes (E8)."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

import stage
from signoff.domain.account import CardKind, NumberChoice
from signoff.domain.case import State
from signoff.domain.policy import EffectiveRule
from signoff.domain.reasons import LeavingReason, Refusal
from signoff.domain.steps import Step
from signoff.records import models
from signoff.testing import facts
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases import look, look_account, whole_account
from signoff.usecases.declare import StatementMoved
from signoff.usecases.entitled import NotYours
from signoff.usecases.joint_wishes import LineWish, Wishes
from signoff.usecases.whole_account import (
    AlreadyEnding,
    KeyReused,
    NothingPicked,
    UnableToDeclareTogether,
)
from signoff.workflows import accounts, act
from signoff.workflows.work import clock
from usecases.scenes import ENDING, Scene, final, nothing_happens, paid_out, run, window_over

pytestmark = pytest.mark.django_db


def family(many: int = 3, *, sandbox: SandboxAdmin | None = None, **account: Any) -> list[Scene]:
    """Travel lines of one account, ready to be ended."""
    people = stage.cast("farwander")
    return [
        Scene(CardKind.TRAVEL, people, line)
        for line in stage.lines_of_one_account(
            many, holder=people.subscriber, sandbox=sandbox, **account
        )
    ]


def wishes(scenes: list[Scene], **changed: Any) -> Wishes:
    usual: dict[str, Any] = {
        "account_id": scenes[0].line.account_id,
        "lines": {each.line.id: LineWish() for each in scenes},
        "reason": LeavingReason.LEFT_COUNTRY,
        "channel": "web",
        "language": "zh-Hans",
    }
    return Wishes(**{**usual, **changed})


def declare(
    scenes: list[Scene],
    *,
    user: int | None = None,
    key: str = "k1",
    shown: Any = None,
    **changed: Any,
) -> whole_account.Together:
    """One request for these lines; each scene then knows its case."""
    made = accounts.declare(
        wishes(scenes, **changed),
        user_id=scenes[0].me if user is None else user,
        key=key,
        shown=shown,
    )
    cases = models.Case.objects.filter(request=made.request_id)
    by_line = dict(cases.values_list("line_id", "id"))
    for each in scenes:
        each.case_id = by_line[each.line.id]
    return made


def digest(scenes: list[Scene], **changed: Any) -> str:
    wished = wishes(scenes, **changed)
    picked = whole_account.pick(wished.account_id, list(wished.lines), user_id=scenes[0].me)
    return whole_account.quote(picked, wished, now=clock()).digest


def account_of(scenes: list[Scene]) -> models.Account:
    return models.Account.objects.get(id=scenes[0].line.account_id)


# ---------------------------------------------------------------- declared together
def test_one_request_opens_a_case_for_each_line() -> None:
    """E8: own number, date and choice; one receipt by mail, known to every case's log."""
    with stage.sandbox() as sandbox, stage.mail() as box:
        lines = family(sandbox=sandbox)

        made = declare(lines, shown=digest(lines))
        run(Step.SEND_NOTICE)

        request = models.AccountRequest.objects.get(id=made.request_id)
        assert (request.whole, request.acting) == (True, "holder")
        assert len({each.case.number for each in lines} | {request.number}) == 4
        assert {each.case.request for each in lines} == {request.id}
        (mail,) = box.messages
        body = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert all(each.case.number in body for each in lines)
        assert [part.get_filename() for part in mail.iter_attachments()] == ["receipt.pdf"]
        assert all(each.events().count("notice.sent") == 1 for each in lines)


def test_the_account_is_shown_with_one_line_and_settled_with_whichever_ends_last() -> None:
    """E8, M4: bills and balance once; the refund goes out once; the account closes once."""
    with stage.sandbox() as sandbox, stage.mail():
        lines = family(sandbox=sandbox, bills=(facts.bill("b1", 1000),))
        declare(lines)
        shown = [{row["code"] for row in each.case.shown["lines"]} for each in lines]
        assert shown == [set(), set(), {"unpaid_bill", "balance"}]

        run(*ENDING)
        for each in reversed(lines):
            models.Due.objects.exclude(subject=each.case_id).filter(step=Step.SETTLE).update(
                due_at=clock() + timedelta(days=1)
            )
            run(Step.SETTLE)
            stage.hasten()
        stage.work()

        assert {each.state for each in lines} == {State.ENDED}
        assert sum("balance" in final(each) for each in lines) == 1
        assert paid_out(sandbox) == [1350]


def test_lines_that_are_left_keep_the_account() -> None:
    """E8: two of three lines; balance and bills stay with the third."""
    with stage.sandbox() as sandbox, stage.mail():
        lines = family(sandbox=sandbox)

        made = declare(lines[:2])
        stage.work()

        assert not models.AccountRequest.objects.get(id=made.request_id).whole
        assert [each.state for each in lines[:2]] == [State.ENDED, State.ENDED]
        account = account_of(lines)
        assert (account.settled_case, account.facts["balance"]["minor"]) == (None, 2350)
        assert models.Line.objects.get(id=lines[2].line.id).state == "active"


def test_every_line_may_have_its_own_date_and_number() -> None:
    """E8: mixed brands on one account, each under its own policy."""
    people = stage.cast("boundlark")
    one, two = (
        Scene(kind, people, stage.line(kind, holder=people.subscriber, settled=True))
        for kind in (CardKind.UNLIMITED, CardKind.DATA)
    )
    models.Line.objects.filter(id=two.line.id).update(account=one.line.account)
    ways = {
        one.line.id: LineWish(NumberChoice.PORT, EffectiveRule.END_OF_CYCLE),
        two.line.id: LineWish(None, EffectiveRule.LAPSE),
    }

    declare([one, two], lines=ways)

    assert (one.case.brand, one.case.number_choice) == ("boundlark", "port")
    assert (two.case.brand, two.case.effective_rule) == ("bytebrook", "lapse")
    assert one.case.policy_digest != two.case.policy_digest
    carrying = [each.case for each in (one, two) if "points" in str(each.case.shown)]
    assert carrying == [one.case], "what belongs to the account stands with a line of its brand"


# ---------------------------------------------------------------- all or nothing
def test_a_line_that_may_not_ends_none() -> None:
    """E8, Q6: a choice one line's policy does not have: every reason by its line, nothing moves."""
    lines = family()
    ways = {each.line.id: LineWish() for each in lines}
    ways[lines[1].line.id] = LineWish(NumberChoice.PARK, EffectiveRule.LAPSE)

    with nothing_happens(), pytest.raises(UnableToDeclareTogether) as refused:
        declare(lines, lines=ways)

    assert refused.value.by_line == {lines[1].line.id: (Refusal.DATE_NOT_OFFERED,)}


@pytest.mark.parametrize("whose", ["own other account", "stranger's", "none such"])
def test_a_line_of_another_account_moves_nothing(whose: str) -> None:
    """E8, Q3: as if there were no such line."""
    lines = family()
    holder = lines[0].people.stranger if whose == "stranger's" else lines[0].people.subscriber
    other = stage.line(CardKind.TRAVEL, holder=holder).id if whose != "none such" else 10**9
    ways = {each.line.id: LineWish() for each in lines} | {other: LineWish()}

    with nothing_happens(), pytest.raises(NotYours):
        declare(lines, lines=ways)


def test_nobody_else_declares_for_the_account() -> None:
    """A7, Q3: stranger and staff."""
    lines = family()

    for who in (lines[0].people.stranger, lines[0].people.agent):
        with nothing_happens(), pytest.raises(NotYours):
            declare(lines, user=who.id)


def test_no_line_is_no_request() -> None:
    """Q6."""
    lines = family()

    with nothing_happens(), pytest.raises(NothingPicked):
        declare(lines, lines={})


def test_a_statement_that_moved_is_shown_again() -> None:
    """F2, M4: nothing is declared that the page did not show."""
    lines = family()
    before = digest(lines)
    account = account_of(lines)
    account.facts["balance"]["minor"] = 100
    account.save()

    with nothing_happens(), pytest.raises(StatementMoved):
        declare(lines, shown=before)


# ---------------------------------------------------------------- twice
def test_the_same_submission_again_is_the_same_request() -> None:
    """F5: a double click, or the answer that was lost."""
    lines = family()
    first = declare(lines)

    with nothing_happens():
        second = declare(lines)
    with nothing_happens(), pytest.raises(KeyReused):
        declare(lines, words="And another thing.")

    assert (second.request_id, second.again) == (first.request_id, True)


def test_a_line_in_hand_already_is_kept_out_with_its_name() -> None:
    """F5, E8: another tab, or declared alone before: nothing of the second request is taken."""
    lines = family()
    lines[1].declare()

    with nothing_happens(), pytest.raises(AlreadyEnding) as refused:
        declare(lines, key="k2")

    assert [line.id for line in refused.value.lines] == [lines[1].line.id]


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_the_same_moment_take_each_line_once() -> None:
    """F5: real transactions; the later one finds every line taken, and nobody is deadlocked."""
    lines = family(4)
    outcomes: list[str] = []
    barrier = Barrier(3)

    def press(some: list[Scene], *, key: str) -> None:
        barrier.wait()
        try:
            accounts.declare(wishes(some), user_id=lines[0].me, key=key, shown=None)
            outcomes.append("taken")
        except AlreadyEnding:
            outcomes.append("kept out")
        finally:
            connections.close_all()

    def alone() -> None:
        barrier.wait()
        found = act.declare_line(stage.declaration(lines[3].line), user_id=lines[0].me)
        outcomes.append("again" if found.again else "alone")
        connections.close_all()

    threads = [
        Thread(target=press, args=(lines,), kwargs={"key": "a"}),
        Thread(target=press, args=(lines[::-1],), kwargs={"key": "b"}),
        Thread(target=alone),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) in (
        ["again", "kept out", "taken"],
        ["alone", "kept out", "kept out"],
    )
    cases = models.Case.objects.values_list("line_id", flat=True)
    assert len(cases) == len(set(cases))
    assert len(cases) in (1, 4)


# ---------------------------------------------------------------- each its own way
def test_one_in_review_and_one_ended_when_all_are_taken_back() -> None:
    """E8: what can still be taken back is; the ended one stays, and the answer says which."""
    with stage.sandbox() as sandbox, stage.mail() as box:
        lines = family(sandbox=sandbox)
        made = declare(lines)
        models.Due.objects.filter(step=Step.ASSESS).exclude(subject=lines[0].case_id).update(
            due_at=clock() + timedelta(days=1)
        )
        stage.work()
        assert [each.state for each in lines] == [State.ENDED, State.DECLARED, State.DECLARED]
        models.Case.objects.filter(id=lines[1].case_id).update(state=State.IN_REVIEW)

        verdicts = accounts.withdraw(made.request_id, user_id=lines[0].me)
        stage.work()

        assert [verdicts[each.case_id].allowed for each in lines] == [False, True, True]
        assert verdicts[lines[0].case_id].reasons == (Refusal.TOO_LATE_TO_WITHDRAW,)
        assert [each.state for each in lines] == [State.ENDED, State.WITHDRAWN, State.WITHDRAWN]
        free = models.Line.objects.filter(case_id=None, state="active", frozen_at=None)
        assert {line.id for line in free} == {lines[1].line.id, lines[2].line.id}
        told = [
            mail
            for mail in box.messages
            if models.AccountRequest.objects.get().number in str(mail["subject"])
        ]
        assert len(told) == 2, "the receipt, and one mail for all that were taken back"
        assert account_of(lines).settled_case is None


def test_one_line_of_a_request_may_be_taken_back() -> None:
    """E8: the others go on, and the account with it."""
    with stage.sandbox() as sandbox, stage.mail():
        lines = family(sandbox=sandbox)
        made = declare(lines)

        accounts.withdraw(made.request_id, user_id=lines[0].me, only=[lines[2].case_id])
        stage.work()

        assert [each.state for each in lines] == [State.ENDED, State.ENDED, State.WITHDRAWN]
        assert account_of(lines).facts["balance"]["minor"] == 2350


def test_a_case_of_another_request_is_not_taken_back_with_it() -> None:
    """Q3."""
    lines = family(4)
    made = declare(lines[:2])
    declare(lines[2:], key="k2")

    with nothing_happens(), pytest.raises(NotYours):
        accounts.withdraw(made.request_id, user_id=lines[0].me, only=[lines[3].case_id])
    with nothing_happens(), pytest.raises(NotYours):
        accounts.withdraw(made.request_id, user_id=lines[0].people.stranger.id)


# ---------------------------------------------------------------- the account closes
def test_the_account_closes_with_its_last_line_and_opens_with_one_that_comes_back() -> None:
    """E8, X2: cards and other people's access go, erasure has a date; a restore undoes it."""
    with stage.sandbox() as sandbox, stage.mail() as box:
        lines = family(2, sandbox=sandbox, payment_methods=(facts.card("m1"),))
        helper = lines[0].people.stranger
        models.Entitlement.objects.create(
            account=lines[0].line.account, user=helper, right="authorised"
        )
        declare(lines)

        stage.work()

        account = account_of(lines)
        last = models.Case.objects.get(id=str(account.settled_case))
        assert account.facts["payment_methods"] == []
        assert account.erase_at == last.restore_until + timedelta(days=400)  # type: ignore[operator]
        assert look.lines_of(helper.id) == []
        assert (
            sum(
                "closed" in str(mail["subject"]) or "关闭" in str(mail["subject"])
                for mail in box.messages
            )
            == 1
        )

        assert act.restore(lines[0].case_id, user_id=lines[0].me).allowed
        stage.hasten()
        stage.work()

        account.refresh_from_db()
        assert account.settled_case is None
        assert models.Account.objects.get(erase_at=None).id == account.id
        assert [row.line.id for row in look.lines_of(helper.id)] == [each.line.id for each in lines]


def test_an_account_restored_and_ended_again_closes_again() -> None:
    """E8, M4: nothing is paid back a second time."""
    with stage.sandbox() as sandbox, stage.mail():
        lines = family(2, sandbox=sandbox)
        declare(lines)
        stage.work()
        paid = paid_out(sandbox)
        act.restore(lines[0].case_id, user_id=lines[0].me)
        stage.hasten()
        stage.work()

        again = Scene(CardKind.TRAVEL, lines[0].people, lines[0].line).declare()
        stage.work()

        assert again.state == State.ENDED
        assert account_of(lines).settled_case == again.case_id
        assert paid_out(sandbox) == paid


def test_erasure_is_owed_once_the_last_window_is_over() -> None:
    """E8, X5: the due row has the date that was told, and waits for it."""
    with stage.sandbox() as sandbox, stage.mail():
        lines = family(2, sandbox=sandbox)
        declare(lines)
        stage.work()
        told = account_of(lines).erase_at

        for each in lines:
            window_over(each.case_id)
            run(Step.PURGE)

        account = account_of(lines)
        assert account.closed_at and account.erase_at == told
        due = models.Due.objects.get(step=Step.ERASE)
        assert (due.subject, due.due_at) == (account.settled_case, told)


@pytest.mark.django_db(transaction=True)
def test_the_last_two_lines_settled_by_two_workers_close_the_account_once() -> None:
    """E8, Q2: at the same moment, in real transactions; the refund goes out once."""
    with stage.sandbox() as sandbox, stage.mail() as box:
        lines = family(2, sandbox=sandbox)
        declare(lines)
        run(*ENDING)
        barrier = Barrier(2)

        def settle(each: Scene) -> None:
            from signoff.workflows import runner

            barrier.wait()
            runner.run_once(Step.SETTLE, only=[each.case_id], carry=False)
            connections.close_all()

        threads = [Thread(target=settle, args=(each,)) for each in lines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stage.hasten()
        stage.work()

        assert {each.state for each in lines} == {State.ENDED}
        assert sum("balance" in final(each) for each in lines) == 1
        assert paid_out(sandbox) == [500, 1850]
        closed = [mail for mail in box.messages if "关闭" in str(mail["subject"])]
        assert len(closed) == 1


# ---------------------------------------------------------------- sets
def test_an_account_of_two_hundred_lines_takes_no_more_queries_than_one_of_two() -> None:
    """E8, DESIGN 4: declare, look, and take back."""
    counted = []
    for many in (1, 2, 200):
        lines = family(many)
        with CaptureQueriesContext(connection) as declared:
            made = declare(lines)
        with CaptureQueriesContext(connection) as looked:
            view = look_account.request_of(made.request_id, user_id=lines[0].me, now=clock())
        with CaptureQueriesContext(connection) as taken_back:
            accounts.withdraw(made.request_id, user_id=lines[0].me)

        assert len(view.rows) == many
        assert {each.state for each in lines} == {State.WITHDRAWN}
        counted.append((len(declared), len(looked), len(taken_back)))

    assert counted[1] == counted[2], "the first also keeps the policy"
