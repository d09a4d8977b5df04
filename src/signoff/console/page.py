"""One case as its page shows it: codes turned into sentences, facts sorted into what is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString

from signoff.domain.canonical import parse_time
from signoff.domain.checklist import Entry, Item, ItemCode, Status
from signoff.domain.documents import Shredding
from signoff.domain.money import Money
from signoff.domain.statement import UNCOUNTED
from signoff.records import models
from signoff.usecases.look import CaseView
from signoff.wording.catalogue import shipped
from signoff.wording.moments import moment_words, money_words, number_words
from signoff.wording.tags import language, sentence
from signoff.workflows import waiting

_TIMES = frozenset(
    {"effective_at", "until", "promised_by", "observed_at", "restore_until", "number_aging_from"}
)
_AMOUNTS = frozenset({"amount", "owed", "refund"})
_RECORD = frozenset(
    {
        "policy",
        "statement",
        "intent",
        "key",
        "body",
        "body_sha256",
        "certificate",
        "document",
        "message",
        "request",
        "sha256",
        "medium",
    }
)
_FAMILIES = {
    "carrier": ("console.carrier",),
    "channel": ("channel",),
    "notice": ("console.notice",),
    "number": ("number",),
    "balance": ("console.balance",),
    "effective_rule": ("console.rule",),
    "method": ("console.method",),
    "op": ("console.op",),
    "way": ("console.way",),
    "state": ("console.line",),
    "verdict": ("console.verdict",),
    "reason": ("reason", "console.return", "console.decline"),
    "because": ("documents_desk.because",),
}
_HIDDEN = frozenset({"currency"})


@dataclass(frozen=True, slots=True)
class Paper:
    """An uploaded document, as far as it may be told without opening it."""

    id: UUID
    kind: str
    size: int
    at: datetime
    mark: str
    pages: int
    checking: bool
    scanner: str
    shredded_at: datetime | None
    shredded_for: str
    bytes_gone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: what, when, by whom; `facts` for reading, `record` for checking."""

    seq: int
    code: str
    at: datetime
    title: SafeString
    who: str
    proof: bool
    facts: Sequence[tuple[str, str]]
    record: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """An item of the checklist, or an entry below it: a label with values."""

    label: str
    status: str = ""
    values: Sequence[tuple[str, str]] = ()
    entries: Sequence["Line"] = field(default_factory=tuple)
    done: bool = False


def context(view: CaseView, names: Mapping[int, str]) -> dict[str, object]:
    """All that the templates of a case read, but for what is to be decided."""
    file, row = view.file, view.row
    applying, others = checklist(view)
    balance = view.statement.balance
    return {
        "view": view,
        "file": file,
        "row": row,
        "zone": view.policy.time_zone,
        "details": file.snapshot.account.details,
        "facts": file.snapshot.line,
        "line_number": number_words(file.msisdn),
        "contact_number": number_words(file.snapshot.account.details.phone),
        "balance_to": number_words(row.balance_to),
        "carrier": named(("console.carrier",), row.line.carrier),
        "outcome": named(("console.return", "console.decline"), row.outcome_reason),
        "reads": sentence(f"console.language.{row.language}"),
        "timeline": timeline(view, names),
        "checklist": applying,
        "not_applicable": (", " if language() == "en" else "、").join(others),
        "statement": [(line, line.code not in UNCOUNTED) for line in view.statement.lines],
        "total_code": "owed" if balance.minor > 0 else "refund" if balance.minor < 0 else "even",
        "total": -balance if balance.minor < 0 else balance,
        "documents": [_paper(document) for document in view.documents],
        "intents": [(intent, _observed(intent)) for intent in view.intents],
        "payments": [(each, Money(each.minor, each.currency)) for each in view.payments],
        "stuck": [(parked, stuck_words(parked)) for parked in view.attention],
    }


def talking(view: CaseView, *, you: int) -> dict[str, object]:
    """The conversation with its notes, and the evidence pack this member of staff asked for."""
    said = waiting.conversation_of(view, notes=True)
    open_ones = (each for each in said if each.side == "subscriber" and each.read_at is None)
    return {
        "said": said,
        "unanswered": sum(1 for _ in open_ones),
        "pack": waiting.pack_for(view.file, user_id=you),
    }


_PAPERS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WebP",
    "application/pdf": "PDF",
}


def _paper(document: models.Document) -> Paper:
    return Paper(
        id=document.id,
        kind=_PAPERS.get(document.media_type, document.media_type),
        size=-(-document.size // 1024),
        at=document.at,
        mark=document.sha256[:12],
        pages=max(1, document.pages),
        checking=document.checking,
        scanner=document.scanner,
        shredded_at=document.shredded_at,
        shredded_for=document.shredded_for or Shredding.RETENTION.value,
        bytes_gone_at=document.bytes_gone_at,
    )


def _observed(intent: models.CarrierIntent) -> str:
    state = (intent.observed or {}).get("state")
    return named(("console.line",), str(state)) if state else ""


def timeline(view: CaseView, names: Mapping[int, str]) -> list[Happened]:
    """The events of a case, the newest first."""
    zone = view.policy.time_zone
    return [_happened(event, names, zone=zone) for event in reversed(view.events)]


def _happened(event: models.Event, names: Mapping[int, str], *, zone: str) -> Happened:
    everything = {**(event.personal or {}), **event.facts}
    currency = str(everything.get("currency", ""))
    facts: list[tuple[str, str]] = []
    record = [("leaf", bytes(event.digest).hex())]
    for name, value in everything.items():
        told_already = name == "carrier" and event.actor.startswith("carrier:")
        if name in _HIDDEN or told_already or value in ("", None, []):
            continue
        told = _told(name, value, currency=currency, zone=zone)
        (record if name in _RECORD else facts).append((name, told))
    return Happened(
        seq=event.seq,
        code=event.code,
        at=event.at,
        title=sentence(f"console.event.{event.code}"),
        who=actor(event.actor, names),
        proof=event.code == "line.cut-verified",
        facts=[(str(sentence(f"console.detail.{name}")), told) for name, told in facts],
        record=record,
    )


def _told(name: str, value: Any, *, currency: str, zone: str) -> str:
    if isinstance(value, bool):
        return str(sentence(f"console.flag.{'yes' if value else 'no'}"))
    if name in _TIMES:
        return moment_words(parse_time(str(value)), language(), zone=zone)
    if name in _AMOUNTS and currency:
        return money_words(Money(int(value), currency), language())
    if isinstance(value, list):
        return ", ".join(str(each["name"]) for each in value)
    return named(_FAMILIES.get(name, ()), str(value))


def named(families: Sequence[str], code: str) -> str:
    """What a code is called in the first family that knows it; else the code itself."""
    for family in families:
        if f"{family}.{code}" in shipped():
            return str(sentence(f"{family}.{code}"))
    return code


def actor(who: str, names: Mapping[int, str]) -> str:
    """Who did something, in words."""
    role, _, rest = who.partition(":")
    if role == "agent":
        person = names.get(int(rest), rest) if rest.isdigit() else rest
        return shipped().say("console.actor.agent", language(), name=person)
    if role == "carrier":
        name = named(("console.carrier",), rest)
        return shipped().say("console.actor.carrier", language(), name=name)
    return named(("console.actor",), role)


def agents_in(view: CaseView) -> set[int]:
    """Every staff member a case names, for `names_of`."""
    told = (event.actor.partition(":") for event in view.events)
    found = {int(rest) for role, _, rest in told if role == "agent" and rest.isdigit()}
    return found | ({view.held_by} if view.held_by else set())


def checklist(view: CaseView) -> tuple[list[Line], list[str]]:
    """The items that apply, and the names of those that do not."""
    zone = view.policy.time_zone
    applying = [item for item in view.items if item.status is not Status.NOT_APPLICABLE]
    others = [item for item in view.items if item.status is Status.NOT_APPLICABLE]
    return (
        [_item(item, zone=zone) for item in applying],
        [str(sentence(f"console.item.{item.code.value}")) for item in others],
    )


def _item(item: Item, *, zone: str) -> Line:
    return Line(
        label=str(sentence(f"console.item.{item.code.value}")),
        status=item.status.value,
        values=[
            (str(sentence(f"console.value.{name}")), _value(name, value, zone=zone))
            for name, value in item.values.items()
            if item.code is not ItemCode.DETAILS  # they stand above, in full
        ],
        entries=[_entry(entry, zone=zone) for entry in item.entries],
        done=item.status is Status.DONE,
    )


def _entry(entry: Entry, *, zone: str) -> Line:
    values = [("", named(("console.why",), entry.why))] if entry.why else []
    if entry.on:
        values.append(("", entry.on.isoformat()))
    if entry.amount:
        values.append(("", money_words(entry.amount, language())))
    return Line(label=entry.label or entry.id, values=values, done=entry.done)


def _value(name: str, value: object, *, zone: str) -> str:
    if isinstance(value, Money):
        return money_words(value, language())
    if isinstance(value, datetime):
        return moment_words(value, language(), zone=zone)
    return named(("console.balance",), str(value)) if name == "chosen" else str(value)


def stuck_words(attention: models.Attention) -> str:
    """Why a step was parked."""
    key = f"console.stuck.{attention.code}"
    if key in shipped():
        return str(sentence(key))
    return str(sentence("console.stuck.other", code=attention.code))
