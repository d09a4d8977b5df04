"""ThingSpace keeps the contract: two tokens, batches, unsigned messages (K2, E2, E5)."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count

import pytest

from signoff.carriers.thingspace.adapter import CAPABILITIES, ThingSpace
from signoff.carriers.thingspace.client import Client
from signoff.ports.carrier import (
    CallbackRefused,
    Carrier,
    CarrierMisread,
    Judgement,
    LineRef,
    LineState,
    Op,
    OutcomeKind,
)
from signoff.ports.pacing import Pace
from signoff.testing.carrier_contract import CallbackMode, CarrierContract, Mishap
from signoff.testing.carrier_contract.stage import judged, perform
from signoff.testing.listener import Listener, Received, running_listener
from signoff.testing.thingspace import ThingSpaceSimulator, running_thingspace
from signoff.testing.thingspace.server import ACCOUNT, KEY, PASSWORD, SECRET, USER, Device

_numbers = count(1)
_STATES = {
    LineState.ACTIVE: "active",
    LineState.SUSPENDED: "suspend",
    LineState.DEACTIVATED: "deactive",
}


def adapter(
    url: str, *, password: str = PASSWORD, batch_max: int = 100, waive_fee: bool = False
) -> ThingSpace:
    client = Client(
        base_url=url,
        key=KEY,
        secret=SECRET,
        user=USER,
        password=password,
        pace=Pace(rate_rps=None, concurrency=2, monotonic=time.monotonic, sleep=time.sleep),
        timeout_s=0.4,
    )
    return ThingSpace(
        name="verizon",
        account="verizon",
        account_name=ACCOUNT,
        client=client,
        callback=(USER, PASSWORD),
        waive_fee=waive_fee,
        batch_max=batch_max,
    )


class ThingSpaceStage:
    """One account of a running simulator, asked for one line a request: so each end can be asked
    for, as the contract does."""

    secrets: Sequence[str] = (PASSWORD, SECRET)
    signs_callbacks = False

    def __init__(self, simulator: ThingSpaceSimulator, url: str, *, listener: Listener) -> None:
        self.simulator, self.url, self._listener = simulator, url, listener
        self._opened: list[ThingSpace] = []

    def close(self) -> None:
        for one in self._opened:
            one.close()

    def opened(self, carrier: ThingSpace) -> ThingSpace:
        self._opened.append(carrier)
        return carrier

    def carrier(self) -> Carrier:
        return self.opened(adapter(self.url, batch_max=1))

    def locked_out(self) -> Carrier:
        return self.opened(adapter(self.url, password="another"))

    def unreachable(self) -> Carrier:
        return self.opened(adapter("http://127.0.0.1:9"))

    def lines(self, count: int) -> Sequence[LineRef]:
        made = [self.unknown_line() for _ in range(count)]
        self.simulator.devices.update({line.iccid: Device() for line in made})
        return made

    def foreign_line(self) -> LineRef:
        line = self.unknown_line()
        self.simulator.devices[line.iccid] = Device(account="0000999999-00001")
        return line

    def unknown_line(self) -> LineRef:
        number = next(_numbers)
        return LineRef(iccid=f"8914{number:015d}", msisdn=f"+1555{number:07d}", account="verizon")

    def happen(self, mishap: Mishap) -> None:
        self.simulator.mishap = mishap

    def refuse(self, line: LineRef) -> None:
        self.simulator.refused.add(line.iccid)

    def change_by_hand(self, line: LineRef, state: LineState) -> None:
        self.simulator.devices[line.iccid].state = _STATES[state]

    def settle(self) -> None:
        self.simulator.settle()

    def executions(self, line: LineRef) -> Sequence[Op]:
        return [op for iccid, op in self.simulator.ledger if iccid == line.iccid]

    def callbacks(self, mode: CallbackMode, *, lines: Sequence[LineRef]) -> Sequence[Received]:
        self._listener.received.clear()
        self.simulator.callbacks = mode
        carrier = self.opened(adapter(self.url))
        carrier.listen(self._listener.url)
        perform(carrier, Op.BLOCK, *lines)
        self.settle()
        expected = len(lines) * (2 if mode is CallbackMode.TWICE else 1)
        if mode is CallbackMode.LOST:
            return self._listener.wait_for(1, timeout_s=0.3)
        return self._listener.wait_for(expected)


@pytest.fixture
def stage() -> Iterator[ThingSpaceStage]:
    with running_listener() as listener, running_thingspace() as (simulator, url):
        one = ThingSpaceStage(simulator, url, listener=listener)
        yield one
        one.close()


class TestThingSpace(CarrierContract):
    """Accepted first, told by callbacks; the stage is the one above."""


def test_a_batch_is_one_request_that_names_its_lines(stage: ThingSpaceStage) -> None:
    """K2: a hundred lines a request; nothing but a list of devices says which."""
    carrier, lines = stage.opened(adapter(stage.url)), stage.lines(150)
    others = stage.lines(3)

    outcomes = perform(carrier, Op.CUT, *lines)
    stage.settle()

    assert {one.kind for one in outcomes} == {OutcomeKind.ACCEPTED}
    assert [len(body["devices"]) for body in stage.simulator.bodies] == [100, 50]
    assert all(body["reasonCode"] == "FF" for body in stage.simulator.bodies)
    assert all(judged(Op.CUT, carrier=carrier, line=line) is Judgement.REACHED for line in lines)
    assert all(stage.executions(line) == [] for line in others)


def test_lines_that_need_nothing_are_left_out(stage: ThingSpaceStage) -> None:
    """E2: an accepted order is an execution, and maybe a fee, even if it changes nothing."""
    carrier, lines = stage.opened(adapter(stage.url)), stage.lines(3)
    stage.change_by_hand(lines[1], LineState.DEACTIVATED)

    outcomes = perform(carrier, Op.CUT, *lines)

    accepted, already = OutcomeKind.ACCEPTED, OutcomeKind.ALREADY_DONE
    assert [one.kind for one in outcomes] == [accepted, already, accepted]
    (body,) = stage.simulator.bodies
    assert [one["deviceIds"][0]["id"] for one in body["devices"]] == [
        lines[0].iccid,
        lines[2].iccid,
    ]


@pytest.mark.parametrize("waive", [False, True])
def test_a_termination_fee_is_waived_only_where_asked(stage: ThingSpaceStage, waive: bool) -> None:
    """M4: always said, never left to the carrier; waivers run out."""
    carrier = stage.opened(adapter(stage.url, waive_fee=waive))

    perform(carrier, Op.CUT, *stage.lines(2))

    assert stage.simulator.bodies[0]["etfWaiver"] is waive
    assert stage.simulator.waivers == (1 if waive else 3)


def test_a_cut_line_is_not_promised_back(stage: ThingSpaceStage) -> None:
    """X2: it would come back with another number, by hand."""
    carrier, (line,) = stage.carrier(), stage.lines(1)
    stage.change_by_hand(line, LineState.DEACTIVATED)

    (outcome,) = perform(carrier, Op.RESTORE, line)

    assert CAPABILITIES.restore_days == 0
    assert (outcome.kind, outcome.code) == (OutcomeKind.NEEDS_HUMAN, "deactive")
    assert stage.simulator.bodies == []


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Activate", LineState.ACTIVE),
        ("ACTIVE", LineState.ACTIVE),
        ("Suspend", LineState.SUSPENDED),
        ("Deactive", LineState.DEACTIVATED),
        ("deactivated", LineState.DEACTIVATED),
        ("Pre-active", LineState.UNKNOWN),
        ("", LineState.UNKNOWN),
    ],
)
def test_states_are_known_by_their_beginning(
    stage: ThingSpaceStage, word: str, state: LineState
) -> None:
    """E3: its pages spell them differently; a word nobody knows is a person's matter."""
    carrier, (line,) = stage.carrier(), stage.lines(1)
    stage.simulator.devices[line.iccid].state = word

    (seen,) = carrier.read([line])

    assert (seen.state, seen.error) == (state, None)


def test_a_message_of_a_failure_says_why_and_which_line(stage: ThingSpaceStage) -> None:
    """E5: a reason to read back, with the carrier's code."""
    (line,) = stage.lines(1)
    stage.refuse(line)

    (received,) = stage.callbacks(CallbackMode.ONCE, lines=[line])
    (hint,) = stage.carrier().parse_callback(received.headers, received.body)

    assert (hint.iccid, hint.kind) == (line.iccid, OutcomeKind.REFUSED)
    assert hint.code == "REQUEST_CANCELLED.ByCarrier"


@pytest.mark.parametrize(
    "change",
    [
        {"password": "x"},
        {"username": "x"},
        {"password": None},
        {"deviceIds": None},
        {"deviceIds": []},
    ],
)
def test_a_message_that_is_not_verizons_or_not_whole_is_not_taken(
    stage: ThingSpaceStage, change: dict[str, object]
) -> None:
    """Q3, Q6: refused before it is read; without a line it names nothing."""
    device = {"id": "8914", "kind": "iccid"}
    whole = {"username": USER, "password": PASSWORD, "requestId": "r", "deviceIds": [device]}
    body = json.dumps({**whole, **change}).encode()
    expected = CarrierMisread if "deviceIds" in change else CallbackRefused

    with pytest.raises(expected):
        stage.carrier().parse_callback({}, body)
    assert stage.carrier().parse_callback({}, json.dumps(whole).encode())[0].iccid == "8914"
    with suppress(CallbackRefused):
        stage.carrier().parse_callback({}, b"x" * 300_000)
        pytest.fail("a body without end was read")
