"""Verizon ThingSpace at ports.carrier: orders in batches, accepted first, proved by reading back.

A suspension ends by itself after weeks, so it blocks a line only until the cut. A line that was
deactivated comes back with another number, by hand, so no restore is offered once it is cut; and
deleting a device erases its history, which is proof, so nothing is purged.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

from signoff.carriers.thingspace import callbacks
from signoff.carriers.thingspace.client import Client, Content, NotSent, Refused, Unclear
from signoff.ports.carrier import (
    WRONG_ACCOUNT,
    Accepted,
    Answering,
    CallbackHint,
    Capabilities,
    CarrierLockedOut,
    CarrierMisread,
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
from signoff.ports.redaction import redact

CAPABILITIES = Capabilities(
    ops=frozenset({Op.BLOCK, Op.CUT, Op.RESTORE}),
    batch_max=100,
    concurrency=2,
    asynchronous=Answering.CALLBACK,
    settle_s=1800,
    restore_days=0,
    number_hold_days=50,
    actions_per_line_day=2,
    irreversible_ops=frozenset({Op.CUT}),
)

REASON = "FF"
"""The only reason code ThingSpace takes; why somebody leaves is nobody's business there."""

_ACTIONS = {Op.BLOCK: "suspend", Op.CUT: "deactivate", Op.RESTORE: "restore"}
_FROM = {
    Op.BLOCK: frozenset({LineState.ACTIVE}),
    Op.CUT: frozenset({LineState.ACTIVE, LineState.SUSPENDED}),
    Op.RESTORE: frozenset({LineState.SUSPENDED}),
}
_STATES = {
    "deac": LineState.DEACTIVATED,
    "act": LineState.ACTIVE,
    "sus": LineState.SUSPENDED,
}
"""Its words vary from page to page ("Activate", "active", "Deactive"): compared by beginning."""

_NOT_FOUND = frozenset({"REQUEST_FAILED.DeviceNotFound", "INPUT_INVALID.Device.Account.Invalid"})
_TOO_MANY = "INPUT_INVALID.NumberofDevices"
_PAUSE_S = 5
_KEPT = ("connected", "lastConnectionDate", "lastActivationDate", "billingCycleEndDate")
T = TypeVar("T")


class ThingSpace:
    """One billing account at Verizon."""

    def __init__(
        self,
        *,
        name: str,
        account: str,
        account_name: str,
        client: Client,
        callback: tuple[str, str] = ("", ""),
        waive_fee: bool = False,
        batch_max: int = 100,
    ) -> None:
        """`callback` is the user and password Verizon sends along; without them none is believed.

        `waive_fee` spends one of the account's termination fee waivers for each line that is cut.
        """
        self._name, self._account, self._account_name = name, account, account_name
        self._client, self._callback, self._waive_fee = client, callback, waive_fee
        self._batch_max = min(batch_max, CAPABILITIES.batch_max)

    @property
    def name(self) -> str:
        """The key in the registry."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """What ThingSpace can do."""
        return CAPABILITIES

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def listen(self, url: str) -> None:
        """Have results sent to this address."""
        user, password = self._callback
        content = {"name": "CarrierService", "url": url, "username": user, "password": password}
        path = f"callbacks/{quote(self._account_name, safe='')}"
        self._client.call("POST", path, content=content)

    def perform(self, orders: Sequence[CarrierOrder]) -> Sequence[Outcome]:
        """Read the lines, and order what is needed of those that need it, a batch a request."""
        if not orders:
            return []
        op = orders[0].op
        if any(order.op is not op for order in orders):
            raise ValueError("one call, one operation")
        if not CAPABILITIES.supports(op):
            raise CarrierUnsupported(op.value)
        done: list[Outcome] = []
        broken_off = False
        for batch in _batched(orders, size=self._batch_max):
            if broken_off:
                done += [_later(order, code="NOT_SENT") for order in batch]
                continue
            try:
                done += self._batch(batch, op=op)
            except CarrierLockedOut as refused:
                if not done:
                    raise
                done += [_later(order, code=refused.code) for order in batch]
            stops = (OutcomeKind.RETRY_AFTER, OutcomeKind.UNKNOWN)
            broken_off = any(outcome.kind in stops for outcome in done[-len(batch) :])
        return done

    def read(self, lines: Sequence[LineRef]) -> Sequence[Observation]:
        """Read each line by its ICCID: what is not ours is not found."""
        seen: list[Observation] = []
        lost: str | None = None
        for line in lines:
            if lost is None:
                try:
                    seen.append(self._observed(line))
                    continue
                except (NotSent, Unclear, CarrierMisread) as trouble:
                    # A dead carrier costs one time-out, not one a line.
                    lost = trouble.code or "UNREAD"
                except Refused as refused:
                    error = refused.code
                    unread = LineState.UNKNOWN
                    seen.append(Observation(iccid=line.iccid, state=unread, error=error))
                    continue
            seen.append(Observation(iccid=line.iccid, state=LineState.UNKNOWN, error=lost))
        return seen

    def follow(self, accepted: Sequence[Accepted]) -> Sequence[Outcome]:
        """Ask for requests' ends. ThingSpace tells them of requests for a single line only."""
        told: dict[str, tuple[OutcomeKind, str | None]] = {}
        for one in accepted:
            if one.reference not in told:
                told[one.reference] = self._end_of(one.reference)
        return [
            Outcome(
                intent_id=one.order.intent_id,
                kind=told[one.reference][0],
                code=told[one.reference][1],
                reference=one.reference,
            )
            for one in accepted
        ]

    def parse_callback(self, headers: Mapping[str, str], body: bytes) -> Sequence[CallbackHint]:
        """Check a message and name its line."""
        user, password = self._callback
        return callbacks.parse(body, user=user, password=password)

    # -------------------------------------------------------------- one batch
    def _batch(self, orders: Sequence[CarrierOrder], *, op: Op) -> list[Outcome]:
        seen = self.read([order.line for order in orders])
        known = [_known(order, one) for order, one in zip(orders, seen, strict=True)]
        needed = [order for order, answer in zip(orders, known, strict=True) if answer is None]
        sent = iter(self._order(needed, op=op) if needed else ())
        return [answer or next(sent) for answer in known]

    def _order(self, orders: Sequence[CarrierOrder], *, op: Op) -> list[Outcome]:
        try:
            path = f"devices/actions/{_ACTIONS[op]}"
            answer = self._client.call("POST", path, content=self._body(orders, op=op))
        except NotSent as trouble:
            pause = trouble.retry_after_s
            return [_later(each, code=trouble.code, after_s=pause) for each in orders]
        except (Unclear, CarrierMisread) as trouble:
            return [_outcome(each, OutcomeKind.UNKNOWN, code=trouble.code) for each in orders]
        except Refused as refused:
            if refused.code == _TOO_MANY and len(orders) > 1:
                half = len(orders) // 2
                return self._order(orders[:half], op=op) + self._order(orders[half:], op=op)
            return [_said_no(each, refused.code or "") for each in orders]
        reference = answer.get("requestId") if isinstance(answer, Mapping) else None
        if not isinstance(reference, str) or not reference:
            return [_outcome(each, OutcomeKind.UNKNOWN, code="NO_REFERENCE") for each in orders]
        return [
            Outcome(intent_id=each.intent_id, kind=OutcomeKind.ACCEPTED, reference=reference)
            for each in orders
        ]

    def _body(self, orders: Sequence[CarrierOrder], *, op: Op) -> Content:
        # The list is never empty and never left out: without one, the whole account is meant.
        devices = [{"deviceIds": [_id(order.line)]} for order in orders]
        if not devices:
            raise ValueError("no devices")
        body: dict[str, object] = {"accountName": self._account_name, "devices": devices}
        if op is Op.CUT:
            # Unasked, Verizon may charge a termination fee or spend a waiver: always told which.
            body |= {"reasonCode": REASON, "etfWaiver": self._waive_fee}
            body |= {"deleteAfterDeactivation": False}
        return body

    def _observed(self, line: LineRef) -> Observation:
        if line.account != self._account:
            return _missing(line, code=WRONG_ACCOUNT)
        content = {"deviceId": _id(line), "maxNumberOfDevices": 100}
        asked = {"accountName": self._account_name, **content}
        try:
            answer = self._client.call("POST", "devices/actions/list", content=asked)
        except Refused as refused:
            if refused.code in _NOT_FOUND:
                return _missing(line, code="NOT_FOUND")
            raise
        devices = answer.get("devices") if isinstance(answer, Mapping) else None
        if not isinstance(devices, list):
            raise CarrierMisread("NO_DEVICES")
        if not devices:
            return _missing(line, code="NOT_FOUND")
        return self._seen(line, devices[0])

    def _seen(self, line: LineRef, device: object) -> Observation:
        if not isinstance(device, Mapping):
            raise CarrierMisread("NO_DEVICES")
        if device.get("accountName") != self._account_name:
            return _missing(line, code=WRONG_ACCOUNT)
        carriers = device.get("carrierInformations") or [{}]
        word = str(carriers[0].get("state", "")).lower()
        state = next((s for start, s in _STATES.items() if word.startswith(start)), None)
        connected = device.get("connected")
        return Observation(
            iccid=line.iccid,
            state=state or LineState.UNKNOWN,
            connected=connected if isinstance(connected, bool) else None,
            raw={**redact(device, keep=_KEPT), "state": word[:40]},
        )

    def _end_of(self, request: str) -> tuple[OutcomeKind, str | None]:
        account = quote(self._account_name, safe="")
        path = f"accounts/{account}/requests/{quote(request, safe='')}/status"
        try:
            answer = self._client.call("GET", path)
        except (NotSent, Unclear, Refused, CarrierMisread) as trouble:
            return OutcomeKind.UNKNOWN, trouble.code
        status = str(answer.get("status")) if isinstance(answer, Mapping) else ""
        kinds = {"Success": OutcomeKind.DONE, "Pending": OutcomeKind.ACCEPTED}
        if status.startswith("Fail"):
            return OutcomeKind.REFUSED, "FAILED"
        return kinds.get(status, OutcomeKind.UNKNOWN), None


def _known(order: CarrierOrder, seen: Observation) -> Outcome | None:
    """The outcome of an order that need not, or must not, be sent; None where it may."""
    if seen.state is LineState.UNKNOWN and seen.error:
        return _later(order, code=seen.error)
    if seen.state is wanted_state(order.op):
        return _outcome(order, OutcomeKind.ALREADY_DONE)
    if seen.state not in _FROM[order.op]:
        code = seen.error or str(seen.raw.get("state") or seen.state.value)
        return _outcome(order, OutcomeKind.NEEDS_HUMAN, code=code)
    return None


def _said_no(order: CarrierOrder, code: str) -> Outcome:
    cancelled = code.startswith("REQUEST_CANCELLED")
    kind = OutcomeKind.REFUSED if cancelled else OutcomeKind.NEEDS_HUMAN
    return _outcome(order, kind, code=code)


def _outcome(order: CarrierOrder, kind: OutcomeKind, *, code: str | None = None) -> Outcome:
    return Outcome(intent_id=order.intent_id, kind=kind, code=code)


def _later(order: CarrierOrder, *, code: str | None, after_s: int = _PAUSE_S) -> Outcome:
    kind = OutcomeKind.RETRY_AFTER
    return Outcome(intent_id=order.intent_id, kind=kind, code=code, retry_after_s=after_s)


def _missing(line: LineRef, *, code: str) -> Observation:
    return Observation(iccid=line.iccid, state=LineState.NOT_FOUND, error=code)


def _id(line: LineRef) -> dict[str, str]:
    return {"id": line.iccid, "kind": "iccid"}


def _batched(items: Sequence[T], *, size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
