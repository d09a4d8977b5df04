"""What people may look at: plain read models for pages, each bound to who asks (Q3).

A line or case that is not the asker's does not exist for them: NotYours, which surfaces turn into
the same answer as for an id that never was.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, OrderBy, Q, QuerySet

from signoff.domain.account import BalanceChoice, Right
from signoff.domain.canonical import format_time
from signoff.domain.case import Act, State, decide
from signoff.domain.checklist import Item, checklist
from signoff.domain.events import Code
from signoff.domain.policy import EffectiveRule, Jurisdiction, Policy
from signoff.domain.reasons import RESTRICTED
from signoff.domain.rights import own_items, own_part, own_statement, speaks_for_account
from signoff.domain.statement import Statement, Staying, cost_of_staying
from signoff.records import casefiles, linefiles, models
from signoff.records.casefiles import CaseFile
from signoff.records.linefiles import LineFile
from signoff.records.rows import MovedOn
from signoff.usecases import entitled
from signoff.usecases.certify import is_issued
from signoff.usecases.change_course import BadLink, curable, read_token
from signoff.usecases.declare import statement_digest, what_it_costs
from signoff.usecases.entitled import NotYours as NotYours
from signoff.usecases.review import holder_of
from signoff.usecases.rules import place_of, policy_of


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line in a list: its facts, and its case if one is open or was the last."""

    line: LineFile
    case_id: UUID | None
    case_state: State | None


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of end and balance: when the line would end, what it costs and gives back.

    `choice` is None where there is no balance to choose about.
    """

    rule: EffectiveRule
    choice: BalanceChoice | None
    ends_at: datetime
    statement: Statement
    digest: str


@dataclass(frozen=True, slots=True)
class Preparing:
    """A line being prepared: the checklist, every way to end it, and what staying costs."""

    line: LineFile
    place: Jurisdiction
    items: tuple[Item, ...]
    options: tuple[Option, ...]
    staying: Staying | None
    other_lines: tuple[LineFile, ...]
    documents: tuple[models.Document, ...]
    payments: Mapping[str, models.PaymentIntent]
    """The newest payment of each bill that is not over, by bill id."""


def lines_of(user_id: int) -> list[LineRow]:
    """Every line of a person, with its newest case."""
    lines = _mine(linefiles.of_person(user_id, policy_of=policy_of), user_id=user_id)
    newest: dict[int, models.Case] = {}
    for case in models.Case.objects.filter(line_id__in=[line.id for line in lines]).order_by("id"):
        newest[case.line_id] = case
    return [_row(line, newest.get(line.id)) for line in lines]


def _row(line: LineFile, case: models.Case | None) -> LineRow:
    return LineRow(line, case.id if case else None, State(case.state) if case else None)


def line_of(line_id: int, *, user_id: int) -> LineFile:
    """A line a person has a right on, as far as that goes. Raises NotYours."""
    return _as_seen(entitled.seen_line(line_id, user_id=user_id))


def _mine(lines: Sequence[LineFile], *, user_id: int) -> list[LineFile]:
    return [_as_seen(line) for line in entitled.with_rights(lines, user_id=user_id)]


def _as_seen(line: LineFile) -> LineFile:
    """A user sees their line without the account it is on (A7)."""
    if not speaks_for_account(line.right):
        line.snapshot = own_part(line.snapshot)
    return line


def preparing(line_id: int, *, user_id: int, now: datetime) -> Preparing:
    """All a person needs to prepare the end of their line. Raises NotYours."""
    line = line_of(line_id, user_id=user_id)
    others = _mine(linefiles.of_person(user_id, policy_of=policy_of), user_id=user_id)
    documents = models.Document.objects.filter(line_id=line_id).order_by("at", "id")
    found = Preparing(
        line=line,
        place=place_of(line.place),
        items=checklist(
            line.snapshot, line.policy, documents=line.documents, checking=line.checking
        ),
        options=tuple(_options(line, now=now)),
        staying=cost_of_staying(line.snapshot),
        other_lines=tuple(
            other
            for other in others
            if other.id != line_id and other.state == "active"
            if other.holder_id == line.holder_id and speaks_for_account(other.right)
        ),
        documents=tuple(documents),
        payments=_payments(line),
    )
    if speaks_for_account(line.right):
        return found
    own = tuple(each for each in documents if each.uploaded_by_id == user_id)
    return replace(found, items=own_items(found.items), documents=own, payments={})


def _options(line: LineFile, *, now: datetime) -> Iterator[Option]:
    has_balance = line.snapshot.last_line and line.snapshot.account.balance.minor > 0
    choices = line.policy.balance.choices if has_balance else (None,)
    for rule in line.policy.effective:
        for choice in choices:
            ends_at, shown = what_it_costs(line, now=now, choice=choice, wish=rule)
            yield Option(rule, choice, ends_at, shown, statement_digest(shown))


def _payments(line: LineFile) -> dict[str, models.PaymentIntent]:
    found = models.PaymentIntent.objects.filter(
        account_id=line.account_id, kind=models.PaymentIntent.Kind.CHARGE
    ).exclude(state=models.PaymentIntent.State.DONE)
    return {each.source.removeprefix("bill:"): each for each in found.order_by("at")}


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
    place: Jurisdiction
    mark: int
    """The last event that matters for a decision: a page older than it is stale."""
    held_by: int | None = None
    right: Right = Right.HOLDER
    """Of whoever looks; staff sees what the holder sees, and more."""

    @property
    def policy(self) -> Policy:
        return self.file.policy


def case_of(case_id: UUID, *, user_id: int, now: datetime) -> CaseView:
    """A case of a line a person has a right on, as far as that goes. Raises NotYours."""
    right = entitled.seen_case(case_id, user_id=user_id)
    view = _view(case_id, now=now)
    return view if speaks_for_account(right) else _own_view(view, user_id=user_id)


def _own_view(view: CaseView, *, user_id: int) -> CaseView:
    """A case as somebody sees it who only uses the line: nothing of the account (A7)."""
    file, row = view.file, view.row
    declared = row.declared_by_id == user_id
    file.snapshot = own_part(file.snapshot)
    if not declared:
        row.words = row.outcome_words = ""
    return replace(
        view,
        statement=own_statement(view.statement) if declared else Statement(file.shown.currency, ()),
        items=own_items(view.items) if declared else (),
        events=tuple(event for event in view.events if "amount" not in event.facts),
        payments=(),
        notices=(),
        documents=tuple(each for each in view.documents if each.uploaded_by_id == user_id),
        certificate=False,
        may=view.may if declared else frozenset(),
        right=Right.USER,
    )


def number_of(case_id: UUID) -> str:
    """The number of a case that was found to be the asker's to see."""
    return str(models.Case.objects.values_list("number", flat=True).get(id=case_id))


def require_own(case_id: UUID, *, user_id: int) -> None:
    """Stop where a person does not speak for the account of a case. Raises NotYours."""
    if not speaks_for_account(entitled.acting_case(case_id, user_id=user_id)):
        raise NotYours


def require_acting(case_id: UUID, *, user_id: int) -> None:
    """Stop where a person neither speaks for a case's account nor declared it. Raises NotYours."""
    entitled.acting_case(case_id, user_id=user_id)


def case_for_staff(case_id: UUID, *, user_id: int, now: datetime) -> CaseView:
    """A case of a brand this staff member has a role for. Raises NotYours."""
    if not seen_by(user_id).filter(id=case_id).exists():
        raise NotYours
    return _view(case_id, now=now)


_MINOR = (
    Code.NOTICE_SENT,
    Code.NOTICE_FAILED,
    Code.NOTICE_UNSURE,
    Code.DOCUMENT_VIEWED,
    Code.DOCUMENT_SHREDDED,
    Code.CLAIMED,
    Code.RELEASED,
    Code.MESSAGE_SENT,
    Code.NOTE_WRITTEN,
)


def mark(case_id: UUID) -> int:
    """The place of the last event that matters for a decision; mails and looks do not."""
    found = models.Event.objects.filter(case_id=case_id).exclude(code__in=_MINOR)
    return int(found.aggregate(last=Max("seq"))["last"] or 0)


def attention_of(case_id: UUID) -> QuerySet[models.Attention]:
    """What of a case waits for a person: its own steps, its payments, its notices."""
    payments = models.PaymentIntent.objects.filter(case_id=case_id).values("id")
    notices = models.Notice.objects.filter(case_id=case_id).values("id")
    return models.Attention.objects.filter(
        Q(subject=case_id) | Q(subject__in=payments) | Q(subject__in=notices), resolved_at=None
    )


def seen_by(user_id: int) -> QuerySet[models.Case]:
    """The cases a staff member may see: of their brands; restricted ones for supervisors only."""
    supervised = models.StaffRole.objects.filter(
        user_id=user_id, role=models.StaffRole.Role.SUPERVISOR
    ).values("brand")
    restricted = Q(reason__in=[reason.value for reason in RESTRICTED])
    mine = models.Case.objects.filter(brand__in=brands_of(user_id))
    return mine.exclude(restricted & ~Q(brand__in=supervised))


def brands_of(user_id: int) -> list[str]:
    """The brands a staff member works for."""
    roles = models.StaffRole.objects.filter(user_id=user_id)
    return sorted(set(roles.values_list("brand", flat=True)))


_ACTS = (
    Act.WITHDRAW,
    Act.RESUBMIT,
    Act.ANSWER,
    Act.RESTORE,
    Act.APPROVE,
    Act.DECLINE,
    Act.ASK_SUBSCRIBER,
)


def _view(case_id: UUID, *, now: datetime) -> CaseView:
    (file,) = casefiles.load([case_id], lock=False)
    row = models.Case.objects.select_related("claimed_by", "line", "account").get(id=case_id)
    payments = models.PaymentIntent.objects.filter(case_id=case_id).order_by("at")
    notices = models.Notice.objects.filter(case_id=case_id).order_by("at")
    events = models.Event.objects.filter(case_id=case_id).order_by("seq")
    standing = replace(file.standing, curable=curable(row))
    return CaseView(
        file=file,
        row=row,
        statement=file.final or file.shown,
        items=checklist(
            file.snapshot, file.policy, documents=file.documents, checking=file.checking
        ),
        events=tuple(events),
        intents=tuple(models.CarrierIntent.objects.filter(case_id=case_id).order_by("sent_at")),
        payments=tuple(payments),
        notices=tuple(notices),
        documents=tuple(models.Document.objects.filter(line_id=file.line_id).order_by("at")),
        attention=tuple(attention_of(case_id)),
        certificate=is_issued(case_id),
        may=frozenset(act for act in _ACTS if decide(standing, act, now=now).allowed),
        place=place_of(file.place),
        mark=mark(case_id),
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
    cases = seen_by(user_id).select_related("line", "account")
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
    found = seen_by(user_id).filter(closed_at=None).values_list("state").annotate(count=Count("id"))
    return {State(state): count for state, count in found}


class Link(StrEnum):
    """What a confirmation link is worth when it is opened."""

    VALID = "valid"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Confirming:
    """What a confirmation link asks for; opening it changes nothing (F4)."""

    link: Link
    file: CaseFile


def confirmation(token: str, *, now: datetime) -> Confirming:
    """The case a confirmation link belongs to. Raises BadLink where it was altered."""
    case_id, until = read_token(token)
    try:
        (file,) = casefiles.load([UUID(case_id)], lock=False)
    except MovedOn as error:
        raise BadLink from error
    if file.confirmed_at is not None:
        return Confirming(Link.USED, file)
    current = file.confirm_until is not None and format_time(file.confirm_until) == until
    verdict = decide(file.standing, Act.CONFIRM, now=now)
    return Confirming(Link.VALID if current and verdict.allowed else Link.EXPIRED, file)
