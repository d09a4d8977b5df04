"""A program for the crash tests: owns the database of the home in argv[1] until it is ended.

Prints "up <postgres pid>", or "refused: <why>".
"""

import sys
import time
from pathlib import Path

from signoff.cli.embedded import EmbeddedError, Server

if __name__ == "__main__":
    server = Server(Path(sys.argv[1]))
    try:
        server.start()
    except EmbeddedError as error:
        sys.exit(f"refused: {error}")
    print("up", server.pid, flush=True)
    time.sleep(600)
