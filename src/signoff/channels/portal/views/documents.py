"""Handing in identity documents, and taking them back before the line is declared (A5, P11)."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from signoff.channels.portal import asking
from signoff.channels.portal.handing_in import Refused, takes_files
from signoff.channels.portal.views import cases, prepare
from signoff.domain.checklist import ItemCode
from signoff.domain.files import FileProblem
from signoff.records.rows import MovedOn
from signoff.usecases import documents
from signoff.usecases.documents import DocumentRefused
from signoff.usecases.look import NotYours
from signoff.workflows import handing_in

_ITEM = ItemCode.DOCUMENTS.value


@takes_files
@require_POST
@asking.personal
def upload(request: HttpRequest, line_id: int) -> HttpResponse:
    """Take files, all or none; what was wrong stands beside the field, with how to do it right."""
    replaces = _id(request.POST.get("replaces", ""))
    user_id = asking.asker(request)
    try:
        contents = [_content(file) for file in request.FILES.getlist("document")]
        new = handing_in.upload(line_id, contents, user_id=user_id, replaces=replaces)
    except DocumentRefused as refused:
        return _again(request, line_id, problem=refused.problem, replaces=replaces)
    except MovedOn:
        return _again(request, line_id, problem=FileProblem.BUSY, replaces=replaces)
    asking.told(request, "settled.upload" if new else "documents.same")
    return asking.back_to(request, line_id, item=_ITEM)


def _content(file: Any) -> bytes:
    """A file's bytes, whatever it is called. Raises DocumentRefused."""
    if (file.size or 0) > documents.most_bytes():
        raise DocumentRefused(FileProblem.TOO_BIG)
    return bytes(file.read())


def _again(
    request: HttpRequest, line_id: int, *, problem: FileProblem, replaces: UUID | None
) -> HttpResponse:
    """The page the field stood on, with what was wrong."""
    refused = Refused(problem, str(replaces or ""))
    case_id = _id(request.POST.get("case", ""))
    if case_id:
        return cases.page(request, case_id, refused=refused)
    return prepare.page(request, line_id, refused=refused)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_POST
@asking.personal
def remove(request: HttpRequest, line_id: int, *, document_id: UUID) -> HttpResponse:
    """Destroy a document its person takes back."""
    try:
        handing_in.remove(line_id, document_id, user_id=asking.asker(request))
    except NotYours:
        raise
    except LookupError:
        asking.warned(request, "documents.too_late")
    else:
        asking.told(request, "documents.removed")
    return asking.back_to(request, line_id, item=_ITEM)
