"""What Signoff asks of a carrier, and the values that cross that border.

Every method takes a set and answers in the same order. Expected answers, also "refused" and
"unknown", are `Outcome` values; exceptions are left for what is no answer:

* CarrierError(permanent=...)
  x CarrierUnsupported   permanent: no such capability; the caller is wrong
  x CarrierLockedOut     permanent: our credentials are refused; alert the operator
  x CarrierMisread       the answer does not parse: treat as "unknown", read back
  x CallbackRefused      permanent: the callback is not from the carrier; nothing may follow from it
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias, runtime_checkable
from uuid import UUID

from signoff.ports.failures import AdapterError

Detail: TypeAlias = Mapping[str, str | int | bool | None]
"""A redacted part of an answer: flat, and free of secrets and personal data."""

WRONG_ACCOUNT = "WRONG_ACCOUNT"
"""The code, at every adapter, of a line that belongs to another account."""


class Op(StrEnum):
    """A step at the carrier. Preview and verify change nothing and are therefore no operations."""

    BLOCK = "block"
    CUT = "cut"
    RESTORE = "restore"
    PURGE = "purge"


class LineState(StrEnum):
    """A line as its carrier sees it."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DEACTIVATED = "deactivated"
    PURGED = "purged"
    UNKNOWN = "unknown"
    """The carrier could not be read, or named a state this adapter does not know."""
    NOT_FOUND = "not_found"
    """The carrier answered that this account has no such line."""


class OutcomeKind(StrEnum):
    """What one order came to."""

    DONE = "done"
    """The carrier says it carried the order out. Only a read-back proves it."""
    ALREADY_DONE = "already_done"
    """The line was in the wanted state before the order; nothing was changed."""
    ACCEPTED = "accepted"
    """The carrier will carry it out later. Only a read-back closes it."""
    RETRY_AFTER = "retry_after"
    """Certainly not carried out; the same order may be sent again after `retry_after_s`."""
    UNKNOWN = "unknown"
    """It may or may not have been carried out. Read back; never send again blindly."""
    NEEDS_HUMAN = "needs_human"
    """Not carried out, and no repetition will help until a person has looked."""
    REFUSED = "refused"
    """The carrier said no, for good."""


class Judgement(StrEnum):
    """What an observation says about an operation that was ordered."""

    REACHED = "reached"
    """The wanted state was read: this is the proof."""
    NOT_YET = "not_yet"
    """The old state was read. Older than the settle time, one more send is allowed."""
    GONE = "gone"
    """The line is no longer at this account: wrong account, port-out, purged by somebody else."""
    STRANGE = "strange"
    """A state the operation neither starts from nor leads to: somebody changed the line by hand."""
    UNREAD = "unread"
    """The carrier could not be read. Nothing follows; read again."""


class Answering(StrEnum):
    """How a carrier tells the end of an accepted order."""

    CALLBACK = "callback"
    POLL = "poll"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRef:
    """A line at its carrier. The ICCID identifies it; a phone number is only a recycled label."""

    iccid: str
    msisdn: str
    imsi: str | None = None
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierOrder:
    """One operation on one line, under an intent committed before the first byte goes out."""

    intent_id: UUID
    line: LineRef
    op: Op


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one order came to. `code` is the carrier's own or the adapter's, never a text."""

    intent_id: UUID
    kind: OutcomeKind
    reference: str | None = None
    retry_after_s: int | None = None
    code: str | None = None
    detail: Detail = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse an outcome that promises a repetition without saying when, or the reverse."""
        if (self.kind is OutcomeKind.RETRY_AFTER) != (self.retry_after_s is not None):
            raise ValueError("retry_after_s belongs to the kind retry_after, and to it alone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A fresh reading of one line, never from our own tables."""

    iccid: str
    state: LineState
    observed_at_carrier: datetime | None = None
    connected: bool | None = None
    raw: Detail = field(default_factory=dict)
    error: str | None = None
    """Why the state is unknown or not found, as a code; None when the state was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An order the carrier accepted earlier, with the reference it gave."""

    order: CarrierOrder
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackHint:
    """A message that something may have happened to a line: a reason to read, never a proof."""

    event_id: str
    """The same for a re-delivery of the same message."""
    iccid: str
    reference: str | None = None
    op: Op | None = None
    kind: OutcomeKind | None = None
    """What the carrier claims the order came to, where the message says so."""
    code: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an adapter and its carrier can do, as data, so that nobody guesses."""

    ops: frozenset[Op]
    batch_max: int = 1
    """Lines in one request to the carrier; the adapter splits larger sets itself."""
    rate_rps: float | None = None
    """Requests (not lines) a second; None: no limit is published."""
    concurrency: int = 1
    """Requests in flight at once: over all processes of this installation where `rate_rps` is
    named, else in each process."""
    asynchronous: Answering = Answering.NONE
    settle_s: int = 0
    """An accepted order that still reads as the old state after this long was not carried out."""
    restore_days: int | None = 0
    """Days after a cut in which restore works; 0: never; None: no limit."""
    same_number_on_restore: bool = False
    number_hold_days: int | None = None
    actions_per_line_day: int | None = None
    irreversible_ops: frozenset[Op] = frozenset({Op.PURGE})

    def supports(self, op: Op) -> bool:
        """Tell whether `perform` may be called with this operation."""
        return op in self.ops


class Carrier(Protocol):
    """One account at one carrier. Safe in several threads; called outside any transaction."""

    @property
    def name(self) -> str:
        """Its key in the registry, for people and records: `verizon`."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    def perform(self, orders: Sequence[CarrierOrder]) -> Sequence[Outcome]:
        """Carry out one operation on a set of lines, after their intents are committed.

        **Lines may change at the carrier, and money may move there (termination fees).** All
        orders carry the same operation (else ValueError); an empty set is answered without a call.
        Splits by `batch_max`, paces and renews a session itself. A line already in the wanted state
        is `already_done`. After the connection broke or the carrier asked for a pause, orders not
        yet sent come back as `retry_after`. Raises CarrierUnsupported for an operation outside
        `capabilities`, and CarrierLockedOut only when nothing was sent.
        """

    def read(self, lines: Sequence[LineRef]) -> Sequence[Observation]:
        """Read the lines' states at the carrier, to prove an operation or before repeating one.

        Nothing moves. What cannot be read comes back as UNKNOWN with an error code. Raises
        CarrierLockedOut.
        """

    def follow(self, accepted: Sequence[Accepted]) -> Sequence[Outcome]:
        """Ask what became of accepted orders, to learn a refusal that a read-back cannot show.

        Nothing moves. Still waiting: `accepted`; the reference is lost, or the carrier has no such
        question: `unknown`. `done` here is a claim like any other: read back.
        """

    def parse_callback(self, headers: Mapping[str, str], body: bytes) -> Sequence[CallbackHint]:
        """Check a message that claims to come from the carrier, then name the lines to read back.

        Nothing moves. Every check runs, in constant time, before anything is parsed. Raises
        CallbackRefused.
        """


@runtime_checkable
class Subscribing(Protocol):
    """A carrier that is told by a call where to send its callbacks; others are told by hand."""

    def listen(self, url: str) -> None:
        """Have callbacks sent to this address from now on, in place of an earlier one.

        No line changes. The same address again is harmless. Raises CarrierError.
        """


class CarrierError(AdapterError):
    """The carrier gave no answer."""


class CarrierUnsupported(CarrierError):
    """The carrier has no such capability."""

    permanent = True


class CarrierLockedOut(CarrierError):
    """The carrier refuses our credentials."""

    permanent = True


class CarrierMisread(CarrierError):
    """The carrier's answer does not parse."""


class CallbackRefused(CarrierError):
    """The callback did not prove that it comes from the carrier."""

    permanent = True


def wanted_state(op: Op) -> LineState:
    """Name the state that closes an operation."""
    return _WANTED[op]


def judge(op: Op, observation: Observation) -> Judgement:
    """Decide what a reading says about an operation. Only REACHED is a proof."""
    state = observation.state
    if state is LineState.UNKNOWN:
        # A state was named but is foreign to us: a person's matter. No answer at all: read again.
        return Judgement.STRANGE if observation.error is None else Judgement.UNREAD
    if state is _WANTED[op]:
        # Deactivated yet attached is the trap of real cores: the device works until detached.
        still_attached = op is Op.CUT and observation.connected is True
        return Judgement.NOT_YET if still_attached else Judgement.REACHED
    if state in (LineState.NOT_FOUND, LineState.PURGED):
        gone_as_wanted = op is Op.PURGE and observation.error != WRONG_ACCOUNT
        return Judgement.REACHED if gone_as_wanted else Judgement.GONE
    return Judgement.NOT_YET if state in _STARTS[op] else Judgement.STRANGE


_WANTED = {
    Op.BLOCK: LineState.SUSPENDED,
    Op.CUT: LineState.DEACTIVATED,
    Op.RESTORE: LineState.ACTIVE,
    Op.PURGE: LineState.PURGED,
}

_STARTS = {
    Op.BLOCK: frozenset({LineState.ACTIVE}),
    Op.CUT: frozenset({LineState.ACTIVE, LineState.SUSPENDED}),
    Op.RESTORE: frozenset({LineState.SUSPENDED, LineState.DEACTIVATED}),
    Op.PURGE: frozenset({LineState.DEACTIVATED}),
}
