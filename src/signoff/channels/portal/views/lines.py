"""My lines, and one line: whether and how it can be ended, and what staying and leaving cost."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from signoff.channels.portal import asking, showing
from signoff.domain.policy import SaveOffer
from signoff.usecases import look


@require_safe
@asking.personal
def lines(request: HttpRequest) -> HttpResponse:
    """Every line of the person logged in."""
    rows = look.lines_of(asking.asker(request))
    return render(request, "portal/lines.html", {"nav": "lines", "rows": rows})


@require_safe
@asking.personal
def line(request: HttpRequest, line_id: int) -> HttpResponse:
    """One line before anything is decided (K4, W2-W4)."""
    found = look.preparing(line_id, user_id=asking.asker(request), now=asking.now())
    policy, first = found.line.policy, found.options[0]
    return render(
        request,
        "portal/line.html",
        {
            "nav": "lines",
            "line": found.line,
            "policy": policy,
            "staying": found.staying,
            "first": first,
            "sheet": showing.sheet(first.statement),
            "pause": policy.pause if found.place.save_offer is SaveOffer.SIMULTANEOUS else None,
        },
    )
