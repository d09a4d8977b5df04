"""The field for identity documents: what is there already, and what was wrong with a file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from signoff.domain.documents import MOST_PER_LINE, Shredding
from signoff.domain.files import MOST_PAGES, FileProblem
from signoff.records.models import Document
from signoff.usecases import documents

_MOST_REQUEST = 64 * 1024 * 1024
"""Bytes of a request that are read to its end, so that the answer can say what was too big."""

_AWAY = frozenset({FileProblem.BUSY})


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not taken; `replaces` is the document it should have taken the place of."""

    problem: FileProblem
    replaces: str = ""

    @property
    def status(self) -> int:
        return 503 if self.problem in _AWAY else 422

    @property
    def values(self) -> dict[str, int]:
        """What its sentence may show."""
        most = documents.most_bytes() // 1024 // 1024
        return {"most": most, "pages": MOST_PAGES, "files": MOST_PER_LINE}


@dataclass(frozen=True, slots=True)
class Uploading:
    """What the field shows."""

    documents: Sequence[Document]
    infected: bool
    refused: Refused | None
    most: int
    most_bytes: int


def shown(rows: Sequence[Document], *, refused: Refused | None) -> Uploading:
    """The field of a line; rows that were shredded are left out, but a harmful one is told of."""
    there = [row for row in rows if row.shredded_at is None]
    infected = any(row.shredded_for == Shredding.INFECTED for row in rows)
    most = documents.most_bytes()
    return Uploading(there, infected and not there, refused, most // 1024 // 1024, most)


def takes_files(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view whose files are kept in memory, each up to the bound (see config.uploads)."""

    def most_upload(request: HttpRequest) -> int:
        return _MOST_REQUEST if request.user.is_authenticated else 0

    view.most_upload = most_upload  # type: ignore[attr-defined]
    view.most_file = documents.most_bytes  # type: ignore[attr-defined]
    return view
