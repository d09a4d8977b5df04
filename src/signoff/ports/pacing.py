"""Pacing for adapters: so many requests a second, so many in flight.

An adapter asks for a turn before every request and holds it while the request runs. Who wires the
adapter decides how far its pace reaches: over this process, or over all of an installation.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from threading import BoundedSemaphore, Lock
from typing import Protocol

_in_bulk: ContextVar[bool] = ContextVar("in_bulk", default=False)


@contextmanager
def bulk() -> Iterator[None]:
    """Mark what is done in here as bulk: its turns wait behind people's, where the pace can."""
    token = _in_bulk.set(True)
    try:
        yield
    finally:
        _in_bulk.reset(token)


def is_bulk() -> bool:
    """Tell whether a turn asked for now is bulk. A thread sees it if it runs in the context."""
    return _in_bulk.get()


class Pacing(Protocol):
    """The pace of one account at a carrier. Safe in several threads."""

    def turn(self) -> AbstractContextManager[None]:
        """Wait for a turn, and hold it while the request runs.

        May raise instead of giving one: then nothing may be sent.
        """


class Pace:
    """A pace of this process alone. Without a rate, only the number in flight is limited."""

    def __init__(
        self,
        *,
        rate_rps: float | None,
        concurrency: int,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        """Take the clock and the way to wait from whoever wires the adapter."""
        self._gap_s = 1 / rate_rps if rate_rps else 0.0
        self._in_flight = BoundedSemaphore(concurrency)
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = Lock()
        self._next_at = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and hold it while the request runs."""
        with self._in_flight:
            if self._gap_s:
                wait_s = self._reserve()
                if wait_s > 0:
                    self._sleep(wait_s)
            yield

    def _reserve(self) -> float:
        with self._lock:
            now = self._monotonic()
            at = max(now, self._next_at)
            self._next_at = at + self._gap_s
            return at - now
