"""The data a subscriber takes along: asked for, made in the background, downloaded (P9)."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import condition, require_http_methods, require_safe

from signoff.channels.portal import asking
from signoff.ports.documents import NoSuchDocument
from signoff.records.models import Archive
from signoff.usecases import archives, export, hotlines, look
from signoff.usecases.archives import KEPT
from signoff.usecases.export import BadPassword
from signoff.usecases.look import NotYours
from signoff.wording.tags import language
from signoff.workflows import preparing
from signoff.workflows.preparing import NoArchive


@require_http_methods(["GET", "HEAD", "POST"])
@asking.personal
def data(request: HttpRequest, line_id: int) -> HttpResponse:
    """What can be taken along, and the file that is made or ready; POST asks for one."""
    if request.method != "POST":
        return _page(request, line_id)
    password = request.POST.get("password", "")
    try:
        export.check_password(password, again=request.POST.get("again", ""))
    except BadPassword as error:
        return _page(request, line_id, wrong=error.code)
    again = preparing.ask_for_data(
        line_id, user_id=asking.asker(request), language=language(), password=password
    )
    asking.told(request, "take.joined" if again else "take.started")
    return HttpResponseRedirect(reverse("portal:data", args=[line_id]))


def _page(request: HttpRequest, line_id: int, *, wrong: str = "") -> HttpResponse:
    line = look.line_of(line_id, user_id=asking.asker(request))
    shown = _standing(request, line_id) | {
        "nav": "lines",
        "line": line,
        "policy": line.policy,
        "records": line.policy.export_records or line.snapshot.line.usage.calls,
        "stale": hotlines.hotlines().stale(asking.now()),
        "wrong": wrong,
    }
    return render(request, "portal/data.html", shown, status=422 if wrong else 200)


def _newest(request: HttpRequest, line_id: int) -> Archive | None:
    return archives.newest(
        Archive.Kind.DATA, line_id=line_id, case_id=None, user_id=asking.asker(request)
    )


def _standing(request: HttpRequest, line_id: int) -> dict[str, object]:
    """The part of the page that changes by itself."""
    archive = _newest(request, line_id)
    return {
        "line_id": line_id,
        "archive": archive,
        "percent": 100 * archive.done // archive.total if archive and archive.total else 0,
        "until": archive.ready_at + KEPT if archive and archive.ready_at else None,
        "size_kb": -(-archive.size // 1024) if archive else 0,
    }


def _etag(request: HttpRequest, line_id: int) -> str:
    archive = _newest(request, line_id)
    if archive is None:
        return '"none"'
    return f'"{archive.id}-{archive.state}-{archive.done}-{archive.total}"'


@require_safe
@asking.personal
@condition(etag_func=_etag)
def live(request: HttpRequest, line_id: int) -> HttpResponse:
    """How far the file is."""
    line = look.line_of(line_id, user_id=asking.asker(request))
    shown = _standing(request, line_id) | {"policy": line.policy}
    return render(request, "portal/data_live.html", shown)


@require_safe
@asking.personal
def file(request: HttpRequest, /, *, line_id: int, archive_id: UUID) -> HttpResponse:
    """The file itself; one that is gone leads to the page where another can be made."""
    try:
        content = preparing.data_file(line_id, archive_id, user_id=asking.asker(request))
    except NotYours:
        raise
    except (NoArchive, NoSuchDocument):
        asking.warned(request, "take.gone")
        return HttpResponseRedirect(reverse("portal:data", args=[line_id]))
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="signoff-data-{line_id}.zip"'
    return response
