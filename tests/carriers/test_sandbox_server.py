"""The sandbox itself: its state outlives a crash, and it is as dangerous as a real carrier (C2)."""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import httpx
import pytest

from carriers.sandbox_stage import carrier, new_lines
from signoff.ports.carrier import LineState, Op, OutcomeKind
from signoff.testing.carrier_contract.stage import perform
from signoff.testing.listener import running_listener
from signoff.testing.sandbox import (
    SECRET,
    Sandbox,
    SandboxAdmin,
    SandboxProcess,
    StateFileUnusable,
    running_sandbox,
)
from signoff.testing.sandbox.behaviour import DEFAULTS, ENDPOINTS, FaultKind, Settings


@pytest.fixture
def admin() -> Iterator[SandboxAdmin]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.mark.crash
def test_kill_loses_no_line_no_request_and_no_setting(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.state"
    first = SandboxProcess(state=state)
    lines = new_lines(first.admin, "verizon", quantity=5)
    first.admin.behave("verizon", execute_after_ms=600)
    adapter = carrier(first.admin.url, "verizon")
    accepted = perform(adapter, Op.CUT, *lines)
    first.kill()

    second = SandboxProcess(state=state)
    again = carrier(second.admin.url, "verizon")
    deadline = time.monotonic() + 5
    while second.admin.counts()["requests"] and time.monotonic() < deadline:
        time.sleep(0.02)
    seen = again.read(lines)
    booked = second.admin.ledger(account="verizon")
    second.stop()
    adapter.close()
    again.close()

    assert {one.kind for one in accepted} == {OutcomeKind.ACCEPTED}
    assert {one.state for one in seen} == {LineState.DEACTIVATED}
    assert sorted(row["iccid"] for row in booked) == sorted(line.iccid for line in lines)


def test_one_state_file_serves_one_sandbox(tmp_path: Path) -> None:
    with running_sandbox(state=tmp_path / "state"), pytest.raises(StateFileUnusable):
        Sandbox(state=tmp_path / "state")


def test_something_else_is_no_state_file(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no database " * 100)

    with pytest.raises(StateFileUnusable):
        Sandbox(state=tmp_path / "state")


def test_an_order_without_a_list_hits_the_whole_account(admin: SandboxAdmin) -> None:
    """As at real carriers: this is why the adapter cannot leave the list out."""
    new_lines(admin, "wholesale", quantity=3)
    with httpx.Client(base_url=f"{admin.url}/carriers/wholesale/", trust_env=False) as client:
        token = client.post("session", json={"secret": SECRET}).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = client.post("operations", json={"op": "cut"}, headers=headers)

    assert len(answer.json()["results"]) == 3
    assert {row["state"] for row in admin.counts()["lines"]} == {"deactivated"}


def test_provisioning_twice_changes_nothing(admin: SandboxAdmin) -> None:
    line = {"iccid": "8901", "msisdn": "+15551"}
    admin.provision("tmobile", [line])
    admin.change_line("8901", state="deactivated")

    assert admin.provision("tmobile", [line]) == 0
    assert admin.counts()["lines"][0]["state"] == "deactivated"


def test_purge_destroys_the_keys(admin: SandboxAdmin) -> None:
    (line,) = new_lines(admin, "tmobile")
    adapter = carrier(admin.url, "tmobile")
    for op in (Op.CUT, Op.PURGE):
        perform(adapter, op, line)

    (seen,) = adapter.read([line])

    adapter.close()
    assert seen.state is LineState.PURGED
    assert [row["op"] for row in admin.ledger(iccid=line.iccid)] == ["cut", "purge"]


def test_a_failed_callback_is_sent_again(admin: SandboxAdmin) -> None:
    (line,) = new_lines(admin, "verizon")
    admin.behave("verizon", execute_after_ms=10, callback_url="http://127.0.0.1:9/")
    adapter = carrier(admin.url, "verizon")
    perform(adapter, Op.BLOCK, line)
    with running_listener() as listener:
        time.sleep(0.2)
        adapter.listen(listener.url)

        received = listener.wait_for(1)

    adapter.close()
    assert len(received) == 1


@pytest.mark.parametrize(
    "wishes",
    [
        {"account": "nobody"},
        {"account": "att", "set": {"no_such": 1}},
        {"account": "att", "set": {"batch_max": "many"}},
        {"account": "att", "faults": [{"kind": "unheard_of"}]},
        {"account": "att", "faults": [{"kind": "refuse"}]},
        {"account": "att", "faults": [{"kind": "down", "endpoint": "nowhere"}]},
        {"account": "att", "typo": {}},
    ],
)
def test_a_wrong_wish_is_answered_with_400(admin: SandboxAdmin, wishes: dict[str, object]) -> None:
    with pytest.raises(HTTPError, match="400") as caught:
        admin.post("/admin/behaviour", wishes)

    caught.value.close()
    assert admin.get("/admin/behaviour?account=att")["faults"] == []


def test_a_web_page_of_another_origin_cannot_give_orders(admin: SandboxAdmin) -> None:
    """A browser sends other types than JSON across origins without asking."""
    answer = httpx.post(
        f"{admin.url}/admin/reset",
        content=b"{}",
        headers={"Content-Type": "text/plain"},
        trust_env=False,
    )

    assert answer.status_code == 415


def test_every_setting_and_fault_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reference" / "sandbox.md").read_text("utf-8")
    names = [*Settings.__dataclass_fields__, *FaultKind, *ENDPOINTS, *DEFAULTS]

    assert [name for name in names if f"`{name}`" not in text] == []
