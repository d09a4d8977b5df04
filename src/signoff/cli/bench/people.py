"""People who declare, each for a line of their own, and how long they wait for what follows."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Self
from uuid import UUID

from django.db import connection

from signoff.cli.bench.ground import Ground
from signoff.cli.bench.report import Figures, spread
from signoff.cli.embedded.places import NAME
from signoff.domain.account import BalanceChoice, NumberChoice
from signoff.domain.reasons import LeavingReason
from signoff.usecases.declare import Declaration
from signoff.workflows import act

_LOOK_S = 0.005
_PATIENCE_S = 600.0


def declare(number: int) -> UUID:
    """What a request does for a person who declares: line and holder have the same number."""
    declaration = Declaration(
        case_id=UUID(int=0),
        number="",
        line_id=number,
        user_id=None,
        channel="web",
        language="zh-Hans",
        reason=LeavingReason.LEFT_COUNTRY,
        number_choice=NumberChoice.RELEASE,
        balance_choice=BalanceChoice.REFUND,
    )
    return act.declare_line(declaration, user_id=number).case_id


def declare_all(numbers: Sequence[int], *, clients: int) -> None:
    """Everyone declares as soon as a client is free."""
    at_once(numbers, clients=clients, act=lambda place, number: declare(number))


def come(place: Ground, numbers: Sequence[int], *, clients: int, rate: float) -> Figures:
    """People declare at a steady pace, so many a second, however long the answers take.

    Says in milliseconds how long a declaration took from when it was to begin, and how long after
    its beginning the next step was done and the case had ended.
    """
    took: list[float] = []
    with _Watcher(place) as watcher:
        began = time.monotonic()

        def one(turn: int, number: int) -> None:
            at = began + turn / rate
            time.sleep(max(0.0, at - time.monotonic()))
            begun = time.monotonic()
            watcher.expect(declare(number), since=begun)
            took.append(time.monotonic() - at)

        at_once(numbers, clients=clients, act=one)
        next_step, whole_way = watcher.seen(len(numbers))
    return {
        "people": len(numbers),
        "declared_ms": spread(took),
        "next_step_ms": spread(next_step),
        "whole_way_ms": spread(whole_way),
    }


def at_once(numbers: Sequence[int], *, clients: int, act: Callable[[int, int], object]) -> None:
    """`act` on every number and its place, in order, by so many threads; raises what one raised."""
    turns, lock = iter(enumerate(numbers)), threading.Lock()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for turn, number in _taken(turns, lock):
                act(turn, number)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if failed:
        raise failed[0]


def _taken(turns: Iterator[tuple[int, int]], lock: threading.Lock) -> Iterator[tuple[int, int]]:
    while True:
        with lock:
            turn = next(turns, None)
        if turn is None:
            return
        yield turn


class _Watcher:
    """Looks every five milliseconds which of the expected cases have moved on."""

    def __init__(self, place: Ground) -> None:
        self._connection = place.connect(NAME)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watcher", daemon=True)
        self._since: dict[UUID, float] = {}
        self._waiting: set[UUID] = set()
        self._under_way: set[UUID] = set()
        self._next_step: list[float] = []
        self._ended: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._over.set()
        self._thread.join()
        self._connection.close()

    def expect(self, case_id: UUID, *, since: float) -> None:
        with self._lock:
            self._since[case_id] = since
            self._waiting.add(case_id)

    def seen(self, count: int) -> tuple[list[float], list[float]]:
        """Seconds until the next step, and until the end, of so many cases."""
        over = time.monotonic() + _PATIENCE_S
        while len(self._ended) < count and self._thread.is_alive():
            if time.monotonic() > over:
                raise TimeoutError(f"{len(self._ended)} of {count} people's cases have ended")
            time.sleep(_LOOK_S)
        return self._next_step, self._ended

    def _look(self) -> None:
        turn = 0
        while not self._over.wait(_LOOK_S):
            turn += 1
            with self._lock:
                waiting = list(self._waiting)
                # The end is further away: looking for it less often takes less from the workers.
                under_way = list(self._under_way) if turn % 10 == 0 else []
            self._note(waiting, "state <> 'declared'", into=self._next_step)
            self._note(under_way, "state IN ('ended', 'closed')", into=self._ended)

    def _note(self, cases: list[UUID], reached: str, *, into: list[float]) -> None:
        if not cases:
            return
        found = self._connection.execute(
            f"SELECT id FROM records_case WHERE id = ANY(%s) AND {reached}", [cases]
        ).fetchall()
        now = time.monotonic()
        with self._lock:
            for (case_id,) in found:
                into.append(now - self._since[case_id])
                if into is self._next_step:
                    self._waiting.discard(case_id)
                    self._under_way.add(case_id)
                else:
                    self._under_way.discard(case_id)
