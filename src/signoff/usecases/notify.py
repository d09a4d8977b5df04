"""Tell people: a notice is written down with what it says, sent, and its fate recorded (R7)."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from signoff.domain.canonical import Json, format_time
from signoff.domain.events import Code
from signoff.domain.policy import Policy
from signoff.domain.steps import Step
from signoff.ports.messaging import MessageKind, MessageOutcome
from signoff.records import casefiles, models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

_ANSWERS = frozenset({"declared", "approved"})
"""Notices that answer a subscriber's declaration."""


def tell(
    file: CaseFile,
    name: str,
    *,
    changes: Changes,
    attachment: str = "",
    **more: Json,
) -> None:
    """Owe the subscriber a notice about their case, in their language, to the address on file.

    Where the operator ends the line itself, what answers a wish of theirs is not sent (O1).
    """
    if not file.email or _unasked(file.policy, name):
        return
    notice = changes.new_id()
    changes.insert(
        models.Notice,
        id=notice,
        case_id=file.id,
        name=name,
        language=file.language,
        medium="mail",
        recipient=file.email,
        values={**values_of(file), **more},
        attachment=attachment,
        check_code=check_code(),
        state=models.Notice.State.PLANNED.value,
        code="",
        at=changes.now,
    )
    changes.owe(Step.SEND_NOTICE, notice, lane=file.lane)


def tell_together(
    files: Sequence[CaseFile],
    name: str,
    *,
    number: str,
    request_id: UUID,
    changes: Changes,
    attachment: str = "",
) -> None:
    """Owe one notice about all cases of a joint request, to the account's address on file."""
    first = files[0]
    if not first.email:
        return
    rows = [
        {
            "line": masked(file.msisdn),
            "number": file.number,
            "effective_at": format_time(file.effective_at),
            "number_choice": file.number_choice.value,
        }
        for file in files
    ]
    notice = changes.new_id()
    changes.insert(
        models.Notice,
        id=notice,
        case_id=first.id,
        name=name,
        language=first.language,
        medium="mail",
        recipient=first.email,
        values={
            "request_id": str(request_id),
            "case_ids": [file.ref for file in files],
            "number": number,
            "brand": first.brand,
            "name": first.name,
            "count": str(len(files)),
            "lines": rows,
            "declared_at": format_time(first.declared_at),
        },
        attachment=attachment,
        check_code=check_code(),
        state=models.Notice.State.PLANNED.value,
        code="",
        at=changes.now,
    )
    changes.owe(Step.SEND_NOTICE, notice, lane=first.lane)


class Addressed(Protocol):
    """What is known of whoever is told something about a line without a case."""

    @property
    def brand(self) -> str: ...

    @property
    def language(self) -> str: ...


def tell_contact(
    line: Addressed,
    name: str,
    *,
    to: str,
    values: Mapping[str, Json],
    changes: Changes,
    lane: int = 0,
) -> None:
    """Owe a notice about a line that has no case, to a named contact."""
    notice = changes.new_id()
    changes.insert(
        models.Notice,
        id=notice,
        case_id=None,
        name=name,
        language=line.language,
        medium="mail",
        recipient=to,
        values={"brand": line.brand, "changed_at": format_time(changes.now), **values},
        attachment="",
        check_code=check_code(),
        state=models.Notice.State.PLANNED.value,
        code="",
        at=changes.now,
    )
    changes.owe(Step.SEND_NOTICE, notice, lane=lane)


def _unasked(policy: Policy, name: str) -> bool:
    """Whether a notice answers what nobody asked, or ends a window there never was."""
    if not policy.operator_ends:
        return False
    return name in _ANSWERS or (name == "closed" and not policy.restore_days)


def values_of(file: CaseFile) -> dict[str, Json]:
    """What every notice about a case may say."""
    return {
        "case_id": str(file.id),
        "number": file.number,
        "brand": file.brand,
        "name": file.name,
        "line": masked(file.msisdn),
        "declared_at": format_time(file.declared_at),
        "effective_at": format_time(file.effective_at),
    }


def masked(msisdn: str) -> str:
    """A number of which only the last four digits show."""
    return f"··· {msisdn[-4:]}"


def check_code() -> str:
    """A code a reader can check on the site to know a message is ours (S2)."""
    chance, code = secrets.randbelow(len(_ALPHABET) ** 12), ""
    for _ in range(12):
        chance, place = divmod(chance, len(_ALPHABET))
        code += _ALPHABET[place]
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notice that is to go out now."""

    id: UUID
    case_id: UUID | None
    name: str
    language: str
    recipient: str
    values: Mapping[str, Json]
    attachment: str
    check_code: str
    medium: str = "mail"
    at: datetime | None = None


def waiting(ids: Sequence[UUID]) -> list[Outgoing]:
    """The notices of these ids that have not gone out yet."""
    found = models.Notice.objects.filter(id__in=ids, state=models.Notice.State.PLANNED)
    return [
        Outgoing(
            id=notice.id,
            case_id=notice.case_id,
            name=notice.name,
            language=notice.language,
            recipient=notice.recipient,
            values=notice.values,
            attachment=notice.attachment,
            check_code=notice.check_code,
            medium=notice.medium,
            at=notice.at,
        )
        for notice in found.order_by("id")
    ]


_FINAL = {
    MessageKind.DONE: (models.Notice.State.SENT, Code.NOTICE_SENT),
    MessageKind.REFUSED: (models.Notice.State.REFUSED, Code.NOTICE_FAILED),
    MessageKind.NEEDS_HUMAN: (models.Notice.State.REFUSED, Code.NOTICE_FAILED),
}


def record_sent(
    sent: Sequence[Outgoing], outcomes: Sequence[MessageOutcome], *, changes: Changes
) -> set[UUID]:
    """Record what became of notices; says which of them are settled and need no further try."""
    by_id = {outcome.id: outcome for outcome in outcomes}
    settled = [notice for notice in sent if by_id[notice.id].kind in _FINAL]
    cases = {notice.id: _cases_of(notice) for notice in settled}
    files = casefiles.load(sorted({each for some in cases.values() for each in some}))
    by_case = {file.id: file for file in files}
    for notice in settled:
        outcome = by_id[notice.id]
        state, code = _FINAL[outcome.kind]
        changes.update(
            models.Notice,
            id=notice.id,
            state=state.value,
            code=outcome.code or "",
            sent_at=changes.now,
        )
        for case_id in cases[notice.id]:
            changes.event(
                by_case[case_id],
                code,
                actor="signoff",
                notice=notice.name,
                medium="mail",
                code=outcome.code,
            )
    return {notice.id for notice in settled}


def _cases_of(notice: Outgoing) -> list[UUID]:
    """The cases a notice is about: its own, or all of a joint request."""
    if notice.case_id is None:
        return []
    told = notice.values.get("case_ids")
    return [UUID(str(each)) for each in told] if isinstance(told, list) else [notice.case_id]
