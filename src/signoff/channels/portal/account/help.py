"""The way in for who cannot log in: a call that an agent answers (A6)."""

from datetime import datetime

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from signoff.channels.portal.account import limits
from signoff.channels.portal.account.forms import CallForHelp
from signoff.usecases import rules
from signoff.usecases.access_help import Call
from signoff.wording.tags import language
from signoff.workflows import getting_in

_TAKEN = "help_taken"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def help_page(request: HttpRequest) -> HttpResponse:
    """Take a call. Whether what is typed matches anything never shows here."""
    book = rules.book()
    brands = list(book.brands())
    shown = {"brands": [book.policy(brand) for brand in brands], "nav": "login"}
    if request.method != "POST":
        return render(request, "account/help.html", {**shown, "form": CallForHelp(brands)})
    form = CallForHelp(brands, request.POST)
    if not form.is_valid():
        return render(request, "account/help.html", {**shown, "form": form}, status=400)
    key = form.cleaned_data["contact"]
    if not ratelimit.consume(request, action="call_for_help", key=key):
        wait = limits.minutes(request, action="call_for_help", key=key)
        refused = {**shown, "form": form, "wait": limits.said(wait)}
        return render(request, "account/help.html", refused, status=429)
    call = getting_in.call_for_help(Call(language=language(), **form.cleaned_data))
    by = call.answer_by
    request.session[_TAKEN] = [call.brand, call.number, by.isoformat() if by else ""]
    return HttpResponseRedirect(reverse("account_help_taken"))


@never_cache
@require_GET
def taken(request: HttpRequest) -> HttpResponse:
    """What happens with the call that was just taken, and by when."""
    brand, number, by = request.session.get(_TAKEN) or ("", "", "")
    if not by or brand not in rules.book().brands():
        return HttpResponseRedirect(reverse("account_help"))
    shown = {
        "number": number,
        "answer_by": datetime.fromisoformat(by),
        "policy": rules.book().policy(brand),
        "nav": "login",
    }
    return render(request, "account/help_taken.html", shown)
