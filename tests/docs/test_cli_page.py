"""docs/reference/cli.md describes every command and option, and no other."""

import argparse
import re
from collections.abc import Iterator
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
    return set(_taken(parser))


def _taken(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Those of the commands below it, and their names, too."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                yield name
                yield from _taken(child)
        elif not isinstance(action, argparse._HelpAction):
            yield (action.option_strings or [str(action.metavar or action.dest)])[-1]


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
