"""`signoff COMMAND ...`: finds the command's module, prepares what it needs, and runs it.

A command's module has `arguments(parser)`, which may be left out, and `run(options) -> int`, the
exit status. What a person can mend is said in one line on standard error, with status 2.
"""

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec
from types import ModuleType

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from signoff import __version__
from signoff.cli.embedded import EmbeddedError
from signoff.cli.errors import Refused


class Needs(Enum):
    """What is ready before the command runs."""

    NOTHING = "nothing"
    DJANGO = "settings and wiring"
    DATABASE = "settings, wiring and a migrated database"


@dataclass(frozen=True)
class Command:
    """A word of the command line."""

    name: str
    about: str
    needs: Needs
    module: str


_COMMANDS = (
    Command("up", "start everything, with the demo (what ./run does)", Needs.NOTHING, "up"),
    Command("serve", "run the web process", Needs.DJANGO, "serve"),
    Command("worker", "run a worker process", Needs.DJANGO, "worker"),
    Command("migrate", "bring the database's tables up to date", Needs.DJANGO, "migrate"),
    Command("demo", "end one line of each card kind and prove it", Needs.NOTHING, "demo"),
    Command("import", "read subscribers, lines and facts", Needs.DATABASE, "import_book"),
    Command("check", "validate policies and settings", Needs.NOTHING, "check"),
    Command("verify", "verify a certificate, offline", Needs.NOTHING, "verify"),
    Command("genuine", "tell whether what was received is official", Needs.DJANGO, "genuine"),
    Command("sunset", "end every line of a list, plan or brand", Needs.NOTHING, "sunset"),
    Command("sandbox", "run the sandbox carrier and payment provider", Needs.NOTHING, "sandbox"),
    Command("mailbox", "run the demo's mail server", Needs.NOTHING, "mailbox"),
    Command("texts", "run the demo's mobile network for texts", Needs.NOTHING, "texts"),
    Command("bench", "measure how fast it is", Needs.NOTHING, "bench"),
)


def main(words: Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    commands = {command.name: command for command in _COMMANDS if _exists(command)}
    parser = argparse.ArgumentParser(prog="signoff", description="Ends mobile lines properly.")
    parser.add_argument("--version", action="version", version=f"signoff {__version__}")
    below = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    given = list(sys.argv[1:] if words is None else words)
    for command in commands.values():
        child = below.add_parser(command.name, help=command.about, description=command.about)
        if command.name in given:
            getattr(_module(command), "arguments", _no_arguments)(child)
    options = parser.parse_args(given)
    return _guarded(commands[options.command], options)


def _guarded(command: Command, options: argparse.Namespace) -> int:
    try:
        with _prepared(command.needs):
            status = int(_module(command).run(options))
            sys.stdout.flush()
            return status
    except (ImproperlyConfigured, EmbeddedError, Refused) as error:
        print(f"signoff: {error}", file=sys.stderr)
        return 2
    except OperationalError as error:
        first = (str(error).strip() or "no reason given").splitlines()[0]
        print(f"signoff: cannot use the database: {first}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader (head, less) went away: no fault of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _exists(command: Command) -> bool:
    return find_spec(f"signoff.cli.{command.module}") is not None


def _module(command: Command) -> ModuleType:
    return importlib.import_module(f"signoff.cli.{command.module}")


def _no_arguments(parser: argparse.ArgumentParser) -> None:
    """For a command without any."""


@contextlib.contextmanager
def _prepared(needs: Needs) -> Iterator[None]:
    if needs is Needs.NOTHING:
        yield
        return
    from signoff.cli import database

    database.set_up_django()
    if needs is Needs.DJANGO:
        yield
        return
    with database.ready():
        yield
