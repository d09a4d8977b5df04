"""One question to the carrier in many requests, which stop together when it stops answering."""

from collections.abc import Sequence
from threading import Event

from signoff.carriers.sandbox.client import NotSent, SandboxClient, Unclear
from signoff.carriers.sandbox.errors import BATCH_TOO_LARGE
from signoff.carriers.sandbox.translate import (
    Row,
    by_iccid,
    code_of,
    observed,
    outcome,
    performed,
    time_of,
)
from signoff.ports.carrier import (
    CarrierLockedOut,
    CarrierMisread,
    CarrierOrder,
    LineRef,
    LineState,
    Observation,
    Op,
    Outcome,
    OutcomeKind,
    wanted_state,
)

_LOCKED_OUT_PAUSE_S = 60
_NO_CALL_PAUSE_S = 1


class Performing:
    """One `perform`: its batches share whether the carrier still answers."""

    def __init__(self, client: SandboxClient, *, op: Op, look_first: bool) -> None:
        """Begin one operation. `look_first` leaves out lines that are in the wanted state."""
        self._reading = Reading(client) if look_first else None
        self._client = client
        self._op = op
        self._broken_off = Event()
        self._pause: tuple[str, int] = ("NOT_SENT", _NO_CALL_PAUSE_S)
        self.answered = False
        self.locked_out: CarrierLockedOut | None = None

    def perform(self, orders: Sequence[CarrierOrder]) -> Sequence[Outcome]:
        """Carry out one batch; where asked to, look which lines need it first.

        An accepted request is an execution, and maybe a fee, even if it changes nothing.
        """
        if self._reading is None or self._broken_off.is_set():
            return self._perform(orders)
        try:
            seen = self._reading.read([order.line for order in orders])
        except CarrierLockedOut as error:
            return self._lock_out(orders, error=error)
        known = [self._known(*pair) for pair in zip(orders, seen, strict=True)]
        needed = [order for order, answer in zip(orders, known, strict=True) if answer is None]
        sent = iter(self._perform(needed) if needed else ())
        return [answer or next(sent) for answer in known]

    def _known(self, order: CarrierOrder, seen: Observation) -> Outcome | None:
        if seen.state is LineState.UNKNOWN:
            pause_s = _NO_CALL_PAUSE_S
            return outcome(order, OutcomeKind.RETRY_AFTER, code=seen.error, retry_after_s=pause_s)
        if seen.state is wanted_state(self._op):
            return outcome(order, OutcomeKind.ALREADY_DONE, answer=seen.raw)
        return None

    def _perform(self, orders: Sequence[CarrierOrder]) -> Sequence[Outcome]:
        """Send one batch, unless an earlier one broke off."""
        if self._broken_off.is_set():
            return self._later(orders)
        try:
            outcomes = self._send(orders)
            self.answered = True
            return outcomes
        except NotSent as error:
            self._break_off(code=error.code or "NOT_SENT", retry_after_s=error.retry_after_s)
            return self._later(orders)
        except (Unclear, CarrierMisread) as error:
            self.answered = True
            self._break_off(code="NOT_SENT", retry_after_s=_NO_CALL_PAUSE_S)
            return [outcome(order, OutcomeKind.UNKNOWN, code=error.code) for order in orders]
        except CarrierLockedOut as error:
            return self._lock_out(orders, error=error)

    def _lock_out(
        self, orders: Sequence[CarrierOrder], *, error: CarrierLockedOut
    ) -> Sequence[Outcome]:
        self.locked_out = error
        self._break_off(code="LOCKED_OUT", retry_after_s=_LOCKED_OUT_PAUSE_S)
        return self._later(orders)

    def _send(self, orders: Sequence[CarrierOrder]) -> Sequence[Outcome]:
        # The list is never empty and never left out: without one, the whole account is meant.
        content = {"op": self._op.value, "lines": [order.line.iccid for order in orders]}
        status, answer = self._client.call("POST", "operations", content=content)
        if status == 202:
            reference = answer.get("request_id")
            if not isinstance(reference, str):
                raise CarrierMisread("NO_REFERENCE")
            return [outcome(order, OutcomeKind.ACCEPTED, reference=reference) for order in orders]
        if status == 200:
            results = by_iccid(answer.get("results"))
            return [performed(order, result=results.get(order.line.iccid)) for order in orders]
        code = code_of(answer)
        if code == BATCH_TOO_LARGE and len(orders) > 1:
            half = len(orders) // 2
            # Each half fails for itself: the first may be done when the second is not.
            return [*self._perform(orders[:half]), *self._perform(orders[half:])]
        return [outcome(order, OutcomeKind.NEEDS_HUMAN, code=code) for order in orders]

    def _break_off(self, *, code: str, retry_after_s: int) -> None:
        self._pause = (code, retry_after_s)
        self._broken_off.set()

    def _later(self, orders: Sequence[CarrierOrder]) -> Sequence[Outcome]:
        code, retry_after_s = self._pause
        return [
            outcome(order, OutcomeKind.RETRY_AFTER, code=code, retry_after_s=retry_after_s)
            for order in orders
        ]


class Reading:
    """One `read`: after a failed request the rest is not asked, so a dead carrier costs little."""

    def __init__(self, client: SandboxClient) -> None:
        """Begin one reading."""
        self._client = client
        self._broken_off = Event()

    def read(self, lines: Sequence[LineRef]) -> Sequence[Observation]:
        """Read one batch; what the answer leaves out stays unknown."""
        rows: dict[str, Row] = {}
        as_of, error = None, "NOT_ANSWERED"
        try:
            answer = self._ask(lines)
            rows, as_of = by_iccid(answer.get("lines")), time_of(answer.get("as_of"))
        except (NotSent, Unclear, CarrierMisread) as failure:
            self._broken_off.set()
            error = failure.code or "MISREAD"
        return [
            observed(line, row=rows[line.iccid], as_of=as_of)
            if line.iccid in rows
            else Observation(iccid=line.iccid, state=LineState.UNKNOWN, error=error)
            for line in lines
        ]

    def _ask(self, lines: Sequence[LineRef]) -> Row:
        if self._broken_off.is_set():
            raise NotSent("NOT_ASKED")
        content = {"lines": [line.iccid for line in lines]}
        status, answer = self._client.call("POST", "lines/query", content=content)
        if status != 200:
            raise CarrierMisread(code_of(answer))
        return answer
