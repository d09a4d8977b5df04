"""The whole way at carriers that are not the sandbox: without a block, without a purge (K2, E2)."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

import stage
from carriers.core_network_stage import adapter as core_network
from carriers.test_control_center import adapter as control_center
from signoff.carriers.control_center import adapter as module
from signoff.carriers.core_network.adapter import Doors
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.ports.carrier import Op
from signoff.records import models
from signoff.testing.control_center import ControlCenterSimulator, running_control_center
from signoff.testing.control_center.server import Device
from signoff.testing.core_network import Hlr, running_hlr
from signoff.testing.core_network.hlr import Subscription
from usecases.scenes import Scene, scene, window_over, work_on

pytestmark = pytest.mark.django_db

IMSI = "310999000000042"


@contextmanager
def at_control_center() -> Iterator[tuple[Scene, ControlCenterSimulator]]:
    """A travel card whose line is an AT&T SIM at a Control Center."""
    with stage.sandbox() as sandbox, stage.mail(), running_control_center() as (simulator, url):
        found = scene(CardKind.TRAVEL, sandbox=sandbox, carrier="att")
        simulator.devices[found.line.iccid] = Device()
        carrier = control_center(url)
        with closing(carrier), registry.carriers.temporarily("att", carrier):
            yield found, simulator


@contextmanager
def at_own_core() -> Iterator[tuple[Scene, Hlr]]:
    """A travel card whose line is a subscriber of an own HLR, its phone attached."""
    with stage.sandbox() as sandbox, stage.mail(), running_hlr() as hlr:
        found = scene(CardKind.TRAVEL, sandbox=sandbox)
        found.line.carrier = found.line.carrier_account = "own"
        found.line.imsi = IMSI
        found.line.save()
        hlr.rows[IMSI] = Subscription(found.line.msisdn.removeprefix("+"))
        assert hlr.attach(IMSI)
        doors = Doors(ctrl=hlr.ctrl, gsup=hlr.gsup, vty=hlr.vty, nodes=(hlr.sgsn_vty,))
        with registry.carriers.temporarily("own", core_network(doors)):
            yield found, hlr


def test_a_line_is_cut_where_nothing_can_be_blocked() -> None:
    """E2: the cut does it, and nobody claims that the line was blocked."""
    with at_control_center() as (found, simulator):
        found.declare()
        work_on(rounds=4)

        assert found.state == State.ENDED
        assert [op for _, op in simulator.ledger] == [Op.CUT]
        assert "line.blocked" not in found.events()
        assert found.events().count("line.cut") == 1
        assert (found.case.proof or {})["state"] == "deactivated"
        assert not models.Attention.objects.exists()


def test_a_case_closes_where_nothing_can_be_purged(monkeypatch: pytest.MonkeyPatch) -> None:
    """E2: the window ends, and the proof of the cut stays what it is."""
    final = replace(module.CAPABILITIES, ops=frozenset({Op.CUT, Op.RESTORE}))
    monkeypatch.setattr(module, "CAPABILITIES", final)
    with at_control_center() as (found, simulator):
        found.declare()
        work_on(rounds=4)
        window_over(found.case_id)
        work_on(rounds=3)

        assert found.state == State.CLOSED
        assert [op for _, op in simulator.ledger] == [Op.CUT]
        assert "line.purged" not in found.events()


def test_a_phone_loses_the_network_of_an_own_core() -> None:
    """E4: ended through the same steps as everywhere, and the phone is gone."""
    with at_own_core() as (found, hlr):
        found.declare()
        work_on(rounds=4)

        assert found.state == State.ENDED
        assert hlr.attached == set()
        assert not hlr.attach(IMSI)
        assert [op for _, op in hlr.ledger] == [Op.BLOCK, Op.CUT]
        assert (found.case.proof or {})["connected"] is False
        assert models.Due.objects.filter(step=Step.PURGE.value).count() == 1
