"""The desk's pages. Every act is posted, answered by a redirect, and refused without a trace.

A refusal (a stale page, another agent's claim, missing words) shows the case as it stands now, with
what went wrong above it and what was typed still there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from signoff.console import disputes, page, rows
from signoff.console.access import now, staff_only, user_id
from signoff.console.deciding import deciding
from signoff.domain.case import Verdict
from signoff.domain.reasons import DeclineReason, ReturnReason
from signoff.records.rows import MovedOn
from signoff.usecases import desk, document_health, look
from signoff.usecases.review import CLAIM_LASTS, HeldByAnother, WordsMissing
from signoff.wording.tags import language, sentence
from signoff.workflows import act

MOST_WORDS = 4_000
Code = TypeVar("Code", ReturnReason, DeclineReason)


@dataclass(frozen=True, slots=True)
class Refused:
    """An act that was not carried out: what to say, and what was typed."""

    told: str
    status: int = 409
    act: str = ""
    reason: str = ""
    words: str = ""


# ---------------------------------------------------------------- the queue
@require_GET
@staff_only
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, the most urgent first."""
    you, at = user_id(request), now()
    found = desk.parts(you, now=at)
    brands = desk.brands(look.brands_of(you))
    names = desk.names_of(row.held_by for part in found for row in part.rows)
    sections = [rows.section(part, now=at, you=you, names=names, brands=brands) for part in found]
    shown = {
        "sections": sections,
        "brands": _brand_names(brands),
        "documents_waiting": document_health.waiting(you),
        "here": "queue",
    }
    return render(request, "console/queue.html", shown)


@staff_only
def search(request: HttpRequest) -> HttpResponse:
    """Find cases by an exact number; posted, so that no number ever stands in an address."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("console:queue"))
    you, at = user_id(request), now()
    wanted = request.POST.get("number", "").strip()[:64]
    found = look.queue(you, now=at, search=wanted, most=desk.MOST) if wanted else []
    if len(found) == 1:
        return to_case(found[0].case.id)
    shown = rows.rows(
        found,
        now=at,
        you=you,
        names=desk.names_of(row.held_by for row in found),
        brands=desk.brands(row.case.brand for row in found),
    )
    return render(request, "console/found.html", {"rows": shown, "wanted": wanted})


def _brand_names(brands: dict[str, desk.Brand]) -> str:
    parts = (brand.names[language()] for _, brand in sorted(brands.items()))
    return (", " if language() == "en" else "、").join(parts)


# ---------------------------------------------------------------- one case
@require_GET
@staff_only
def case(request: HttpRequest, *, case_id: UUID) -> HttpResponse:
    """A case with all that is known of it; the look is written down."""
    return case_page(request, case_id)


def case_page(
    request: HttpRequest, case_id: UUID, *, refused: Refused | None = None
) -> HttpResponse:
    """The page of a case, with an act that was not carried out above it."""
    you, at = user_id(request), now()
    view = act.view_case(case_id, agent=you)
    names = desk.names_of(page.agents_in(view))
    roles = desk.roles_of(you, view.row.brand)
    shown = page.context(view, names) | {
        "brand": desk.brands([view.row.brand])[view.row.brand].names[language()],
        "place": desk.place_names(view.row.place)[language()],
        "deciding": deciding(view, you=you, roles=roles, names=names, now=at),
        "may_retry": bool(roles & desk.RETRYING),
        "refused": refused,
        "most_words": MOST_WORDS,
        **disputes.shown(you, account_id=view.file.account_id),
        **page.talking(view, you=you),
    }
    return render(request, "console/case.html", shown, status=refused.status if refused else 200)


def to_case(case_id: UUID) -> HttpResponse:
    """To the page of a case."""
    response = HttpResponseRedirect(reverse("console:case", args=[case_id]))
    response.status_code = 303
    return response


# ---------------------------------------------------------------- acts
Carry = Callable[..., Refused | None]


def posted(carry: Carry) -> Callable[..., HttpResponse]:
    """A view that carries out an act and goes to the case, or shows it with why nothing changed."""

    @staff_only
    def view(request: HttpRequest, /, *, case_id: UUID, **more: int) -> HttpResponse:
        if request.method != "POST":
            return to_case(case_id)
        try:
            refused = carry(request, case_id=case_id, **more)
        except HeldByAnother:
            refused = no("held", request)
        except MovedOn:
            refused = no("stale", request)
        if refused:
            return case_page(request, case_id, refused=refused)
        return to_case(case_id)

    return view


def no(key: str, request: HttpRequest, *, status: int = 409, **values: str | int) -> Refused:
    """An act that was not carried out, with what was typed."""
    return Refused(
        sentence(f"console.no.{key}", **values),
        status=status,
        act=request.path.rpartition("/")[2],
        reason=request.POST.get("reason", "")[:40],
        words=request.POST.get("words", "")[:MOST_WORDS],
    )


def _judged(verdict: Verdict, request: HttpRequest, *, done: str) -> Refused | None:
    """Say that an act was done, or turn the rules' no into words."""
    if not verdict.allowed:
        reason = sentence(f"console.refusal.{verdict.reasons[0].value}")
        return no("refused", request, reason=reason)
    messages.success(request, sentence(f"console.done.{done}"))
    return None


def _seen(request: HttpRequest) -> int:
    """Which standing of the case the agent's page showed; nonsense is a stale page."""
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


@posted
def claim(request: HttpRequest, *, case_id: UUID) -> Refused | None:
    """Take a case in hand."""
    act.claim(case_id, agent=user_id(request))
    minutes = int(CLAIM_LASTS.total_seconds()) // 60
    messages.success(request, sentence("console.done.claim", minutes=minutes))
    return None


@posted
def hand_back(request: HttpRequest, *, case_id: UUID) -> Refused | None:
    """Put a case back."""
    act.hand_back(case_id, agent=user_id(request))
    messages.success(request, sentence("console.done.hand_back"))
    return None


@posted
def approve(request: HttpRequest, *, case_id: UUID) -> Refused | None:
    """Approve a case as it was seen."""
    verdict = act.approve(case_id, agent=user_id(request), seen=_seen(request))
    return _judged(verdict, request, done="approve")


@posted
def ask(request: HttpRequest, *, case_id: UUID) -> Refused | None:
    """Send a case back to the subscriber, with what is missing."""
    return _say(request, case_id, reasons=ReturnReason, send=act.ask, done="ask")


@posted
def decline(request: HttpRequest, *, case_id: UUID) -> Refused | None:
    """Decline a case for a reason of the closed list."""
    return _say(request, case_id, reasons=DeclineReason, send=act.decline, done="decline")


def _say(
    request: HttpRequest,
    case_id: UUID,
    *,
    reasons: type[Code],
    send: Callable[..., Verdict],
    done: str,
) -> Refused | None:
    words, code = request.POST.get("words", "").strip(), request.POST.get("reason", "")
    if code not in {each.value for each in reasons}:
        return no("reason", request, status=400)
    if len(words) > MOST_WORDS:
        return no("long", request, status=400, most=MOST_WORDS)
    try:
        verdict = send(
            case_id, agent=user_id(request), seen=_seen(request), reason=reasons(code), words=words
        )
    except WordsMissing:
        return no("words", request, status=400)
    return _judged(verdict, request, done=done)


@posted
def retry(request: HttpRequest, *, case_id: UUID, attention_id: int) -> Refused | None:
    """Owe a parked step again."""
    try:
        act.retry(case_id, attention_id, agent=user_id(request))
    except look.NotYours:
        raise
    except LookupError:
        return no("gone", request)
    messages.success(request, sentence("console.done.retry"))
    return None
