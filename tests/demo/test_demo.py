"""`signoff demo --json` as a newcomer runs it: five lines end, every certificate verifies."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from signoff.domain.account import CardKind
from signoff.usecases.verify_certificate import verify

pytestmark = pytest.mark.slow


def signoff(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    usual = {name: value for name, value in os.environ.items() if not name.startswith("SIGNOFF_")}
    env = usual | {"SIGNOFF_HOME": str(home)}
    env |= {"DJANGO_SETTINGS_MODULE": "signoff.config.settings"}
    env.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "signoff", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@dataclass(frozen=True)
class Ran:
    home: Path
    cases: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    home = tmp_path_factory.mktemp("a home with spaces")
    ran = signoff("demo", "--json", home=home)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    yield Ran(Path(told["home"]), {case["kind"]: case for case in told["cases"]})


def test_one_line_of_each_kind_ends_and_its_certificate_verifies(demo: Ran) -> None:
    assert set(demo.cases) == {kind.value for kind in CardKind}
    for case in demo.cases.values():
        names = [state["name"] for state in case["states"]]
        assert (names[0], names[-1]) == ("declared", "ended")
        assert all(state["at"] for state in case["states"])
        assert case["line"].startswith("+1")
        assert case["statement"]["final"] is True
        assert case["proof"]["state"] in ("deactivated", "purged")
        assert case["proof"]["carrier"] == case["carrier"]
        assert case["verified"] is True


def test_each_kind_goes_its_own_way(demo: Ran) -> None:
    states = {kind: [each["name"] for each in case["states"]] for kind, case in demo.cases.items()}
    codes = {
        kind: {line["code"] for line in case["statement"]["lines"]}
        for kind, case in demo.cases.items()
    }

    assert demo.cases["data"]["effective_at"] > demo.cases["data"]["declared_at"]
    assert "in_review" in states["unlimited"]
    assert "in_review" in states["calling"]
    assert "confirming" in states["internet"]
    assert demo.cases["travel"]["statement"]["refund"]["minor"] == 2350
    assert "balance_moved" in codes["calling"]
    assert {"leaving_fee", "device_balance", "tax"} <= codes["unlimited"]
    assert {case["carrier"] for case in demo.cases.values()} == {
        "att",
        "tmobile",
        "verizon",
        "wholesale",
    }


def test_what_the_checklist_offered_was_settled(demo: Ran) -> None:
    settled = {step for case in demo.cases.values() for step in case["settled"]}

    assert settled == {
        *("pay", "dispute", "reviewed", "cancel", "choose", "tick", "give_up", "confirm"),
        *("data", "document", "stop", "unbind"),
    }
    codes = [line["code"] for line in demo.cases["unlimited"]["statement"]["lines"]]
    assert "unpaid_bill" not in codes


def test_the_papers_are_there(demo: Ran) -> None:
    for case in demo.cases.values():
        assert Path(case["certificate_pdf"]).read_bytes().startswith(b"%PDF-")
        assert Path(case["receipt"]).read_bytes().startswith(b"%PDF-")
    with zipfile.ZipFile(demo.cases["calling"]["archive"]) as archive:
        calls = archive.read("calls.csv").decode("utf-8-sig").splitlines()
    assert len(calls) == 1 + 160


def test_nothing_else_stays_behind(demo: Ran) -> None:
    left = {path.name for path in demo.home.iterdir()}

    assert left == {"certificates", "receipts", "archives", "keys"}
    assert all(path.name.startswith("public-") for path in (demo.home / "keys").iterdir())


def test_an_altered_byte_makes_verify_fail_naming_what(demo: Ran, tmp_path: Path) -> None:
    path = Path(demo.cases["travel"]["certificate"])
    good = signoff("verify", str(path), home=demo.home)
    altered = tmp_path / "altered.json"
    number = demo.cases["travel"]["number"]
    altered.write_bytes(path.read_bytes().replace(number.encode(), b"SO-0000-0000"))

    bad = signoff("verify", str(altered), "--json", home=demo.home)

    assert good.returncode == 0, good.stdout
    assert bad.returncode == 1
    verdict = json.loads(bad.stdout)
    failed = {check["part"] for check in verdict["checks"] if check["state"] == "failed"}
    assert {"body_digest", "body_signature"} <= failed


@pytest.mark.parametrize("form", ["certificate", "certificate_pdf"])
def test_no_byte_can_be_altered(demo: Ran, form: str) -> None:
    for case in demo.cases.values():
        content = Path(case[form]).read_bytes()
        for place in range(0, len(content), max(1, len(content) // 60)):
            altered = bytearray(content)
            altered[place] ^= 0x01
            verdict = verify(bytes(altered), trusted_keys=None)
            assert not verdict.ok, f"byte {place} of {case[form]}"
            assert verdict.failed[0].detail
