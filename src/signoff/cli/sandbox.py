"""`signoff sandbox`: the sandbox carrier and payment provider, over real HTTP."""

import argparse
from pathlib import Path

from signoff.cli.errors import Refused
from signoff.testing import sandbox


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", type=Path, help="file that keeps its lines across restarts")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)


def run(options: argparse.Namespace) -> int:
    """Serves until SIGTERM or SIGINT."""
    try:
        sandbox.serve(
            state=options.state, host=options.host, port=options.port, secret=sandbox.SECRET
        )
    except sandbox.StateFileUnusable as error:
        raise Refused(f"cannot use the state file {options.state}: {error}") from None
    except OSError as error:
        raise Refused(f"cannot listen on {options.host}:{options.port}: {error.strerror}") from None
    return 0
