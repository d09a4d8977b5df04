"""My lines, and one line: whether and how it can be ended, and what staying and leaving cost."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from signoff.channels.portal import asking, showing
from signoff.domain.policy import SaveOffer
from signoff.domain.rights import Way, speaks_for_account
from signoff.usecases import asks, look, look_account


@require_safe
@asking.personal
def lines(request: HttpRequest) -> HttpResponse:
    """Every line of the person logged in."""
    user = asking.asker(request)
    rows = look.lines_of(user)
    mine = [row.line for row in rows]
    accounts = look_account.accounts_of(mine, user_id=user)
    shown = {
        "nav": "lines",
        "rows": rows,
        "accounts": [each for each in accounts if each.lines > 1 or each.closed_at],
        "asks": asks.shown(mine, user_id=user),
        "asking": {line.id for line in mine if asks.line_way(line) is Way.ASK},
    }
    return render(request, "portal/lines.html", shown)


@require_safe
@asking.personal
def line(request: HttpRequest, line_id: int) -> HttpResponse:
    """One line before anything is decided (K4, W2-W4)."""
    found = look.preparing(line_id, user_id=asking.asker(request), now=asking.now())
    policy, first = found.line.policy, found.options[0]
    whole = speaks_for_account(found.line.right)
    return render(
        request,
        "portal/line.html" if whole else "portal/line_used.html",
        {
            "asks": asks.line_way(found.line) is Way.ASK,
            "waiting": asks.shown([found.line], user_id=asking.asker(request)),
            "several": any(o.account_id == found.line.account_id for o in found.other_lines),
            "nav": "lines",
            "line": found.line,
            "policy": policy,
            "staying": found.staying,
            "first": first,
            "sheet": showing.sheet(first.statement),
            "pause": policy.pause if found.place.save_offer is SaveOffer.SIMULTANEOUS else None,
        },
    )
