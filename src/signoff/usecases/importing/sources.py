"""Reading files of an account book line by line: JSON Lines or CSV, each line on its own.

A line that cannot be read spoils no other: no record goes over the end of a line, in CSV neither.
At most one line is held in memory, and no line may be longer than MOST_BYTES.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from signoff.domain.book import Finding
from signoff.usecases.importing.columns import SHAPES, At, Shape

MOST_BYTES = 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class FileUnusable(Exception):
    """A file of which nothing can be read; the text names it, what is wrong, and the mend."""


@dataclass(frozen=True, slots=True)
class Raw:
    """One record as it stands in a file: JSON to be checked, or why there is none."""

    line: int
    text: bytes = b""
    wrong: tuple[Finding, ...] = ()


class Source:
    """An opened file; iterate over it once. Raises FileUnusable, here already where it can."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._shape: Shape | None = None
        try:
            self._file = path.open("rb")
            start = self._file.peek(4)[:4]
        except OSError as error:
            raise FileUnusable(f"{path}: cannot be read: {error.strerror}") from error
        try:
            if start[:2] in _UTF16:
                raise FileUnusable(f"{path}: is UTF-16 text; save it as UTF-8")
            if start[:3] == _BOM:
                self._file.read(3)
            if _is_csv(path):
                self._read_head()
        except FileUnusable:
            self.close()
            raise

    def __iter__(self) -> Iterator[Raw]:
        for number, line in self._lines():
            if line is None:
                yield Raw(number, wrong=(_TOO_LONG,))
            elif line.strip():
                yield self._row(number, line) if self._shape else Raw(number, line)

    def close(self) -> None:
        self._file.close()

    def column_at(self, at: At) -> str:
        """The name of the column an address of a record came from; empty outside CSV."""
        return self._shape.column_at(at) if self._shape else ""

    def _lines(self) -> Iterator[tuple[int, bytes | None]]:
        """Each line with its number; None for one that is too long, which is passed over."""
        number = 1 if self._shape else 0
        while line := self._file.readline(MOST_BYTES):
            number += 1
            if len(line) < MOST_BYTES or line.endswith(b"\n"):
                yield number, line
                continue
            while (rest := self._file.readline(MOST_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield number, None

    def _read_head(self) -> None:
        first = self._file.readline(MOST_BYTES)
        cells = _cells(first)
        if isinstance(cells, Finding) or not first.strip():
            raise FileUnusable(f"{self.path}:1: has no row of column names")
        names = [cell.strip().lower() for cell in cells]
        self._names = names
        self._shape = _shape(self.path, names)

    def _row(self, number: int, line: bytes) -> Raw:
        assert self._shape is not None
        cells = _cells(line)
        if isinstance(cells, Finding):
            return Raw(number, wrong=(cells,))
        if len(cells) != len(self._names):
            what = f"has {len(cells)} cells, the first row names {len(self._names)} columns"
            return Raw(number, wrong=(Finding("", what, "text with commas in double quotes"),))
        stripped = (cell.strip() for cell in cells)
        made = self._shape.record(dict(zip(self._names, stripped, strict=True)))
        if isinstance(made, tuple):
            return Raw(number, wrong=made)
        return Raw(number, json.dumps(made, ensure_ascii=False).encode())


_TOO_LONG = Finding("", f"is longer than {MOST_BYTES // 1024} KiB", "one record a line")


def _is_csv(path: Path) -> bool:
    kinds = {".csv": True, ".jsonl": False, ".ndjson": False, ".json": False}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise FileUnusable(f"{path}: is neither .jsonl nor .csv; rename it to what it is")
    return kind


def _cells(line: bytes) -> Sequence[str] | Finding:
    """The cells of one row."""
    try:
        text = line.decode().rstrip("\r\n")
        return next(csv.reader([text], strict=True), [])
    except UnicodeDecodeError:
        return Finding("", "is not UTF-8 text", "the same text saved as UTF-8")
    except csv.Error:
        return Finding("", "has an open quote", 'both quotes, and "" for a quote in a text')


def _shape(path: Path, names: Sequence[str]) -> Shape:
    """Which of the three files this is, by its column names."""
    if len(names) == 1 and ";" in names[0]:
        raise FileUnusable(f"{path}:1: columns stand apart by semicolons; save it with commas")
    shape = max(SHAPES, key=lambda each: len(each.needed & set(names)))
    known = {*shape.columns, "currency"} if shape.type != "usage" else set(shape.columns)
    for name in names:
        if name not in known:
            near = get_close_matches(name, sorted(known), n=1) or ["leave the column out"]
            problem = f"{path}:1: there is no column {name[:40]!r} in a file of {shape.type}s"
            raise FileUnusable(f"{problem} (write instead: {near[0]})")
        if names.count(name) > 1:
            raise FileUnusable(f"{path}:1: names the column {name} twice; keep one")
    missing = sorted(shape.needed - set(names))
    if missing:
        problem = f"{path}:1: a file of {shape.type}s needs the columns {', '.join(missing)}"
        raise FileUnusable(f"{problem}; see docs/reference/account-book.md")
    return shape
