"""docs/reference/cli.md describes every command and option, and no other."""

import argparse
import re
from pathlib import Path

import pytest

from signoff.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text()
SECTIONS = dict(re.findall(r"^## `signoff (\w+)`\n(.*?)(?=^## |\Z)", PAGE, re.S | re.M))
THERE = [command for command in main._COMMANDS if main._exists(command)]


def options(command: main.Command) -> set[str]:
    """The long options and the positional arguments that the command takes."""
    parser = argparse.ArgumentParser(add_help=False)
    getattr(main._module(command), "arguments", main._no_arguments)(parser)
    return {
        action.option_strings[-1] if action.option_strings else str(action.metavar or action.dest)
        for action in parser._actions
    }


def test_every_command_has_its_section() -> None:
    assert list(SECTIONS) == [command.name for command in main._COMMANDS]


@pytest.mark.parametrize("command", THERE, ids=lambda command: command.name)
def test_every_option_is_described(command: main.Command) -> None:
    told = SECTIONS[command.name]

    missing = {name for name in options(command) if not re.search(rf"`[^`]*{name}", told, re.I)
               and not re.search(rf"\b{name}\b", told, re.I)}  # fmt: skip
    invented = set(re.findall(r"`(--[\w-]+)", told)) - options(command)

    assert not missing
    assert not invented
