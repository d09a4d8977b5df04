"""From the sandbox's words to Signoff's: outcomes and observations, redacted."""

from collections.abc import Mapping
from datetime import datetime

from signoff.carriers.sandbox.errors import (
    ACCOUNT_ERROR,
    LINE_BUSY_RETRY_S,
    NOT_FOUND_CODES,
    kind_of,
)
from signoff.ports.carrier import (
    Accepted,
    CarrierMisread,
    CarrierOrder,
    LineRef,
    LineState,
    Observation,
    Outcome,
    OutcomeKind,
)
from signoff.ports.redaction import redact

Row = Mapping[str, object]

_KEPT = ("state", "code", "account", "connected", "changed_at")
_READABLE = frozenset(LineState) - {LineState.UNKNOWN, LineState.NOT_FOUND}


def outcome(
    order: CarrierOrder,
    kind: OutcomeKind,
    *,
    code: str | None = None,
    reference: str | None = None,
    retry_after_s: int | None = None,
    answer: Row | None = None,
) -> Outcome:
    """Build an outcome; of the answer only the named, harmless fields are kept."""
    return Outcome(
        intent_id=order.intent_id,
        kind=kind,
        reference=reference,
        retry_after_s=retry_after_s,
        code=code,
        detail=redact(answer or {}, keep=_KEPT),
    )


def performed(
    order: CarrierOrder,
    *,
    result: Row | None,
    reference: str | None = None,
) -> Outcome:
    """Say what one line's result came to. A line without a result may have been changed."""
    if result is None:
        return outcome(order, OutcomeKind.UNKNOWN, code="NOT_ANSWERED", reference=reference)
    code = code_of(result)
    kind = kind_of(order.op, code)
    retry_after_s = LINE_BUSY_RETRY_S if kind is OutcomeKind.RETRY_AFTER else None
    return outcome(
        order, kind, code=code, reference=reference, retry_after_s=retry_after_s, answer=result
    )


def followed(accepted: Accepted, *, results: Mapping[str, Row] | None) -> Outcome:
    """Say what an accepted order came to: no results yet means it is still waiting."""
    order, reference = accepted.order, accepted.reference
    if results is None:
        return outcome(order, OutcomeKind.UNKNOWN, code="NO_STATUS", reference=reference)
    if not results:
        return outcome(order, OutcomeKind.ACCEPTED, reference=reference)
    return performed(order, result=results.get(order.line.iccid), reference=reference)


def foreign(order: CarrierOrder) -> Outcome:
    """Answer for a line of another account, which is never named to this one."""
    return outcome(order, OutcomeKind.NEEDS_HUMAN, code=ACCOUNT_ERROR)


def observed(line: LineRef, *, row: Row, as_of: datetime | None) -> Observation:
    """Say what a row of an answer shows about a line."""
    code = row.get("code")
    raw = redact(row, keep=_KEPT)
    if isinstance(code, str):
        state = LineState.NOT_FOUND if code in NOT_FOUND_CODES else LineState.UNKNOWN
        return Observation(iccid=line.iccid, state=state, raw=raw, error=code)
    named = str(row.get("state")).lower()
    connected = row.get("connected")
    return Observation(
        iccid=line.iccid,
        state=LineState(named) if named in _READABLE else LineState.UNKNOWN,
        observed_at_carrier=as_of,
        connected=connected if isinstance(connected, bool) else None,
        raw=raw,
    )


def by_iccid(rows: object) -> dict[str, Row]:
    """Index an answer's rows; anything but a list is no answer."""
    if not isinstance(rows, list):
        raise CarrierMisread("NO_LIST")
    return {str(row.get("iccid")): row for row in rows if isinstance(row, dict)}


def code_of(answer: Row) -> str:
    """Return the code of an answer that must have one."""
    code = answer.get("code")
    return code if isinstance(code, str) else "NO_CODE"


def time_of(value: object) -> datetime | None:
    """Read the carrier's time; one without a zone says too little."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo else None
