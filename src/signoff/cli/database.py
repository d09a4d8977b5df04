"""Django and the database, ready for a command."""

import contextlib
import os
import sys
from collections.abc import Iterator

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from signoff.cli import embedded


def set_up_django() -> None:
    """Reads the settings and wires the adapters. Raises ImproperlyConfigured, in one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "signoff.config.settings")
    django.setup()


@contextlib.contextmanager
def ready() -> Iterator[None]:
    """The database, running and migrated, for as long as the block lasts.

    The embedded one is joined or started, and brought up to date. One of your own (DATABASE_URL) is
    left as it is: `signoff migrate` is yours to run. Raises EmbeddedError, OperationalError.
    """
    with contextlib.ExitStack() as stack:
        if settings.SIGNOFF_EMBEDDED:
            stack.enter_context(embedded.running(settings.SIGNOFF_HOME, tell=tell))
            migrate()
        stack.callback(connection.close)
        yield


def migrate() -> bool:
    """Applies what is missing; two that try at once take turns. Returns whether anything was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATING])
        try:
            executor = MigrationExecutor(connection)
            missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if missing:
                call_command("migrate", interactive=False, verbosity=0)
            return bool(missing)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATING])


_MIGRATING = 0x51670FF
"""The advisory lock's number: any that nobody else uses."""


def tell(message: str) -> None:
    """One line of progress, on standard error, where it does not mix with a command's answer."""
    print(f"signoff: {message}", file=sys.stderr, flush=True)
