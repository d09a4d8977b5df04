"""Control Center at ports.carrier: one device a call, each read before it is changed.

There is no way to block a line that leaves it at that: DEACTIVATED is off and may come back, PURGED
is final. So a cut is DEACTIVATED, and the purge waits for the restore window to end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signoff.carriers.control_center.client import Client, Content, NotSent, Refused, Unclear
from signoff.ports.carrier import (
    WRONG_ACCOUNT,
    Accepted,
    CallbackHint,
    Capabilities,
    CarrierLockedOut,
    CarrierOrder,
    CarrierUnsupported,
    LineRef,
    LineState,
    Observation,
    Op,
    Outcome,
    OutcomeKind,
    wanted_state,
)
from signoff.ports.pacing import Pacing
from signoff.ports.redaction import redact

CAPABILITIES = Capabilities(
    ops=frozenset({Op.CUT, Op.RESTORE, Op.PURGE}),
    rate_rps=4.5,
    concurrency=1,
    settle_s=60,
    restore_days=None,
    same_number_on_restore=True,
)

_PAUSE_S = 5
_NOT_FOUND = "NOT_FOUND"
_KEPT = ("status", "dateActivated", "dateUpdated", "ratePlan", "communicationPlan")
_STATES = {
    "ACTIVATED": LineState.ACTIVE,
    "DEACTIVATED": LineState.DEACTIVATED,
    "PURGED": LineState.PURGED,
    "RETIRED": LineState.PURGED,
}
"""Others (inventory, test, trial) are nobody's live line: a person must look."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A device as it was read; `content` is None where there is none of ours."""

    content: Content | None
    state: LineState
    error: str | None = None


class ControlCenter:
    """One account of an operator's Control Center. `final` is the status of a purged line."""

    def __init__(
        self,
        *,
        name: str,
        account: str,
        base_url: str,
        user: str,
        api_key: str,
        pace: Pacing,
        account_id: str,
        final: str = "PURGED",
        timeout_s: float = 30.0,
    ) -> None:
        """Connect to nothing yet."""
        self._name, self._account, self._account_id = name, account, account_id
        self._statuses = {Op.CUT: "DEACTIVATED", Op.RESTORE: "ACTIVATED", Op.PURGE: final}
        self._client = Client(
            base_url=base_url, user=user, api_key=api_key, timeout_s=timeout_s, pace=pace
        )

    @property
    def name(self) -> str:
        """The key in the registry."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """What Control Center can do."""
        return CAPABILITIES

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def perform(self, orders: Sequence[CarrierOrder]) -> Sequence[Outcome]:
        """Carry out one operation, line by line."""
        if not orders:
            return []
        op = orders[0].op
        if any(order.op is not op for order in orders):
            raise ValueError("one call, one operation")
        if not CAPABILITIES.supports(op):
            raise CarrierUnsupported(op.value)
        outcomes: list[Outcome] = []
        broken_off = False
        for order in orders:
            outcome = _later(order, code="NOT_SENT") if broken_off else self._one(order, outcomes)
            outcomes.append(outcome)
            broken_off = outcome.kind in (OutcomeKind.RETRY_AFTER, OutcomeKind.UNKNOWN)
        return outcomes

    def read(self, lines: Sequence[LineRef]) -> Sequence[Observation]:
        """Read devices, and of those that are off whether a session is still open."""
        seen: list[Observation] = []
        lost: str | None = None
        for line in lines:
            if lost is None:
                try:
                    seen.append(self._observed(line))
                    continue
                except (NotSent, Unclear, Refused) as trouble:
                    lost = None if isinstance(trouble, Refused) else trouble.code
                    code = trouble.code
            # What one call could not reach the next will not: a dead carrier costs one time-out.
            error = lost or code
            seen.append(Observation(iccid=line.iccid, state=LineState.UNKNOWN, error=error))
        return seen

    def follow(self, accepted: Sequence[Accepted]) -> Sequence[Outcome]:
        """Control Center accepts nothing for later."""
        return [
            Outcome(intent_id=one.order.intent_id, kind=OutcomeKind.UNKNOWN) for one in accepted
        ]

    def parse_callback(self, headers: Mapping[str, str], body: bytes) -> Sequence[CallbackHint]:
        """Names and format of its push messages are known to each operator's tenants only."""
        raise CarrierUnsupported

    def _one(self, order: CarrierOrder, before: Sequence[Outcome]) -> Outcome:
        if order.line.account != self._account:
            return _outcome(order, OutcomeKind.NEEDS_HUMAN, code=WRONG_ACCOUNT)
        sent = False
        try:
            seen = self._seen(order.line.iccid)
            known = _settled(order, seen)
            if known:
                return known
            sent = True
            self._client.edit(order.line.iccid, status=self._statuses[order.op])
        except NotSent as trouble:
            return _later(order, code=trouble.code)
        except Unclear as trouble:
            if sent:
                return _outcome(order, OutcomeKind.UNKNOWN, code=trouble.code)
            return _later(order, code=trouble.code)
        except Refused as refused:
            return _outcome(order, OutcomeKind.REFUSED, code=refused.code)
        except CarrierLockedOut as refused:
            if not before:
                raise
            return _later(order, code=refused.code)
        return _outcome(order, OutcomeKind.DONE)

    def _seen(self, iccid: str) -> _Seen:
        content = self._client.device(iccid)
        if content is None:
            return _Seen(None, LineState.NOT_FOUND, _NOT_FOUND)
        if str(content.get("accountId")) != self._account_id:
            return _Seen(None, LineState.NOT_FOUND, WRONG_ACCOUNT)
        return _Seen(content, _STATES.get(str(content.get("status")), LineState.UNKNOWN))

    def _observed(self, line: LineRef) -> Observation:
        if line.account != self._account:
            error = WRONG_ACCOUNT
            return Observation(iccid=line.iccid, state=LineState.NOT_FOUND, error=error)
        seen = self._seen(line.iccid)
        connected = None
        if seen.state is LineState.DEACTIVATED:
            connected = _is_open(self._client.session(line.iccid) or {})
        return Observation(
            iccid=line.iccid,
            state=seen.state,
            connected=connected,
            error=seen.error,
            raw=redact(seen.content or {}, keep=_KEPT),
        )


def _settled(order: CarrierOrder, seen: _Seen) -> Outcome | None:
    """The outcome of an order that need not, or must not, be sent; None where it may."""
    if seen.error:
        found = order.op is Op.PURGE and seen.error == _NOT_FOUND
        kind = OutcomeKind.ALREADY_DONE if found else OutcomeKind.NEEDS_HUMAN
        return _outcome(order, kind, code=seen.error)
    if seen.state is wanted_state(order.op):
        return _outcome(order, OutcomeKind.ALREADY_DONE)
    from_ = {
        Op.CUT: LineState.ACTIVE,
        Op.RESTORE: LineState.DEACTIVATED,
        Op.PURGE: LineState.DEACTIVATED,
    }
    if seen.state is not from_[order.op]:
        status = str((seen.content or {}).get("status"))[:40]
        return _outcome(order, OutcomeKind.NEEDS_HUMAN, code=status)
    return None


def _is_open(session: Content) -> bool:
    """Whether a session began and has not ended: a line that is off may still be online."""
    return bool(session.get("dateSessionStarted")) and not session.get("dateSessionEnded")


def _outcome(order: CarrierOrder, kind: OutcomeKind, *, code: str | None = None) -> Outcome:
    return Outcome(intent_id=order.intent_id, kind=kind, code=code)


def _later(order: CarrierOrder, *, code: str | None) -> Outcome:
    kind = OutcomeKind.RETRY_AFTER
    return Outcome(intent_id=order.intent_id, kind=kind, code=code, retry_after_s=_PAUSE_S)
