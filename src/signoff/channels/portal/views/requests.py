"""A joint request with all its lines, and what a user of a line asks of its holder (E8, A7)."""

from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from signoff.channels.portal import asking, showing
from signoff.channels.portal.forms import MOST_WORDS
from signoff.domain.account import NumberChoice
from signoff.domain.reasons import LeavingReason
from signoff.domain.rights import Way, speaks_for_account
from signoff.domain.statement import Statement
from signoff.usecases import asks, look, look_account, rules
from signoff.usecases.asks import AlreadyAsked, Wish
from signoff.wording.tags import language
from signoff.workflows import accounts


@require_safe
@asking.personal
def request_page(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """All lines of a request at a glance, each leading to its case."""
    view = look_account.request_of(request_id, user_id=asking.asker(request), now=asking.now())
    lines = tuple(line for row in view.rows for line in (row.file.final or row.file.shown).lines)
    total = Statement(view.rows[0].file.shown.currency, lines)
    shown = {
        "nav": "lines",
        "view": view,
        "policy": view.policy,
        "sheet": showing.sheet(total),
        "final": all(row.file.final for row in view.rows),
    }
    return render(request, "portal/request.html", shown)


@require_POST
@asking.personal
def withdraw(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Take back one line, or all that still can be; every other is named with its reason."""
    try:
        only = [UUID(each) for each in request.POST.getlist("case")]
    except ValueError as error:
        raise BadRequest from error
    verdicts = accounts.withdraw(request_id, user_id=asking.asker(request), only=only)
    back = sum(verdict.allowed for verdict in verdicts.values())
    if back:
        asking.told(request, "together.taken_back", count=back)
    if left := len(verdicts) - back:
        asking.warned(request, "together.not_taken_back", count=left)
    return HttpResponseRedirect(reverse("portal:request", args=[request_id]))


@require_safe
@asking.personal
def receipt(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """The receipt of the whole request as PDF (F3)."""
    content = accounts.receipt_pdf(request_id, user_id=asking.asker(request), language=language())
    response = HttpResponse(content, content_type="application/pdf")
    name = f"signoff-receipt-{str(request_id)[-6:]}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@asking.personal
def ask(request: HttpRequest, line_id: int) -> HttpResponse:
    """A user asks the holder to end their line; who may end it themselves goes to the form."""
    line = look.line_of(line_id, user_id=asking.asker(request))
    if line.case_id:
        return HttpResponseRedirect(reverse("portal:case", args=[line.case_id]))
    if asks.line_way(line) is Way.DECLARE or line.state == "terminated":
        return HttpResponseRedirect(reverse("portal:line", args=[line_id]))
    sent = request.POST
    reason, number = sent.get("reason", ""), sent.get("number", line.policy.numbers[0].value)
    words = sent.get("words", "").strip()
    errors = []
    if request.method == "POST":
        if reason not in set(LeavingReason):
            errors.append("reason")
        if number not in set(line.policy.numbers):
            errors.append("number")
        if len(words) > MOST_WORDS:
            errors.append("words")
        if not errors:
            return _ask(request, line_id, reason=reason, number=number, words=words)
    shown = {
        "nav": "lines",
        "line": line,
        "policy": line.policy,
        "place": rules.place_of(line.place),
        "chosen": {"reason": reason, "number": number, "words": words},
        "errors": errors,
    }
    return render(request, "portal/ask.html", shown, status=422 if errors else 200)


def _ask(
    request: HttpRequest, line_id: int, *, reason: str, number: str, words: str
) -> HttpResponse:
    wish = Wish(LeavingReason(reason), NumberChoice(number), words, language())
    try:
        made = accounts.ask(line_id, wish, user_id=asking.asker(request))
    except AlreadyAsked:
        asking.warned(request, "ask.already")
        return HttpResponseRedirect(reverse("portal:lines"))
    asking.told(request, "ask.sent")
    return HttpResponseRedirect(reverse("portal:asked", args=[made]))


@require_http_methods(["GET", "HEAD", "POST"])
@asking.personal
def asked(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    """What a user asked for: its holder answers, whoever asked may take it back."""
    user = asking.asker(request)
    found, line = asks.one(ask_id, user_id=user)
    if request.method == "POST":
        return _answer(request, ask_id, decline=speaks_for_account(line.right))
    over = line.case_id is not None or line.state == "terminated"
    shown = {
        "nav": "lines",
        "asked": found,
        "line": line,
        "policy": line.policy,
        "answers": speaks_for_account(line.right) and found.state == "open" and not over,
        "waits": found.mine and found.state == "open" and not over,
    }
    return render(request, "portal/asked.html", shown)


def _answer(request: HttpRequest, ask_id: UUID, *, decline: bool) -> HttpResponse:
    act = accounts.decline if decline else accounts.take_back_ask
    try:
        act(ask_id, user_id=asking.asker(request))
    except AlreadyAsked:
        asking.warned(request, "ask.answered_already")
    else:
        asking.told(request, "ask.declined" if decline else "ask.taken_back")
    return HttpResponseRedirect(reverse("portal:asked", args=[ask_id]))
