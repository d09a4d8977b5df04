"""`python -m signoff.testing.sandbox`: a sandbox without the rest of Signoff."""

import argparse
import sys
from pathlib import Path

from signoff.testing.sandbox.running import SECRET, serve


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="signoff.testing.sandbox", description=__doc__)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--secret-stdin", action="store_true")
    options = parser.parse_args()
    secret = sys.stdin.readline().strip() if options.secret_stdin else SECRET
    serve(state=options.state, host=options.host, port=options.port, secret=secret)


main()
