"""Pacing for adapters: so many requests a second, so many in flight, shared by all threads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock


class Pace:
    """A turn for every request. Without a rate, only the number in flight is limited."""

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
