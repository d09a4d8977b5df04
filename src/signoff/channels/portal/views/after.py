"""After the end of a line: dates, phone, complaints (X3, X4, X6, X7)."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from signoff.channels.portal import asking
from signoff.domain.case import State
from signoff.usecases import advice, aftercare, complaint, look
from signoff.usecases.advice import Way
from signoff.usecases.aftercare import NoSuchItem
from signoff.usecases.calendar_file import calendar
from signoff.usecases.complaint import About, NoSuchWay
from signoff.usecases.look import CaseView
from signoff.wording.catalogue import LANGUAGES
from signoff.wording.tags import language
from signoff.workflows import waiting

_ENDED = (State.ENDED, State.CLOSED)


def _view(request: HttpRequest, case_id: UUID) -> CaseView:
    """A case whose person speaks for the account: letters and dates name what is the account's."""
    look.require_own(case_id, user_id=asking.asker(request))
    return look.case_of(case_id, user_id=asking.asker(request), now=asking.now())


@require_safe
@asking.personal
def after(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The list with its ticks, what to do with the phone, and the ways to complain."""
    view, now = _view(request, case_id), asking.now()
    file, row = view.file, aftercare.row_of(case_id)
    items = aftercare.items_of(file)
    until = file.restore_until if file.state is State.ENDED else None
    shown = {
        "nav": "lines",
        "view": view,
        "file": file,
        "policy": view.policy,
        "case_id": case_id,
        "ended": file.state in _ENDED,
        "items": [
            (item, item.key in row.ticked, item.at is not None and item.at <= now) for item in items
        ],
        "done": sum(item.key in row.ticked for item in items),
        "by_mail": row.by_mail,
        "phones": advice.phones(),
        "keep_until": until if until and until > now else None,
        "ways": advice.ways_in(file.place),
    }
    return render(request, "portal/after.html", shown)


@require_POST
@asking.personal
def tick(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Tick an item off, or take the tick back."""
    item, done = request.POST.get("item", ""), request.POST.get("done") == "1"
    try:
        waiting.tick(case_id, user_id=asking.asker(request), item=item, done=done)
    except NoSuchItem as error:
        raise Http404 from error
    return _to(case_id, f"item-{item}")


@require_POST
@asking.personal
def mail(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Switch reminders on or off."""
    by_mail = request.POST.get("mail") == "1"
    waiting.choose_mail(case_id, user_id=asking.asker(request), by_mail=by_mail)
    asking.told(request, "after.mail_started" if by_mail else "after.mail_stopped")
    return _to(case_id, "list")


@require_safe
@asking.personal
def dates(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The dates as a calendar file."""
    view = _view(request, case_id)
    items = aftercare.items_of(view.file)
    if not items:
        raise Http404
    content = calendar(view.file, items, language=language())
    return _file(content, kind="text/calendar; charset=utf-8", name=f"{view.file.number}.ics")


@require_safe
@asking.personal
def letter(request: HttpRequest, /, *, case_id: UUID, to: str) -> HttpResponse:
    """A complaint that is already written, to read and copy."""
    view, way, about, spoken = _asked(request, case_id, to=to)
    written = complaint.letter(view.file, way, about=about, language=spoken)
    shown = {
        "nav": "lines",
        "view": view,
        "file": view.file,
        "policy": view.policy,
        "case_id": case_id,
        "way": way,
        "about": about,
        "abouts": list(About),
        "spoken": spoken,
        "languages": LANGUAGES,
        "letter": written,
    }
    return render(request, "portal/letter.html", shown)


@require_safe
@asking.personal
def letter_pdf(request: HttpRequest, /, *, case_id: UUID, to: str) -> HttpResponse:
    """The same letter on paper."""
    view, way, about, spoken = _asked(request, case_id, to=to)
    written = complaint.letter(view.file, way, about=about, language=spoken)
    content = complaint.letter_pdf(view.file, written, language=spoken)
    return _file(content, kind="application/pdf", name=f"{view.file.number}-{to}.pdf")


def _asked(request: HttpRequest, case_id: UUID, *, to: str) -> tuple[CaseView, Way, About, str]:
    view = _view(request, case_id)
    try:
        way = complaint.way(to, place=view.file.place)
    except NoSuchWay as error:
        raise Http404 from error
    told, spoken = request.GET.get("about", ""), request.GET.get("in", "")
    about = About(told) if told in set(About) else complaint.likely(view, now=asking.now())
    return view, way, about, spoken if spoken in LANGUAGES else language()


def _file(content: bytes, *, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _to(case_id: UUID, anchor: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('portal:after', args=[case_id])}#{anchor}")
