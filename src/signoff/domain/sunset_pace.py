"""How long a carrier takes for many lines, at the pace it allows. Estimates, for people to plan."""

from dataclasses import dataclass

SWAP_S = 0.1
"""How long one request takes where nothing is published: it bounds what is in flight at once."""

OPERATIONS = 2
"""Orders a line needs: block and cut."""

READINGS = 3
"""Readings a line needs: after each order, and the fresh one that is the proof."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What a carrier takes: lines in one request, requests a second, requests at once."""

    batch_max: int = 1
    rate_rps: float | None = None
    concurrency: int = 1

    @property
    def requests_per_second(self) -> float:
        """The requests a second that are reached: the published rate, or what fits in flight."""
        in_flight = self.concurrency / SWAP_S
        return in_flight if self.rate_rps is None else min(self.rate_rps, in_flight)


def requests_needed(lines: int, pace: Pace, *, purged: bool = False) -> int:
    """Requests for so many lines; a purge right after the end takes an order and a reading more."""
    batches = -(-lines // pace.batch_max)
    return batches * (OPERATIONS + READINGS + (2 if purged else 0))


def seconds_for(requests: int, pace: Pace) -> float:
    """How long so many requests take at this pace."""
    return requests / pace.requests_per_second
