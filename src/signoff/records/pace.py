"""A pace that all processes of an installation keep together, on however many machines.

The rate is a reservation in the account's row, by the database's clock. What is in flight are
leases in the same row: a process that dies holding a turn loses it after seconds, and one whose
request takes long renews it. Whoever is refused stands in front, one process at a time, so that
nobody who asks quickly shuts out the others; a person takes that place from bulk.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import randbits
from threading import Condition, Thread
from time import monotonic, sleep

from django.db import Error

from signoff.ports.pacing import is_bulk
from signoff.records.pace_row import LEASE, Grant, PaceRow, PaceSession

log = logging.getLogger(__name__)

RENEW_S = LEASE.total_seconds() / 3
_LONGEST_PAUSE_S = 0.25
_OTHERS = 4
_AT_ONCE = float("-inf")


@dataclass(eq=False, slots=True)
class _Turn:
    """A turn of this process: its mark in the row, and its times by this machine's clock."""

    mark: datetime
    begins_at: float
    ends_at: float
    began_at: float | None = None


@dataclass(eq=False, slots=True)
class _Waiter:
    bulk: bool
    turn: _Turn | None = None


class SharedPace:
    """The pace of one account at a carrier, over all processes. Safe in several threads.

    A turn costs one or two short statements, and threads that wait together are served by one: the
    faster the carrier, the more of them. Where a carrier names no rate, use `ports.pacing.Pace`,
    which costs nothing and counts in this process only.
    """

    def __init__(
        self, name: str, *, rate_rps: float, concurrency: int, session: PaceSession
    ) -> None:
        """Connect to nothing yet. `name` is the account's, the same in every process."""
        gap = timedelta(seconds=1 / rate_rps)
        self._gap_s = gap.total_seconds()
        self._pause_s = min(max(self._gap_s / 8, 0.002), 0.025)
        self._row = PaceRow(
            name, gap=gap, concurrency=concurrency, me=randbits(62), session=session
        )
        self._name = name
        self._changed = Condition()
        self._waiting: list[_Waiter] = []
        self._held: list[_Turn] = []
        self._over: list[_Turn] = []
        self._asking = False
        self._ask_at = _AT_ONCE
        self._keeping = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and hold it while the request runs.

        Raises OperationalError where the database does not answer: nothing is sent unpaced.
        """
        held = self._begin()
        try:
            yield
        finally:
            self._end(held)

    # ------------------------------------------------------------ taking turns
    def _begin(self) -> _Turn:
        while True:
            turn = self._take()
            try:
                sleep(max(0.0, turn.begins_at - monotonic()))
            except BaseException:
                self._end(turn)
                raise
            with self._changed:
                turn.began_at = monotonic()
                in_time = turn.began_at < turn.ends_at
            if in_time:
                return turn
            # This process was stopped for so long that the turn may be another's by now.
            turn.began_at = None
            self._end(turn)

    def _take(self) -> _Turn:
        me = _Waiter(bulk=is_bulk())
        with self._changed:
            self._waiting.append(me)
            self._ask_at = _AT_ONCE
            try:
                while me.turn is None:
                    pause_s = self._ask_at - monotonic()
                    if self._asking:
                        self._changed.wait()
                    elif pause_s > 0:
                        self._changed.wait(pause_s)
                    else:
                        self._ask()
                return me.turn
            except BaseException:
                if me.turn is not None:
                    self._put_back(me.turn)
                raise
            finally:
                self._waiting.remove(me)
                self._changed.notify_all()

    def _ask(self) -> None:
        """Ask the database once for all who wait here, people first; the lock is left meanwhile."""
        people = self._waiters(bulk=False)
        asking = people or self._waiters(bulk=True)
        over, self._over = self._over, []
        self._asking = True
        self._changed.release()
        answer = None
        try:
            answer = self._row.take(
                len(asking), bulk=not people, done=_marks(over), since=_since(over)
            )
        finally:
            self._changed.acquire()
            self._asking = False
            self._changed.notify_all()
            if answer is None:
                self._over += over
        if isinstance(answer, Grant):
            self._hand_out(answer)
        elif not self._over and (people or not self._waiters(bulk=False)):
            pause_s = self._pause_s if answer.in_front else self._pause_s * _OTHERS
            self._ask_at = monotonic() + min(max(answer.not_before_s, pause_s), _LONGEST_PAUSE_S)

    def _hand_out(self, grant: Grant) -> None:
        # Counted from the arrival of the answer: a slow network makes turns late, never early.
        first_at = monotonic() + max(0.0, grant.first_in_s)
        waiting = self._waiters(bulk=False) + self._waiters(bulk=True)
        for number, mark in enumerate(grant.marks):
            begins_at = first_at + number * self._gap_s
            turn = _Turn(mark, begins_at, begins_at + LEASE.total_seconds())
            self._held.append(turn)
            if number < len(waiting):
                waiting[number].turn = turn
            else:
                self._put_back(turn)
        if not self._keeping:
            self._keeping = True
            Thread(target=self._keep, name="pace", daemon=True).start()

    def _waiters(self, *, bulk: bool) -> list[_Waiter]:
        return [each for each in self._waiting if each.turn is None and each.bulk is bulk]

    # ------------------------------------------------------------ giving them back
    def _put_back(self, turn: _Turn) -> None:
        """Leave a turn to the next statement."""
        self._held.remove(turn)
        self._over.append(turn)
        self._ask_at = _AT_ONCE
        self._changed.notify_all()

    def _end(self, turn: _Turn) -> None:
        """Give a turn back: with the question of whoever waits here, else by itself."""
        with self._changed:
            self._put_back(turn)
            if any(each.turn is None for each in self._waiting):
                return
        self._give_back()

    def _give_back(self) -> None:
        with self._changed:
            over, self._over = self._over, []
        if not over:
            return
        try:
            self._row.give_back(_marks(over), since=_since(over))
        except Error:
            # The request has its answer, which must not be lost for this; the lease ends by itself.
            log.exception("turn not given back", extra={"pace": self._name})
            with self._changed:
                self._over += over

    # ------------------------------------------------------------ keeping them
    def _keep(self) -> None:
        """Renew the leases of requests that take long, until nothing is in flight here."""
        while True:
            sleep(RENEW_S)
            with self._changed:
                if not self._held:
                    self._keeping = False
                    return
                soon = monotonic() + LEASE.total_seconds() - RENEW_S
                old = [each for each in self._held if each.ends_at < soon]
            if old:
                self._renew(old)

    def _renew(self, turns: Sequence[_Turn]) -> None:
        asked_at = monotonic()
        try:
            marks = self._row.renew(_marks(turns))
        except Error:
            log.exception("turn not renewed", extra={"pace": self._name})
            return
        with self._changed:
            for turn, mark in zip(turns, marks, strict=True):
                if turn in self._held:
                    turn.mark, turn.ends_at = mark, asked_at + LEASE.total_seconds()
                else:
                    # It ended meanwhile, under the mark it had before.
                    self._over.append(_Turn(mark, turn.begins_at, turn.ends_at, turn.began_at))
        self._give_back()


def _marks(turns: Sequence[_Turn]) -> list[datetime]:
    return [each.mark for each in turns]


def _since(turns: Sequence[_Turn]) -> timedelta | None:
    """How long ago the latest of the turns began; None where none was used."""
    began = [each.began_at for each in turns if each.began_at is not None]
    return timedelta(seconds=monotonic() - max(began)) if began else None
