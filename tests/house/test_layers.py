"""The import contracts and the bans catch what they are for: each planted violation breaks one.

The real rules run over a copy of the real code, so that a contract loosened by accident fails here.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent

VIOLATIONS = {
    "a room that no layer names": ("utils/__init__.py", "", "Layers"),
    "the domain asks the operating system": ("domain/planted.py", "import os", "are pure"),
    "the domain knows Django": ("domain/planted.py", "import django", "are pure"),
    "a port reads the clock": ("ports/planted.py", "import time", "are pure"),
    "the rules look at the tables": (
        "domain/planted.py",
        "import signoff.records.models",
        "Layers",
    ),
    "a surface knows an adapter": (
        "cli/planted.py",
        "import signoff.integrations.planted_adapter",
        "Only the wiring",
    ),
    "a table starts a job by itself": ("records/planted.py", "import procrastinate", "job queue"),
    "one surface leans on another": ("cli/planted.py", "import signoff.channels", "Layers"),
    "something imports the wiring": ("cli/planted.py", "import signoff.config.wiring", "Layers"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code and its rules, to be broken; with every room that a violation points at."""
    skip = shutil.ignore_patterns("__pycache__", "fonts", "static")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ("channels", "integrations/planted_adapter"):
        folder = tmp_path / "src" / "signoff" / room
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").touch()
    return tmp_path


def lint(copy: Path) -> tuple[int, str]:
    """Exit status and report of the import linter over the copy."""
    done = subprocess.run(
        [TOOLS / "lint-imports", "--no-cache"],
        cwd=copy,
        env={"PYTHONPATH": str(copy / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_the_code_as_it_is_keeps_every_contract(copy: Path) -> None:
    status, report = lint(copy)

    assert status == 0, report
    assert " 0 broken" in report


@pytest.mark.slow
@pytest.mark.parametrize("case", VIOLATIONS)
def test_a_planted_violation_is_caught(copy: Path, case: str) -> None:
    path, code, contract = VIOLATIONS[case]
    planted = copy / "src" / "signoff" / path
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(f'"""Planted."""\n{code}\n', encoding="utf-8")

    status, report = lint(copy)

    assert status == 1
    broken = [line for line in report.splitlines() if " BROKEN" in line]
    assert any(contract in line for line in broken), report


@pytest.mark.parametrize(
    ("room", "allowed"), [("domain", False), ("usecases", False), ("workflows", True)]
)
def test_only_surfaces_and_workflows_read_the_clock_and_make_ids(room: str, allowed: bool) -> None:
    code = "import time\nimport uuid\n\nMOMENT = time.time()\nMARK = uuid.uuid4()\n"
    command = [str(TOOLS / "ruff"), "check", "--quiet", "--select", "TID251", "--no-cache"]

    done = subprocess.run(
        [*command, "--stdin-filename", str(ROOT / "src" / "signoff" / room / "planted.py"), "-"],
        cwd=ROOT,
        input=code,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode == 0) is allowed, done.stdout
