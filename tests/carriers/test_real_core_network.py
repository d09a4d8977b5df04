"""With the real osmo-hlr and osmo-sgsn: a phone that is attached loses the network (E4)."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from carriers.core_network_stage import adapter
from signoff.carriers.core_network import vty
from signoff.carriers.core_network.adapter import CoreNetwork, Doors
from signoff.carriers.core_network.ctrl import Command, Ctrl
from signoff.carriers.core_network.ipa import Connection
from signoff.ports.carrier import Judgement, LineRef, LineState, Op, OutcomeKind
from signoff.testing.carrier_contract.stage import judged, perform
from signoff.testing.core_network import osmocom
from signoff.testing.core_network.osmocom import Osmocom, running_osmocom
from signoff.testing.core_network.phone import ACCEPT, DETACH, REJECT, Phone

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not osmocom.installed(), reason="apt-get install osmo-hlr osmo-sgsn"),
]

IMSI, NUMBER = "310999000000001", "12025550101"
KEY, OPC = "465B5CE8B199B49FAA5F0A2EE238A6BC", "CD63CB71954A9F4E48A5994E37A02BAF"
LINE = LineRef(iccid="8999000000000000001", msisdn=f"+{NUMBER}", imsi=IMSI, account="own")


@pytest.fixture
def address() -> str:
    """A loopback address no other test of this run has."""
    return f"127.77.{os.getpid() % 251}.{1 + os.getpid() // 251 % 250}"


@pytest.fixture
def core(tmp_path: Path, address: str) -> Iterator[Osmocom]:
    with running_osmocom(tmp_path, address=address) as place:
        yield place


def doors(core: Osmocom) -> Doors:
    return Doors(
        ctrl=core.door(4259),
        gsup=core.door(4222),
        vty=core.door(4258),
        nodes=(core.door(4245),),
    )


@pytest.fixture
def carrier(core: Osmocom) -> CoreNetwork:
    with closing(Connection(core.door(4259), timeout_s=2)) as connection:
        replies = Ctrl(connection).ask(
            [
                Command("subscriber.create", IMSI),
                Command(f"subscriber.by-imsi-{IMSI}.aud3g", f"milenage,{KEY},opc,{OPC}"),
                Command(f"subscriber.by-imsi-{IMSI}.msisdn", NUMBER),
            ]
        )
    assert not any(reply.refused for reply in replies), replies
    return adapter(doors(core), silence_s=1.0)


@pytest.fixture
def phone(core: Osmocom, carrier: CoreNetwork) -> Iterator[Phone]:
    one = Phone(IMSI, core.air)
    one.switch_on()
    one.attach()
    assert one.wait_for(ACCEPT, within_s=5), one.log
    yield one
    one.switch_off()


def test_a_phone_loses_its_network_and_gets_it_back(
    core: Osmocom, carrier: CoreNetwork, phone: Phone
) -> None:
    """E4: attached, blocked and still there, cut within a second, kept out, restored, gone."""
    assert vty.served(core.door(4245), timeout_s=2) == {IMSI}

    perform(carrier, Op.BLOCK, LINE)
    assert judged(Op.BLOCK, carrier=carrier, line=LINE) is Judgement.REACHED
    assert phone.wait_for(DETACH, within_s=3) is None
    assert carrier.read([LINE])[0].connected is True

    with ThreadPoolExecutor(1) as pool:
        cut = pool.submit(perform, carrier, Op.CUT, LINE)
        assert phone.wait_for(DETACH, within_s=1), phone.log
    assert cut.result()[0].kind is OutcomeKind.DONE
    phone.listen(0.3)
    assert judged(Op.CUT, carrier=carrier, line=LINE) is Judgement.REACHED
    assert vty.served(core.door(4245), timeout_s=2) == frozenset()

    phone.attach()
    assert phone.wait_for(REJECT, within_s=9)

    (back,) = perform(carrier, Op.RESTORE, LINE)
    assert back.kind is OutcomeKind.DONE
    phone.attach()
    assert phone.wait_for(ACCEPT, within_s=9)

    for op in (Op.BLOCK, Op.CUT, Op.PURGE):
        perform(carrier, op, LINE)
    phone.listen(0.3)
    assert carrier.read([LINE])[0].state is LineState.NOT_FOUND
    assert judged(Op.PURGE, carrier=carrier, line=LINE) is Judgement.REACHED
    phone.attach()
    assert phone.wait_for(REJECT, within_s=9)


def test_no_key_is_seen_by_the_adapter(carrier: CoreNetwork) -> None:
    """Q3: K and OPc stay in the HLR."""
    shown = repr([perform(carrier, Op.CUT, LINE), carrier.read([LINE]), carrier])

    assert KEY not in shown.upper() and OPC not in shown.upper()


def test_create_on_demand_is_seen(tmp_path: Path, address: str) -> None:
    """Guard: the real HLR's configuration is read as it is shown."""
    more = " subscriber-create-on-demand 3 cs+ps\n"
    with running_osmocom(tmp_path, address=address, more=more) as core:
        assert vty.creates_on_demand(core.door(4258), timeout_s=2)
