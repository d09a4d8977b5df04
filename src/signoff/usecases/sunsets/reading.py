"""Reading a run's list: CSV with a column msisdn or iccid, line by line, of any size.

A row is never guessed: a number must be written in full, with its country code, and names a line
only if the book has exactly it. Rows carry the number of their line in the file, so that whoever
wrote the list finds them there.
"""

import csv
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO

from signoff.domain.sunset import Row
from signoff.wording.catalogue import shipped

COLUMNS = ("msisdn", "iccid")

_MOST_BYTES = 64 * 1024
_MOST_SHOWN = 40
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_FORMS = {
    "msisdn": re.compile(r"\+?[ ]?[1-9][0-9 ().-]{6,24}"),
    "iccid": re.compile(r"[0-9][0-9 -]{17,28}"),
}
_DIGITS = {"msisdn": range(7, 16), "iccid": range(18, 23)}
_NOT_A_DIGIT = re.compile(r"[^0-9]")


class Unusable(StrEnum):
    """Why a list cannot be read; words with the cure are in wording (sunset.unusable)."""

    MISSING = "missing"
    UTF16 = "utf16"
    NOT_UTF8 = "not_utf8"
    LONG_LINE = "long_line"
    EMPTY = "empty"
    NO_ROWS = "no_rows"
    NO_HEADING = "no_heading"
    NO_COLUMN = "no_column"
    TWO_COLUMNS = "two_columns"
    SEMICOLONS = "semicolons"


class ListUnusable(Exception):
    """A list of which nothing is taken: why, and at which line where it is about one."""

    def __init__(self, code: Unusable, line: int | None = None) -> None:
        super().__init__(code, line)
        self.code = code
        self.line = line

    def said(self, language: str) -> str:
        """What is wrong and what to do, in one sentence."""
        values = {} if self.line is None else {"line": self.line}
        return shipped("sunset").say(f"sunset.unusable.{self.code}", language, **values)

    def __str__(self) -> str:
        return self.said("en")


class GivenList:
    """An opened list; iterate over it once. Raises ListUnusable, here already where it can."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        head = self._file.readline(_MOST_BYTES)
        if head[:2] in _UTF16 or b"\x00" in head:
            raise ListUnusable(Unusable.UTF16)
        head = head.removeprefix(_BOM)
        if not head.strip():
            raise ListUnusable(Unusable.EMPTY)
        names = [cell.strip().lower() for cell in self._cells(head, 1)]
        self.column = _column(names)
        self._place = names.index(self.column)

    def __iter__(self) -> Iterator[tuple[int, str, Row]]:
        """Number of the line in the file, the text given, GIVEN or MALFORMED."""
        form, digits = _FORMS[self.column], _DIGITS[self.column]
        number, place = 1, self._place
        while line := self._file.readline(_MOST_BYTES):
            number += 1
            if len(line) == _MOST_BYTES and not line.endswith(b"\n"):
                raise ListUnusable(Unusable.LONG_LINE, number)
            if not line.strip():
                continue
            cells = self._cells(line, number)
            text = cells[place].strip() if place < len(cells) else ""
            fits = form.fullmatch(text) and len(_NOT_A_DIGIT.sub("", text)) in digits
            yield number, _shown(text), Row.GIVEN if fits else Row.MALFORMED

    @staticmethod
    def _cells(line: bytes, number: int, /) -> list[str]:
        try:
            text = line.decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise ListUnusable(Unusable.NOT_UTF8, number) from error
        if '"' not in text:
            return text.split(",")
        return next(csv.reader([text]), [])


def _shown(text: str) -> str:
    """What the report shows of a cell: on one line, cut where it is no number at all."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)[:_MOST_SHOWN]


def _column(names: list[str]) -> str:
    found = [name for name in names if name in COLUMNS]
    if len(found) == 1:
        return found[0]
    if found:
        raise ListUnusable(Unusable.TWO_COLUMNS)
    if len(names) == 1 and ";" in names[0]:
        raise ListUnusable(Unusable.SEMICOLONS)
    if any(_NOT_A_DIGIT.sub("", name) for name in names):
        raise ListUnusable(Unusable.NO_HEADING)
    raise ListUnusable(Unusable.NO_COLUMN)
