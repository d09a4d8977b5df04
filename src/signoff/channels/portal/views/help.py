"""Help: short answers, made from the rules of each brand (C8)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from signoff.usecases import rules

_QUESTIONS = (
    "find", "undo", "balance", "refused", "works", "reach", "abroad", "login", "cheats", "codes",
)  # fmt: skip


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Questions in general, and the rules of every brand in one table."""
    book = rules.book()
    policies = [book.policy(brand) for brand in book.brands()]
    shown = {"nav": "help", "policies": policies, "questions": _QUESTIONS}
    return render(request, "portal/help.html", shown)
