"""`signoff worker`: carries out what is due."""

import argparse

from signoff.workflows import engine


def run(options: argparse.Namespace) -> int:
    """Works until SIGTERM or SIGINT, then finishes the set in hand."""
    engine.run_worker()
    return 0
