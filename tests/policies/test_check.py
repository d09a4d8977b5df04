"""K3, O4: `signoff check` as people run it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from signoff.usecases.policies import SHIPPED


def check(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "-m", "signoff", "check", *words],
        env=plain | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "my policies"))
    file = folder / "brands" / "farwander.toml"
    file.write_text(file.read_text().replace('kind = "travel"', 'kind = "trip"'))
    return folder


def test_shipped_policies_and_settings_are_good(tmp_path: Path) -> None:
    told = check(SIGNOFF_HOME=str(tmp_path))

    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.startswith("all good: ")
    assert "settings" in told.stdout


@pytest.mark.parametrize("way", ["argument", "variable"])
def test_a_mistake_is_told_with_file_and_line(spoilt: Path, tmp_path: Path, way: str) -> None:
    home = str(tmp_path / "home")

    if way == "argument":
        told = check(str(spoilt), SIGNOFF_HOME=home)
    else:
        told = check(SIGNOFF_HOME=home, SIGNOFF_POLICIES=str(spoilt))

    assert told.returncode == 1
    assert told.stderr == ""
    (line,) = told.stdout.splitlines()
    assert line.startswith(f"{spoilt}/brands/farwander.toml:5: kind: ")
    assert '"trip" is none of the choices (write instead: "travel" or ' in line


def test_a_wrong_setting_is_told_beside_a_wrong_policy(spoilt: Path, tmp_path: Path) -> None:
    told = check(SIGNOFF_HOME=str(tmp_path), SIGNOFF_POLICIES=str(spoilt), PORT="many")

    first, second = told.stdout.splitlines()
    assert told.returncode == 1
    assert "farwander.toml:5" in first
    assert second.startswith("settings: PORT: 'many' is no whole number")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    told = check(str(tmp_path / "nowhere"))

    assert told.returncode == 1
    assert "has no policy files" in told.stdout
