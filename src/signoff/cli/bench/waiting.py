"""Waiting until work is done, telling how far it is, and noticing when nothing moves any more."""

import time
from collections.abc import Sequence

from django.db import connection

from signoff.cli.bench.ground import Process
from signoff.cli.bench.report import tell
from signoff.cli.errors import Refused
from signoff.domain.steps import Step

LATER = (Step.PAY, Step.SEND_NOTICE)
"""Steps with a clock of their own: queued on the way, carried out after it."""

NOT_LATER = tuple(step.value for step in Step if step not in LATER)
"""What workers carry out while the clock runs."""

ON_THE_WAY = tuple(
    step.value for step in (Step.ASSESS, Step.BEGIN, Step.BLOCK, Step.CUT, Step.SETTLE)
)
"""Steps of which none may be owed once every case has ended."""

SUNSETS = tuple(step.value for step in Step if step.startswith("sunset_"))
"""What a run looks at for itself, now and then, until it is reconciled."""

# Asked step by step, of the index: read whole, the sleeping rows of a large run would be what the
# bench measures.
_OVER = """
SELECT NOT EXISTS (SELECT 1 FROM unnest(%s::text[]) AS s(step)
                   CROSS JOIN LATERAL (SELECT 1 FROM records_due d WHERE d.step = s.step
                                       ORDER BY d.lane, d.due_at LIMIT 1) owed)
   AND coalesce((SELECT id FROM records_event ORDER BY id DESC LIMIT 1), 0) <=
       coalesce((SELECT last_event_id FROM records_evidencechunk ORDER BY number DESC LIMIT 1), 0)
"""
_COUNTS = """
SELECT relname, n_tup_ins FROM pg_stat_user_tables
WHERE relname IN ('records_case', 'records_certificate', 'records_event')
"""
_POLL_S = 0.1
_TELL_S = 2.0
_STALLED_S = 180.0


def until_over(processes: Sequence[Process], *, opener: Process | None, lines: int) -> float:
    """Until all was opened, nothing is owed on the way any more, and the log is sealed.

    Says when all was opened. Raises Refused where a process stops or nothing moves any more.
    """
    progress = _Progress(lines)
    opened = 0.0 if opener else time.monotonic()
    while True:
        for each in processes:
            each.require_alive()
        if opener and not opened and opener.over():
            opened = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(_OVER, [list(ON_THE_WAY)])
            if cursor.fetchone()[0] and opened:
                return opened
        progress.tell()
        time.sleep(_POLL_S)


def until_done(processes: Sequence[Process], *, steps: Sequence[str], title: str) -> None:
    """Until none of these steps is owed any more. Raises Refused where a process stops."""
    told = time.monotonic()
    while True:
        for each in processes:
            each.require_alive()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM records_due WHERE step = ANY(%s) LIMIT 1", [list(steps)])
            if cursor.fetchone() is None:
                return
            if time.monotonic() - told > _TELL_S:
                told = time.monotonic()
                count = "SELECT count(*) FROM records_due WHERE step = ANY(%s)"
                cursor.execute(count, [list(steps)])
                tell(f"{title}: {cursor.fetchone()[0]:,} still owed")
        time.sleep(_POLL_S)


class _Progress:
    """Tells how far it is every two seconds, and notices when nothing moves."""

    def __init__(self, lines: int) -> None:
        self._lines = lines
        self._begun = self._told = self._moved = time.monotonic()
        self._seen = -1

    def tell(self) -> None:
        now = time.monotonic()
        if now - self._told < _TELL_S:
            return
        self._told = now
        with connection.cursor() as cursor:
            cursor.execute(_COUNTS)
            counts = dict(cursor.fetchall())
        if counts["records_event"] != self._seen:
            self._seen, self._moved = counts["records_event"], now
        elif now - self._moved > _STALLED_S:
            raise Refused(f"nothing moves any more; still owed: {_owed()}")
        opened, ended = counts["records_case"], counts["records_certificate"]
        speed = ended / (now - self._begun)
        tell(f"{opened:,} opened, {ended:,} of {self._lines:,} ended, {speed:,.0f} a second")


def _owed() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT step, count(*) FROM records_due GROUP BY step")
        return dict(cursor.fetchall())
