"""Disputed charges at the desk (P4): those that wait, and the decision about one."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from signoff.console.access import staff_only, user_id
from signoff.domain.disputes import RejectReason
from signoff.domain.money import Money
from signoff.domain.remedies import NoSuchEntry
from signoff.domain.settling import Verdict
from signoff.records.models import Dispute
from signoff.records.rows import MovedOn
from signoff.usecases import desk, disputes
from signoff.usecases.disputes import MOST_WORDS
from signoff.usecases.review import WordsMissing
from signoff.wording.tags import language, sentence
from signoff.workflows import preparing


@dataclass(frozen=True, slots=True)
class Typed:
    """A decision that was not taken, with what was typed."""

    dispute: int
    told: str
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A dispute on a page: `brand` is its name, `zone` where its times are told."""

    dispute: Dispute
    amount: Money
    case_id: UUID | None
    brand: str
    zone: str


def shown(user: int, *, account_id: int | None = None) -> dict[str, object]:
    """What templates need to show disputes: all of an account, or those that wait."""
    rows = disputes.for_desk(user, account_id=account_id)
    brands = desk.brands({row.dispute.brand for row in rows})
    return {
        "disputes": [
            Shown(
                row.dispute,
                row.amount,
                row.case_id,
                brands[row.dispute.brand].names[language()],
                brands[row.dispute.brand].zone,
            )
            for row in rows
        ],
        "reject_reasons": tuple(RejectReason),
    }


@require_GET
@staff_only
def waiting(request: HttpRequest) -> HttpResponse:
    """The disputes that wait, the oldest first."""
    return _page(request)


def _page(request: HttpRequest, *, typed: Typed | None = None, status: int = 200) -> HttpResponse:
    found = shown(user_id(request)) | {"typed": typed, "here": "disputes", "listed": True}
    return render(request, "console/disputes.html", found, status=status)


@staff_only
def decide(request: HttpRequest, *, dispute_id: int) -> HttpResponse:
    """Decide a dispute, and go back to where the button stood."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("console:disputes"))
    words = request.POST.get("words", "")[: MOST_WORDS + 1]
    try:
        verdict = Verdict(request.POST.get("verdict", ""))
        reason = RejectReason(request.POST["reason"]) if request.POST.get("reason") else None
        if len(words) > MOST_WORDS:
            raise WordsMissing
        preparing.decide_dispute(
            dispute_id, agent=user_id(request), verdict=verdict, reason=reason, words=words
        )
    except (ValueError, WordsMissing):
        told = str(sentence("console.disputes.missing"))
        given = request.POST.get("reason", "")[:40]
        return _page(request, typed=Typed(dispute_id, told, given, words), status=400)
    except (NoSuchEntry, MovedOn):
        messages.warning(request, sentence("console.disputes.gone"))
    else:
        messages.success(request, sentence("console.disputes.done"))
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """To the case the button stood on, or to the list."""
    try:
        to = reverse("console:case", args=[UUID(request.POST.get("case", ""))]) + "#disputes"
    except ValueError:
        to = reverse("console:disputes")
    response = HttpResponseRedirect(to)
    response.status_code = 303
    return response
