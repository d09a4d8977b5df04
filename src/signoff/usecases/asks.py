"""A user asks that their line be ended; its holder confirms by declaring it, or declines (A7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from signoff.domain.account import NumberChoice, Right
from signoff.domain.canonical import Json
from signoff.domain.reasons import LeavingReason
from signoff.domain.rights import Way, speaks_for_account, way
from signoff.records import models
from signoff.records.changes import Changes
from signoff.records.linefiles import LineFile
from signoff.usecases import entitled
from signoff.usecases.entitled import NotYours
from signoff.usecases.notify import masked, tell_contact

_OPEN = models.Ask.State.OPEN


class AlreadyAsked(Exception):
    """The line's holder has been asked already, or the line is being ended or over."""


def declarable_line(line_id: int, *, user_id: int) -> LineFile:
    """A line a person may end themselves, locked with its account. Raises NotYours."""
    line = entitled.seen_line(line_id, user_id=user_id, lock=True)
    if line_way(line) is Way.ASK and line.case_id is None:
        raise NotYours
    return line


def line_way(line: LineFile) -> Way:
    """How whoever asks ends this line, which is as it was loaded."""
    return way(line.right, line.policy, last_line=line.snapshot.last_line)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user wishes for their line."""

    reason: LeavingReason
    number_choice: NumberChoice
    words: str
    language: str


def ask(line: LineFile, wish: Wish, *, user_id: int, changes: Changes) -> UUID:
    """Put the wish before the holder, with a mail. The line is locked. Raises AlreadyAsked."""
    over = line.case_id is not None or line.state == models.Line.State.TERMINATED
    if over or models.Ask.objects.filter(line_id=line.id, state=_OPEN).exists():
        raise AlreadyAsked
    made = changes.new_id()
    changes.insert(
        models.Ask,
        id=made,
        line=line.id,
        asked_by=user_id,
        language=wish.language,
        reason=wish.reason.value,
        words=wish.words,
        number_choice=wish.number_choice.value,
        state=_OPEN.value,
        at=changes.now,
    )
    details, who = line.snapshot.account.details, models.User.objects.get(id=user_id)
    values: dict[str, Json] = {
        "ask_id": str(made),
        "name": details.name,
        "line": masked(line.msisdn),
        "who": who.first_name or who.email,
    }
    tell_contact(line, "asked_holder", to=details.email, values=values, changes=changes)
    return made


def decline(ask_id: UUID, *, user_id: int, changes: Changes) -> None:
    """The holder does not want it; whoever asked is told. Raises NotYours, AlreadyAsked."""
    found = _locked(ask_id)
    line = entitled.acting_line(found.line_id, user_id=user_id)
    _answer([found], [line], state=models.Ask.State.DECLINED, changes=changes)


def take_back(ask_id: UUID, *, user_id: int, changes: Changes) -> None:
    """Whoever asked does not ask any more. Raises NotYours, AlreadyAsked."""
    found = _locked(ask_id)
    if found.asked_by_id != user_id:
        raise NotYours
    changes.update(
        models.Ask,
        id=found.id,
        state=models.Ask.State.WITHDRAWN.value,
        answered_at=changes.now,
    )


def _locked(ask_id: UUID) -> models.Ask:
    found = models.Ask.objects.select_for_update().filter(id=ask_id).first()
    if found is None:
        raise NotYours
    if found.state != _OPEN:
        raise AlreadyAsked
    return found


def confirm_by_declaring(lines: Sequence[LineFile], *, changes: Changes) -> None:
    """Lines that are declared answer what was asked about them. The lines are locked."""
    ids = [line.id for line in lines]
    found = models.Ask.objects.select_for_update().filter(line_id__in=ids, state=_OPEN)
    _answer(list(found.order_by("id")), lines, state=models.Ask.State.CONFIRMED, changes=changes)


def _answer(
    found: Sequence[models.Ask],
    lines: Sequence[LineFile],
    *,
    state: models.Ask.State,
    changes: Changes,
) -> None:
    by_id = {line.id: line for line in lines}
    people = models.User.objects.in_bulk([each.asked_by_id for each in found])
    for each in found:
        line, who = by_id[each.line_id], people[each.asked_by_id]
        changes.update(models.Ask, id=each.id, state=state.value, answered_at=changes.now)
        values: dict[str, Json] = {"name": who.first_name, "line": masked(line.msisdn)}
        name = f"ask_{state.value}"
        tell_contact(line, name, to=who.email, values=values, changes=changes)


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish as its holder or its user sees it."""

    id: UUID
    line_id: int
    msisdn: str
    who: str
    mine: bool
    reason: str
    words: str
    number_choice: str
    state: str
    at: datetime


def shown(lines: Sequence[LineFile], *, user_id: int) -> list[Asked]:
    """What is open on these lines: to answer for who speaks for the account, to await for others.

    A line that is being ended or over has nothing open any more.
    """
    alive = {line.id: line for line in lines if line.case_id is None and line.state != "terminated"}
    found = models.Ask.objects.filter(line_id__in=list(alive), state=_OPEN)
    return [
        _shown(each, alive[each.line_id], user_id=user_id)
        for each in found.select_related("asked_by").order_by("at")
        if each.asked_by_id == user_id or speaks_for_account(alive[each.line_id].right)
    ]


def one(ask_id: UUID, *, user_id: int) -> tuple[Asked, LineFile]:
    """A wish for who may answer it, or who made it. Raises NotYours."""
    found = models.Ask.objects.select_related("asked_by").filter(id=ask_id).first()
    if found is None:
        raise NotYours
    line = entitled.seen_line(found.line_id, user_id=user_id)
    if line.right is Right.USER and found.asked_by_id != user_id:
        raise NotYours
    return _shown(found, line, user_id=user_id), line


def _shown(each: models.Ask, line: LineFile, *, user_id: int) -> Asked:
    return Asked(
        id=each.id,
        line_id=each.line_id,
        msisdn=line.msisdn,
        who=each.asked_by.first_name or each.asked_by.email,
        mine=each.asked_by_id == user_id,
        reason=each.reason,
        words=each.words,
        number_choice=each.number_choice,
        state=each.state,
        at=each.at,
    )
