"""One transaction: what is decided in it, and who is woken when it commits."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import transaction

from signoff.records.changes import Changes
from signoff.workflows import engine
from signoff.workflows.ids import new_id


def clock() -> datetime:
    """Now, in UTC: the one place where workflows ask for the time."""
    return datetime.now(UTC)


@contextmanager
def changing(now: datetime | None = None) -> Iterator[Changes]:
    """Open a transaction, write what was collected in it, and wake workers for what is owed.

    The wake-up is part of the same transaction: it exists exactly if the rows do.
    """
    with transaction.atomic():
        changes = Changes(now=now or clock(), new_id=new_id)
        yield changes
        changes.write()
        engine.wake(changes.steps)
