"""Read an account book from files: accounts, lines and usage, streamed in batches (K5).

Each record goes in whole or not at all, and one that is refused keeps no other out. The same record
again changes nothing, even where its holder has settled things since; a changed one replaces the
facts, unless an open case has frozen them. Memory does not grow with the files.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from django.db import transaction

from signoff.domain.book import Finding
from signoff.usecases.importing.checking import checked
from signoff.usecases.importing.columns import At
from signoff.usecases.importing.ready import Ready, ReadyAccount, ReadyLine
from signoff.usecases.importing.sources import FileUnusable, Raw, Source
from signoff.usecases.importing.words import address, in_column
from signoff.usecases.importing.writing import Item, Written, write

__all__ = ["Book", "FileUnusable", "Refused", "Result", "import_files", "import_records"]

BATCH = 1_000
_BATCH_BYTES = 8 * 1024 * 1024
# Lines refer to accounts and usage to lines: of what is waiting, accounts are written first.
_ORDER = ("account", "line", "usage", "contact")


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that was not taken, and everything that is wrong with it."""

    file: str
    line: int
    type: str
    external_id: str
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class Result:
    """How many records were read, and what became of them by kind."""

    read: int = 0
    refused: int = 0
    by_type: dict[str, Written] = field(
        default_factory=lambda: {kind: Written() for kind in _ORDER}
    )


class Book(Protocol):
    """Where records come from: a file, or whatever else gives JSON records with a number."""

    def __iter__(self) -> Iterator[Raw]: ...

    def column_at(self, at: At) -> str:
        """The CSV column an address of a record came from, if it came from one."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A checked record that is not written yet, and how to speak of it."""

    at: tuple[str, int]
    record: Ready
    column_at: Callable[[At], str]


class _Run:
    """One import: holds what is waiting to be written, at most a batch of each kind."""

    def __init__(
        self,
        *,
        brand: str,
        others: Executor | None,
        refuse: Callable[[Refused], None],
        now: datetime,
    ) -> None:
        self.result = Result()
        self._brand, self._others, self._refuse, self._now = brand, others, refuse, now
        self._bytes = 0
        self._waiting: dict[str, dict[tuple[str, ...], _Waiting]] = {kind: {} for kind in _ORDER}

    def take(self, name: str, book: Book) -> Iterator[int]:
        """Read one file to its end; says now and then how many records were read."""
        for some in checked(book, brand=self._brand, others=self._others):
            for each in some:
                if each.ready is None:
                    wrong = [_placed(found, book.column_at) for found in each.wrong]
                    self._say_no((name, each.line), (each.type, each.external_id), wrong=wrong)
                else:
                    self._wait(_Waiting((name, each.line), each.ready, book.column_at))
            self.result.read += len(some)
            yield self.result.read

    def _wait(self, waiting: _Waiting) -> None:
        record = waiting.record
        kept = self._waiting[record.type]
        if record.key in kept:
            self.flush()
        kept[record.key] = waiting
        self._bytes += len(record.facts) if isinstance(record, ReadyAccount | ReadyLine) else 0
        if len(kept) >= BATCH or self._bytes >= _BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write everything that is waiting."""
        self._bytes = 0
        for kind in _ORDER:
            kept = list(self._waiting[kind].values())
            self._waiting[kind].clear()
            if not kept:
                continue
            items = [Item(place, each.record) for place, each in enumerate(kept)]
            written = write(items, now=self._now)
            for place, found in written.refused:
                waiting = kept[place]
                who = (kind, waiting.record.external_id)
                self._say_no(waiting.at, who, wrong=[_placed(found, waiting.column_at)])
            written.refused = []
            self.result.by_type[kind].add(written)

    def _say_no(
        self, at: tuple[str, int], who: tuple[str, str], *, wrong: Sequence[Finding]
    ) -> None:
        self.result.refused += 1
        kind, external_id = who
        self._refuse(Refused(*at, kind, external_id[:80], tuple(wrong)))


def import_records(
    books: Iterable[tuple[str, Book]],
    *,
    now: datetime,
    brand: str = "",
    dry_run: bool = False,
    refuse: Callable[[Refused], None],
    progress: Callable[[int], None] = lambda read: None,
    others: Executor | None = None,
) -> Result:
    """Take every record of the books that can be taken; `refuse` is told of each other.

    `brand` is the brand of records that name none; others are refused. A dry run asks the database
    everything and takes it all back. `others` are processes that check records while this one
    writes. Raises PolicyProblems, OperationalError (what was written before stays written; the
    same import again goes on).
    """
    run = _Run(brand=brand, others=others, refuse=refuse, now=now)

    def all_of_it() -> None:
        for name, book in books:
            for read in run.take(name, book):
                progress(read)
        run.flush()

    if not dry_run:
        all_of_it()
        return run.result
    with transaction.atomic():
        all_of_it()
        transaction.set_rollback(True)
    return run.result


def import_files(
    paths: Sequence[Path],
    *,
    now: datetime,
    brand: str = "",
    dry_run: bool = False,
    refuse: Callable[[Refused], None],
    progress: Callable[[int], None] = lambda read: None,
    others: Executor | None = None,
) -> Result:
    """Import files in the order given. Raises FileUnusable before anything is written."""
    with ExitStack() as stack:
        stack.enter_context(_collecting_less())
        sources = [(str(path), stack.enter_context(closing(Source(path)))) for path in paths]
        return import_records(
            sources,
            now=now,
            brand=brand,
            dry_run=dry_run,
            refuse=refuse,
            progress=progress,
            others=others,
        )


@contextmanager
def _collecting_less() -> Iterator[None]:
    """Records make many objects, none of them in circles: looking for circles costs a fifth."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _placed(found: Finding, column_at: Callable[[At], str]) -> Finding:
    return in_column(found, column_at(address(found.at)) if found.at else "")
