"""Leases: while the calls outside last, a set stays with its worker; only a dead one loses it."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from uuid import UUID

from django.db import Error, connection

from signoff.domain.steps import Step
from signoff.records import dues

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
"""How long a killed worker's rows wait for the next one."""

RENEW = LEASE / 4


class LeaseLost(Exception):
    """Another worker holds these rows now; it reads back what came of our calls."""

    def __init__(self, subjects: frozenset[UUID]) -> None:
        super().__init__(f"{len(subjects)} rows")
        self.subjects = subjects


class Lease:
    """A worker's hold on due rows of a step beyond the transaction it took them in."""

    def __init__(self, subjects: Sequence[UUID], *, step: Step, until: datetime) -> None:
        self.subjects, self._step, self._until = frozenset(subjects), step, until

    @classmethod
    def of_held(cls, subjects: Sequence[UUID], *, step: Step) -> "Lease":
        """Keep rows beyond the running transaction, which holds them."""
        return cls(subjects, step=step, until=dues.lease(subjects, step=step, last=LEASE))

    @classmethod
    def of_new(cls, lanes: Mapping[UUID, int], *, step: Step, now: datetime) -> "Lease":
        """Owe a step to subjects and hold their rows at once; rows of others stay theirs."""
        until, taken = dues.take(lanes, step=step, now=now, last=LEASE)
        return cls(taken, step=step, until=until)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew the lease for as long as the calls in here take, however slow a carrier is."""
        over = Event()
        keeper = Thread(target=self._keep, args=[over], name="lease", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()

    def _keep(self, over: Event) -> None:
        while not over.wait(RENEW.total_seconds()):
            try:
                self._until = dues.renew(
                    list(self.subjects), step=self._step, until=self._until, last=LEASE
                )
            except Error:
                log.exception("lease not renewed", extra={"step": self._step.value})
                connection.close()
        connection.close()

    def require(self, subjects: Sequence[UUID]) -> None:
        """Hold these rows until the transaction ends. Raises LeaseLost where another has them."""
        lost = set(subjects) - dues.held(subjects, step=self._step, until=self._until)
        if lost:
            raise LeaseLost(frozenset(lost))

    def end(self, subjects: Sequence[UUID]) -> None:
        """Let go of rows before their time: they are owed as they were."""
        dues.release(subjects, step=self._step, until=self._until)
