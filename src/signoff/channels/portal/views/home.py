"""The start page: what this is, and in."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from signoff.channels.portal.asking import asker
from signoff.usecases import look

_DESK = "/desk/"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Who is logged in goes straight to their own work; others read what this is."""
    if not request.user.is_authenticated:
        return render(request, "portal/home.html", {"nav": "login"})
    at_work = look.brands_of(asker(request))
    return HttpResponseRedirect(_DESK if at_work else "/lines")
