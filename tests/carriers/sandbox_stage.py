"""The sandbox as a stage for the carrier contract, one for each way of working."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from signoff.carriers.sandbox.adapter import SandboxCarrier
from signoff.ports.carrier import Capabilities, Carrier, LineRef, LineState, Op
from signoff.testing.carrier_contract import CallbackMode, Mishap
from signoff.testing.carrier_contract.stage import perform
from signoff.testing.listener import Listener, Received
from signoff.testing.sandbox import SECRET, SandboxAdmin

FAULTS = {
    Mishap.HANG_BEFORE: "hang",
    Mishap.HANG_AFTER: "hang_after",
    Mishap.RESET_BEFORE: "reset",
    Mishap.RESET_AFTER: "reset_after",
    Mishap.GARBAGE_AFTER: "garbage",
    Mishap.DOWN: "down",
    Mishap.DOWN_AFTER: "down_after",
    Mishap.THROTTLE: "throttle",
    Mishap.SESSION_EXPIRED: "expire_session",
}
CALLBACKS: dict[CallbackMode, dict[str, Any]] = {
    CallbackMode.ONCE: {},
    CallbackMode.TWICE: {"callback_copies": 2},
    CallbackMode.REVERSED: {"callback_reorder": True},
    CallbackMode.LOST: {"callback_lose": -1},
    CallbackMode.FORGED: {"callback_forged": True},
}
NOTHING_LISTENS = "http://127.0.0.1:9"
_numbers = count(1)


def carrier(
    url: str, account: str, *, secret: str = SECRET, capabilities: Capabilities | None = None
) -> SandboxCarrier:
    """Build an adapter that gives up early."""
    return SandboxCarrier(
        name=account,
        base_url=url,
        account=account,
        secret=secret,
        now=lambda: datetime.now(UTC),
        timeout_s=0.4,
        capabilities=capabilities,
    )


def new_lines(admin: SandboxAdmin, account: str, *, quantity: int = 1) -> list[LineRef]:
    """Provision lines nobody has used yet."""
    refs = [
        LineRef(iccid=f"8999{n:015d}", msisdn=f"+1555{n:07d}", account=account)
        for n in (next(_numbers) for _ in range(quantity))
    ]
    admin.provision(account, [{"iccid": ref.iccid, "msisdn": ref.msisdn} for ref in refs])
    return refs


class SandboxStage:
    """One account of a running sandbox."""

    secrets: Sequence[str] = ("callback-password", SECRET, "'ki'", "password")
    signs_callbacks = True

    def __init__(self, *, admin: SandboxAdmin, account: str, listener: Listener) -> None:
        self.admin = admin
        self.account = account
        self._listener = listener
        self._carrier = carrier(admin.url, account)
        self._opened = [self._carrier]
        admin.behave(account, reset=True, hang_ms=600, execute_after_ms=30)

    def carrier(self) -> Carrier:
        return self._carrier

    def close(self) -> None:
        for one in self._opened:
            one.close()

    def locked_out(self) -> Carrier:
        self._opened.append(carrier(self.admin.url, self.account, secret="wrong"))
        return self._opened[-1]

    def unreachable(self) -> Carrier:
        self._opened.append(carrier(NOTHING_LISTENS, self.account))
        return self._opened[-1]

    def lines(self, count: int) -> Sequence[LineRef]:
        return new_lines(self.admin, self.account, quantity=count)

    def foreign_line(self) -> LineRef:
        other = "att" if self.account != "att" else "tmobile"
        (line,) = new_lines(self.admin, other)
        return LineRef(iccid=line.iccid, msisdn=line.msisdn, account=self.account)

    def unknown_line(self) -> LineRef:
        return LineRef(iccid=f"8998{next(_numbers):015d}", msisdn="+15550", account=self.account)

    def happen(self, mishap: Mishap) -> None:
        fault = {"kind": FAULTS[mishap], "endpoint": "operations", "times": 1}
        self.admin.behave(self.account, faults=[fault])

    def refuse(self, line: LineRef) -> None:
        fault = {"kind": "refuse", "endpoint": "operations", "code": "CONTRACT_FORBIDS"}
        self.admin.behave(self.account, faults=[{**fault, "iccid": line.iccid}])

    def change_by_hand(self, line: LineRef, state: LineState) -> None:
        self.admin.change_line(line.iccid, state=state.value)

    def settle(self) -> None:
        deadline = time.monotonic() + 5
        while self.admin.counts()["requests"] and time.monotonic() < deadline:
            time.sleep(0.01)

    def executions(self, line: LineRef) -> Sequence[Op]:
        return [Op(row["op"]) for row in self.admin.ledger(iccid=line.iccid)]

    def callbacks(self, mode: CallbackMode, *, lines: Sequence[LineRef]) -> Sequence[Received]:
        self._listener.received.clear()
        url = self._listener.url
        quiet = {"callback_copies": 1, "callback_reorder": False, "callback_lose": 0}
        wishes: dict[str, Any] = {**quiet, "callback_forged": False, **CALLBACKS[mode]}
        self.admin.behave(self.account, callback_url=url, callbacks=True, **wishes)
        perform(self._carrier, Op.BLOCK, *lines)
        self.settle()
        expected = {CallbackMode.TWICE: 2, CallbackMode.REVERSED: len(lines)}.get(mode, 1)
        if mode is CallbackMode.LOST:
            return self._listener.wait_for(1, timeout_s=0.3)
        return self._listener.wait_for(expected)
