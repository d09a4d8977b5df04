"""What is shown of a run: the dry run's totals, and how far it is, with a progress bar."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from uuid import UUID

from signoff.cli.errors import Refused
from signoff.cli.sunset.finding import person, run_named, words
from signoff.domain.money import Money
from signoff.domain.sunset import OVER, REFUSED, Row, Stage
from signoff.usecases.look import NotYours
from signoff.usecases.sunsets import look
from signoff.usecases.sunsets.look import Progress, RunView, Totals
from signoff.workflows import sunsets

_WIDTH = 30
_EVERY_S = {True: 0.5, False: 5.0}
"""How often is looked again: on a terminal, and where lines go to a log."""

_COUNTING = (Stage.GATHERING, Stage.REHEARSING)


def run(options: argparse.Namespace) -> int:
    """Returns 0; 1 where a dry run is refused. Raises Refused."""
    found = run_named(options.run)
    if options.action == "status":
        return _status(found.id, options)
    if options.again:
        try:
            verdict = sunsets.rehearse(found.id, by=person(options.by).id)
        except NotYours as error:
            raise Refused("only an operator or supervisor of the brand may do this") from error
        if not verdict.allowed:
            for reason in verdict.reasons:
                print(f"signoff: refused: {words(f'objection.{reason}')}", file=sys.stderr)
            return 1
    return _dry_run(found.id, options)


def _view(run_id: UUID) -> RunView:
    return look.view(run_id, now=datetime.now(UTC))


def _dry_run(run_id: UUID, options: argparse.Namespace) -> int:
    view = _view(run_id)
    if view.row.stage in _COUNTING:
        print("signoff: waiting for a worker to count", file=sys.stderr)
    while view.row.stage in _COUNTING:
        time.sleep(_EVERY_S[True])
        view = _view(run_id)
    if view.totals is None:
        raise Refused("this run was aborted before its dry run")
    print(_as_json(view) if options.json else "\n".join(_totals(view, view.totals)))
    return 0


def _totals(view: RunView, totals: Totals) -> Iterator[str]:
    yield f"run {view.row.number}: {view.row.title} ({words(f'stage.{view.row.stage}')})"
    yield f"{'rows':<44}{totals.rows:>14,}"
    yield f"{'lines to end':<44}{totals.lines:>14,}"
    for code, count in totals.refused.items():
        yield f"  left out: {words(f'row.{code}'):<32}{count:>14,}"
    for why, count in totals.blocked.items():
        yield f"    {_block(why):<40}{count:>14,}"
    for of in totals.money:
        for name, minor, lines in (
            ("paid back", of.refund, of.refunded_lines),
            ("owed", of.owed, of.owing_lines),
            ("of it leaving fees", of.fees, 0),
        ):
            shown = f" ({lines:,} lines)" if lines else ""
            yield f"{name:<30}{Money(minor, of.currency)!s:>28}{shown}"
    for share in totals.carriers:
        yield (
            f"carrier {share.carrier}: {share.lines:,} lines, {share.requests:,} requests, "
            f"about {_hours(share.seconds)}"
        )
    for concern in view.concerns:
        yield f"warning: {words(f'concern.{concern}')}"
    yield f"to confirm: signoff sunset confirm {view.row.number} --count {totals.lines} --as EMAIL"


def _block(why: str) -> str:
    key = f"block.{why}"
    try:
        return words(key)
    except LookupError:
        return why


def _hours(seconds: float) -> str:
    if seconds >= 36_000:
        return f"{seconds / 3600:.1f} h"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _status(run_id: UUID, options: argparse.Namespace) -> int:
    view, on_terminal = _view(run_id), sys.stdout.isatty()
    while options.watch and view.row.stage not in OVER:
        line = _bar(view) if on_terminal else _line(view)
        print(f"\r{line}\x1b[K" if on_terminal else line, end="" if on_terminal else "\n")
        sys.stdout.flush()
        time.sleep(_EVERY_S[on_terminal])
        view = _view(run_id)
    if options.watch and on_terminal:
        print("\r\x1b[K", end="")
    print(_as_json(view) if options.json else "\n".join(_shown(view)))
    return 0


def _bar(view: RunView) -> str:
    filled = round(_WIDTH * view.progress.share)
    return f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {_line(view)}"


def _line(view: RunView) -> str:
    progress = view.progress
    parts = [
        f"{words(f'stage.{view.row.stage}')}: {progress.finished:,} of {progress.lines:,}"
        f" ({progress.share:.1%})",
        f"{progress.per_second:,.0f}/s",
    ]
    if progress.seconds_left is not None:
        parts.append(f"{_hours(progress.seconds_left)} left")
    if failed := progress.counts.get(Row.FAILED):
        parts.append(f"{failed:,} wait for a person")
    return ", ".join(parts)


def _shown(view: RunView) -> Iterator[str]:
    yield f"run {view.row.number}: {view.row.title}"
    yield _bar(view)
    yield from _counts(view.progress)
    for of in view.progress.money:
        refund, owed = Money(of.refund, of.currency), Money(of.owed, of.currency)
        yield f"paid back {refund}, still owed {owed}"
    for each in view.acts:
        about = f", {each.lines:,} lines" if each.lines is not None else ""
        about += "".join(f", {part}" for part in (each.step, each.code) if part)
        when = each.at.isoformat(timespec="seconds")
        yield f"{when} {each.name}: {words(f'acted.{each.act}')}{about}"
    for wave in view.waves:
        when = wave.at.isoformat(timespec="minutes")
        yield (
            f"notice {wave.number} of {when}: {wave.told:,} lines told, "
            f"{wave.without_address:,} without an address"
        )


def _counts(progress: Progress) -> Iterator[str]:
    for code in Row:
        if count := progress.counts.get(code):
            left_out = "left out: " if code in REFUSED else ""
            yield f"  {left_out + words(f'row.{code}'):<42}{count:>14,}"


def _as_json(view: RunView) -> str:
    return json.dumps(_plain(view), ensure_ascii=False, indent=2)


def _plain(value: object) -> object:
    """A read model as JSON values; a code is its text, a time ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(str(each) for each in value)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, int | float | str) or value is None else str(value)
