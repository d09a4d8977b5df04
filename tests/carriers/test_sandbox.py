"""The sandbox adapter keeps the contract in every way of working, and its guards hold (C2)."""

import pickle
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from carriers.sandbox_stage import SandboxStage, carrier, new_lines
from signoff.carriers.sandbox.client import NotSent
from signoff.carriers.sandbox.profiles import PROFILES
from signoff.ports.carrier import CarrierUnsupported, Op, OutcomeKind
from signoff.testing.carrier_contract import CarrierContract
from signoff.testing.carrier_contract.stage import perform
from signoff.testing.listener import Listener, running_listener
from signoff.testing.sandbox import SandboxAdmin, running_sandbox
from signoff.testing.sandbox.behaviour import DEFAULTS


@pytest.fixture(scope="module")
def admin() -> Iterator[SandboxAdmin]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with running_listener() as one:
        yield one


class _OnSandbox(CarrierContract):
    account = ""

    @pytest.fixture
    def stage(self, admin: SandboxAdmin, listener: Listener) -> Iterator[SandboxStage]:
        stage = SandboxStage(admin=admin, account=self.account, listener=listener)
        yield stage
        stage.close()


class TestOneByOne(_OnSandbox):
    """One line a request, answered at once."""

    account = "tmobile"


class TestOneAtATime(_OnSandbox):
    """One line a request, one request at a time, paced, throttled with 400."""

    account = "att"


class TestAcceptedFirst(_OnSandbox):
    """Batches, accepted first, told by callbacks."""

    account = "verizon"


class TestInBulk(_OnSandbox):
    """Batches of a thousand, answered at once."""

    account = "wholesale"


@pytest.mark.parametrize("account", sorted(PROFILES))
def test_profile_agrees_with_the_sandbox(account: str) -> None:
    profile, settings = PROFILES[account], DEFAULTS[account]

    assert profile.batch_max == settings.batch_max
    assert profile.restore_days == settings.restore_days
    assert profile.same_number_on_restore is not settings.new_number_on_restore
    assert not settings.concurrency or profile.concurrency <= settings.concurrency
    assert not settings.rate_rps or (profile.rate_rps or 0) < settings.rate_rps


def test_too_large_batches_are_split(admin: SandboxAdmin) -> None:
    admin.behave("wholesale", reset=True, batch_max=3)
    adapter, lines = carrier(admin.url, "wholesale"), new_lines(admin, "wholesale", quantity=8)

    outcomes = perform(adapter, Op.CUT, *lines)

    adapter.close()
    assert {one.kind for one in outcomes} == {OutcomeKind.DONE}
    assert all(len(admin.ledger(iccid=line.iccid)) == 1 for line in lines)


def test_unsupported_operation_is_raised_before_anything_is_sent(admin: SandboxAdmin) -> None:
    limited = replace(PROFILES["tmobile"], ops=frozenset({Op.CUT}))
    adapter, (line,) = (
        carrier(admin.url, "tmobile", capabilities=limited),
        new_lines(admin, "tmobile"),
    )

    with pytest.raises(CarrierUnsupported):
        perform(adapter, Op.PURGE, line)

    adapter.close()
    assert admin.ledger(iccid=line.iccid) == []


def test_restore_after_the_window_is_refused(admin: SandboxAdmin) -> None:
    admin.behave("tmobile", reset=True)
    adapter, (line,) = carrier(admin.url, "tmobile"), new_lines(admin, "tmobile")
    admin.change_line(line.iccid, state="deactivated", age_days=31)

    (outcome,) = perform(adapter, Op.RESTORE, line)

    adapter.close()
    assert (outcome.kind, outcome.code) == (OutcomeKind.REFUSED, "RESTORE_WINDOW_OVER")


def test_two_requests_accepted_before_either_ran_are_two_executions(admin: SandboxAdmin) -> None:
    """The ledger has teeth: what a blind repetition would cost is seen."""
    admin.behave("verizon", reset=True, execute_after_ms=300)
    adapter, (line,) = carrier(admin.url, "verizon"), new_lines(admin, "verizon")

    perform(adapter, Op.CUT, line)
    perform(adapter, Op.CUT, line)
    while admin.counts()["requests"]:
        time.sleep(0.02)

    adapter.close()
    assert [row["op"] for row in admin.ledger(iccid=line.iccid)] == ["cut", "cut"]


def test_observation_carries_the_carriers_own_time(admin: SandboxAdmin) -> None:
    admin.behave("tmobile", reset=True)
    adapter, lines = carrier(admin.url, "tmobile"), new_lines(admin, "tmobile")

    (seen,) = adapter.read(lines)

    adapter.close()
    assert seen.observed_at_carrier is not None
    assert abs((datetime.now(UTC) - seen.observed_at_carrier).total_seconds()) < 5
    assert "ki" not in seen.raw and "msisdn" not in seen.raw


def test_internal_failures_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(NotSent("THROTTLED", 7)))

    assert (error.code, error.retry_after_s) == ("THROTTLED", 7)
