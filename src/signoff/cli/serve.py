"""`signoff serve`: the web process."""

import argparse
import os

from django.conf import settings
from granian.constants import Interfaces
from granian.server import Server

_THREADS = 2
"""Requests a worker handles at once; each keeps one database connection."""


def arguments(parser: argparse.ArgumentParser) -> None:
    most = min(2, os.cpu_count() or 1)
    parser.add_argument("--workers", type=int, default=most, metavar="N", help="processes")


def run(options: argparse.Namespace) -> int:
    """Serves until SIGTERM or SIGINT, then lets running requests finish."""
    os.environ["SIGNOFF_FOLLOW_PARENT"] = "1"
    Server(
        "signoff.config.wsgi:application",
        address=settings.SIGNOFF_LISTEN,
        port=settings.SIGNOFF_PORT,
        interface=Interfaces.WSGI,
        workers=options.workers,
        blocking_threads=_THREADS,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=10,
        websockets=False,
        log_access=False,
    ).serve()
    return 0
