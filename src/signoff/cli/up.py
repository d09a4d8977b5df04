"""`signoff up`: everything on one machine, with the demo; what `./run` does."""

import argparse
import contextlib
import importlib
import signal
import time
from collections.abc import Iterator
from importlib.util import find_spec
from types import FrameType

from signoff.cli import database, instance

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Asked(BaseException):
    """The user, or the machine, asked us to stop."""


def run(options: argparse.Namespace) -> int:
    """Runs until SIGINT, SIGTERM or SIGHUP, then stops what it started, and only that."""
    with _stops_when_asked():
        with instance.running() as running:
            print(_greeting(running), flush=True)
            with contextlib.suppress(_Asked):
                while True:
                    running.tend()
                    time.sleep(0.5)
            database.tell("stopping")
        database.tell("stopped; the data stays, ./run continues with it")
    return 0


@contextlib.contextmanager
def _stops_when_asked() -> Iterator[None]:
    """Turns the first signal into `_Asked`, wherever we are; later ones wait for the end."""

    def ask(number: int, frame: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise _Asked

    for each in _SIGNALS:
        signal.signal(each, ask)
    with contextlib.suppress(_Asked):
        yield


def _greeting(running: instance.Instance) -> str:
    logins: list[tuple[str, str, str]] = []
    if find_spec("signoff.cli.seed"):
        logins = importlib.import_module("signoff.cli.seed").LOGINS
    people = "\n".join(f"    {who:<34}{email:<34}{password}" for who, email, password in logins)
    return f"""
Signoff is ready: {running.url}

  Log in as
{people}

  Try
    {running.url}/              end a line of your own, from checklist to certificate
    {running.url}/desk/         decide as an agent what waits for review
    {running.url}/desk/sunsets/ close a brand's old plan: the operator and the supervisor confirm
    {running.url}/demo/mailbox  read the mails that were sent
    {running.url}/demo/sms      read the texts, and write back from a phone
    ./run demo                  the whole way for five lines, without a browser

  Data and logs: {running.home}
  Stop with Ctrl-C; the next ./run finds everything as you left it.
"""
