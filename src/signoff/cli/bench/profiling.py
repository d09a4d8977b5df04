"""A worker that takes down where its time goes: by step, by statement and by function.

Only for `--profile`: it is the real worker with a watch around what it calls.
"""

import argparse
import cProfile
import json
import pstats
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from signoff.cli import database, worker

_PARTS = ("load", "act", "plan", "call", "record")
_MOST_STATEMENTS = 40
_MOST_FUNCTIONS = 60


def main() -> None:
    """Works as `signoff worker` does; writes what it took down at the end."""
    parser = argparse.ArgumentParser(prog="signoff.cli.bench.profiling")
    worker.arguments(parser)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--functions", action="store_true")
    options = parser.parse_args()
    database.set_up_django()
    notes = Notes(functions=options.functions)
    notes.watch_worker()
    try:
        worker.run(options)
    finally:
        options.into.write_text(json.dumps(notes.all()), encoding="utf-8")


class Notes:
    """Seconds and counts, kept a thread and added up at the end."""

    def __init__(self, *, functions: bool) -> None:
        self._functions = functions
        self._lock = threading.Lock()
        self._here = threading.local()
        self._steps: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self._statements: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0.0])
        self._profiles: list[cProfile.Profile] = []

    def watch_worker(self) -> None:
        """Put a watch around the runner, every step's parts, and every statement."""
        from django.db.backends.signals import connection_created

        from signoff.records.changes import Changes
        from signoff.workflows import runner, steps

        runner.run_once = self.watched(runner.run_once)
        Changes.write = self._timed("writing", Changes.write)  # type: ignore[method-assign]
        known = cast("dict[Any, Any]", steps.STEPS)
        for step, kind in known.items():
            parts = [name for name in _PARTS if hasattr(kind, name)]
            timed = {name: self._timed(name, getattr(kind, name), step=str(step)) for name in parts}
            known[step] = replace(kind, **timed)
        connection_created.connect(self.listen, weak=False)

    def all(self) -> dict[str, Any]:
        statements = [
            {"step": step, "sql": sql, "calls": int(calls), "seconds": seconds}
            for (step, sql), (calls, seconds) in self._statements.items()
        ]
        return {
            "steps": self._steps,
            "statements": statements,
            "functions": functions_of(self._profiles),
        }

    def watched(self, run_once: Callable[..., int]) -> Callable[..., int]:
        """What works on a set of the step it is given, and says how many rows that were."""

        def watched(step: Any, *args: Any, **more: Any) -> int:
            if self._step != "-":
                return run_once(step, *args, **more)
            self._here.step = str(step)
            profile = self._profile()
            started, worked = time.perf_counter(), time.thread_time()
            if profile:
                profile.enable()
            try:
                rows = run_once(step, *args, **more)
            finally:
                if profile:
                    profile.disable()
                seconds, cpu = time.perf_counter() - started, time.thread_time() - worked
                self._here.step = "-"
            if rows:
                self._add(str(step), sets=1, rows=rows, seconds=seconds, cpu=cpu)
            return rows

        return watched

    def _profile(self) -> cProfile.Profile | None:
        """This thread's own; threads that end leave theirs behind."""
        if not self._functions:
            return None
        if not hasattr(self._here, "profile"):
            self._here.profile = cProfile.Profile(time.thread_time)
            with self._lock:
                self._profiles.append(self._here.profile)
        return cast(cProfile.Profile, self._here.profile)

    def _timed(self, part: str, act: Callable[..., Any], *, step: str = "") -> Callable[..., Any]:
        """`act`, its time counted as a part of a step, or of the one at work."""

        def timed(*args: Any, **more: Any) -> Any:
            outer = self._step
            self._here.step = step or outer
            started = time.perf_counter()
            try:
                return act(*args, **more)
            finally:
                self._add(self._step, **{part: time.perf_counter() - started})
                self._here.step = outer

        return timed

    @property
    def _step(self) -> str:
        return getattr(self._here, "step", "-")

    def _add(self, step: str, **figures: float) -> None:
        with self._lock:
            for name, figure in figures.items():
                self._steps[step][name] += figure

    def listen(self, connection: Any, **more: Any) -> None:
        """Note every statement of a connection."""
        connection.execute_wrappers.append(self._statement)

    def _statement(self, execute: Callable[..., Any], *given: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*given)
        finally:
            seconds = time.perf_counter() - started
            with self._lock:
                row = self._statements[self._step, _short(str(given[0]))]
                row[0] += 1
                row[1] += seconds


def _short(sql: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\d{3,}|(?<=_x)\d+", "N", sql)).strip()[:160]


def functions_of(profiles: Sequence[cProfile.Profile]) -> list[dict[str, Any]]:
    """Calls, own and whole processor seconds of every function, over several profiles."""
    if not profiles:
        return []
    stats = pstats.Stats(*profiles)
    rows = cast("dict[Any, Any]", stats.stats).items()  # type: ignore[attr-defined]
    return [
        {"function": _named(*at), "calls": calls, "own": own, "whole": whole}
        for at, (_, calls, own, whole, _) in rows
    ]


def _named(file: str, line: int, name: str) -> str:  # noqa: PLR0917  # as pstats has it
    short = "/".join(Path(file).parts[-3:]) if file not in ("~", "") else ""
    return f"{short}:{line} {name}" if short else name


def merged(files: Iterable[Path]) -> dict[str, Any]:
    """What several processes took down, the longest first."""
    return merge(json.loads(file.read_text(encoding="utf-8")) for file in files)


def merge(several: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Notes added up, the longest first."""
    steps: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    statements: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0.0])
    functions: dict[str, list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for notes in several:
        for step, figures in notes["steps"].items():
            for name, figure in figures.items():
                steps[step][name] += figure
        for row in notes["statements"]:
            _count(statements[row["step"], row["sql"]], row["calls"], row["seconds"])
        for row in notes["functions"]:
            _count(functions[row["function"]], row["calls"], row["own"], row["whole"])
    return {
        "steps": {step: dict(figures) for step, figures in steps.items()},
        "statements": [
            {"step": step, "sql": sql, "calls": int(calls), "seconds": seconds}
            for (step, sql), (calls, seconds) in _largest(statements, at=1, most=_MOST_STATEMENTS)
        ],
        "functions": [
            {"function": name, "calls": int(calls), "own": own, "whole": whole}
            for name, (calls, own, whole) in _largest(functions, at=1, most=_MOST_FUNCTIONS)
        ],
    }


def _count(row: list[float], *figures: float) -> None:
    for place, figure in enumerate(figures):
        row[place] += figure


def _largest(rows: dict[Any, list[float]], *, at: int, most: int) -> list[tuple[Any, list[float]]]:
    return sorted(rows.items(), key=lambda each: -each[1][at])[:most]


if __name__ == "__main__":
    main()
