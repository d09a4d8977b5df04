"""Our own core network at ports.carrier: block, cut, read, restore and purge at OsmoHLR."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeVar

from signoff.carriers.core_network import vty
from signoff.carriers.core_network.ctrl import Ctrl
from signoff.carriers.core_network.failures import PAUSE_S, NotSent, Unclear
from signoff.carriers.core_network.ipa import Connection
from signoff.carriers.core_network.orders import NO_IMSI, Batch, problem, read
from signoff.carriers.core_network.peer import SILENCE_S, Attachment, Peer
from signoff.carriers.core_network.subscriber import Subscriber
from signoff.ports.carrier import (
    WRONG_ACCOUNT,
    Accepted,
    CallbackHint,
    Capabilities,
    CarrierOrder,
    CarrierUnsupported,
    LineRef,
    LineState,
    Observation,
    Op,
    Outcome,
    OutcomeKind,
)
from signoff.ports.pacing import Pacing

T = TypeVar("T")
Address = tuple[str, int]

CAPABILITIES = Capabilities(
    ops=frozenset(Op),
    batch_max=1000,
    concurrency=2,
    restore_days=None,
    same_number_on_restore=True,
)

_DANGEROUS = "CREATE_ON_DEMAND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Where the core network answers. None of its doors asks who is there: loopback or VPN only.

    `nodes` are the VTY doors of the SGSNs, to see that a phone is gone; without them a cut is
    proved by the HLR alone, as told and not as heeded.
    """

    ctrl: Address = ("127.0.0.1", 4259)
    gsup: Address = ("127.0.0.1", 4222)
    vty: Address = ("127.0.0.1", 4258)
    nodes: tuple[Address, ...] = field(default=())


class CoreNetwork:
    """One HLR. Every call opens connections of its own: nothing is shared by threads."""

    def __init__(
        self,
        *,
        name: str,
        account: str,
        doors: Doors,
        pace: Pacing,
        timeout_s: float = 10.0,
        silence_s: float = SILENCE_S,
    ) -> None:
        """Connect to nothing yet."""
        self._name, self._account, self._doors = name, account, doors
        self._pace, self._timeout_s, self._silence_s = pace, timeout_s, silence_s

    @property
    def name(self) -> str:
        """The key in the registry."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """What an OsmoHLR can do."""
        return CAPABILITIES

    def perform(self, orders: Sequence[CarrierOrder]) -> Sequence[Outcome]:
        """Carry out one operation, a window of lines at a time."""
        if not orders:
            return []
        op = orders[0].op
        if any(order.op is not op for order in orders):
            raise ValueError("one call, one operation")
        ours = [order for order in orders if order.line.account == self._account]
        done: dict[object, Outcome] = {}
        broken_off = False
        for batch in _batched(ours):
            outcomes = _later(batch) if broken_off else self._perform(batch, op=op)
            done |= {outcome.intent_id: outcome for outcome in outcomes}
            kinds = {outcome.kind for outcome in outcomes}
            broken_off = broken_off or OutcomeKind.UNKNOWN in kinds
        return [done.get(order.intent_id) or _foreign(order) for order in orders]

    def read(self, lines: Sequence[LineRef]) -> Sequence[Observation]:
        """Read lines from the HLR, and from the nodes whether their phones are there."""
        seen: list[Observation] = []
        for batch in _batched(lines):
            try:
                with self._pace.turn(), self._connected(self._doors.ctrl) as connection:
                    ours = [line for line in batch if line.account == self._account]
                    found = dict(zip(ours, read(Ctrl(connection), ours), strict=True))
                    attached = self._attached() if found else frozenset()
            except (NotSent, Unclear) as trouble:
                seen += [_unread(line, code=trouble.code) for line in batch]
                continue
            seen += [_observed(line, found, attached=attached) for line in batch]
        return seen

    def follow(self, accepted: Sequence[Accepted]) -> Sequence[Outcome]:
        """The HLR accepts nothing for later."""
        return [
            Outcome(intent_id=one.order.intent_id, kind=OutcomeKind.UNKNOWN) for one in accepted
        ]

    def parse_callback(self, headers: Mapping[str, str], body: bytes) -> Sequence[CallbackHint]:
        """The HLR sends none."""
        raise CarrierUnsupported

    def _perform(self, batch: Sequence[CarrierOrder], *, op: Op) -> Sequence[Outcome]:
        try:
            with self._pace.turn():
                if op is Op.PURGE and self._creates_on_demand():
                    # The phone's next try would make the subscriber anew, and open.
                    return [_needs_human(order, code=_DANGEROUS) for order in batch]
                with self._connected(self._doors.ctrl) as connection:
                    return Batch(Ctrl(connection), op, batch, self._detach).carry_out()
        except (NotSent, Unclear) as trouble:
            # Whatever it was, nothing had been ordered yet.
            return _later(batch, code=trouble.code)

    def _detach(self, attachments: Sequence[Attachment]) -> set[Attachment]:
        with self._connected(self._doors.gsup) as connection:
            return Peer(connection, silence_s=self._silence_s).detach(attachments)

    def _connected(self, address: Address) -> closing[Connection]:
        return closing(Connection(address, timeout_s=self._timeout_s))

    def _creates_on_demand(self) -> bool:
        return vty.creates_on_demand(self._doors.vty, timeout_s=self._timeout_s)

    def _attached(self) -> frozenset[str] | None:
        """The IMSIs any node serves; None where there is none to ask. Raises NotSent, Unclear."""
        if not self._doors.nodes:
            return None
        served = (vty.served(node, timeout_s=self._timeout_s) for node in self._doors.nodes)
        return frozenset().union(*served)


def _batched(items: Sequence[T]) -> Iterator[Sequence[T]]:
    size = CAPABILITIES.batch_max
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _later(orders: Sequence[CarrierOrder], *, code: str | None = "NOT_SENT") -> list[Outcome]:
    kind = OutcomeKind.RETRY_AFTER
    return [
        Outcome(intent_id=order.intent_id, kind=kind, code=code, retry_after_s=PAUSE_S)
        for order in orders
    ]


def _needs_human(order: CarrierOrder, *, code: str) -> Outcome:
    return Outcome(intent_id=order.intent_id, kind=OutcomeKind.NEEDS_HUMAN, code=code)


def _foreign(order: CarrierOrder) -> Outcome:
    return _needs_human(order, code=WRONG_ACCOUNT)


def _unread(line: LineRef, *, code: str | None) -> Observation:
    return Observation(iccid=line.iccid, state=LineState.UNKNOWN, error=code or "UNREAD")


def _observed(
    line: LineRef,
    found: Mapping[LineRef, Subscriber | None],
    *,
    attached: frozenset[str] | None,
) -> Observation:
    if line not in found:
        return Observation(iccid=line.iccid, state=LineState.NOT_FOUND, error=WRONG_ACCOUNT)
    subscriber = found[line]
    code = problem(line, subscriber)
    if code == NO_IMSI:
        return _unread(line, code=code)
    if subscriber is None or code:
        return Observation(iccid=line.iccid, state=LineState.NOT_FOUND, error=code)
    return Observation(
        iccid=line.iccid,
        state=subscriber.state,
        connected=None if attached is None else subscriber.imsi in attached,
        raw={"open": subscriber.open, "numbered": bool(subscriber.msisdn)},
    )
