"""Calls of people who cannot get in (A6): what they wrote, what of it is on file, the answer."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from signoff.console.access import now, staff_only, user_id
from signoff.usecases import access_help, desk
from signoff.usecases.access_help import AlreadyAnswered, CannotLetIn, Outcome
from signoff.wording.tags import language, sentence
from signoff.workflows import getting_in

MOST_NOTE = 2_000


@require_GET
@staff_only
def waiting(request: HttpRequest) -> HttpResponse:
    """The open calls of one's brands, the most urgent first."""
    found = access_help.waiting(user_id(request))
    brands = desk.brands(each.brand for each in found)
    rows = [
        {
            "call": each,
            "brand": brands[each.brand].names[language()],
            "zone": brands[each.brand].zone,
            "late": each.answer_by < now(),
        }
        for each in found
    ]
    return render(request, "console/calls.html", {"rows": rows, "here": "calls"})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def call(request: HttpRequest, *, call_id: UUID) -> HttpResponse:
    """A call, and its answer. A refusal shows the call as it stands, with what was typed."""
    if request.method != "POST":
        return _page(request, call_id)
    note = request.POST.get("note", "").strip()
    outcome = request.POST.get("outcome", "")
    if outcome not in Outcome.values or not note or len(note) > MOST_NOTE:
        return _page(request, call_id, refused="note", status=400)
    try:
        getting_in.answer_call(call_id, Outcome(outcome), agent=user_id(request), note=note)
    except AlreadyAnswered:
        return _page(request, call_id, refused="answered", status=409)
    except CannotLetIn as error:
        return _page(request, call_id, refused=error.reason, status=409)
    messages.success(request, sentence(f"calls.done.{outcome}"))
    return HttpResponseRedirect(reverse("console:calls"))


def _page(
    request: HttpRequest, call_id: UUID, *, refused: str = "", status: int = 200
) -> HttpResponse:
    found, matches = getting_in.view_call(call_id, agent=user_id(request))
    brand = desk.brands([found.brand])[found.brand]
    shown = {
        "call": found,
        "matches": matches,
        "brand": brand.names[language()],
        "zone": brand.zone,
        "may_answer": bool(desk.roles_of(user_id(request), found.brand) & desk.DECIDING),
        "outcomes": Outcome.values,
        "refused": refused,
        "note": request.POST.get("note", "")[:MOST_NOTE],
        "chosen": request.POST.get("outcome", ""),
        "most": MOST_NOTE,
        "here": "calls",
    }
    return render(request, "console/call.html", shown, status=status)
