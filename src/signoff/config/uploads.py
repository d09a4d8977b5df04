"""A bound on what anybody may send: more is refused before it is read and fills the disk."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

MOST_BYTES = 20 * 1024 * 1024
"""Above the largest file a page takes (a certificate as PDF), so that its own words can say so."""


class Quota(FileUploadHandler):
    """The first handler of every upload; it takes no file itself.

    A view may take more from some people: its attribute `most_upload` says how much for a request.
    """

    def handle_raw_input(  # noqa: PLR0917 Django calls it so
        self, input_data: Any, meta: Mapping[str, Any], content_length: int, *rest: Any
    ) -> None:
        if content_length > MOST_BYTES and content_length > self._more():
            raise RequestDataTooBig("an upload is too large")

    def _more(self) -> int:
        match = getattr(self.request, "resolver_match", None)
        bound = getattr(match.func, "most_upload", None) if match and self.request else None
        return int(bound(self.request)) if bound else 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
