"""Reading a request's body that must not be larger than a limit."""

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from signoff.api.problems import BAD_REQUEST, NO_LENGTH, TOO_BIG, WRONG_VALUES, Problem

_FORM = 16 * 1024
"""What a multipart form may add around its file."""


def raw(request: HttpRequest, *, most: int) -> bytes:
    """The body as it came. Raises Problem where it is too big or of untold size."""
    _require_size(request, most=most)
    return request.body


def file_or_raw(request: HttpRequest, *, most: int) -> bytes:
    """The file `file` of a multipart form, or the whole body of any other request.

    Raises Problem where it is too big, of untold size, or the form has no such file.
    """
    if request.content_type != "multipart/form-data":
        return raw(request, most=most)
    _require_size(request, most=most + _FORM)
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise Problem(
            WRONG_VALUES, 'The form has no file named "file"; send what is to be checked in it.'
        )
    if (file.size or 0) > most:
        raise _too_big(most)
    return bytes(file.read())


def _require_size(request: HttpRequest, *, most: int) -> None:
    told = str(request.META.get("CONTENT_LENGTH") or "")
    if not told:
        raise Problem(NO_LENGTH)
    if not (told.isascii() and told.isdigit()):
        raise Problem(BAD_REQUEST, "The header Content-Length is no whole number.")
    if int(told[:18]) > most:
        raise _too_big(most)


def _too_big(most: int) -> Problem:
    return Problem(TOO_BIG, f"The body has more than {most} bytes; that is the limit here.")
