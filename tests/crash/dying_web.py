"""`signoff serve`, whose first web process to take a declaration kills itself at one boundary.

argv: the boundary ("written" or "committed"), and a file that is there until one has died. The
same module is the application that the web process loads.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from granian.server import Server

BOUNDARY, MARK = "SIGNOFF_TEST_BOUNDARY", "SIGNOFF_TEST_MARK"


def die_once() -> None:
    """End as a crash does, the first time."""
    mark = Path(os.environ[MARK])
    if mark.exists():
        mark.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def arm() -> None:
    """Put the boundary around taking a declaration."""
    from signoff.workflows import act, engine

    declare, wake = act.declare_line, engine.wake
    written = os.environ[BOUNDARY] == "written"

    def waking(steps: Any) -> None:
        wake(steps)
        if written:
            die_once()

    def declaring(*args: Any, **words: Any) -> Any:
        found = declare(*args, **words)
        if not written:
            die_once()
        return found

    engine.wake = waking
    act.declare_line = declaring


def __getattr__(name: str) -> Any:
    """The WSGI application, armed; asked for by the web process alone."""
    if name != "application":
        raise AttributeError(name)
    from signoff.config.wsgi import application

    arm()
    return application


def main() -> None:
    os.environ[BOUNDARY], os.environ[MARK] = sys.argv[1:]
    from signoff.cli import serve
    from signoff.cli.main import main as signoff

    vars(serve)["Server"] = _server
    sys.exit(signoff(["serve", "--workers", "1"]))


def _server(target: str, **words: Any) -> Any:
    return Server("crash.dying_web:application", **words)


if __name__ == "__main__":
    main()
