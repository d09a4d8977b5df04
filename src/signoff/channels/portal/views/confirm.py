"""The page behind the link in a mail: looking changes nothing, the button confirms (F4)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from signoff.channels.portal import asking
from signoff.usecases import look
from signoff.usecases.change_course import BadLink
from signoff.usecases.look import Link
from signoff.workflows import act


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the link confirms; a second press, an old and an altered link each say so.

    No log-in: the link itself is the proof that the mail arrived. It shows no account facts.
    """
    if request.method == "POST":
        try:
            act.confirm(token)
        except BadLink:
            return _page(request, token)
        return render(request, "portal/confirm.html", {"link": "done"})
    return _page(request, token)


def _page(request: HttpRequest, token: str) -> HttpResponse:
    try:
        found = look.confirmation(token, now=asking.now())
    except BadLink:
        return render(request, "portal/confirm.html", {"link": "forged"}, status=404)
    shown = {"link": found.link.value, "file": found.file, "token": token}
    return render(request, "portal/confirm.html", shown, status=_STATUS[found.link])


_STATUS = {Link.VALID: 200, Link.USED: 200, Link.EXPIRED: 410}
