"""Review: one decision, by whoever may, on what they saw; a refusal tells its cure (R1, R3, R4)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

import stage
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.domain.reasons import DeclineReason, Refusal, ReturnReason
from signoff.domain.steps import Step
from signoff.records import models
from signoff.records.rows import MovedOn
from signoff.testing.documents import photo
from signoff.usecases.look import NotYours
from signoff.usecases.review import HeldByAnother, NothingToDecide, WordsMissing
from signoff.workflows import act, handing_in
from usecases.scenes import Scene, declared_in, nothing_happens, run, scene

pytestmark = pytest.mark.django_db

DECLINE: dict[str, Any] = {
    "reason": DeclineReason.NOT_CUSTOMER,
    "words": "This line is with another company.",
}
ASK: dict[str, Any] = {"reason": ReturnReason.QUESTION, "words": "Which of the two?"}
Decide = Callable[..., Any]
DECISIONS: list[tuple[Decide, dict[str, Any]]] = [
    (act.approve, {}),
    (act.ask, ASK),
    (act.decline, DECLINE),
]


@pytest.fixture
def waiting() -> Scene:
    """A calling card before an agent."""
    return declared_in(State.IN_REVIEW)


def colleague(brand: str, role: str = "agent") -> int:
    user = stage.cast(brand).subscriber
    models.StaffRole.objects.create(user=user, brand=brand, role=role)
    return user.id


def test_an_answer_keeps_the_first_time_stamp(waiting: Scene) -> None:
    """R4: one case, one clock, however often it goes to and fro."""
    before = waiting.case

    for _ in range(2):
        waiting.ask()
        assert waiting.state == State.NEEDS_INPUT
        assert act.answer(waiting.case_id, user_id=waiting.me, words="The first.").allowed
        run(Step.ASSESS)
        assert waiting.state == State.IN_REVIEW

    after = waiting.case
    assert (after.declared_at, after.effective_at) == (before.declared_at, before.effective_at)
    assert after.number == before.number
    assert waiting.events().count("case.answered") == 2


def test_an_answer_nobody_asked_for_is_refused(waiting: Scene) -> None:
    with nothing_happens():
        verdict = act.answer(waiting.case_id, user_id=waiting.me, words="Hello?")

    assert verdict.reasons == (Refusal.NOT_IN_THIS_STATE,)


def test_a_declined_line_is_free_and_lives_on() -> None:
    """R3: with a reason of the list and words; nothing ever reached the carrier."""
    with stage.sandbox() as sandbox, stage.mail() as box:
        waiting = scene(CardKind.CALLING, sandbox=sandbox).declare()
        run(Step.ASSESS)

        waiting.decline()
        stage.work()

        assert waiting.state == State.DECLINED
        assert waiting.case.outcome_reason == "not_customer"
        line = models.Line.objects.get()
        assert (line.case_id, line.frozen_at, line.state) == (None, None, "active")
        assert sandbox.ledger() == []
        assert "another company" in box.messages[-1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
        again = act.declare_line(stage.declaration(waiting.line), user_id=waiting.me)
        assert not again.again


@pytest.mark.parametrize(("decide", "words"), DECISIONS[1:])
def test_a_refusal_needs_words(decide: Decide, words: dict[str, Any], waiting: Scene) -> None:
    """R3: a reason alone tells nobody how to cure it."""
    with nothing_happens(), pytest.raises(WordsMissing):
        decide(waiting.case_id, agent=waiting.agent, seen=waiting.seen, **{**words, "words": " \n"})


@pytest.mark.parametrize(("decide", "words"), DECISIONS)
def test_a_stale_page_decides_nothing(
    decide: Decide, words: dict[str, Any], waiting: Scene
) -> None:
    """R1: what the agent saw is not what is there."""
    seen = waiting.seen
    waiting.ask()
    act.answer(waiting.case_id, user_id=waiting.me, words="I meant the other line.")
    run(Step.ASSESS)

    with nothing_happens(), pytest.raises(MovedOn):
        decide(waiting.case_id, agent=waiting.agent, seen=seen, **words)


@pytest.mark.parametrize(("decide", "words"), DECISIONS)
def test_only_those_who_may_decide(decide: Decide, words: dict[str, Any], waiting: Scene) -> None:
    """R6, O5, Q3: not the subscriber, not another brand's agent, not an auditor."""
    nobody = (
        waiting.me,
        waiting.people.stranger.id,
        waiting.people.other_agent.id,
        colleague("tellmagpie", "auditor"),
        colleague("tellmagpie", "operator"),
    )

    with nothing_happens():
        for who in nobody:
            with pytest.raises(NotYours):
                decide(waiting.case_id, agent=who, seen=waiting.seen, **words)


def test_a_case_in_hand_is_left_alone_by_others(waiting: Scene) -> None:
    """R1."""
    other = colleague("tellmagpie")
    act.claim(waiting.case_id, agent=waiting.agent)

    with nothing_happens():
        with pytest.raises(HeldByAnother):
            act.claim(waiting.case_id, agent=other)
        with pytest.raises(HeldByAnother):
            act.approve(waiting.case_id, agent=other, seen=waiting.seen)
        with pytest.raises(HeldByAnother):
            act.hand_back(waiting.case_id, agent=other)

    act.hand_back(waiting.case_id, agent=waiting.agent)
    act.claim(waiting.case_id, agent=other)


def test_nothing_is_claimed_where_nothing_is_to_decide() -> None:
    found = declared_in(State.CONFIRMING)

    with nothing_happens(), pytest.raises(NothingToDecide):
        act.claim(found.case_id, agent=found.agent)


def test_what_blocks_an_approval_is_named_and_can_be_cured() -> None:
    """P3, R3: an unpaid bill; paid, the same case goes on."""
    with stage.sandbox() as sandbox:
        found = scene(CardKind.UNLIMITED, settled=False).declare()
        handing_in.upload(found.line.id, [photo()], user_id=found.me)
        run(Step.ASSESS)

        with nothing_happens(sandbox):
            verdict = act.approve(found.case_id, agent=found.agent, seen=found.seen)
        assert verdict.reasons == (Refusal.UNPAID_BILL,)

        assert act.pay_bill(found.line.id, "b2", user_id=found.me, method_id="m1") == "done"
        found.approve()
        assert found.state == State.APPROVED


@pytest.mark.parametrize("state", [State.APPROVED, State.ENDING, State.WITHDRAWN])
def test_a_decided_case_is_not_decided_again(state: State) -> None:
    found = declared_in(state)

    with nothing_happens():
        for decide, words in DECISIONS:
            verdict = decide(found.case_id, agent=found.agent, seen=found.seen, **words)
            assert verdict.reasons == (Refusal.NOT_IN_THIS_STATE,)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_agents_at_once_are_one_decision() -> None:
    """R1, a hundred times: approve against decline, on the same page."""
    people = stage.cast("tellmagpie")
    other = colleague("tellmagpie")
    cases = []
    for _ in range(100):
        line = stage.line(CardKind.CALLING, holder=people.subscriber)
        found = act.declare_line(stage.declaration(line), user_id=people.subscriber.id)
        cases.append(Scene(CardKind.CALLING, people, line, found.case_id))
    run(Step.ASSESS)
    pages = [(each.case_id, each.seen) for each in cases]
    together = Barrier(2)

    def decide_all(decide: Decide) -> list[bool]:
        found = []
        for case_id, seen in pages:
            together.wait()
            try:
                found.append(bool(decide(case_id, seen=seen).allowed))
            except MovedOn:
                found.append(False)
        connections.close_all()
        return found

    with ThreadPoolExecutor(2) as pool:
        approved, declined = pool.map(
            decide_all,
            (
                partial(act.approve, agent=people.agent.id),
                partial(act.decline, agent=other, **DECLINE),
            ),
        )

    assert all(one != two for one, two in zip(approved, declined, strict=True))
    states = [each.state for each in cases]
    assert states == ["approved" if each else "declined" for each in approved]
    for each in cases:
        decisions = [code for code in each.events() if code in ("case.approved", "case.declined")]
        assert len(decisions) == 1
