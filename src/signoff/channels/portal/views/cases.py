"""A case for its subscriber: where it stands, what is needed, and the papers."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from signoff.channels.portal import asking, handing_in, progress, showing
from signoff.channels.portal.forms import AnswerForm
from signoff.channels.portal.handing_in import Refused
from signoff.domain.case import Act, State, Verdict
from signoff.domain.checklist import Item, ItemCode, Remedy, Status
from signoff.domain.reasons import ReturnReason
from signoff.usecases import look
from signoff.usecases.look import CaseView
from signoff.usecases.papers import NotYet
from signoff.wording.tags import language
from signoff.workflows import act

_MOVING = frozenset({State.DECLARED, State.ENDING})
"""States that pass by themselves within moments: the page looks again."""


@require_safe
@asking.personal
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Everything about one case."""
    return page(request, case_id)


def page(request: HttpRequest, case_id: UUID, *, refused: Refused | None = None) -> HttpResponse:
    """A case, with what was wrong with a file beside its field."""
    view = look.case_of(case_id, user_id=asking.asker(request), now=asking.now())
    state = view.file.state
    return render(
        request,
        "portal/case.html",
        {
            "nav": "lines",
            "view": view,
            "case": view.row,
            "file": view.file,
            "policy": view.policy,
            "snapshot": view.file.snapshot,
            "line_id": view.file.line_id,
            "case_id": case_id,
            "uploading": handing_in.shown(view.documents, refused=refused),
            "payments": {},
            "state": state,
            "steps": progress.steps(view),
            "log": progress.log(view.events),
            "sheet": showing.sheet(view.statement),
            "refunds": showing.refunds(view.payments),
            "asked": _asked(view),
            "must": [item for item in view.items if item.status is Status.MUST],
            "may_withdraw": Act.WITHDRAW in view.may,
            "may_answer": Act.ANSWER in view.may,
            "may_restore": Act.RESTORE in view.may,
            "moving": state in _MOVING or (state is State.ENDED and not view.certificate),
        },
        status=refused.status if refused else 200,
    )


_ASKED = {
    ReturnReason.UNPAID_BILL: ItemCode.BILLS,
    ReturnReason.OPEN_ORDER: ItemCode.ORDERS,
    ReturnReason.DOCUMENT_UNREADABLE: ItemCode.DOCUMENTS,
    ReturnReason.DOCUMENT_MISSING: ItemCode.DOCUMENTS,
    ReturnReason.NAME_DIFFERS: ItemCode.DOCUMENTS,
}
"""The item of the checklist that cures what an agent sent a case back for."""


def _asked(view: CaseView) -> list[Item]:
    """What can be settled on the page of a case that waits for its subscriber."""
    reason = view.row.outcome_reason
    named = _ASKED.get(ReturnReason(reason)) if reason in set(ReturnReason) else None
    asked = [item for item in view.items if item.status is Status.MUST or item.code is named]
    # An agent may ask for a document where the policy does not: the item then says so.
    return [
        replace(item, status=Status.MUST, reason="documents_asked", remedy=Remedy.UPLOAD)
        if item.code is ItemCode.DOCUMENTS and item.status is Status.NOT_APPLICABLE
        else item
        for item in asked
    ]


@require_POST
@asking.personal
def withdraw(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Take the request back."""
    verdict = act.withdraw(case_id, user_id=asking.asker(request))
    return _answered(request, case_id, verdict=verdict, good="case.taken_back")


@require_POST
@asking.personal
def restore(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Have the line back, as long as its window is open."""
    verdict = act.restore(case_id, user_id=asking.asker(request))
    return _answered(request, case_id, verdict=verdict, good="case.restoring")


@require_POST
@asking.personal
def answer(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Say that what was asked for is there."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        asking.warned(request, "case.words_too_long")
        return _to(case_id)
    verdict = act.answer(case_id, user_id=asking.asker(request), words=form.cleaned_data["words"])
    return _answered(request, case_id, verdict=verdict, good="case.answered")


@require_safe
@asking.personal
def receipt(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The receipt of the declaration as PDF (F3)."""
    content = act.receipt_pdf(case_id, user_id=asking.asker(request), language=language())
    return _file(content, name=f"signoff-receipt-{str(case_id)[-6:]}.pdf")


@require_safe
@asking.personal
def certificate(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Where mails lead: the certificate's place on the page of the case."""
    view = look.case_of(case_id, user_id=asking.asker(request), now=asking.now())
    return HttpResponseRedirect(reverse("portal:case", args=[view.file.id]) + "#certificate")


@require_safe
@asking.personal
def certificate_json(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The certificate as JSON."""

    def made() -> bytes:
        return act.certificate_json(case_id, user_id=asking.asker(request))

    return _paper(made, name=f"signoff-certificate-{str(case_id)[-6:]}.json")


@require_safe
@asking.personal
def certificate_pdf(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The certificate as PDF."""

    def made() -> bytes:
        return act.certificate_pdf(case_id, user_id=asking.asker(request), language=language())

    return _paper(made, name=f"signoff-certificate-{str(case_id)[-6:]}.pdf")


def _paper(made: Callable[[], bytes], *, name: str) -> HttpResponse:
    try:
        return _file(made(), name=name)
    except NotYet as error:
        raise Http404 from error


def _file(content: bytes, *, name: str) -> HttpResponse:
    kind = "application/pdf" if name.endswith(".pdf") else "application/json"
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _answered(
    request: HttpRequest, case_id: UUID, *, verdict: Verdict, good: str
) -> HttpResponseRedirect:
    if verdict.allowed:
        asking.told(request, good)
    for reason in verdict.reasons:
        asking.warned(request, f"refusal.{reason.value}")
        asking.warned(request, f"refusal_cure.{reason.value}")
    return _to(case_id)


def _to(case_id: UUID) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("portal:case", args=[case_id]))
