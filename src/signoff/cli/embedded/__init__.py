"""The PostgreSQL that Signoff brings along: binaries of a PyPI wheel under a supervisor of our own.

`running(home)` joins the server of a home or starts one; `throw_away()` is one for tests.
"""

from signoff.cli.embedded.errors import AlreadyRunning, EmbeddedError
from signoff.cli.embedded.places import NAME, PORT, Places
from signoff.cli.embedded.server import Server, answers, running, throw_away

__all__ = [
    "NAME",
    "PORT",
    "AlreadyRunning",
    "EmbeddedError",
    "Places",
    "Server",
    "answers",
    "running",
    "throw_away",
]
