"""The sandbox carrier at ports.carrier."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from typing import TypeVar

from signoff.carriers.sandbox import callbacks
from signoff.carriers.sandbox.client import NotSent, SandboxClient, Unclear
from signoff.carriers.sandbox.errors import ACCOUNT_ERROR
from signoff.carriers.sandbox.profiles import PROFILES
from signoff.carriers.sandbox.runs import Performing, Reading
from signoff.carriers.sandbox.translate import Row, by_iccid, followed, foreign
from signoff.ports.carrier import (
    Accepted,
    Answering,
    CallbackHint,
    Capabilities,
    CarrierMisread,
    CarrierOrder,
    CarrierUnsupported,
    LineRef,
    LineState,
    Observation,
    Outcome,
)
from signoff.ports.pacing import Pace, Pacing

In = TypeVar("In")
Out = TypeVar("Out")


class SandboxCarrier:
    """One account of the sandbox."""

    def __init__(
        self,
        *,
        name: str,
        base_url: str,
        account: str,
        secret: str,
        now: Callable[[], datetime],
        timeout_s: float = 10.0,
        capabilities: Capabilities | None = None,
        pace: Pacing | None = None,
    ) -> None:
        """Connect to nothing yet. Without capabilities, the account's own profile holds.

        Without a pace, one of this process alone keeps to the capabilities.
        """
        self._name = name
        self._account = account
        self._secret = secret
        self._now = now
        self._capabilities = capabilities or PROFILES[account]
        self._client = SandboxClient(
            base_url=base_url,
            account=account,
            secret=secret,
            timeout_s=timeout_s,
            pace=pace or _pace_of_this_process(self._capabilities),
        )

    @property
    def name(self) -> str:
        """The key in the registry."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """What this account can do."""
        return self._capabilities

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def listen(self, url: str) -> None:
        """Have callbacks sent to this address."""
        status, _ = self._client.call("PUT", "callback", content={"url": url})
        if status != 200:
            raise CarrierMisread(f"HTTP_{status}")

    def perform(self, orders: Sequence[CarrierOrder]) -> Sequence[Outcome]:
        """Carry out one operation on a set of lines."""
        if not orders:
            return []
        op = orders[0].op
        if any(order.op is not op for order in orders):
            raise ValueError("one call, one operation")
        if not self._capabilities.supports(op):
            raise CarrierUnsupported(op.value)
        look_first = self._capabilities.asynchronous is not Answering.NONE
        run = Performing(self._client, op=op, look_first=look_first)
        ours = [order for order in orders if order.line.account == self._account]
        sent = iter(self._in_batches(run.perform, ours))
        if run.locked_out and not run.answered:
            raise run.locked_out
        # A line of another account is never named to this one.
        return [
            next(sent) if order.line.account == self._account else foreign(order)
            for order in orders
        ]

    def read(self, lines: Sequence[LineRef]) -> Sequence[Observation]:
        """Read lines fresh from the carrier."""
        ours = [line for line in lines if line.account == self._account]
        found = iter(self._in_batches(Reading(self._client).read, ours))
        return [
            next(found)
            if line.account == self._account
            else Observation(iccid=line.iccid, state=LineState.NOT_FOUND, error=ACCOUNT_ERROR)
            for line in lines
        ]

    def follow(self, accepted: Sequence[Accepted]) -> Sequence[Outcome]:
        """Ask for the results of accepted requests, one call a request."""
        results = {
            reference: self._results(reference)
            for reference in dict.fromkeys(one.reference for one in accepted)
        }
        return [followed(one, results=results[one.reference]) for one in accepted]

    def parse_callback(self, headers: Mapping[str, str], body: bytes) -> Sequence[CallbackHint]:
        """Check a callback and name the lines to read back."""
        return callbacks.parse(headers, body, secret=self._secret, now=self._now())

    def _in_batches(
        self, work: Callable[[Sequence[In]], Sequence[Out]], items: Sequence[In]
    ) -> list[Out]:
        """Work through the batches, as many at once as the carrier allows; keep the order."""
        batches = list(_batched(items, size=self._capabilities.batch_max))
        workers = min(self._capabilities.concurrency, len(batches))
        if workers <= 1:
            return [one for batch in batches for one in work(batch)]
        # Each batch runs in a copy of our context, so that its turns wait in the lane we are in.
        contexts = [copy_context() for _ in batches]
        with ThreadPoolExecutor(workers) as pool:
            done = pool.map(lambda context, batch: context.run(work, batch), contexts, batches)
            return [one for answers in done for one in answers]

    def _results(self, reference: str) -> dict[str, Row] | None:
        """Return results by line; empty while the request is pending, None where unknown."""
        try:
            status, answer = self._client.call("GET", f"requests/{reference}")
            if status == 200 and answer.get("status") == "complete":
                return by_iccid(answer.get("results"))
        except (NotSent, Unclear, CarrierMisread):
            return None
        return {} if status == 200 else None


def _pace_of_this_process(capabilities: Capabilities) -> Pace:
    return Pace(
        rate_rps=capabilities.rate_rps,
        concurrency=capabilities.concurrency,
        monotonic=time.monotonic,
        sleep=time.sleep,
    )


def _batched(items: Sequence[In], *, size: int) -> Iterator[Sequence[In]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
