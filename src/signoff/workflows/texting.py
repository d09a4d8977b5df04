"""Texts that come in, and what becomes of ours: kept at once, answered through the usual steps."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connections

from signoff.ports.texting import Listening, TextEvent
from signoff.usecases import text_messages
from signoff.usecases.incoming_texts import NotYet, take_in_texts
from signoff.workflows.work import changing

__all__ = ["NotYet", "listening", "take_in", "take_in_aside"]

log = logging.getLogger(__name__)


def take_in(events: Sequence[TextEvent]) -> None:
    """Keep what came in, in one transaction. What it raises has kept nothing.

    Raises NotYet where a receipt came before the message it is about was written down.
    """
    with changing() as changes:
        take_in_texts(events, changes=changes)
    log.info("texts taken in", extra={"count": len(events)})


def take_in_aside(events: Sequence[TextEvent]) -> None:
    """As take_in, for a thread that is neither a request's nor a worker's."""
    try:
        take_in(events)
    finally:
        # It waits for days in between: a database connection of its own would wait with it.
        connections.close_all()


@contextmanager
def listening() -> Iterator[None]:
    """Stay connected for texts that come in, where the way out is one that listens."""
    messenger: object = text_messages.messenger()
    if not isinstance(messenger, Listening):
        yield
        return
    messenger.listen()
    try:
        yield
    finally:
        messenger.close()
