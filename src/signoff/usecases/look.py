"""What people may look at: plain read models for pages, each bound to who asks (Q3).

A line or case that is not the asker's does not exist for them: NotYours, which surfaces turn into
the same answer as for an id that never was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, OrderBy, Q

from signoff.domain.case import Act, State, decide
from signoff.domain.checklist import Item, checklist
from signoff.domain.policy import EffectiveRule, Policy
from signoff.domain.statement import Statement, Staying, cost_of_staying
from signoff.records import casefiles, linefiles, models
from signoff.records.casefiles import CaseFile
from signoff.records.linefiles import LineFile
from signoff.usecases.declare import statement_digest, what_it_costs
from signoff.usecases.review import holder_of
from signoff.usecases.rules import policy_of


class NotYours(LookupError):
    """There is no such thing for this person."""


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line in a list: its facts, and its case if one is open or was the last."""

    line: LineFile
    case_id: UUID | None
    case_state: State | None


@dataclass(frozen=True, slots=True)
class Option:
    """One way of choosing the end: when it would be and what it costs and gives back."""

    rule: EffectiveRule
    ends_at: datetime
    statement: Statement
    digest: str


@dataclass(frozen=True, slots=True)
class Preparing:
    """A line being prepared: the checklist, every way to end it, and what staying costs."""

    line: LineFile
    items: tuple[Item, ...]
    options: tuple[Option, ...]
    staying: Staying | None
    other_lines: tuple[LineFile, ...]
    documents: tuple[models.Document, ...]


def lines_of(user_id: int) -> list[LineRow]:
    """Every line of a person, with its newest case."""
    lines = linefiles.of_holder(user_id, policy_of=policy_of)
    newest: dict[int, models.Case] = {}
    for case in models.Case.objects.filter(line_id__in=[line.id for line in lines]).order_by("id"):
        newest[case.line_id] = case
    return [_row(line, newest.get(line.id)) for line in lines]


def _row(line: LineFile, case: models.Case | None) -> LineRow:
    return LineRow(line, case.id if case else None, State(case.state) if case else None)


def line_of(line_id: int, *, user_id: int) -> LineFile:
    """A person's own line. Raises NotYours."""
    for line in linefiles.load([line_id], policy_of=policy_of):
        if line.holder_id == user_id:
            return line
    raise NotYours


def preparing(line_id: int, *, user_id: int, now: datetime) -> Preparing:
    """All a person needs to prepare the end of their line. Raises NotYours."""
    line = line_of(line_id, user_id=user_id)
    options = []
    for rule in line.policy.effective:
        ends_at, shown = what_it_costs(line, now=now, choice=None, wish=rule)
        options.append(Option(rule, ends_at, shown, statement_digest(shown)))
    others = linefiles.of_holder(user_id, policy_of=policy_of)
    documents = models.Document.objects.filter(line_id=line_id, shredded_at=None).order_by("at")
    return Preparing(
        line=line,
        items=checklist(line.snapshot, line.policy, documents=line.documents),
        options=tuple(options),
        staying=cost_of_staying(line.snapshot),
        other_lines=tuple(o for o in others if o.id != line_id and o.state == "active"),
        documents=tuple(documents),
    )


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as a page shows it. `statement` is the final one, or the one that was shown."""

    file: CaseFile
    row: models.Case
    statement: Statement
    items: tuple[Item, ...]
    events: tuple[models.Event, ...]
    intents: tuple[models.CarrierIntent, ...]
    payments: tuple[models.PaymentIntent, ...]
    notices: tuple[models.Notice, ...]
    documents: tuple[models.Document, ...]
    attention: tuple[models.Attention, ...]
    certificate: bool
    may: frozenset[Act]
    held_by: int | None = None

    @property
    def policy(self) -> Policy:
        return self.file.policy


def case_of(case_id: UUID, *, user_id: int, now: datetime) -> CaseView:
    """A person's own case. Raises NotYours."""
    if not models.Case.objects.filter(id=case_id, account__holder_id=user_id).exists():
        raise NotYours
    return _view(case_id, now=now)


def case_for_staff(case_id: UUID, *, user_id: int, now: datetime) -> CaseView:
    """A case of a brand this staff member has a role for. Raises NotYours."""
    if not models.Case.objects.filter(id=case_id, brand__in=brands_of(user_id)).exists():
        raise NotYours
    return _view(case_id, now=now)


def brands_of(user_id: int) -> list[str]:
    """The brands a staff member works for."""
    roles = models.StaffRole.objects.filter(user_id=user_id)
    return sorted(set(roles.values_list("brand", flat=True)))


_ACTS = (Act.WITHDRAW, Act.ANSWER, Act.RESTORE, Act.APPROVE, Act.DECLINE, Act.ASK_SUBSCRIBER)


def _view(case_id: UUID, *, now: datetime) -> CaseView:
    (file,) = casefiles.load([case_id], lock=False)
    row = models.Case.objects.select_related("claimed_by", "line", "account").get(id=case_id)
    payments = models.PaymentIntent.objects.filter(case_id=case_id).order_by("at")
    subjects = [case_id, *(payment.id for payment in payments)]
    return CaseView(
        file=file,
        row=row,
        statement=file.final or file.shown,
        items=checklist(file.snapshot, file.policy, documents=file.documents),
        events=tuple(models.Event.objects.filter(case_id=case_id).order_by("seq")),
        intents=tuple(models.CarrierIntent.objects.filter(case_id=case_id).order_by("sent_at")),
        payments=tuple(payments),
        notices=tuple(models.Notice.objects.filter(case_id=case_id).order_by("at")),
        documents=tuple(models.Document.objects.filter(line_id=file.line_id).order_by("at")),
        attention=tuple(models.Attention.objects.filter(subject__in=subjects, resolved_at=None)),
        certificate=models.Certificate.objects.filter(case_id=case_id)
        .exclude(content=None)
        .exists(),
        may=frozenset(act for act in _ACTS if decide(file.standing, act, now=now).allowed),
        held_by=holder_of(row.claimed_by_id, row.claimed_at, now=now),
    )


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A case in the agents' queue."""

    case: models.Case
    state: State
    name: str
    msisdn: str
    held_by: int | None
    attention: tuple[models.Attention, ...]


def queue(
    user_id: int, *, now: datetime, states: Sequence[State] = (), search: str = "", most: int = 200
) -> list[QueueRow]:
    """The open cases of a staff member's brands: by promise date, then by age."""
    cases = models.Case.objects.filter(brand__in=brands_of(user_id)).select_related(
        "line", "account"
    )
    if search:
        digits = "".join(char for char in search if char.isdigit())
        cases = cases.filter(_matches(search.strip().upper(), digits))
    else:
        shown = states or (State.IN_REVIEW, State.NEEDS_INPUT, State.CONFIRMING, State.ENDING)
        cases = cases.filter(state__in=[state.value for state in shown])
    rows = list(cases.order_by(_promise(), "declared_at")[:most])
    waiting: dict[Any, list[models.Attention]] = {}
    ids = [case.id for case in rows]
    for attention in models.Attention.objects.filter(subject__in=ids, resolved_at=None):
        waiting.setdefault(attention.subject, []).append(attention)
    return [
        QueueRow(
            case=case,
            state=State(case.state),
            name=case.account.facts["details"]["name"],
            msisdn=case.line.msisdn,
            held_by=holder_of(case.claimed_by_id, case.claimed_at, now=now),
            attention=tuple(waiting.get(case.id, ())),
        )
        for case in rows
    ]


def _promise() -> OrderBy:
    return F("review_due_at").asc(nulls_last=True)


def _matches(number: str, digits: str) -> Q:
    found = Q(number=number)
    if len(digits) >= 7:
        found |= Q(line__msisdn=f"+{digits}") | Q(line__iccid=digits)
    return found


def counts(user_id: int) -> dict[State, int]:
    """How many cases of a staff member's brands stand in each open state."""
    found = (
        models.Case.objects.filter(brand__in=brands_of(user_id), closed_at=None)
        .values_list("state")
        .annotate(count=Count("id"))
    )
    return {State(state): count for state, count in found}
