"""Our own core network keeps the contract, and its traps are known (K2, E2, E4)."""

from collections.abc import Iterator

import pytest

from carriers.core_network_stage import CoreNetworkStage, adapter
from signoff.carriers.core_network import gsup
from signoff.carriers.core_network.adapter import Doors
from signoff.carriers.core_network.failures import Unclear
from signoff.carriers.core_network.gsup import Domain
from signoff.ports.carrier import Judgement, LineState, Op, OutcomeKind
from signoff.testing.carrier_contract import CarrierContract
from signoff.testing.carrier_contract.stage import judged, perform
from signoff.testing.core_network import Hlr, running_hlr


@pytest.fixture
def hlr() -> Iterator[Hlr]:
    with running_hlr() as one:
        yield one


@pytest.fixture
def stage(hlr: Hlr) -> CoreNetworkStage:
    return CoreNetworkStage(hlr)


class TestCoreNetwork(CarrierContract):
    """An HLR answers at once, and asks nobody who they are."""

    @pytest.fixture
    def stage(self, hlr: Hlr) -> CoreNetworkStage:
        return CoreNetworkStage(hlr)


def test_the_bytes_are_those_of_the_real_thing() -> None:
    """E2: a Location-Cancel as an OsmoHLR was seen to route it."""
    message = gsup.cancel("310999000000001", domain=Domain.CS, node="VLR-1", us="signoff-1")

    assert message.hex(" ") == (
        "05 1c 01 08 13 90 99 00 00 00 00 f1 06 01 01 28 01 02 0a 01 01 "
        "60 0a 73 69 67 6e 6f 66 66 2d 31 00 61 06 56 4c 52 2d 31 00"
    )
    assert gsup.parse(message).imsi == "310999000000001"


@pytest.mark.parametrize("payload", [b"", b"\5", b"\0\1", b"\5\x4e\1", b"\5\x4e\1\x09\1"])
def test_bytes_that_are_no_message_are_no_answer(payload: bytes) -> None:
    """Q6: half a message says nothing."""
    with pytest.raises(Unclear):
        gsup.parse(payload)


def test_a_blocked_phone_that_is_still_attached_is_not_cut(stage: CoreNetworkStage) -> None:
    """E3, E4: the HLR's word is no proof while a node still serves the phone."""
    carrier, (line,) = stage.carrier(), stage.lines(1)
    stage.change_by_hand(line, LineState.DEACTIVATED)
    stage.hlr.attached.add(line.imsi or "")

    (seen,) = carrier.read([line])

    assert seen.connected is True
    assert judged(Op.CUT, carrier=carrier, line=line) is Judgement.NOT_YET


def test_a_node_that_is_away_is_told_later(stage: CoreNetworkStage) -> None:
    """E5: a line whose phone could not be detached keeps its number, and is cut at the next try."""
    carrier, lines = stage.carrier(), stage.lines(2)
    stage.hlr.attach(lines[0].imsi or "", node="SGSN-2")
    stage.hlr.nodes.discard("SGSN-2")

    first = perform(carrier, Op.CUT, *lines)

    assert [one.kind for one in first] == [OutcomeKind.RETRY_AFTER, OutcomeKind.DONE]
    assert first[0].code == "NODE_NOT_CONNECTED"
    assert judged(Op.CUT, carrier=carrier, line=lines[0]) is Judgement.NOT_YET
    assert stage.hlr.attach(lines[0].imsi or "") is False
    stage.hlr.nodes.add("SGSN-2")
    assert [one.kind for one in perform(carrier, Op.CUT, *lines)] == [
        OutcomeKind.DONE,
        OutcomeKind.ALREADY_DONE,
    ]
    assert judged(Op.CUT, carrier=carrier, line=lines[0]) is Judgement.REACHED


def test_a_restored_line_has_its_number_and_its_network(stage: CoreNetworkStage) -> None:
    """X2: as before, and the keys were never touched."""
    carrier, (line,) = stage.carrier(), stage.lines(1)
    before = stage.hlr.rows[line.imsi or ""].key
    perform(carrier, Op.CUT, line)

    (back,) = perform(carrier, Op.RESTORE, line)

    row = stage.hlr.rows[line.imsi or ""]
    assert back.kind is OutcomeKind.DONE
    assert (row.msisdn, row.key) == (line.msisdn.removeprefix("+"), before)
    assert stage.hlr.attach(line.imsi or "")


def test_nothing_is_purged_where_the_phone_would_make_it_anew(stage: CoreNetworkStage) -> None:
    """Guard: with create-on-demand a deleted subscriber comes back open; a person must look."""
    carrier, (line,) = stage.carrier(), stage.lines(1)
    perform(carrier, Op.CUT, line)
    stage.hlr.create_on_demand = True

    (outcome,) = perform(carrier, Op.PURGE, line)

    assert (outcome.kind, outcome.code) == (OutcomeKind.NEEDS_HUMAN, "CREATE_ON_DEMAND")
    assert line.imsi in stage.hlr.rows
    assert stage.executions(line) == [Op.CUT]


def test_a_line_without_an_imsi_is_a_persons_matter(stage: CoreNetworkStage) -> None:
    """Q6: an own core knows lines by nothing else."""
    carrier, (line,) = stage.carrier(), stage.lines(1)
    nameless = type(line)(iccid=line.iccid, msisdn=line.msisdn, account="own")

    (outcome,) = perform(carrier, Op.CUT, nameless)

    assert (outcome.kind, outcome.code) == (OutcomeKind.NEEDS_HUMAN, "NO_IMSI")
    assert carrier.read([nameless])[0].error == "NO_IMSI"
    assert stage.hlr.ledger == []


def test_a_door_that_is_shut_between_block_and_detach_leaves_the_rest_for_later(
    stage: CoreNetworkStage,
) -> None:
    """Q2: blocked and not detached is not cut, and says so."""
    shut = Doors(ctrl=stage.hlr.ctrl, gsup=("127.0.0.1", 9), vty=stage.hlr.vty)
    (line,) = stage.lines(1)

    (outcome,) = perform(adapter(shut), Op.CUT, line)

    assert outcome.kind is OutcomeKind.RETRY_AFTER
    assert judged(Op.CUT, carrier=stage.carrier(), line=line) is Judgement.NOT_YET
    perform(stage.carrier(), Op.CUT, line)
    assert stage.executions(line) == [Op.CUT]
