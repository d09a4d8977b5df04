"""`./run`: says in one line what is missing, and passes everything else through."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASE = (
    "sh",
    "id",
    "dirname",
    "basename",
    "cat",
    "sed",
    "sha256sum",
    "cut",
    "flock",
    "df",
    "awk",
    "grep",
    "tail",
    "rm",
    "env",
    "pwd",
    "mkdir",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fresh clone as far as ./run sees it, in a path with spaces, without an environment."""
    folder = tmp_path / "a b" / "clone"
    folder.mkdir(parents=True)
    for name in ("run", "tools", "requirements.lock", "pyproject.toml"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    return folder


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH with the base system's programs and no Python; tests add to it."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in BASE:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


def add(programs: Path, name: str, script: str) -> None:
    path = programs / name
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def run(checkout: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "run", *words],
        env={"PATH": os.environ["PATH"], **variables},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_python_it_says_so_in_one_line(checkout: Path, programs: Path) -> None:
    done = run(checkout, PATH=str(programs))

    assert done.returncode == 1
    assert done.stderr.startswith("signoff: needs Python 3.11 or newer, found none")
    assert done.stderr.count("\n") == 1
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_too_old_or_does_not_start_is_no_python(
    checkout: Path, programs: Path
) -> None:
    add(programs, "python3", 'echo "an older one" >&2; exit 1')
    add(programs, "python3.12", "exit 127")

    done = run(checkout, PATH=str(programs))

    assert done.stderr.startswith("signoff: needs Python 3.11 or newer, found none")


def test_a_full_disk_is_named_before_anything_is_made(checkout: Path, programs: Path) -> None:
    add(programs, "python3.11", "exit 0")
    add(
        programs, "df", 'echo "Filesystem 1024-blocks Used Available"; echo "/dev/x 9 9 20480 1% /"'
    )

    done = run(checkout, PATH=str(programs))

    assert done.stderr.startswith("signoff: needs about 700 MB free below")
    assert "found 20 MB" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_disk_that_fills_up_meanwhile_is_named(checkout: Path, programs: Path) -> None:
    add(
        programs,
        "python3.11",
        'case "$*" in *-m\\ venv*) echo "[Errno 28] No space left on device"; exit 1;; esac',
    )

    done = run(checkout, PATH=str(programs))

    assert done.returncode == 1
    assert "signoff: the disk is full: making .venv needs room" in done.stderr


def test_a_missing_venv_module_names_the_package(checkout: Path, programs: Path) -> None:
    add(
        programs,
        "python3.11",
        'case "$*" in *ensurepip*|*"-m pip"*) exit 1;; *%d.%d*) echo 3.11;; esac',
    )

    done = run(checkout, PATH=str(programs))

    assert done.returncode == 1
    assert "as root: apt-get install -y python3.11-venv" in done.stderr


def test_words_and_status_pass_through() -> None:
    version = run(ROOT, "--version")
    unknown = run(ROOT, "no-such-command")

    assert version.stdout.startswith("signoff 0.")
    assert version.returncode == 0
    assert unknown.returncode == 2
