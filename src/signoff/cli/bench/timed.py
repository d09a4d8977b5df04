"""The timed part of a run: wall time, processor time and memory by role, and what was written."""

import time
from collections.abc import Mapping, Sequence

from signoff.cli.bench.ground import Ground, Process
from signoff.cli.bench.processes import Watch
from signoff.cli.bench.report import Figures, rounded
from signoff.cli.bench.tally import Tally, tally


class Timed:
    """Call `begin` and `end` around what is timed, while the processes live; `figures` after them.

    What a process wrote is counted once its connections have ended, so `figures` comes last.
    """

    def __init__(self, place: Ground, **roles: Sequence[Process]) -> None:
        pids = {role: [each.pid for each in processes] for role, processes in roles.items()}
        pids["sandbox"] = [place.sandbox.pid] if place.sandbox else []
        pids["postgres"] = [place.server.pid]
        self._watch = Watch({role: found for role, found in pids.items() if found})
        self._before = tally()
        self._started = self.seconds = self._own = 0.0
        self.wrote: Tally = self._before

    def begin(self) -> float:
        self._watch.begin()
        self._own = time.process_time()
        self._started = time.monotonic()
        return self._started

    def end(self) -> None:
        self.seconds = time.monotonic() - self._started
        self._own = time.process_time() - self._own
        self._watch.end()

    def figures(
        self, lines: int, *, told: Mapping[str, Mapping[str, float]] | None = None
    ) -> Figures:
        """What was measured, for so many lines; `told` is what processes say of themselves."""
        self.wrote = tally().since(self._before)
        told = told or {}
        cpu = self._watch.cpu | {role: each["cpu"] for role, each in told.items()}
        peak = self._watch.peak | {role: each["peak_mib"] for role, each in told.items()}
        courses = self._watch.courses()
        return {
            "seconds": rounded(self.seconds),
            "per_second": rounded(lines / self.seconds),
            "cpu_seconds": {role: rounded(each) for role, each in cpu.items()},
            "cpu_us_per_line": {role: rounded(each / lines * 1e6) for role, each in cpu.items()},
            "cpu_us_per_line_in_all": rounded(sum(cpu.values()) / lines * 1e6),
            "bench_cpu_seconds": rounded(self._own),
            "peak_rss_mib": {role: rounded(each) for role, each in peak.items()},
            "rss_mib_over_time": {role: list(map(rounded, all_)) for role, all_ in courses.items()},
            "bytes_per_case": rounded(self.wrote.size / lines),
            "log_bytes_per_case": rounded(self.wrote.log / lines),
            "rows_per_case": self.wrote.each(lines),
        }
