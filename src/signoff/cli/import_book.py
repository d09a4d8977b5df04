"""`signoff import FILE...`: subscribers, lines and facts into the account book.

Exit status: 0 every record was taken, 1 some were refused, 2 a file or the database cannot be used.
"""

import argparse
import contextlib
import csv
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from signoff.cli import database
from signoff.cli.errors import Refused as CannotRun
from signoff.cli.processes import follow_parent
from signoff.usecases.importing.sources import FileUnusable
from signoff.usecases.policies import PolicyProblems

if TYPE_CHECKING:  # its tables need Django, which is set up after the arguments are read
    from signoff.usecases.import_book import Refused, Result

_SHOWN = 20
_MOST_HELPERS = 3
_WORTH_HELP = 8 * 1024 * 1024
_HEAD = ("file", "line", "type", "external_id", "field", "problem", "write_instead")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help=".jsonl or .csv")
    parser.add_argument("--brand", default="", help="the brand of records that name none")
    parser.add_argument("--dry-run", action="store_true", help="check everything, change nothing")
    parser.add_argument(
        "--refused", metavar="FILE", type=Path, help="write what was refused, and why, as CSV"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Imports the files in the order given; a record that is refused keeps no other out."""
    from signoff.usecases.import_book import import_files

    say: _Report = _Json() if options.json else _Text()
    with _kept(options.refused) as keep, helpers(options.files) as others:

        def refuse(refused: "Refused") -> None:
            say.refused(refused)
            keep(refused)

        try:
            result = import_files(
                options.files,
                now=datetime.now(UTC),
                brand=options.brand,
                dry_run=options.dry_run,
                refuse=refuse,
                progress=_progress if sys.stderr.isatty() else lambda read: None,
                others=others,
            )
        except FileUnusable as error:
            raise CannotRun(str(error)) from error
        except PolicyProblems as error:
            raise CannotRun(f"a policy cannot be used: {error.problems[0]}") from error
    say.done(result, dry_run=options.dry_run)
    return 1 if result.refused else 0


@contextlib.contextmanager
def helpers(files: Sequence[Path]) -> Iterator[Executor | None]:
    """Processes that check records, where it is worth it: one core is ours, one PostgreSQL's.

    Handing records over costs half as much again as checking them, so on two cores we do both.
    """
    spare = min((os.cpu_count() or 1) - 2, _MOST_HELPERS)
    size = sum(file.stat().st_size for file in files if file.is_file())
    if spare < 1 or size < _WORTH_HELP:
        yield None
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(spare, mp_context=context, initializer=_help)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _help() -> None:
    """Gets a helper ready; it ends with us, and leaves Ctrl-C to us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    follow_parent()
    database.set_up_django()


def _progress(read: int) -> None:
    print(f"\rsignoff: {read:,} records ", end="", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _kept(path: Path | None) -> Iterator[Callable[["Refused"], None]]:
    """Where refused records are written as they come; nothing of them is kept in memory."""
    if path is None:
        yield lambda refused: None
        return
    try:
        file: TextIO = path.open("w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise CannotRun(f"cannot write {path}: {error.strerror}") from error
    with file:
        writer = csv.writer(file)
        writer.writerow(_HEAD)

        def keep(refused: "Refused") -> None:
            head = (refused.file, refused.line, refused.type, refused.external_id)
            writer.writerows((*head, f.at, f.what, f.instead) for f in refused.findings)

        yield keep


class _Report(Protocol):
    """What is printed while it goes on, and at the end."""

    def refused(self, refused: "Refused") -> None: ...
    def done(self, result: "Result", *, dry_run: bool) -> None: ...


class _Text:
    """The first refusals as compilers print errors, then a table."""

    _count = 0

    def refused(self, refused: "Refused") -> None:
        self._count += 1
        for found in refused.findings if self._count <= _SHOWN else ():
            where = f"{refused.file}:{refused.line}: {f'{found.at}: ' if found.at else ''}"
            print(f"{where}{found.what} (write instead: {found.instead})", flush=True)

    def done(self, result: "Result", *, dry_run: bool) -> None:
        if self._count > _SHOWN:
            print(f"... and {self._count - _SHOWN:,} more; --refused FILE keeps all of them")
        print(f"{'':<10}{'created':>10}{'updated':>10}{'unchanged':>11}")
        for name, written in result.by_type.items():
            counts = f"{written.created:>10,}{written.updated:>10,}{written.unchanged:>11,}"
            print(f"{name:<10}{counts}")
        end = "; a dry run: nothing was changed" if dry_run else ""
        print(f"{result.read:,} records read, {result.refused:,} refused{end}")


class _Json:
    """One object, printed piece by piece so that it never has to fit into memory."""

    _comma = ""

    def __init__(self) -> None:
        self._begun = False

    def refused(self, refused: "Refused") -> None:
        self._begin()
        shown = {
            "file": refused.file,
            "line": refused.line,
            "type": refused.type,
            "external_id": refused.external_id,
            "problems": [
                {"field": each.at, "problem": each.what, "write_instead": each.instead}
                for each in refused.findings
            ],
        }
        print(f"{self._comma}\n{json.dumps(shown, ensure_ascii=False)}", end="")
        self._comma = ","

    def done(self, result: "Result", *, dry_run: bool) -> None:
        self._begin()
        counts: dict[str, object] = {
            "read": result.read,
            "refused": result.refused,
            "dry_run": dry_run,
        }
        counts |= {
            name: {
                "created": written.created,
                "updated": written.updated,
                "unchanged": written.unchanged,
            }
            for name, written in result.by_type.items()
        }
        print(f'],\n"counts": {json.dumps(counts)}}}')

    def _begin(self) -> None:
        # Not before the files were opened: what cannot be read prints nothing here.
        if not self._begun:
            print('{"refused": [', end="")
            self._begun = True
