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
from signoff.usecases import text_messages
from signoff.usecases.text_messages import MESSENGER, can_send

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
    if _unasked(file.policy, name):
        return
    text(file, name, changes=changes, **more)
    if file.email:
        values = {**values_of(file), **more}
        _owe(file, name, to=file.email, values=values, attachment=attachment, changes=changes)


def text(file: CaseFile, name: str, *, changes: Changes, **more: Json) -> None:
    """Owe the short form of a notice to the number on file, where the policy says so (R7).

    Nothing is owed where this installation sends no texts: the mail is what counts.
    """
    phone = file.snapshot.account.details.phone
    if phone and name in file.policy.notices.sms and can_send():
        values = {**values_of(file), **more}
        _owe(file, name, to=phone, values=values, medium=MESSENGER, changes=changes)


def _owe(
    file: CaseFile,
    name: str,
    *,
    to: str,
    values: Mapping[str, Json],
    changes: Changes,
    medium: str = "mail",
    attachment: str = "",
) -> None:
    notice = changes.new_id()
    changes.insert(
        models.Notice,
        id=notice,
        case_id=file.id,
        name=name,
        language=file.language,
        medium=medium,
        recipient=to,
        values=values,
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
    values: dict[str, Json] = {
        "request_id": str(request_id),
        "case_ids": [file.ref for file in files],
        "number": number,
        "brand": first.brand,
        "name": first.name,
        "count": str(len(files)),
        "lines": rows,
        "declared_at": format_time(first.declared_at),
    }
    _owe(first, name, to=first.email, values=values, attachment=attachment, changes=changes)


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
    begun: bool = False
    """Whether somebody began to hand it over, and never said what came of it."""


_OPEN = (models.Notice.State.PLANNED, models.Notice.State.SENDING)


def waiting(ids: Sequence[UUID]) -> list[Outgoing]:
    """The notices of these ids that have not gone out yet."""
    found = models.Notice.objects.filter(id__in=ids, state__in=_OPEN)
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
            begun=notice.state == models.Notice.State.SENDING,
        )
        for notice in found.order_by("id")
    ]


_FINAL = {
    MessageKind.DONE: (models.Notice.State.SENT, Code.NOTICE_SENT),
    MessageKind.REFUSED: (models.Notice.State.REFUSED, Code.NOTICE_FAILED),
    MessageKind.NEEDS_HUMAN: (models.Notice.State.REFUSED, Code.NOTICE_FAILED),
}


_TEXT_FINAL = {
    **_FINAL,
    # No network knows a repetition of a text, so what may have gone is never sent again.
    MessageKind.UNKNOWN: (models.Notice.State.UNSURE, Code.NOTICE_UNSURE),
}


def _final(notice: Outgoing) -> Mapping[MessageKind, tuple[models.Notice.State, Code]]:
    return _TEXT_FINAL if notice.medium == MESSENGER else _FINAL


def begin_texts(texts: Sequence[Outgoing]) -> None:
    """Note, before any is handed over, that these texts are: found so again, they may have gone."""
    ids = [notice.id for notice in texts]
    models.Notice.objects.filter(id__in=ids).update(state=models.Notice.State.SENDING)


def put_back(notices: Sequence[Outgoing], *, changes: Changes) -> None:
    """Texts that certainly did not go are owed as before."""
    for notice in notices:
        if notice.medium == MESSENGER:
            state = models.Notice.State.PLANNED.value
            changes.update(models.Notice, id=notice.id, state=state)


def record_sent(
    sent: Sequence[Outgoing], outcomes: Sequence[MessageOutcome], *, changes: Changes
) -> set[UUID]:
    """Record what became of notices; says which of them are settled and need no further try."""
    by_id = {outcome.id: outcome for outcome in outcomes}
    settled = [notice for notice in sent if by_id[notice.id].kind in _final(notice)]
    cases = {notice.id: _cases_of(notice) for notice in settled}
    files = casefiles.load(sorted({each for some in cases.values() for each in some}))
    by_case = {file.id: file for file in files}
    for notice in settled:
        outcome = by_id[notice.id]
        code = _settle(notice, outcome, changes=changes)
        if code is None:
            continue
        for case_id in cases[notice.id]:
            changes.event(
                by_case[case_id],
                code,
                actor="signoff",
                notice=notice.name,
                medium=notice.medium,
                code=outcome.code,
            )
    return {notice.id for notice in settled}


def _settle(notice: Outgoing, outcome: MessageOutcome, *, changes: Changes) -> Code | None:
    """Write down what became of a notice; says what its cases tell of it, if anything."""
    state, code = _final(notice)[outcome.kind]
    skipped = outcome.code in text_messages.SKIPS
    reference = outcome.reference if notice.medium == MESSENGER else None
    columns = {"reference": reference[:80]} if reference else {}
    changes.update(
        models.Notice,
        id=notice.id,
        state=(models.Notice.State.SKIPPED if skipped else state).value,
        code=outcome.code or "",
        sent_at=changes.now,
        **columns,
    )
    return None if skipped else code


def _cases_of(notice: Outgoing) -> list[UUID]:
    """The cases a notice is about: its own, or all of a joint request."""
    if notice.case_id is None:
        return []
    told = notice.values.get("case_ids")
    return [UUID(str(each)) for each in told] if isinstance(told, list) else [notice.case_id]
