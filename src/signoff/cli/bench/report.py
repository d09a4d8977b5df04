"""Runs of a bench as one result: the median of their figures, as a table or as JSON."""

import json
import sys
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

Figures = dict[str, Any]


def result(bench: str, runs: Sequence[Figures], **more: Any) -> Figures:
    """One object of several runs: every figure is the median of the runs' figures."""
    return {"bench": bench, **more, **middle(runs), "runs": list(runs)}


def middle(runs: Sequence[Any]) -> Any:
    """The median, figure by figure; what is no figure is the first run's."""
    first = runs[0]
    if isinstance(first, Mapping):
        names = [name for name in first if all(name in run for run in runs)]
        return {name: middle([run[name] for run in runs]) for name in names}
    if isinstance(first, bool) or not isinstance(first, int | float):
        return all(runs) if isinstance(first, bool) else first
    return rounded(median(runs))


def rounded(value: float) -> float:
    """Four significant digits or the whole number: more than a measurement is worth."""
    return round(value) if abs(value) >= 1000 else float(f"{value:.4g}")


def spread(seconds: Sequence[float]) -> Figures:
    """How long it took, in milliseconds: half of the times, all but one in a hundred, the worst."""
    ordered = sorted(each * 1000 for each in seconds)
    last = len(ordered) - 1
    found = {"p50": ordered[last // 2], "p99": ordered[round(last * 0.99)], "max": ordered[-1]}
    return {name: rounded(each) for name, each in found.items()}


def right(result: Figures) -> bool:
    """Whether every count of every run was as it had to be."""
    return all(not run.get("wrong") for run in result["runs"])


def show(result: Figures, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    for name, value in _flat(result):
        print(f"{name:<50} {value}")
    for number, run in enumerate(result["runs"], 1):
        for name, rows in run.get("profile", {}).items():
            _show_profile(f"run {number}, {name}", rows)
        for wrong in run.get("wrong", ()):
            print(f"run {number}: {wrong}", file=sys.stderr)


def _show_profile(title: str, rows: Any) -> None:
    """Rows of figures and one text, the text last."""
    print(f"\n{title}")
    if isinstance(rows, Mapping):
        rows = [{**figures, "step": step} for step, figures in rows.items()]
    for row in rows:
        figures = (f"{name} {_words(rounded(v))}" for name, v in row.items() if _is_figure(v))
        texts = (v for v in row.values() if not _is_figure(v))
        print(f"  {'  '.join(figures)}  {' '.join(texts)}")


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float)


def _flat(found: Mapping[str, Any], within: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in found.items():
        at = f"{within}{name}"
        if name in ("runs", "wrong", "profile"):
            continue
        if isinstance(value, Mapping):
            rows += _flat(value, f"{at}.")
        else:
            rows.append((at, _words(value)))
    return rows


def _words(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(_words, value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def tell(message: str) -> None:
    """One line of progress, on standard error."""
    print(f"bench: {message}", file=sys.stderr, flush=True)
