"""Scenes for the unhappy ways: a line and its people, brought to a state; and: nothing happened."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Model

import stage
from signoff.domain.account import CardKind
from signoff.domain.canonical import format_time
from signoff.domain.case import State
from signoff.domain.reasons import DeclineReason, ReturnReason
from signoff.domain.steps import Step
from signoff.records import models
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases import look
from signoff.usecases.change_course import confirmation_token
from signoff.workflows import act, runner
from signoff.workflows.work import clock

ENDING = (Step.ASSESS, Step.BEGIN, Step.BLOCK, Step.CUT)
"""The steps from a declaration at once to the proof."""

_NO_CASE = UUID(int=0)
_WATCHED: tuple[type[Model], ...] = (
    models.Case,
    models.Event,
    models.Due,
    models.Line,
    models.Account,
    models.CarrierIntent,
    models.PaymentIntent,
    models.JournalEntry,
    models.Notice,
    models.Certificate,
    models.Attention,
    models.Document,
)


@contextmanager
def nothing_happens(sandbox: SandboxAdmin | None = None) -> Iterator[None]:
    """No row is written or changed, nothing is sent, nothing moves at carrier or provider."""
    before = _picture(sandbox)
    yield
    assert _picture(sandbox) == before


def _picture(sandbox: SandboxAdmin | None) -> list[Any]:
    rows: list[Any] = [list(model._default_manager.order_by("pk").values()) for model in _WATCHED]
    return [*rows, sandbox.ledger(), sandbox.pay_ledger()] if sandbox else rows


@dataclass
class Scene:
    """A line of a card kind with its people, and its case once it is declared."""

    kind: CardKind
    people: stage.Cast
    line: models.Line
    case_id: UUID = _NO_CASE

    @property
    def me(self) -> int:
        return self.people.subscriber.id

    @property
    def agent(self) -> int:
        return self.people.agent.id

    @property
    def case(self) -> models.Case:
        return models.Case.objects.get(id=self.case_id)

    @property
    def state(self) -> str:
        return self.case.state

    @property
    def seen(self) -> int:
        """What an agent's page that is loaded now would send back."""
        return look.mark(self.case_id)

    def declare(self, **wishes: Any) -> "Scene":
        found = act.declare_line(stage.declaration(self.line, **wishes), user_id=self.me)
        self.case_id = found.case_id
        return self

    def link(self) -> str:
        """The token of the confirmation mail that is out now."""
        until = self.case.confirm_until
        return confirmation_token(str(self.case_id), format_time(until)) if until else ""

    def ask(self, words: str = "Which of the two?") -> None:
        reason = ReturnReason.QUESTION
        asked = act.ask(self.case_id, agent=self.agent, seen=self.seen, reason=reason, words=words)
        assert asked.allowed

    def decline(self) -> None:
        reason, words = DeclineReason.NOT_CUSTOMER, "This line is with another company."
        declined = act.decline(
            self.case_id, agent=self.agent, seen=self.seen, reason=reason, words=words
        )
        assert declined.allowed

    def approve(self) -> None:
        assert act.approve(self.case_id, agent=self.agent, seen=self.seen).allowed

    def events(self) -> list[str]:
        found = models.Event.objects.filter(case_id=self.case_id).order_by("seq")
        return list(found.values_list("code", flat=True))

    def attention(self) -> models.Attention:
        return look.attention_of(self.case_id).get()


def scene(
    kind: CardKind = CardKind.TRAVEL, *, sandbox: SandboxAdmin | None = None, **facts: Any
) -> Scene:
    """A line of this kind in the book, settled unless told otherwise."""
    people = stage.cast(stage.BRANDS[kind][0])
    words = {"settled": True, **facts}
    return Scene(kind, people, stage.line(kind, holder=people.subscriber, sandbox=sandbox, **words))


def run(*steps: Step) -> None:
    """Carry out these steps for what is due of them, in this order, and no other."""
    for step in steps:
        runner.run(step, carry=False)


def let_time_pass(minutes: int = 1) -> None:
    """What waits is due, leases are over, and carriers had the time they may take."""
    models.CarrierIntent.objects.update(sent_at=F("sent_at") - timedelta(minutes=minutes))
    stage.hasten()


def work_on(rounds: int = 6) -> None:
    """What workers do in the next minutes."""
    for _ in range(rounds):
        stage.work()
        let_time_pass()
    stage.work()


def window_over(case_id: UUID) -> None:
    """The restore window ends now."""
    models.Case.objects.filter(id=case_id).update(restore_until=clock())
    models.Due.objects.filter(subject=case_id, step=Step.PURGE).update(due_at=clock())


def declared_in(state: State, *, sandbox: SandboxAdmin | None = None) -> Scene:
    """A case in this state, by the shortest way there."""
    match state:
        case State.DECLARED:
            return scene(sandbox=sandbox).declare()
        case State.CONFIRMING:
            found = scene(CardKind.INTERNET, sandbox=sandbox).declare()
            run(Step.ASSESS)
        case State.IN_REVIEW | State.NEEDS_INPUT | State.DECLINED:
            found = scene(CardKind.CALLING, sandbox=sandbox).declare()
            run(Step.ASSESS)
            if state is State.NEEDS_INPUT:
                found.ask()
            if state is State.DECLINED:
                found.decline()
        case State.WITHDRAWN:
            found = scene(sandbox=sandbox).declare()
            act.withdraw(found.case_id, user_id=found.me)
        case _:
            found = scene(sandbox=sandbox).declare()
            run(Step.ASSESS)
            _end(found, state)
    assert found.state == state
    return found


def _end(found: Scene, state: State) -> None:
    if state is State.APPROVED:
        return
    run(Step.BEGIN)
    if state is State.ENDING:
        return
    run(Step.BLOCK, Step.CUT, Step.SETTLE)
    if state is State.RESTORED:
        act.restore(found.case_id, user_id=found.me)
        run(Step.RESTORE)
    if state is State.CLOSED:
        window_over(found.case_id)
        run(Step.PURGE)


def refunds() -> list[tuple[int, str]]:
    found = models.PaymentIntent.objects.filter(kind="refund").order_by("key")
    return list(found.values_list("minor", "state"))


def paid_out(sandbox: SandboxAdmin) -> list[int]:
    return sorted(row["minor"] for row in sandbox.pay_ledger() if row["kind"] == "refund")


def final(found: Scene) -> dict[str, int]:
    lines = (found.case.final or {})["lines"]
    return {line["code"]: line["amount"]["minor"] for line in lines}
