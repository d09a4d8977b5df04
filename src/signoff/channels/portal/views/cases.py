"""A case for its subscriber: where it stands, what is needed, and the papers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from signoff.channels.portal import asking, handing_in, progress, showing
from signoff.channels.portal.forms import AnswerForm
from signoff.channels.portal.handing_in import Refused
from signoff.channels.portal.waiting_for import waiting_for
from signoff.domain.case import OPEN, Act, State, Verdict
from signoff.domain.checklist import Item, ItemCode, Remedy, Status
from signoff.domain.documents import OpenCase, asked
from signoff.domain.reasons import ReturnReason
from signoff.domain.rights import speaks_for_account
from signoff.records.models import Message
from signoff.usecases import look
from signoff.usecases.look import CaseView
from signoff.usecases.papers import NotYet
from signoff.wording.tags import language, named
from signoff.workflows import act, waiting

_STAFF = Message.Side.STAFF.value


@require_safe
@asking.personal
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Everything about one case."""
    return page(request, case_id)


@require_safe
@asking.personal
def live(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The part of the page that follows by itself: who has it, and how far it is."""
    view = look.case_of(case_id, user_id=asking.asker(request), now=asking.now())
    return render(request, "portal/case_live.html", _standing(request, view))


def _standing(request: HttpRequest, view: CaseView) -> dict[str, object]:
    """What the live part shows."""
    mine = speaks_for_account(view.right)
    said = waiting.conversation_of(view) if mine else []
    pack = waiting.pack_for(view.file, user_id=asking.asker(request)) if mine else None
    must = [item for item in view.items if item.status is Status.MUST]
    return {
        "case_id": view.file.id,
        "policy": view.policy,
        "steps": progress.steps(view),
        "must": must,
        "mine": mine,
        "said": said,
        "unread": [each for each in said if each.new and each.side == _STAFF],
        "pack": pack,
        "waits": waiting_for(
            view,
            brand=named(view.policy.names),
            must=bool(must) and Act.WITHDRAW in view.may,
            more=f"{len(said)}.{pack.state if pack else ''}",
        ),
    }


_OFFERED = (Act.WITHDRAW, Act.ANSWER, Act.RESTORE, Act.RESUBMIT)
"""What the page has buttons for, where the rules allow it."""


def page(
    request: HttpRequest,
    case_id: UUID,
    *,
    refused: Refused | None = None,
    more: Mapping[str, object] | None = None,
    status: int = 200,
) -> HttpResponse:
    """A case, with what was wrong with a file beside its field; `more` goes to the template."""
    view = look.case_of(case_id, user_id=asking.asker(request), now=asking.now())
    state = view.file.state
    standing = _standing(request, view)
    if standing["unread"]:
        waiting.read_by_subscriber(case_id, user_id=asking.asker(request))
    return render(
        request,
        "portal/case.html",
        {
            **standing,
            "nav": "lines",
            "view": view,
            "case": view.row,
            "file": view.file,
            "snapshot": view.file.snapshot,
            "line_id": view.file.line_id,
            "uploading": handing_in.shown(view.documents, refused=refused),
            "payments": {},
            "state": state,
            "log": progress.log(view.events),
            "sheet": showing.sheet(view.statement),
            "refunds": showing.refunds(view.payments),
            "asked": _asked(view),
            **{f"may_{each.value}": each in view.may for each in _OFFERED},
            "may_attach": _may_attach(view),
            "ended": state in (State.ENDED, State.CLOSED),
            **(more or {}),
        },
        status=refused.status if refused else status,
    )


def _may_attach(view: CaseView) -> bool:
    """Documents come with a message only where one is asked for: never more than needed (P11)."""
    case = OpenCase(view.file.state, view.row.outcome_reason)
    return view.file.state in OPEN and asked(view.policy.identity, case)


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
