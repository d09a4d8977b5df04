"""A worker that kills itself with SIGKILL at one boundary of one step.

Reads orders from standard input, one JSON object a line: step, boundary, whether it carries cases
on, addresses of sandbox and mail server, and a bill to pay or null. For each it forks a worker of
its own, before which nothing has touched the database, and answers with the signal that ended it.
The fork only spares the imports: it is a process, and it is killed.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import django
from django.conf import settings

PATIENCE_S = 20.0


def die() -> None:
    """End as a power cut ends a process: nothing is flushed, closed or rolled back."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(call: Callable[..., Any], act: Callable[[], None]) -> Callable[..., Any]:
    def wrapped(*args: Any, **words: Any) -> Any:
        act()
        return call(*args, **words)

    return wrapped


def after(call: Callable[..., Any], act: Callable[[], None]) -> Callable[..., Any]:
    def wrapped(*args: Any, **words: Any) -> Any:
        result = call(*args, **words)
        act()
        return result

    return wrapped


class Hand:
    """Knows which step the worker is at, and in which of its acts; dies at the ordered place."""

    def __init__(self, step: str, boundary: str, *, carry: bool) -> None:
        self._step, self._boundary, self._carry = step, boundary, carry
        self._at, self._doing = "", ""

    def reach(self, boundary: str) -> None:
        if (self._at, boundary) == (self._step, self._boundary):
            die()

    def doing(self, step: str, what: str) -> None:
        self._at, self._doing = step, what

    def written(self) -> None:
        """Everything of a transaction is written; it only has to be committed."""
        self.reach(f"{self._doing}_written")

    def arm(self) -> None:
        """Put the boundaries around the runner and its steps."""
        from signoff.records import dues
        from signoff.workflows import engine, runner, steps

        hold, run_once, wake = dues.hold, runner.run_once, engine.wake

        def watched(step: Any, only: Any = (), **words: Any) -> int:
            self._at = step.value
            held = run_once(step, only, **{**words, "carry": self._carry})
            if held:
                self.reach("committed")
            return held

        runner.run_once = watched
        dues.hold = before(hold, partial(self.reach, "unclaimed"))
        engine.wake = after(wake, self.written)
        known: dict[Any, Any] = steps.STEPS  # type: ignore[assignment]
        for step, kind in known.items():
            if isinstance(kind, runner.Outside):
                known[step] = replace(
                    kind,
                    plan=before(kind.plan, partial(self.doing, step.value, "plan")),
                    call=after(
                        before(kind.call, partial(self.reach, "planned")),
                        partial(self.reach, "called"),
                    ),
                    record=before(kind.record, partial(self.doing, step.value, "record")),
                )
            else:
                known[step] = replace(
                    kind, act=before(kind.act, partial(self.doing, step.value, "act"))
                )


def work() -> None:
    """Do what a worker does; what would wait a second or two is due at once."""
    from signoff.records import models
    from signoff.workflows import runner
    from signoff.workflows.work import clock

    over = time.monotonic() + PATIENCE_S
    while time.monotonic() < over:
        for step in runner.due_steps():
            runner.run(step)
        waiting = models.Due.objects.filter(lease_until=None)
        waiting.exclude(step__in=("purge", "lapse_confirmation")).update(due_at=clock())
        time.sleep(0.02)


def end(order: dict[str, Any]) -> int:
    """Carry out an order in a process of its own; says which signal ended it, 0 for none."""
    child = os.fork()
    if child == 0:
        from signoff.workflows import act

        try:
            settings.SIGNOFF_SANDBOX_URL = order["sandbox"]
            settings.SIGNOFF_SMTP_URL = order["smtp"]
            Hand(order["step"], order["boundary"], carry=order["carry"]).arm()
            if order["pay"]:
                act.pay_bill(**order["pay"])
            work()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def main() -> None:
    django.setup()
    from signoff.workflows import steps

    assert steps.STEPS

    for line in sys.stdin:
        print(json.dumps({"signal": end(json.loads(line))}), flush=True)


if __name__ == "__main__":
    main()
