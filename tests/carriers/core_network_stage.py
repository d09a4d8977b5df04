"""The simulated HLR as a stage for the carrier contract."""

import time
from collections.abc import Sequence
from itertools import count
from unittest import SkipTest

from signoff.carriers.core_network.adapter import CAPABILITIES, CoreNetwork, Doors
from signoff.ports.carrier import Carrier, LineRef, LineState, Op
from signoff.ports.pacing import Pace
from signoff.testing.carrier_contract import CallbackMode, Mishap
from signoff.testing.core_network import Hlr
from signoff.testing.core_network.hlr import Subscription
from signoff.testing.listener import Received

KEY = "465B5CE8B199B49FAA5F0A2EE238A6BC"
NOTHING_LISTENS = ("127.0.0.1", 9)
_numbers = count(1)


def adapter(doors: Doors, *, silence_s: float = 0.05) -> CoreNetwork:
    """Build an adapter that gives up early."""
    pace = Pace(
        rate_rps=None,
        concurrency=CAPABILITIES.concurrency,
        monotonic=time.monotonic,
        sleep=time.sleep,
    )
    return CoreNetwork(
        name="own", account="own", doors=doors, pace=pace, timeout_s=0.4, silence_s=silence_s
    )


class CoreNetworkStage:
    """One HLR with an SGSN whose phones are attached."""

    secrets: Sequence[str] = (KEY,)
    signs_callbacks = True

    def __init__(self, hlr: Hlr) -> None:
        self.hlr = hlr
        self.doors = Doors(ctrl=hlr.ctrl, gsup=hlr.gsup, vty=hlr.vty, nodes=(hlr.sgsn_vty,))

    def carrier(self) -> Carrier:
        return adapter(self.doors)

    def locked_out(self) -> Carrier:
        raise SkipTest("an HLR asks for no credentials: its doors stay on the loopback or a VPN")

    def unreachable(self) -> Carrier:
        return adapter(Doors(ctrl=NOTHING_LISTENS, gsup=NOTHING_LISTENS, vty=NOTHING_LISTENS))

    def lines(self, count: int) -> Sequence[LineRef]:
        return [self._line(next(_numbers)) for _ in range(count)]

    def foreign_line(self) -> LineRef:
        """An IMSI that was used again: it has another's number now."""
        line = self._line(next(_numbers))
        self.hlr.rows[line.imsi or ""].msisdn = "15559999999"
        return line

    def unknown_line(self) -> LineRef:
        return _ref(next(_numbers))

    def happen(self, mishap: Mishap) -> None:
        # There is no session that could end.
        self.hlr.mishap = None if mishap is Mishap.SESSION_EXPIRED else mishap

    def refuse(self, line: LineRef) -> None:
        self.hlr.refused.add(line.imsi or "")

    def change_by_hand(self, line: LineRef, state: LineState) -> None:
        if state is LineState.PURGED:
            del self.hlr.rows[line.imsi or ""]
            return
        row, allowed = self.hlr.rows[line.imsi or ""], "1" if state is LineState.ACTIVE else "0"
        row.halves.update(cs=allowed, ps=allowed)
        row.msisdn = "" if state is LineState.DEACTIVATED else line.msisdn.removeprefix("+")
        self.hlr.attached.discard(line.imsi or "")

    def settle(self) -> None:
        """Nothing is accepted for later."""

    def executions(self, line: LineRef) -> Sequence[Op]:
        done = [op for imsi, op in self.hlr.ledger if imsi == line.imsi]
        # A cut blocks first: the two are one order.
        return [op for at, op in enumerate(done) if done[at + 1 : at + 2] != [Op.CUT]]

    def callbacks(self, mode: CallbackMode, *, lines: Sequence[LineRef]) -> Sequence[Received]:
        raise SkipTest("sends no callbacks")

    def _line(self, number: int) -> LineRef:
        line = _ref(number)
        self.hlr.rows[line.imsi or ""] = Subscription(line.msisdn.removeprefix("+"), key=KEY)
        assert self.hlr.attach(line.imsi or "")
        return line


def _ref(number: int) -> LineRef:
    return LineRef(
        iccid=f"8999{number:015d}",
        msisdn=f"+1555{number:07d}",
        imsi=f"31099{number:010d}",
        account="own",
    )
