"""What the contract needs of a carrier's simulator, and small words for its tests."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol, TypeVar
from unittest import SkipTest
from uuid import uuid4

from signoff.ports.carrier import (
    Accepted,
    Answering,
    Carrier,
    CarrierOrder,
    Judgement,
    LineRef,
    LineState,
    Op,
    Outcome,
    OutcomeKind,
    judge,
)
from signoff.testing.listener import Received

Failure = TypeVar("Failure", bound=Exception)

CARRIED_OUT = (OutcomeKind.DONE, OutcomeKind.ACCEPTED)
SAID_NO = (OutcomeKind.REFUSED, OutcomeKind.NEEDS_HUMAN)


class Mishap(StrEnum):
    """What the simulator lets go wrong with the next order (not with a log-in or a read)."""

    HANG_BEFORE = "hang_before"
    HANG_AFTER = "hang_after"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    GARBAGE_AFTER = "garbage_after"
    DOWN = "down"
    DOWN_AFTER = "down_after"
    THROTTLE = "throttle"
    SESSION_EXPIRED = "session_expired"


class CallbackMode(StrEnum):
    """How the simulator sends callbacks from now on."""

    ONCE = "once"
    TWICE = "twice"
    REVERSED = "reversed"
    LOST = "lost"
    FORGED = "forged"


class CarrierStage(Protocol):
    """A simulator of the carrier, and adapters that talk to it with a short time-out."""

    secrets: Sequence[str]
    """What the simulator's answers contain and no outcome, observation or hint may."""

    signs_callbacks: bool
    """Whether a callback that was altered can be told from a true one."""

    def carrier(self) -> Carrier:
        """Return the adapter with the right credentials."""

    def locked_out(self) -> Carrier:
        """Return an adapter with wrong credentials."""

    def unreachable(self) -> Carrier:
        """Return an adapter whose carrier refuses connections."""

    def lines(self, count: int) -> Sequence[LineRef]:
        """Create active lines."""

    def foreign_line(self) -> LineRef:
        """Create a line at another account, and name it as if it were at ours."""

    def unknown_line(self) -> LineRef:
        """Name a line that exists nowhere."""

    def happen(self, mishap: Mishap) -> None:
        """Let the next order go wrong."""

    def refuse(self, line: LineRef) -> None:
        """Let the carrier refuse every order for this line, for good."""

    def change_by_hand(self, line: LineRef, state: LineState) -> None:
        """Change a line at the carrier behind Signoff's back; no execution is booked."""

    def settle(self) -> None:
        """Wait until everything accepted so far has been carried out."""

    def executions(self, line: LineRef) -> Sequence[Op]:
        """Return what the carrier carried out on a line, from its ledger."""

    def callbacks(self, mode: CallbackMode, *, lines: Sequence[LineRef]) -> Sequence[Received]:
        """Block these lines with callbacks in this mode, and return those that came."""


def orders(op: Op, lines: Sequence[LineRef]) -> list[CarrierOrder]:
    """Build orders, each with an intent of its own."""
    return [CarrierOrder(intent_id=uuid4(), line=line, op=op) for line in lines]


def perform(carrier: Carrier, op: Op, *lines: LineRef) -> Sequence[Outcome]:
    """Order one operation on some lines."""
    return carrier.perform(orders(op, lines))


def judged(op: Op, *, carrier: Carrier, line: LineRef) -> Judgement:
    """Read a line back and judge."""
    return judge(op, carrier.read([line])[0])


def carried_to_end(
    stage: CarrierStage, *, carrier: Carrier, op: Op, lines: Sequence[LineRef]
) -> list[Outcome]:
    """Order, and follow what was accepted to its end."""
    asked = orders(op, lines)
    outcomes = list(carrier.perform(asked))
    stage.settle()
    for index, outcome in enumerate(outcomes):
        if outcome.kind is OutcomeKind.ACCEPTED:
            waiting = Accepted(order=asked[index], reference=outcome.reference or "")
            (outcomes[index],) = carrier.follow([waiting])
    return outcomes


def needs(carrier: Carrier, op: Op) -> None:
    """Skip, loudly, at a carrier without this operation."""
    if not carrier.capabilities.supports(op):
        raise SkipTest(f"no {op.value} at this carrier")


def callbacks(
    stage: CarrierStage, mode: CallbackMode, *, lines: Sequence[LineRef]
) -> Sequence[Received]:
    """Have callbacks sent; skip, loudly, at a carrier that sends none."""
    if stage.carrier().capabilities.asynchronous is not Answering.CALLBACK:
        raise SkipTest("sends no callbacks")
    return stage.callbacks(mode, lines=lines)


def raised(kind: type[Failure], call: Callable[[], object]) -> Failure:
    """Return the exception a call must end with."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")
