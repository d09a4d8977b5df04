"""Control Center keeps the contract at its real limits (K2, E2, E5)."""

import time
from collections.abc import Iterator, Sequence
from itertools import count
from unittest import SkipTest

import pytest

from signoff.carriers.control_center.adapter import CAPABILITIES, ControlCenter
from signoff.ports.carrier import Carrier, Judgement, LineRef, LineState, Op, OutcomeKind
from signoff.ports.pacing import Pace
from signoff.testing.carrier_contract import CallbackMode, CarrierContract, Mishap
from signoff.testing.carrier_contract.stage import judged, perform
from signoff.testing.control_center import (
    ACCOUNT_ID,
    API_KEY,
    USER,
    ControlCenterSimulator,
    running_control_center,
)
from signoff.testing.control_center.server import Device
from signoff.testing.listener import Received

_numbers = count(1)
_STATUS = {
    LineState.ACTIVE: "ACTIVATED",
    LineState.DEACTIVATED: "DEACTIVATED",
    LineState.PURGED: "PURGED",
}


def adapter(url: str, *, api_key: str = API_KEY, rate_rps: float | None = None) -> ControlCenter:
    pace = Pace(rate_rps=rate_rps, concurrency=1, monotonic=time.monotonic, sleep=time.sleep)
    return ControlCenter(
        name="att",
        account="att",
        base_url=url,
        user=USER,
        api_key=api_key,
        pace=pace,
        account_id=ACCOUNT_ID,
        timeout_s=0.4,
    )


class ControlCenterStage:
    """One account of a running simulator."""

    secrets: Sequence[str] = (API_KEY,)
    signs_callbacks = True

    def __init__(self, simulator: ControlCenterSimulator, url: str) -> None:
        self.simulator, self.url = simulator, url
        self._opened: list[ControlCenter] = []

    def close(self) -> None:
        for one in self._opened:
            one.close()

    def opened(self, carrier: ControlCenter) -> ControlCenter:
        self._opened.append(carrier)
        return carrier

    def carrier(self) -> Carrier:
        return self.opened(adapter(self.url))

    def locked_out(self) -> Carrier:
        return self.opened(adapter(self.url, api_key="another"))

    def unreachable(self) -> Carrier:
        return self.opened(adapter("http://127.0.0.1:9"))

    def lines(self, count: int) -> Sequence[LineRef]:
        made = [self.unknown_line() for _ in range(count)]
        self.simulator.devices.update({line.iccid: Device() for line in made})
        return made

    def foreign_line(self) -> LineRef:
        line = self.unknown_line()
        self.simulator.devices[line.iccid] = Device(account_id="999")
        return line

    def unknown_line(self) -> LineRef:
        number = next(_numbers)
        return LineRef(iccid=f"8901{number:015d}", msisdn=f"+1555{number:07d}", account="att")

    def happen(self, mishap: Mishap) -> None:
        # There is no session that could end.
        self.simulator.mishap = None if mishap is Mishap.SESSION_EXPIRED else mishap

    def refuse(self, line: LineRef) -> None:
        self.simulator.refused.add(line.iccid)

    def change_by_hand(self, line: LineRef, state: LineState) -> None:
        self.simulator.devices[line.iccid].status = _STATUS[state]

    def settle(self) -> None:
        """Nothing is accepted for later."""

    def executions(self, line: LineRef) -> Sequence[Op]:
        return [op for iccid, op in self.simulator.ledger if iccid == line.iccid]

    def callbacks(self, mode: CallbackMode, *, lines: Sequence[LineRef]) -> Sequence[Received]:
        raise SkipTest("sends no callbacks")


@pytest.fixture
def stage() -> Iterator[ControlCenterStage]:
    with running_control_center() as (simulator, url):
        one = ControlCenterStage(simulator, url)
        yield one
        one.close()


class TestControlCenter(CarrierContract):
    """One line a call, one call at a time; the stage is the one above."""


def test_a_line_that_is_off_and_still_online_is_not_cut(stage: ControlCenterStage) -> None:
    """E3: whether a session drops at once is nowhere promised, so it is asked."""
    carrier, (line,) = stage.carrier(), stage.lines(1)
    stage.simulator.devices[line.iccid].online_until = time.monotonic() + 0.5

    perform(carrier, Op.CUT, line)

    assert judged(Op.CUT, carrier=carrier, line=line) is Judgement.NOT_YET
    time.sleep(0.5)
    assert judged(Op.CUT, carrier=carrier, line=line) is Judgement.REACHED
    assert stage.executions(line) == [Op.CUT]


@pytest.mark.parametrize("status", ["INVENTORY", "TEST_READY", "TRIAL", "GLOBAL_TRANSFER"])
def test_a_state_that_is_no_live_line_is_a_persons_matter(
    stage: ControlCenterStage, status: str
) -> None:
    """E5: never guessed, and nothing is sent."""
    carrier, (line,) = stage.carrier(), stage.lines(1)
    stage.simulator.devices[line.iccid].status = status

    (outcome,) = perform(carrier, Op.CUT, line)

    assert (outcome.kind, outcome.code) == (OutcomeKind.NEEDS_HUMAN, status)
    assert judged(Op.CUT, carrier=carrier, line=line) is Judgement.STRANGE
    assert stage.executions(line) == []


def test_its_pace_is_kept(stage: ControlCenterStage) -> None:
    """E5: below five calls a second, one at a time, and no call is thrown back."""
    stage.simulator.rate_rps = 5
    carrier = stage.opened(adapter(stage.url, rate_rps=CAPABILITIES.rate_rps))

    outcomes = perform(carrier, Op.CUT, *stage.lines(5))

    calls = stage.simulator.calls
    assert {one.kind for one in outcomes} == {OutcomeKind.DONE}
    assert stage.simulator.throttled == 0
    assert len(calls) == 10 and calls[-1] - calls[0] >= 9 / 5


def test_a_code_for_too_many_calls_asks_for_a_pause_and_stops_the_set(
    stage: ControlCenterStage,
) -> None:
    """E5: unpaced, the limit is hit; what was not sent says so and nothing is lost."""
    stage.simulator.rate_rps = 5
    lines = stage.lines(8)

    outcomes = perform(stage.carrier(), Op.CUT, *lines)

    kinds = [one.kind for one in outcomes]
    assert set(kinds) == {OutcomeKind.DONE, OutcomeKind.RETRY_AFTER}
    done = kinds.count(OutcomeKind.DONE)
    assert kinds == [OutcomeKind.DONE] * done + [OutcomeKind.RETRY_AFTER] * (8 - done)
    assert len(stage.simulator.ledger) == done
