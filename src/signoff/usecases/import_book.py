"""Read an account book from files: accounts, lines and usage, streamed in batches (K5).

Each record goes in whole or not at all, and one that is refused keeps no other out. The same record
again changes nothing, even where its holder has settled things since; a changed one replaces the
facts, unless an open case has frozen them. Memory does not grow with the files.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from django.db import transaction
from pydantic import ValidationError

from signoff.domain.book import AccountRecord, Finding, LineRecord, Record, UsageRecord
from signoff.records import codec
from signoff.usecases import rules
from signoff.usecases.importing.checks import Checker
from signoff.usecases.importing.columns import At
from signoff.usecases.importing.sources import FileUnusable, Raw, Source
from signoff.usecases.importing.words import findings, in_column
from signoff.usecases.importing.writing import Written, item, write

__all__ = ["Book", "FileUnusable", "Refused", "Result", "import_files", "import_records"]

BATCH = 1_000
_BATCH_BYTES = 8 * 1024 * 1024
# Lines refer to accounts and usage to lines: of what is waiting, accounts are written first.
_ORDER: tuple[type[Any], ...] = (AccountRecord, LineRecord, UsageRecord)


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
        default_factory=lambda: {"account": Written(), "line": Written(), "usage": Written()}
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
    record: Record
    column_at: Callable[[At], str]


class _Run:
    """One import: holds what is waiting to be written, at most a batch of each kind."""

    def __init__(
        self, *, checker: Checker, refuse: Callable[[Refused], None], now: datetime
    ) -> None:
        self.result = Result()
        self._checker, self._refuse, self._now = checker, refuse, now
        self._bytes = 0
        self._waiting: dict[type[Any], dict[tuple[str, ...], _Waiting]] = {
            kind: {} for kind in _ORDER
        }

    def take(self, name: str, book: Book) -> Iterator[int]:
        """Read one file to its end; says now and then how many records were read."""
        for raw in book:
            self.result.read += 1
            if self.result.read % BATCH == 0:
                yield self.result.read
            record, wrong = self._checked(raw, book)
            if record is None or wrong:
                self._say_no((name, raw.line), record, wrong=wrong)
                continue
            self._bytes += len(raw.text)
            self._wait(_Waiting((name, raw.line), record, book.column_at))

    def _checked(self, raw: Raw, book: Book) -> tuple[Record | None, tuple[Finding, ...]]:
        if raw.wrong:
            return None, raw.wrong
        if b"\x00" in raw.text or b"\\u0000" in raw.text:
            return None, (Finding("", "holds a NUL character", "text without it"),)
        try:
            record = codec.BOOK_RECORD.validate_json(raw.text, strict=True)
        except ValidationError as error:
            return None, tuple(findings(error, column_at=book.column_at))
        record, wrong = self._checker.check(record)
        return record, tuple(_placed(each, book.column_at) for each in wrong)

    def _wait(self, waiting: _Waiting) -> None:
        key = _key(waiting.record)
        kept = self._waiting[type(waiting.record)]
        if key in kept:
            self.flush()
        kept[key] = waiting
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
            items = [item(place, each.record) for place, each in enumerate(kept)]
            written = write(items, now=self._now)
            for place, found in written.refused:
                waiting = kept[place]
                found = _placed(found, waiting.column_at)
                self._say_no(waiting.at, waiting.record, wrong=(found,))
            written.refused = []
            self.result.by_type[kept[0].record.type].add(written)

    def _say_no(
        self, at: tuple[str, int], record: Record | None, *, wrong: Sequence[Finding]
    ) -> None:
        self.result.refused += 1
        kind, external_id = (record.type, record.external_id) if record else ("", "")
        self._refuse(Refused(*at, kind, external_id[:80], tuple(wrong)))


def import_records(
    books: Iterable[tuple[str, Book]],
    *,
    now: datetime,
    brand: str = "",
    dry_run: bool = False,
    refuse: Callable[[Refused], None],
    progress: Callable[[int], None] = lambda read: None,
) -> Result:
    """Take every record of the books that can be taken; `refuse` is told of each other.

    `brand` is the brand of records that name none; others are refused. A dry run asks the database
    everything and takes it all back. Raises PolicyProblems, OperationalError (what was written
    before stays written; the same import again goes on).
    """
    run = _Run(checker=Checker(rules.book(), brand=brand), refuse=refuse, now=now)

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
) -> Result:
    """Import files in the order given. Raises FileUnusable before anything is written."""
    with ExitStack() as stack:
        stack.enter_context(_collecting_less())
        sources = [(str(path), stack.enter_context(closing(Source(path)))) for path in paths]
        return import_records(
            sources, now=now, brand=brand, dry_run=dry_run, refuse=refuse, progress=progress
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


def _key(record: Record) -> tuple[str, ...]:
    key = (record.brand, record.external_id)
    return (*key, record.line) if isinstance(record, UsageRecord) else key


def _placed(found: Finding, column_at: Callable[[At], str]) -> Finding:
    return in_column(found, column_at(tuple(found.at.split("."))) if found.at else "")
