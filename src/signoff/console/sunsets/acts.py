"""What people do about a run. Every act is posted, names the standing it was shown, and answers by
a redirect; a refusal shows the run as it stands now, with what went wrong above it."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from signoff.console.access import now, sunsets_only, user_id
from signoff.console.sunsets import shown
from signoff.console.sunsets.views import Refused, head, run_page, waiting_page
from signoff.domain.sunset import Row, RunAct, RunVerdict
from signoff.records.rows import MovedOn
from signoff.usecases.sunsets import look
from signoff.wording.tags import sentence
from signoff.workflows import sunsets

Carry = Callable[[HttpRequest, UUID], Refused | None]
Page = Callable[..., HttpResponse]


def to_run(run_id: UUID) -> HttpResponse:
    """On to the run's page."""
    response = HttpResponseRedirect(reverse("console:sunset", args=[run_id]))
    response.status_code = 303
    return response


def _posted(page: Page = run_page) -> Callable[[Carry], Callable[..., HttpResponse]]:
    """A view that carries out an act and goes to the run, or shows why nothing changed."""

    def made(carry: Carry) -> Callable[..., HttpResponse]:
        @sunsets_only
        def view(request: HttpRequest, /, *, run_id: UUID) -> HttpResponse:
            if request.method != "POST":
                return to_run(run_id)
            try:
                refused = carry(request, run_id)
            except MovedOn:
                refused = Refused(sentence("sunset_desk.no.stale"))
            return page(request, run_id, refused=refused) if refused else to_run(run_id)

        return view

    return made


def _seen(request: HttpRequest) -> str:
    """Which standing of the run the page showed; a page that names none is stale."""
    return request.POST.get("seen", "")[:64]


def _judged(verdict: RunVerdict, request: HttpRequest, *, done: str) -> Refused | None:
    """Say that an act was done, or turn the rules' no into words."""
    if not verdict.allowed:
        said = sentence(f"sunset.objection.{verdict.reasons[0].value}")
        return Refused(sentence("console.no.refused", reason=said))
    messages.success(request, sentence(f"sunset_desk.done.{done}"))
    return None


@_posted()
def rehearse(request: HttpRequest, run_id: UUID, /) -> Refused | None:
    """Count everything anew."""
    verdict = sunsets.rehearse(run_id, by=user_id(request), seen=_seen(request))
    return _judged(verdict, request, done="rehearse")


@_posted()
def confirm(request: HttpRequest, run_id: UUID, /) -> Refused | None:
    """One of the two confirmations, with the number of lines as it was typed."""
    typed = request.POST.get("count", "").strip()[:20]
    count = _number(typed)
    verdict = sunsets.confirm(run_id, by=user_id(request), count=count, seen=_seen(request))
    refused = _judged(verdict, request, done="confirm")
    return Refused(refused.told, refused.status, typed) if refused else None


def _number(typed: str) -> int:
    """The number somebody typed, with or without commas; anything else is no count at all."""
    plain = typed.replace(",", "").replace("，", "").replace(" ", "")
    return int(plain) if plain.isascii() and plain.isdecimal() else -1


@_posted()
def start(request: HttpRequest, run_id: UUID, /) -> Refused | None:
    """Begin to end lines."""
    verdict = sunsets.start(run_id, by=user_id(request), seen=_seen(request))
    return _judged(verdict, request, done="start")


@_posted()
def pause(request: HttpRequest, run_id: UUID, /) -> Refused | None:
    """Open no more cases."""
    verdict = sunsets.pause(run_id, by=user_id(request), seen=_seen(request))
    return _judged(verdict, request, done="pause")


@_posted()
def resume(request: HttpRequest, run_id: UUID, /) -> Refused | None:
    """Go on after a pause."""
    verdict = sunsets.resume(run_id, by=user_id(request), seen=_seen(request))
    return _judged(verdict, request, done="resume")


@_posted(waiting_page)
def retry(request: HttpRequest, run_id: UUID, /) -> Refused | None:
    """Owe failed lines again: all, or those of one step and reason."""
    verdict = sunsets.retry(
        run_id,
        by=user_id(request),
        step=request.POST.get("step", "")[:40],
        code=request.POST.get("code", "")[:80],
        seen=_seen(request),
    )
    return _judged(verdict, request, done="retry")


@_posted()
def _stop(request: HttpRequest, run_id: UUID, /) -> Refused | None:
    verdict = sunsets.abort(run_id, by=user_id(request), seen=_seen(request))
    return _judged(verdict, request, done="abort")


@sunsets_only
def abort(request: HttpRequest, *, run_id: UUID) -> HttpResponse:
    """Say what stopping for good means and ask once more; posted, it is done."""
    if request.method == "POST":
        response: HttpResponse = _stop(request, run_id=run_id)
        return response
    view = look.run(run_id, user_id=user_id(request), now=now())
    if RunAct.ABORT not in view.may:
        return to_run(run_id)
    counts = view.progress.counts
    context = (
        head(view)
        | shown.figures(view, by=user_id(request))
        | {
            "ready": counts.get(Row.READY, 0),
            "opened": counts.get(Row.OPEN, 0),
            "ended": counts.get(Row.ENDED, 0),
            "told": sum(wave.told for wave in view.waves),
        }
    )
    return render(request, "console/sunsets/abort.html", context)
