"""Bounds on what anybody may send: more is refused before it is read and fills disk or memory.

A view may say more by attributes: `most_upload(request)` is how many bytes it takes from somebody;
`most_file()` marks one whose files are kept in memory, each up to so many bytes.
"""

import io
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers

MOST_BYTES = 20 * 1024 * 1024
"""Above the largest file a page takes (a certificate as PDF), so that its own words can say so."""

_FILES_HELD = 3
"""How many files of the largest size a request may hold in memory; what is more is dropped."""


class _Handler(FileUploadHandler):
    """A handler that knows which view is asked."""

    def of_view(self, name: str) -> Any:
        """An attribute of the view, or None."""
        match = getattr(self.request, "resolver_match", None)
        return getattr(match.func, name, None) if match and self.request else None


class Quota(_Handler):
    """The first handler of every upload; it takes no file itself."""

    def handle_raw_input(  # noqa: PLR0917 Django calls it so
        self, input_data: Any, meta: Mapping[str, Any], content_length: int, *rest: Any
    ) -> None:
        if content_length > MOST_BYTES and content_length > self._more():
            raise RequestDataTooBig("an upload is too large")

    def _more(self) -> int:
        bound = self.of_view("most_upload")
        return int(bound(self.request)) if bound else 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class Held(_Handler):
    """Keeps files in memory, so that none lies open on disk, and forgets what is too big.

    A file that is too big is read to its end and comes out empty, with the size it had: the page
    can then say what was wrong, where a closed connection could not.
    """

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._most, self._held = 0, 0
        self._file = io.BytesIO()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        bound = self.of_view("most_file")
        self._most = int(bound()) if bound else 0
        if self._most:
            self._file = io.BytesIO()
            raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if not self._most:
            return raw_data
        if start + len(raw_data) > self._most or self._held > _FILES_HELD * self._most:
            self._held -= self._file.tell()
            self._file = io.BytesIO()
        else:
            self._held += self._file.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> InMemoryUploadedFile | None:
        if not self._most:
            return None
        size = file_size if self._file.tell() == file_size else max(file_size, self._most + 1)
        self._file.seek(0)
        return InMemoryUploadedFile(
            file=self._file,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type or "",
            size=size,
            charset=self.charset,
        )
