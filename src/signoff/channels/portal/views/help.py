"""Help: short answers, made from the rules of each brand (C8), and the shortest way out (C1)."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from signoff.channels.portal import asking
from signoff.usecases import help_search, look, rules


@require_http_methods(["GET", "HEAD", "POST"])
def help_page(request: HttpRequest) -> HttpResponse:
    """Questions in general, what was looked for first, and the rules of every brand.

    What is typed is posted: it may be a number, and stands in no address.
    """
    book, typed = rules.book(), request.POST.get("words", "").strip()[: help_search.MOST_TYPED]
    found = help_search.find(typed)
    shown = {
        "nav": "help",
        "policies": [book.policy(brand) for brand in book.brands()],
        "questions": found or help_search.questions(),
        "typed": typed,
        "found": found,
    }
    return render(request, "portal/help.html", shown)


@require_safe
def brand_page(request: HttpRequest, brand: str) -> HttpResponse:
    """The same questions, answered for one brand and card from its policy."""
    book = rules.book()
    if brand not in book.brands():
        raise Http404
    return render(request, "portal/help_brand.html", {"nav": "help", "policy": book.policy(brand)})


@require_safe
@asking.personal
def end(request: HttpRequest) -> HttpResponse:
    """To the one line that can be ended, or to the list of them."""
    rows = look.lines_of(asking.asker(request))
    open_ones = [row.line.id for row in rows if row.line.state != "terminated"]
    if len(open_ones) == 1:
        return HttpResponseRedirect(reverse("portal:line", args=open_ones))
    return HttpResponseRedirect(reverse("portal:lines"))
