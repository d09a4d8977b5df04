"""Checking records: in this process, or some ahead in others while the last ones are written."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from functools import cache
from typing import NamedTuple

from pydantic import ValidationError

from signoff.domain.book import Finding
from signoff.records import codec
from signoff.usecases import rules
from signoff.usecases.importing.checks import Checker
from signoff.usecases.importing.ready import Ready, ready
from signoff.usecases.importing.sources import Raw
from signoff.usecases.importing.words import findings

_CHUNK = 500
_AHEAD = 4
_CHUNK_BYTES = 4 * 1024 * 1024


class Checked(NamedTuple):
    """One record: ready to be written, or what is wrong with it."""

    line: int
    ready: Ready | None
    wrong: tuple[Finding, ...] = ()
    type: str = ""
    external_id: str = ""


def checked(
    raws: Iterable[Raw], *, brand: str, others: Executor | None
) -> Iterator[Sequence[Checked]]:
    """The records in their order, some at a time; with `others`, checked there."""
    chunks = _chunks(iter(raws))
    if others is None:
        yield from (check(chunk, brand=brand) for chunk in chunks)
        return
    ahead: deque[Future[list[Checked]]] = deque()
    for chunk in chunks:
        ahead.append(others.submit(check, chunk, brand=brand))
        if len(ahead) >= _AHEAD:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()


def check(raws: Sequence[Raw], *, brand: str) -> list[Checked]:
    """Check some records. `brand` is for those that name none."""
    checker = _checker(brand)
    return [_one(raw, checker) for raw in raws]


@cache
def _checker(brand: str) -> Checker:
    return Checker(rules.book(), brand=brand)


def _one(raw: Raw, checker: Checker) -> Checked:
    if raw.wrong:
        return Checked(raw.line, None, raw.wrong)
    if b"\x00" in raw.text or b"\\u0000" in raw.text:
        return Checked(raw.line, None, (_NUL,))
    try:
        record = codec.BOOK_RECORD.validate_json(raw.text, strict=True)
    except ValidationError as error:
        return Checked(raw.line, None, tuple(findings(error)))
    record, wrong = checker.check(record)
    if wrong:
        return Checked(raw.line, None, wrong, record.type, record.external_id)
    return Checked(raw.line, ready(record))


_NUL = Finding("", "holds a NUL character", "text without it")


def _chunks(raws: Iterator[Raw]) -> Iterator[list[Raw]]:
    chunk: list[Raw] = []
    size = 0
    for raw in raws:
        chunk.append(raw)
        size += len(raw.text)
        if len(chunk) >= _CHUNK or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
