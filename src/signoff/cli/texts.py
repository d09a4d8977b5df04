"""`signoff texts`: the demo's mobile network. Takes texts over SMPP and keeps them in a folder."""

import argparse
from pathlib import Path

from signoff.cli.errors import Refused
from signoff.testing.texting import network


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, required=True, help="where phones keep their texts")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2775)


def run(options: argparse.Namespace) -> int:
    """Carries texts until SIGTERM or SIGINT."""
    try:
        network.serve(options.folder, host=options.host, port=options.port)
    except OSError as error:
        raise Refused(f"cannot listen on {options.host}:{options.port}: {error.strerror}") from None
    return 0
