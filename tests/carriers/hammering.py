"""A process that sends one carrier account as much as its pace lets it, until told to stop.

Its clocks are wrong by the hours it is told: nothing but the database's may count. One JSON object
on standard input says what to do; a line is written for each answer, with the machine's true time.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock, Thread
from typing import Any

ORDER: dict[str, Any] = json.loads(sys.stdin.readline())
true_time = time.monotonic


def wrong(clock: Callable[[], float]) -> Callable[[], float]:
    return lambda: clock() + ORDER["clock_wrong_h"] * 3600


time.time, time.monotonic = wrong(time.time), wrong(time.monotonic)

import django  # noqa: E402
import httpx  # noqa: E402

django.setup()

from signoff.carriers.sandbox.adapter import SandboxCarrier  # noqa: E402
from signoff.carriers.sandbox.profiles import PROFILES  # noqa: E402
from signoff.ports.carrier import LineRef  # noqa: E402
from signoff.ports.pacing import bulk  # noqa: E402
from signoff.records.pace import SharedPace  # noqa: E402
from signoff.records.pace_row import PaceSession  # noqa: E402

writing = Lock()


def tell(**answer: object) -> None:
    with writing:
        print(json.dumps(answer), flush=True)


def hammer(carrier: SandboxCarrier, line: LineRef) -> None:
    with bulk():
        while True:
            asked_at = true_time()
            (seen,) = carrier.read([line])
            tell(asked=asked_at, at=true_time(), error=seen.error)


def hold(pace: SharedPace) -> None:
    """Take a turn and never give it back."""
    with pace.turn():
        tell(holding=True)
        time.sleep(3600)


def main() -> None:
    pace = SharedPace(
        ORDER["pace"],
        rate_rps=ORDER["rate_rps"],
        concurrency=ORDER["concurrency"],
        session=PaceSession(),
    )
    if ORDER["hold"]:
        hold(pace)
    carrier = SandboxCarrier(
        name="att",
        base_url=ORDER["url"],
        account="att",
        secret=ORDER["secret"],
        now=lambda: datetime.now(UTC),
        capabilities=PROFILES["att"],
        pace=pace,
    )
    # The first request of a process takes long to leave; here that would be jitter at the carrier.
    httpx.get(f"{ORDER['url']}/admin/counts", trust_env=False)
    line = LineRef(iccid=ORDER["iccid"], msisdn="+15550000001", account="att")
    for _ in range(ORDER["threads"]):
        Thread(target=hammer, args=[carrier, line], daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
