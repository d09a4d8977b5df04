"""One operation on a batch of lines: what is sent, in which order, and what came of it.

Until something is ordered every failure is certain; from then on it is not. Each operation may be
repeated from wherever it broke off.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from signoff.carriers.core_network.ctrl import Command, Ctrl, Reply
from signoff.carriers.core_network.failures import PAUSE_S, NotSent, Unclear
from signoff.carriers.core_network.peer import Attachment
from signoff.carriers.core_network.subscriber import Subscriber, parse
from signoff.ports.carrier import (
    WRONG_ACCOUNT,
    CarrierOrder,
    LineRef,
    LineState,
    Op,
    Outcome,
    OutcomeKind,
    wanted_state,
)

NO_IMSI = "NO_IMSI"
NOT_FOUND = "NOT_FOUND"
NODE_NOT_CONNECTED = "NODE_NOT_CONNECTED"

Detach = Callable[[Sequence[Attachment]], set[Attachment]]
"""Has nodes detach subscribers; says which nodes were not there. Raises NotSent, Unclear."""


@dataclass(slots=True)
class Batch:
    """Orders of one operation, at most a window of them, over one CTRL connection."""

    ctrl: Ctrl
    op: Op
    orders: Sequence[CarrierOrder]
    detach: Detach
    _outcomes: dict[int, Outcome] = field(default_factory=dict)
    _ordered: bool = False

    def carry_out(self) -> list[Outcome]:
        """What came of each order."""
        try:
            open_ = self._sorted_out()
            if open_:
                self._ordered = True
                self._act(open_)
        except (NotSent, Unclear) as trouble:
            self._broke_off(trouble)
        return [self._outcomes[index] for index in range(len(self.orders))]

    def _sorted_out(self) -> dict[int, Subscriber]:
        """The orders that need something done, with their subscribers; the others are answered."""
        found = read(self.ctrl, [order.line for order in self.orders])
        open_: dict[int, Subscriber] = {}
        for index, (order, subscriber) in enumerate(zip(self.orders, found, strict=True)):
            code = problem(order.line, subscriber)
            if subscriber and not code and subscriber.state is not wanted_state(self.op):
                open_[index] = subscriber
                if self.op is Op.PURGE and subscriber.state is not LineState.DEACTIVATED:
                    self._say(index, OutcomeKind.NEEDS_HUMAN, code=subscriber.state.value.upper())
                    del open_[index]
            elif subscriber and not code:
                self._say(index, OutcomeKind.ALREADY_DONE)
            elif code == NOT_FOUND and self.op is Op.PURGE:
                self._say(index, OutcomeKind.ALREADY_DONE, code=code)
            else:
                self._say(index, OutcomeKind.NEEDS_HUMAN, code=code)
        return open_

    def _act(self, open_: Mapping[int, Subscriber]) -> None:
        if self.op is Op.PURGE:
            deletes = [Command("subscriber.delete", each.imsi) for each in open_.values()]
            left = self._said_yes(open_, [[one] for one in deletes])
        elif self.op is Op.RESTORE:
            left = self._said_yes(open_, [self._restoring(index) for index in open_])
        else:
            left = self._said_yes(open_, [_switching(each.imsi, "0") for each in open_.values()])
            if self.op is Op.CUT:
                left = self._cut_off(left)
        for index in left:
            self._say(index, OutcomeKind.DONE)

    def _restoring(self, index: int) -> list[Command]:
        """The number first: a line that works without its number would be half restored."""
        line = self.orders[index].line
        imsi = line.imsi or ""
        number = Command(_of(imsi, "msisdn"), digits(line.msisdn))
        return [number, *_switching(imsi, "1")]

    def _cut_off(self, blocked: Mapping[int, Subscriber]) -> dict[int, Subscriber]:
        """Have the phones of blocked lines detached, then take their numbers off."""
        attachments = [node for each in blocked.values() for node in each.nodes]
        unreached = self.detach(attachments) if attachments else set()
        left = {}
        for index, subscriber in blocked.items():
            if unreached.intersection(subscriber.nodes):
                kind = OutcomeKind.RETRY_AFTER
                self._say(index, kind, code=NODE_NOT_CONNECTED, retry_after_s=PAUSE_S)
            else:
                left[index] = subscriber
        freeing = [[Command(_of(each.imsi, "msisdn"), "none")] for each in left.values()]
        return self._said_yes(left, freeing)

    def _said_yes(
        self, open_: Mapping[int, Subscriber], commands: Sequence[Sequence[Command]]
    ) -> dict[int, Subscriber]:
        """Send each order's commands; those that any was refused of are answered, others left."""
        replies = iter(self.ctrl.ask([one for each in commands for one in each]))
        left = {}
        for (index, subscriber), each in zip(open_.items(), commands, strict=True):
            refused = [reply for reply in (next(replies) for _ in each) if reply.refused]
            if refused:
                self._say(index, OutcomeKind.REFUSED, code=_code(refused[0]))
            else:
                left[index] = subscriber
        return left

    def _broke_off(self, trouble: NotSent | Unclear) -> None:
        certain = not self._ordered or isinstance(trouble, NotSent)
        kind = OutcomeKind.RETRY_AFTER if certain else OutcomeKind.UNKNOWN
        for index in range(len(self.orders)):
            if index not in self._outcomes:
                pause = PAUSE_S if certain else None
                self._say(index, kind, code=trouble.code, retry_after_s=pause)

    def _say(
        self,
        index: int,
        kind: OutcomeKind,
        *,
        code: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        intent = self.orders[index].intent_id
        self._outcomes[index] = Outcome(
            intent_id=intent, kind=kind, code=code, retry_after_s=retry_after_s
        )


def read(ctrl: Ctrl, lines: Sequence[LineRef]) -> list[Subscriber | None]:
    """The subscribers of lines; None for a line without an IMSI, or one the HLR does not have.

    Raises Unclear.
    """
    named = [line.imsi for line in lines if line.imsi]
    replies = iter(ctrl.ask([Command(_of(imsi, "info")) for imsi in named]))
    return [parse(next(replies), imsi=line.imsi) if line.imsi else None for line in lines]


def problem(line: LineRef, subscriber: Subscriber | None) -> str | None:
    """Why a line is not the one that is meant; None where it is. IMSIs are used again."""
    if not line.imsi:
        return NO_IMSI
    if subscriber is None:
        return NOT_FOUND
    strange = subscriber.msisdn and subscriber.msisdn != digits(line.msisdn)
    return WRONG_ACCOUNT if strange else None


def digits(msisdn: str) -> str:
    """A number as the HLR keeps it: without the plus."""
    return msisdn.removeprefix("+")


def _switching(imsi: str, allowed: str) -> list[Command]:
    return [Command(_of(imsi, f"{half}-enabled"), allowed) for half in ("cs", "ps")]


def _of(imsi: str, what: str) -> str:
    return f"subscriber.by-imsi-{imsi}.{what}"


def _code(reply: Reply) -> str:
    """The HLR has no codes, only a few fixed sentences: `Value failed verification.`"""
    return reply.text.rstrip(".").upper().replace(" ", "_").replace("'", "")[:60]
