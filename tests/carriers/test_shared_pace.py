"""A pace holds over all processes of an installation, whatever happens to one of them."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db import OperationalError, connection

from carriers.sandbox_stage import new_lines
from crash.killing import environment
from signoff.ports.pacing import bulk
from signoff.records import models
from signoff.records.pace import SharedPace
from signoff.records.pace_row import LEASE, PATIENCE, PaceSession
from signoff.testing.sandbox import SECRET, SandboxAdmin, SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT_RPS = 5
# Calls arrive at the carrier a little earlier or later than they are sent: hence the margin.
OUR_RPS = 4.75
NAME = "sandbox/att"


@pytest.fixture
def session() -> Iterator[PaceSession]:
    with closing(PaceSession()) as one:
        yield one


@pytest.fixture
def admin(tmp_path: Path) -> Iterator[SandboxAdmin]:
    """A carrier that takes five calls a second, one at a time, and says so when that is broken."""
    sandbox = SandboxProcess(state=tmp_path / "sandbox.db")
    sandbox.admin.behave("att", reset=True, rate_rps=LIMIT_RPS, concurrency=1, latency_ms=60)
    yield sandbox.admin
    sandbox.stop()


def pace(session: PaceSession, *, rate_rps: float = 1000, concurrency: int = 1) -> SharedPace:
    return SharedPace(NAME, rate_rps=rate_rps, concurrency=concurrency, session=session)


class Hammer:
    """The other end of hammering.py."""

    def __init__(self, process: "subprocess.Popen[str]", order: dict[str, Any]) -> None:
        self.process = process
        self.said: list[dict[str, Any]] = []
        assert process.stdin
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for said in self.process.stdout:
            if said.endswith("\n"):
                self.said.append(json.loads(said))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()


@contextmanager
def hammering(
    database_url: str, *, admin: SandboxAdmin, processes: int, threads: int = 1, hold: bool = False
) -> Iterator[list[Hammer]]:
    """Processes at one account, each with clocks of its own; what is left of them is killed."""
    (line,) = new_lines(admin, "att")
    order = {
        "url": admin.url,
        "secret": SECRET,
        "iccid": line.iccid,
        "pace": NAME,
        "rate_rps": OUR_RPS,
        "concurrency": 1,
        "threads": threads,
        "hold": hold,
    }
    with ExitStack() as stack:
        hammers = []
        for number in range(processes):
            process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("hammering.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment(database_url),
            )
            stack.enter_context(process)
            hammer = Hammer(process, {**order, "clock_wrong_h": 5 * number - 8})
            stack.callback(hammer.kill)
            hammers.append(hammer)
        yield hammers


def answers(hammers: list[Hammer]) -> list[float]:
    """When each answer came; none was a refusal."""
    said = [each for hammer in hammers for each in list(hammer.said)]
    assert [each["error"] for each in said if each["error"]] == []
    return sorted(each["at"] for each in said)


def wait_until_all_answered(hammers: list[Hammer], *, within_s: float = 30) -> None:
    over = time.monotonic() + within_s
    while not all(hammer.said for hammer in hammers):
        assert time.monotonic() < over, [len(hammer.said) for hammer in hammers]
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 3])
def test_four_processes_keep_one_account_s_limits(
    database_url: str, admin: SandboxAdmin, threads: int
) -> None:
    """The carrier refuses a sixth call a second and a second one in flight: it never has to."""
    with hammering(database_url, admin=admin, processes=4, threads=threads) as hammers:
        wait_until_all_answered(hammers)
        began_at, lasted_s = time.monotonic(), 15
        before = [len(hammer.said) for hammer in hammers]
        time.sleep(lasted_s)
        each = [len(hammer.said) - n for hammer, n in zip(hammers, before, strict=True)]
        times = [at for at in answers(hammers) if began_at <= at <= began_at + lasted_s]

    rate = len(times) / lasted_s
    print(f"{threads} threads: {rate:.2f} calls/s of {LIMIT_RPS}, by process {each}")
    assert rate >= 0.9 * LIMIT_RPS
    # Nobody is shut out.
    assert min(each) >= sum(each) / 4 / 2


@pytest.mark.slow
@pytest.mark.crash
def test_a_killed_process_costs_the_others_seconds(database_url: str, admin: SandboxAdmin) -> None:
    with hammering(database_url, admin=admin, processes=1, hold=True) as (holder,):
        wait_until_all_answered([holder])
        with hammering(database_url, admin=admin, processes=2) as others:
            # Alive it keeps its turn, however long its request takes.
            time.sleep(LEASE.total_seconds() + 3)
            assert answers(others) == []

            holder.kill()
            killed_at = time.monotonic()
            wait_until_all_answered(others, within_s=LEASE.total_seconds() + 5)
            times = answers(others)

    print(f"first answer {times[0] - killed_at:.1f} s after the kill")
    assert times[0] - killed_at < LEASE.total_seconds() + 1


@pytest.mark.slow
@pytest.mark.crash
def test_killed_in_the_middle_of_calls_nobody_is_throttled(
    database_url: str, admin: SandboxAdmin
) -> None:
    with hammering(database_url, admin=admin, processes=4) as hammers:
        wait_until_all_answered(hammers)
        hammers[0].kill()
        hammers[1].kill()
        killed_at = time.monotonic()
        time.sleep(LEASE.total_seconds() + 4)
        times = answers(hammers[2:])

    assert sum(at > killed_at + LEASE.total_seconds() + 1 for at in times) >= 3 * OUR_RPS * 0.8


@pytest.mark.slow
def test_a_person_s_turn_goes_before_bulk(database_url: str, admin: SandboxAdmin) -> None:
    """Twelve threads of four processes never leave the account idle; a person waits for one."""
    with hammering(database_url, admin=admin, processes=4, threads=3) as hammers:
        wait_until_all_answered(hammers)
        with closing(PaceSession()) as session:
            mine = pace(session, rate_rps=OUR_RPS)
            waits = []
            for _ in range(20):
                asked_at = time.monotonic()
                with mine.turn():
                    waits.append(time.monotonic() - asked_at)
                    time.sleep(0.03)
                time.sleep(0.07)

    waits.sort()
    print(f"a person waits {waits[10]:.2f} s, at most {waits[-1]:.2f} s")
    # Behind the one that runs and the one that has the next start; bulk waits twelve of them.
    assert waits[-1] < 3 / OUR_RPS


def test_bulk_gives_the_place_in_front_to_a_person(session: PaceSession) -> None:
    order: list[str] = []

    def ask(name: str, own: PaceSession) -> None:
        with closing(own):
            slow = pace(own, rate_rps=50)
            with slow.turn():
                order.append(name)

    def ask_in_bulk() -> None:
        with bulk():
            ask("bulk", PaceSession())

    threads = [Thread(target=ask_in_bulk), Thread(target=ask, args=["person", PaceSession()])]
    with pace(session, rate_rps=50).turn():
        for thread in threads:
            thread.start()
            time.sleep(0.3)
    for thread in threads:
        thread.join()

    assert order == ["person", "bulk"]


def test_many_in_flight_are_as_many_as_allowed(session: PaceSession) -> None:
    """Two processes' worth of threads: never more than three at once, and three are reached."""
    flying, most = [0], [0]
    second = PaceSession()
    paces = [pace(session, concurrency=3), pace(second, concurrency=3)]

    def send(one: SharedPace) -> None:
        for _ in range(20):
            with one.turn():
                flying[0] += 1
                most[0] = max(most[0], flying[0])
                time.sleep(0.004)
                flying[0] -= 1

    threads = [Thread(target=send, args=[paces[number % 2]]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.close()

    assert most == [3]
    assert models.Pace.objects.get().in_flight == []


def test_starts_are_a_gap_apart(session: PaceSession) -> None:
    second = PaceSession()
    starts: list[float] = []

    def send(one: SharedPace) -> None:
        for _ in range(8):
            with one.turn():
                starts.append(time.monotonic())

    threads = [
        Thread(target=send, args=[pace(own, rate_rps=40, concurrency=4)])
        for own in (session, second)
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.close()

    starts.sort()
    assert len(starts) == 32
    assert starts[-1] - starts[0] >= 31 / 40 - 0.02


def test_a_request_that_began_late_moves_the_next_one(session: PaceSession) -> None:
    slow = pace(session, rate_rps=10)
    began = []
    for _ in range(4):
        with slow.turn():
            began.append(time.monotonic())

    gaps = [after - before for before, after in pairwise(began)]
    assert min(gaps) >= 0.1


def test_a_turn_is_given_back_when_the_request_fails(session: PaceSession) -> None:
    one = pace(session)
    with pytest.raises(ValueError, match="broken"), one.turn():
        raise ValueError("broken")

    assert models.Pace.objects.get().in_flight == []


def test_a_connection_that_broke_is_opened_anew(session: PaceSession) -> None:
    one = pace(session)
    with one.turn():
        assert _end_pace_connections() == 1
    with one.turn():
        pass
    _end_pace_connections()

    with one.turn():
        pass
    assert models.Pace.objects.get().in_flight == []


def _end_pace_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'signoff pace'"
        )
        ended: int = cursor.fetchone()[0]
    time.sleep(0.1)
    return ended


def test_without_the_database_nobody_gets_a_turn(
    session: PaceSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")

    with pytest.raises(OperationalError), pace(session).turn():
        pytest.fail("a turn without the database")


def test_an_answer_is_not_lost_when_its_turn_cannot_be_given_back(
    session: PaceSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = pace(session)
    with monkeypatch.context() as away:
        with one.turn():
            session.close()
            away.setitem(connection.settings_dict, "HOST", "/nowhere")
        answered = True
    assert answered

    began_at = time.monotonic()
    with one.turn():
        pass

    # The next question gives it back: nobody waits for the lease to end.
    assert time.monotonic() - began_at < PATIENCE.total_seconds()
    assert models.Pace.objects.get().in_flight == []
