"""What the agents' desk shows beside single cases: the queue by parts, who is who, who may act."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from signoff.domain.case import State
from signoff.domain.policy import Names
from signoff.records import models
from signoff.usecases import look, rules
from signoff.usecases.look import QueueRow
from signoff.usecases.review import holder_of

MOST = 50
"""Rows a part of the queue shows; the rest is counted."""

ATTENTION = "attention"
PARTS = (State.IN_REVIEW.value, ATTENTION, State.NEEDS_INPUT.value, State.CONFIRMING.value,
         State.ENDING.value)  # fmt: skip

_ROLE = models.StaffRole.Role
DECIDING = frozenset({_ROLE.AGENT.value, _ROLE.SUPERVISOR.value})
RETRYING = DECIDING | {_ROLE.OPERATOR.value}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the queue: its first rows, and how many there are in all."""

    code: str
    rows: Sequence[QueueRow]
    count: int

    @property
    def more(self) -> int:
        return max(0, self.count - len(self.rows))


def parts(user_id: int, *, now: datetime) -> list[Part]:
    """The queue in the order of urgency: promises, what is stuck, then what waits for others."""
    stuck, stuck_count = _stuck(user_id, now=now)
    held_up = {row.case.id for row in stuck}
    counts = look.counts(user_id)
    found = []
    for code in PARTS:
        if code == ATTENTION:
            found.append(Part(code, stuck, stuck_count))
            continue
        state = State(code)
        rows, count = look.queue(user_id, now=now, states=(state,), most=MOST), counts.get(state, 0)
        if state is State.ENDING:
            # What is stuck there stands among what needs attention, and is counted once.
            rows = [row for row in rows if row.case.id not in held_up]
            count -= sum(row.state is State.ENDING for row in stuck)
        found.append(Part(code, rows, max(len(rows), count)))
    return found


def _stuck(user_id: int, *, now: datetime) -> tuple[list[QueueRow], int]:
    """Cases of which a step was parked, the longest first, whatever state they are in."""
    waiting = models.Attention.objects.filter(resolved_at=None)
    subjects = waiting.values("subject")
    payments = models.PaymentIntent.objects.filter(id__in=subjects)
    notices = models.Notice.objects.filter(id__in=subjects)
    cases = models.Case.objects.filter(
        Q(id__in=subjects)
        | Q(id__in=payments.values("case_id"))
        | Q(id__in=notices.values("case_id")),
        brand__in=look.brands_of(user_id),
    )
    rows = list(cases.select_related("line", "account").order_by("declared_at")[:MOST])
    ids = [case.id for case in rows]
    case_of: dict[UUID, UUID] = {each: each for each in ids}
    case_of.update((each.id, each.case_id) for each in payments if each.case_id)
    case_of.update((each.id, each.case_id) for each in notices if each.case_id)
    parked: dict[UUID, list[models.Attention]] = {}
    for attention in waiting.filter(subject__in=list(case_of)).order_by("at"):
        parked.setdefault(case_of[attention.subject], []).append(attention)
    shown = [_row(case, parked.get(case.id, []), now=now) for case in rows]
    return shown, cases.count()


def _row(case: models.Case, parked: Sequence[models.Attention], *, now: datetime) -> QueueRow:
    return QueueRow(
        case=case,
        state=State(case.state),
        name=case.account.facts["details"]["name"],
        msisdn=case.line.msisdn,
        held_by=holder_of(case.claimed_by_id, case.claimed_at, now=now),
        attention=tuple(parked),
    )


def names_of(ids: Iterable[int | None]) -> Mapping[int, str]:
    """What staff members are called: their name, or what stands before the @ of their mail."""
    wanted: Collection[int] = {each for each in ids if each is not None}
    people = models.User.objects.filter(id__in=wanted) if wanted else ()
    return {
        person.id: person.get_full_name() or person.email.partition("@")[0] for person in people
    }


def roles_of(user_id: int, brand: str) -> frozenset[str]:
    """What a staff member is at a brand."""
    held = models.StaffRole.objects.filter(user_id=user_id, brand=brand)
    return frozenset(held.values_list("role", flat=True))


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand as the desk shows it: its names, and the zone its promises are kept in."""

    id: str
    names: Mapping[str, str]
    zone: str


def brands(ids: Iterable[str]) -> dict[str, Brand]:
    """The brands of these ids; one whose policy file is gone keeps its id as its name."""
    book, found = rules.book(), {}
    for brand in set(ids):
        if brand in book.brands():
            policy = book.policy(brand)
            found[brand] = Brand(brand, _by_language(policy.names), policy.time_zone)
        else:
            found[brand] = Brand(brand, dict.fromkeys(("en", "zh-Hans", "zh-Hant"), brand), "UTC")
    return found


def place_names(place: str) -> Mapping[str, str]:
    """What a place is called in each language; one whose profile is gone keeps its id."""
    book = rules.book()
    if place not in book.places():
        return dict.fromkeys(("en", "zh-Hans", "zh-Hant"), place)
    return _by_language(book.place(place).names)


def _by_language(names: Names) -> Mapping[str, str]:
    return {"en": names.en, "zh-Hans": names.zh_hans, "zh-Hant": names.zh_hant}
