"""Declarations: received once, whatever is down, and by nobody but the holder (F3, F5, A7)."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

import stage
from signoff.domain.account import BalanceChoice, CardKind, NumberChoice
from signoff.domain.case import State
from signoff.domain.policy import Channel, EffectiveRule
from signoff.domain.reasons import LeavingReason, Refusal
from signoff.domain.steps import Step
from signoff.integrations.messaging.smtp import SmtpMessenger, SmtpServer
from signoff.ports import registry
from signoff.records import casefiles, codec, models
from signoff.testing import facts
from signoff.usecases import look, papers
from signoff.usecases.declare import Declared, StatementMoved, UnableToDeclare, objections
from signoff.usecases.look import NotYours
from signoff.workflows import act
from signoff.workflows.work import clock
from usecases.scenes import declared_in, nothing_happens, run, scene, window_over

pytestmark = pytest.mark.django_db


def shown(found: models.Line, user_id: int) -> str:
    """The digest of the statement on a page loaded now."""
    return look.preparing(found.id, user_id=user_id, now=clock()).options[0].digest


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_channels_at_once_are_one_case_with_one_clock() -> None:
    """F5, fifty times."""
    people = stage.cast("farwander")
    lines = [stage.line(CardKind.TRAVEL, holder=people.subscriber) for _ in range(50)]
    together = Barrier(2)

    def declare_all(channel: str) -> Sequence[Declared]:
        found = []
        for line in lines:
            wish = replace(stage.declaration(line), channel=channel)
            together.wait()
            found.append(act.declare_line(wish, user_id=people.subscriber.id))
        connections.close_all()
        return found

    with ThreadPoolExecutor(2) as pool:
        web, hotline = pool.map(declare_all, ("web", "hotline"))

    assert [each.case_id for each in web] == [each.case_id for each in hotline]
    assert all(one.again != two.again for one, two in zip(web, hotline, strict=True))
    assert models.Case.objects.count() == 50
    assert models.Event.objects.filter(code="case.declared").count() == 50
    assert models.Notice.objects.filter(name="declared").count() == 50
    assert models.Due.objects.filter(step=Step.ASSESS).count() == 50


def test_a_second_declaration_finds_the_first_in_every_state_of_it() -> None:
    """F5: also long after, and with other wishes."""
    for state in (State.DECLARED, State.CONFIRMING, State.IN_REVIEW, State.APPROVED):
        found = declared_in(state)
        declared_at = found.case.declared_at

        with nothing_happens():
            wish = stage.declaration(found.line, reason=LeavingReason.LOST)
            again = act.declare_line(wish, user_id=found.me)

        assert again == Declared(found.case_id, again=True)
        assert found.case.declared_at == declared_at


def test_a_line_that_has_ended_is_not_ended_again() -> None:
    with stage.sandbox() as sandbox:
        found = declared_in(State.CLOSED, sandbox=sandbox)

        with nothing_happens(sandbox):
            again = act.declare_line(stage.declaration(found.line), user_id=found.me)

        assert again == Declared(found.case_id, again=True)


def test_nobody_declares_for_another() -> None:
    """A7, Q3: a stranger, an agent and an unknown line get the same answer."""
    found = scene()
    wish = stage.declaration(found.line)

    with nothing_happens():
        for who in (found.people.stranger, found.people.agent, found.people.other_agent):
            with pytest.raises(NotYours):
                act.declare_line(wish, user_id=who.id)
        with pytest.raises(NotYours) as unknown:
            act.declare_line(replace(wish, line_id=10**9), user_id=found.me)

    assert not str(unknown.value)


def test_a_statement_that_has_moved_is_shown_again() -> None:
    """F2, M4: nobody agrees to a figure they did not see."""
    found = scene()
    seen = shown(found.line, found.me)
    facts = codec.ACCOUNT.validate_python(found.line.account.facts)
    less = replace(facts, balance=facts.balance - facts.top_ups[0].left)
    models.Account.objects.update(facts=codec.ACCOUNT.dump_python(less, mode="json"))

    with nothing_happens(), pytest.raises(StatementMoved):
        found.declare(shown=seen, balance_choice=BalanceChoice.REFUND)

    seen = shown(found.line, found.me)
    assert found.declare(shown=seen, balance_choice=BalanceChoice.REFUND).state == State.DECLARED


@pytest.mark.parametrize(
    ("_case", "wishes", "reason"),
    [
        ("to park", {"number_choice": NumberChoice.PARK}, Refusal.NUMBER_CHOICE_NOT_OFFERED),
        ("a date", {"effective": EffectiveRule.LAPSE}, Refusal.DATE_NOT_OFFERED),
        ("forfeit", {"balance_choice": BalanceChoice.FORFEIT}, Refusal.BALANCE_CHOICE_NOT_OFFERED),
        ("move it", {"balance_choice": BalanceChoice.MOVE}, Refusal.BALANCE_CHOICE_MISSING),
    ],
)
def test_what_the_policy_lacks_is_refused(
    _case: str, wishes: dict[str, Any], reason: Refusal
) -> None:
    """K3."""
    found = scene()

    with nothing_happens(), pytest.raises(UnableToDeclare) as refused:
        found.declare(**wishes)

    assert refused.value.reasons == (reason,)


def test_a_balance_is_not_moved_to_a_line_of_somebody_else() -> None:
    """M3: whoever gets hold of a session cannot send the money away."""
    found = scene()
    theirs = stage.line(CardKind.TRAVEL, holder=found.people.stranger)

    with nothing_happens(), pytest.raises(UnableToDeclare) as refused:
        found.declare(balance_choice=BalanceChoice.MOVE, balance_to=theirs.msisdn)

    assert refused.value.reasons == (Refusal.BALANCE_CHOICE_NOT_OFFERED,)


def test_a_declaration_after_a_refused_one_keeps_its_policy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another process must find the policy the case was opened under."""
    found = scene()
    with pytest.raises(StatementMoved):
        found.declare(shown="stale")

    found.declare()
    monkeypatch.setattr(casefiles, "_POLICIES", {})

    (file,) = casefiles.load([found.case_id])
    assert file.policy.brand == "farwander"


def test_a_declaration_is_received_with_everything_down() -> None:
    """F3: no carrier, no provider, no mail; the receipt is there at once."""
    found = scene()
    nowhere = SmtpMessenger(
        server=SmtpServer(host="127.0.0.1", port=9), sender=stage.SENDER, now=clock
    )

    with registry.messengers.temporarily("mail", nowhere):
        found.declare()
        stage.work()

        assert found.state == State.ENDING
        assert papers.receipt(found.case_id, language="zh-Hans").startswith(b"%PDF-")
        notices = models.Notice.objects.filter(case_id=found.case_id)
        assert {notice.state for notice in notices} == {"planned"}
    assert not models.Attention.objects.exists()


def test_the_notice_goes_out_when_the_mail_server_is_back() -> None:
    """F3, R7: later, and once."""
    found = scene()
    nowhere = SmtpMessenger(
        server=SmtpServer(host="127.0.0.1", port=9), sender=stage.SENDER, now=clock
    )
    with registry.messengers.temporarily("mail", nowhere):
        found.declare()
        run(Step.SEND_NOTICE)
        with nothing_happens():
            run(Step.SEND_NOTICE)

    with stage.mail() as box:
        stage.hasten()
        run(Step.SEND_NOTICE)
        stage.hasten()
        run(Step.SEND_NOTICE)

    (message,) = box.messages
    assert message["To"] == "lin.xiaoyu@example.com"
    assert found.events().count("notice.sent") == 1


@pytest.mark.parametrize("reason", [LeavingReason.LOST, LeavingReason.STOLEN])
def test_a_lost_line_is_blocked_before_anybody_reviews(reason: LeavingReason) -> None:
    """W1: at once; the cut still waits for the decision."""
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(CardKind.CALLING, sandbox=sandbox).declare(reason=reason)
        stage.work()

        assert found.state == State.IN_REVIEW
        assert models.Line.objects.get().state == "suspended"
        assert [row["op"] for row in sandbox.ledger()] == ["block"]

        stage.to_the_end(found.case_id, agent=found.people.agent)
        assert [row["op"] for row in sandbox.ledger()] == ["block", "cut"]


def test_a_plain_reason_leaves_the_line_alive_until_its_date() -> None:
    with stage.sandbox() as sandbox, stage.mail():
        found = scene(CardKind.CALLING, sandbox=sandbox).declare()
        stage.work()

        assert found.state == State.IN_REVIEW
        assert sandbox.ledger() == []


def test_charging_stops_with_the_declaration() -> None:
    """P6, P10: whatever was forgotten."""
    found = scene(CardKind.DATA).declare()

    line = models.Line.objects.get(id=found.line.id)
    assert line.frozen_at == found.case.declared_at
    assert line.facts["plan"]["auto_renews"] is False
    assert line.facts["add_ons"] == []
    assert found.events()[:3] == ["case.declared", "line.frozen", "charging.stopped"]


def test_a_closed_account_says_so() -> None:
    """E8: with its last line, once nothing can come back."""
    with stage.sandbox() as sandbox:
        found = declared_in(State.ENDED, sandbox=sandbox)
        assert not models.Account.objects.get().closed_at

        window_over(found.case_id)
        run(Step.PURGE)

        assert models.Account.objects.get().closed_at == found.case.closed_at


def test_a_brand_that_is_not_open_on_the_web_takes_no_web_declaration() -> None:
    """K4: the page says so before; a form sent all the same is refused."""
    policy = facts.policy(channels=(Channel.STORE, Channel.HOTLINE))
    line = stage.line(CardKind.TRAVEL, holder=stage.cast("farwander").subscriber)
    web = stage.declaration(line)

    refused = objections(web, policy, snapshot=facts.travel())
    at_the_counter = objections(replace(web, channel="store"), policy, snapshot=facts.travel())

    assert Refusal.NOT_ONLINE in refused
    assert Refusal.NOT_ONLINE not in at_the_counter
