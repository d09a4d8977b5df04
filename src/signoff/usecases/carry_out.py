"""Operate on lines at their carriers: intents first, read-back before repeat, proof (E2, E3).

One operation is three acts. `plan` writes intents inside a transaction, `call` speaks to the
carriers outside of any, `record` writes what came of it. A crash between them leaves an intent
that was sent: the next worker reads the line back before it would send again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from signoff.domain.steps import MOST_ATTEMPTS, pause
from signoff.ports import registry
from signoff.ports.carrier import (
    Accepted,
    Carrier,
    CarrierError,
    CarrierOrder,
    CarrierUnsupported,
    Judgement,
    LineRef,
    Observation,
    Op,
    Outcome,
    OutcomeKind,
    judge,
)
from signoff.records import models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes

POLL = timedelta(seconds=2)
"""How soon an accepted or unknown order is read back when no callback comes first."""

DEADLINE = timedelta(days=1)
"""How long a carrier may keep an accepted order waiting before a person must look."""


class Todo(StrEnum):
    """What one call has to do: send an order, or only read what became of an earlier one."""

    SEND = "send"
    READ = "read"


@dataclass(slots=True)
class Call:
    """One line's share of a step at its carrier, and what came of it."""

    case_id: UUID
    line: LineRef
    carrier: str
    op: Op
    todo: Todo
    intent_id: UUID
    attempts: int
    sent_at: datetime
    reference: str = ""
    outcome: Outcome | None = None
    observation: Observation | None = None
    judgement: Judgement | None = None
    error: str = ""
    left_out: bool = False
    """This carrier has no such step: its cut does what a block would, or its cut is final."""


@dataclass(slots=True)
class Result:
    """What `record` decided: done, wait until, a person must look."""

    done: list[Call] = field(default_factory=list)
    later: list[tuple[Call, datetime]] = field(default_factory=list)
    stuck: list[tuple[Call, str]] = field(default_factory=list)


_OPTIONAL = frozenset({Op.BLOCK, Op.PURGE})

_READ_FIRST = {
    models.CarrierIntent.State.SENT,
    models.CarrierIntent.State.UNKNOWN,
    models.CarrierIntent.State.ACCEPTED,
    models.CarrierIntent.State.CONFIRMED,
}


def plan(files: Sequence[CaseFile], op: Op, *, changes: Changes) -> list[Call]:
    """Write the intents of an operation that have none yet; says what to do for each line."""
    known = {
        intent.line_id: intent
        for intent in models.CarrierIntent.objects.filter(
            line_id__in=[file.line_id for file in files], op=op.value
        ).order_by("generation")
    }
    calls = []
    for file in files:
        intent = known.get(file.line_id)
        if intent is None or intent.generation != file.generation:
            calls.append(_first(file, op, changes=changes))
        else:
            calls.append(_again(file, intent, changes=changes))
    return calls


def _call(file: CaseFile, op: Op, *, todo: Todo, intent_id: UUID, sent_at: datetime) -> Call:
    line = LineRef(
        iccid=file.iccid, msisdn=file.msisdn, imsi=file.imsi or None, account=file.carrier_account
    )
    return Call(
        case_id=file.id,
        line=line,
        carrier=file.carrier,
        op=op,
        todo=todo,
        intent_id=intent_id,
        attempts=1,
        sent_at=sent_at,
    )


def _first(file: CaseFile, op: Op, *, changes: Changes) -> Call:
    intent_id = changes.new_id()
    changes.insert(
        models.CarrierIntent,
        id=intent_id,
        case_id=file.id,
        line_id=file.line_id,
        carrier=file.carrier,
        op=op.value,
        generation=file.generation,
        state=models.CarrierIntent.State.SENT.value,
        reference="",
        code="",
        attempts=1,
        sent_at=changes.now,
    )
    return _call(file, op, todo=Todo.SEND, intent_id=intent_id, sent_at=changes.now)


def _again(file: CaseFile, intent: models.CarrierIntent, *, changes: Changes) -> Call:
    state = models.CarrierIntent.State(intent.state)
    todo = Todo.READ if state in _READ_FIRST else Todo.SEND
    call = _call(file, Op(intent.op), todo=todo, intent_id=intent.id, sent_at=intent.sent_at)
    call.reference, call.attempts = intent.reference, intent.attempts
    if todo is Todo.SEND:
        # The reference is of the earlier order: nobody must ask what became of that one any more.
        call.attempts, call.sent_at, call.reference = intent.attempts + 1, changes.now, ""
        sent = models.CarrierIntent.State.SENT
        _mark(call, sent, changes=changes, sent_at=changes.now, reference="")
    return call


def call(calls: Sequence[Call]) -> None:
    """Speak to the carriers, one set per carrier. Fills in outcomes and readings; never raises
    for what a carrier may do."""
    for name, group in _by_carrier(calls):
        try:
            carrier = registry.carriers[name]
            if all(_is_left_out(each, carrier) for each in group):
                continue
            _send([each for each in group if each.todo is Todo.SEND], carrier)
            _read([each for each in group if _wants_reading(each)], carrier)
        except (CarrierError, registry.NotRegistered) as error:
            for each in group:
                each.error = type(error).__name__


def _is_left_out(each: Call, carrier: Carrier) -> bool:
    each.left_out = each.op in _OPTIONAL and not carrier.capabilities.supports(each.op)
    return each.left_out


def _by_carrier(calls: Sequence[Call]) -> Iterable[tuple[str, list[Call]]]:
    groups: dict[str, list[Call]] = {}
    for each in calls:
        groups.setdefault(each.carrier, []).append(each)
    return groups.items()


def _send(calls: list[Call], carrier: Carrier) -> None:
    orders = [CarrierOrder(intent_id=c.intent_id, line=c.line, op=c.op) for c in calls]
    for each, outcome in zip(calls, carrier.perform(orders), strict=True):
        each.outcome = outcome


def _wants_reading(each: Call) -> bool:
    if each.todo is Todo.READ:
        return True
    claimed = (OutcomeKind.DONE, OutcomeKind.ALREADY_DONE)
    return each.outcome is not None and each.outcome.kind in claimed


def _read(calls: list[Call], carrier: Carrier) -> None:
    for each, seen in zip(calls, carrier.read([c.line for c in calls]), strict=True):
        each.observation, each.judgement = seen, judge(each.op, seen)
    waiting = [c for c in calls if c.judgement is Judgement.NOT_YET and c.reference]
    asked = [
        Accepted(
            order=CarrierOrder(intent_id=c.intent_id, line=c.line, op=c.op), reference=c.reference
        )
        for c in waiting
    ]
    for each, outcome in zip(waiting, carrier.follow(asked), strict=True):
        each.outcome = outcome


def record(calls: Sequence[Call], *, changes: Changes) -> Result:
    """Write what came of the calls to their intents; says how each case goes on."""
    result = Result()
    for each in calls:
        _record_one(each, result, changes=changes)
    return result


def _record_one(each: Call, result: Result, *, changes: Changes) -> None:
    state = models.CarrierIntent.State
    if each.error:
        _no_answer(each, result, changes=changes)
    elif each.left_out:
        _mark(each, state.CONFIRMED, changes=changes, code="not_at_this_carrier")
        result.done.append(each)
    elif each.judgement is Judgement.REACHED:
        _mark(each, state.CONFIRMED, changes=changes, observed=observed(each.observation))
        result.done.append(each)
    elif each.judgement in (Judgement.GONE, Judgement.STRANGE):
        _mark(each, state.UNKNOWN, changes=changes, code=each.judgement.value)
        result.stuck.append((each, each.judgement.value))
    elif each.outcome is not None and each.outcome.kind in _NO:
        _mark(each, state.REFUSED, changes=changes, code=each.outcome.code or "")
        result.stuck.append((each, each.outcome.code or each.outcome.kind.value))
    elif each.outcome is not None and each.outcome.kind is OutcomeKind.RETRY_AFTER:
        # It was not sent: however long the carrier is away, that is no attempt.
        unsent = {"code": each.outcome.code or "", "attempts": each.attempts - 1}
        _mark(each, state.PLANNED, changes=changes, **unsent)
        pause = timedelta(seconds=each.outcome.retry_after_s or 1)
        result.later.append((each, changes.now + pause))
    else:
        _not_yet(each, result, changes=changes)


_NO = frozenset({OutcomeKind.REFUSED, OutcomeKind.NEEDS_HUMAN})


def _no_answer(each: Call, result: Result, *, changes: Changes) -> None:
    """No adapter, no such capability, no entry: asked again ever slower, then a person's matter."""
    attempts, state = each.attempts + 1, models.CarrierIntent.State.UNKNOWN
    _mark(each, state, changes=changes, code=each.error, attempts=attempts)
    if attempts >= MOST_ATTEMPTS or each.error == CarrierUnsupported.__name__:
        result.stuck.append((each, each.error))
    else:
        result.later.append((each, changes.now + pause(attempts)))


def _not_yet(each: Call, result: Result, *, changes: Changes) -> None:
    """Neither proven nor refused: wait, or, when the carrier had its time, send once more."""
    state = models.CarrierIntent.State
    accepted = each.outcome is not None and each.outcome.kind is OutcomeKind.ACCEPTED
    reference = (each.outcome.reference if each.outcome else None) or each.reference
    age = changes.now - each.sent_at
    if each.judgement is Judgement.NOT_YET and not accepted and age > settling(each.carrier):
        # The old state, after the time the carrier needs at most: it was not carried out.
        _mark(each, state.PLANNED, changes=changes, code="not_carried_out")
        if each.attempts >= MOST_ATTEMPTS:
            result.stuck.append((each, "too_many_attempts"))
        else:
            result.later.append((each, changes.now + POLL))
        return
    still = state.ACCEPTED if accepted or reference else state.UNKNOWN
    _mark(each, still, changes=changes, reference=reference)
    if accepted and age > DEADLINE:
        result.stuck.append((each, "still_waiting"))
    else:
        result.later.append((each, changes.now + POLL))


def settling(carrier: str) -> timedelta:
    """How long after its sending an order may still be carried out."""
    if carrier not in registry.carriers:
        return POLL
    return POLL + timedelta(seconds=registry.carriers[carrier].capabilities.settle_s)


def _mark(
    each: Call, state: models.CarrierIntent.State, *, changes: Changes, **columns: object
) -> None:
    changes.update(
        models.CarrierIntent,
        id=each.intent_id,
        state=state.value,
        answered_at=changes.now,
        **{"attempts": each.attempts, **columns},
    )


def observed(seen: Observation | None) -> dict[str, Any]:
    """A reading as it is kept: state, the carrier's time, and its redacted answer."""
    if seen is None:
        return {}
    at = seen.observed_at_carrier
    return {
        "state": seen.state.value,
        "at": at.isoformat() if at else None,
        "connected": seen.connected,
        "answer": dict(seen.raw),
    }


def begun_of(files: Sequence[CaseFile], op: Op) -> dict[int, models.CarrierIntent]:
    """The operation on each of the lines as it is now, by line id, where it was planned."""
    generations = {file.line_id: file.generation for file in files}
    found = models.CarrierIntent.objects.filter(line_id__in=generations, op=op.value)
    return {each.line_id: each for each in found if each.generation == generations[each.line_id]}


def begun(file: CaseFile, op: Op) -> models.CarrierIntent | None:
    """The operation on the line as it is now, whatever came of it; None before it was planned."""
    return models.CarrierIntent.objects.filter(
        line_id=file.line_id, op=op.value, generation=file.generation
    ).first()
