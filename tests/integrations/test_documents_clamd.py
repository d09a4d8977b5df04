"""A5: the virus scanner, over TCP and a socket file; with a real clamd where there is one."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signoff.integrations.documents.clamd import Clamd
from signoff.ports.documents import ScannerAway
from signoff.testing.clamd import running_clamd
from signoff.testing.documents import EICAR, infected_photo, photo

REAL = os.environ.get("SIGNOFF_TEST_CLAMD", "unix:/run/clamav/clamd.ctl")


@pytest.fixture(params=["tcp", "unix", "real"])
def scanner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clamd]:
    if request.param == "real":
        if REAL.startswith("unix:") and not Path(REAL.removeprefix("unix:")).exists():
            pytest.skip("no clamd on this machine")
        yield Clamd(REAL)
        return
    with running_clamd(tmp_path / "clamd.ctl" if request.param == "unix" else None) as clamd:
        yield Clamd(clamd.address)


@pytest.mark.parametrize("content", [photo(), b"", bytes(9 << 20)], ids=["photo", "empty", "9 MB"])
def test_what_is_harmless_is_told_so_with_who_looked(scanner: Clamd, content: bytes) -> None:
    scan = scanner.scan(content)

    assert scan.found == ""
    assert scan.scanner.startswith("ClamAV")


def test_the_test_virus_is_found(scanner: Clamd) -> None:
    assert "eicar" in scanner.scan(EICAR).found.lower()


def test_signatures_tell_their_age(scanner: Clamd) -> None:
    """Those a site wrote itself have none: a real clamd without its own database says no date."""
    signatures = scanner.signatures()

    assert signatures.scanner.startswith("ClamAV")
    assert "/" not in signatures.scanner or signatures.made_at is not None
    assert (signatures.made_at or datetime.now(UTC)) < datetime.now(UTC) + timedelta(days=1)


def test_the_test_virus_is_found_inside_a_photo() -> None:
    with running_clamd() as clamd:
        assert Clamd(clamd.address).scan(infected_photo()).found == "Eicar-Test-Signature"


def test_a_scanner_that_is_away_is_told_from_a_clean_file(tmp_path: Path) -> None:
    with running_clamd() as clamd:
        away = Clamd(clamd.address)
        clamd.stop()

        for nobody in (away, Clamd(f"unix:{tmp_path}/none.ctl")):
            with pytest.raises(ScannerAway):
                nobody.scan(photo())
            with pytest.raises(ScannerAway):
                nobody.signatures()


def test_a_scanner_that_does_not_look_has_not_found_it_clean() -> None:
    """More than its limit, and whatever else it answers that is neither OK nor FOUND."""
    with running_clamd() as clamd, pytest.raises(ScannerAway):
        Clamd(clamd.address).scan(bytes(26 << 20))


def test_a_scanner_of_unknown_age_scans_all_the_same() -> None:
    with running_clamd() as clamd:
        clamd.signatures = datetime(1, 1, 1)  # noqa: DTZ001  a year strptime does not read back

        assert Clamd(clamd.address).signatures().scanner.startswith("ClamAV")
