"""`signoff migrate`: brings the database's tables up to date."""

import argparse

from django.conf import settings

from signoff.cli import database


def run(options: argparse.Namespace) -> int:
    """Exit status 0 when every table is as this version needs it."""
    if settings.SIGNOFF_EMBEDDED:
        with database.ready():
            print("tables are up to date")
        return 0
    print("tables brought up to date" if database.migrate() else "tables are up to date")
    return 0
