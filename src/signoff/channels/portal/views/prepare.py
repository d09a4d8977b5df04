"""The checklist of a line, and the buttons that settle its items then and there."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from signoff.channels.portal import asking, showing
from signoff.domain.checklist import ItemCode, Remedy
from signoff.domain.remedies import NoSuchEntry, NotOffered
from signoff.records.models import PaymentIntent
from signoff.records.rows import MovedOn
from signoff.usecases import documents, look
from signoff.usecases.documents import DocumentRefused
from signoff.usecases.pay import NothingToPay
from signoff.usecases.prepare import BadDetails, Frozen
from signoff.workflows import act

_ITEM = {
    Remedy.CONFIRM: ItemCode.DETAILS,
    Remedy.CHOOSE: ItemCode.BALANCE,
    Remedy.DISPUTE: ItemCode.CHARGES,
    Remedy.REVIEWED: ItemCode.CHARGES,
    Remedy.CANCEL: ItemCode.ORDERS,
    Remedy.UNBIND: ItemCode.RENEWALS,
    Remedy.STOP: ItemCode.RENEWALS,
    Remedy.TICK: ItemCode.LINKED,
    Remedy.GIVE_UP: ItemCode.POINTS,
}
"""The remedies of plain buttons, and the item each belongs to."""


@require_safe
@asking.personal
def prepare(request: HttpRequest, line_id: int) -> HttpResponse:
    """The checklist with live values. A line with an open case shows the case instead."""
    found = look.preparing(line_id, user_id=asking.asker(request), now=asking.now())
    if found.line.case_id:
        return HttpResponseRedirect(reverse("portal:case", args=[found.line.case_id]))
    if found.line.state == "terminated":
        return HttpResponseRedirect(reverse("portal:line", args=[line_id]))
    return render(
        request,
        "portal/prepare.html",
        {
            "nav": "lines",
            "line": found.line,
            "policy": found.line.policy,
            "snapshot": found.line.snapshot,
            "todo": showing.todo(found.items),
            "other_lines": found.other_lines,
            "documents": found.documents,
            "payments": found.payments,
            "line_id": line_id,
        },
    )


@require_POST
@asking.personal
def settle(request: HttpRequest, line_id: int) -> HttpResponse:
    """One plain button of the list."""
    try:
        remedy = Remedy(request.POST.get("remedy", ""))
        item = _ITEM[remedy].value
    except (ValueError, KeyError) as error:
        raise BadRequest from error
    entry, to = request.POST.get("entry", ""), request.POST.get("to", "")
    try:
        act.settle(line_id, remedy, user_id=asking.asker(request), entry=entry, to=to)
    except NoSuchEntry:
        asking.warned(request, "prepare.settled_already")
    except NotOffered:
        asking.warned(request, "prepare.not_offered")
    except Frozen:
        asking.warned(request, "prepare.frozen")
    except MovedOn:
        asking.warned(request, "prepare.moved_on")
    else:
        asking.told(request, f"settled.{remedy.value}")
    return asking.back_to(request, line_id, item=item)


@require_POST
@asking.personal
def pay(request: HttpRequest, line_id: int) -> HttpResponse:
    """Pay a bill with a stored method, and say plainly what came of it."""
    try:
        state = act.pay_bill(
            line_id,
            request.POST.get("bill", ""),
            user_id=asking.asker(request),
            method_id=request.POST.get("method", ""),
        )
    except NothingToPay:
        asking.warned(request, "prepare.nothing_to_pay")
    else:
        if state == PaymentIntent.State.DONE:
            asking.told(request, "settled.pay")
        elif state == PaymentIntent.State.REFUSED:
            asking.warned(request, "prepare.card_refused")
        else:
            asking.warned(request, "prepare.payment_open")
    return asking.back_to(request, line_id, item=ItemCode.BILLS.value)


@require_POST
@asking.personal
def export(request: HttpRequest, line_id: int) -> HttpResponse:
    """Everything that is theirs, in one archive."""
    content = act.export_archive(line_id, user_id=asking.asker(request))
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="signoff-data-{line_id}.zip"'
    return response


@require_POST
@asking.personal
def upload(request: HttpRequest, line_id: int) -> HttpResponse:
    """Take an identity document; a refused file says how to do it right."""
    file = request.FILES.get("document")
    content = file.read(documents.MOST_BYTES + 1) if file else b""
    try:
        act.upload_document(line_id, content, user_id=asking.asker(request))
    except DocumentRefused as refused:
        asking.warned(request, f"document_refused.{refused.code}")
    else:
        asking.told(request, "settled.upload")
    return asking.back_to(request, line_id, item=ItemCode.DOCUMENTS.value)


@require_POST
@asking.personal
def correct(request: HttpRequest, line_id: int) -> HttpResponse:
    """Correct contact details; the old contact is told."""
    given = {name: request.POST.get(name, "")[:300] for name in ("email", "phone", "address")}
    try:
        changed = act.correct_details(line_id, user_id=asking.asker(request), **given)
    except BadDetails as error:
        asking.warned(request, f"bad_detail.{error.field}")
    except Frozen:
        asking.warned(request, "prepare.frozen")
    except MovedOn:
        asking.warned(request, "prepare.moved_on")
    else:
        asking.told(request, "settled.details" if changed else "prepare.details_same")
    return asking.back_to(request, line_id, item=ItemCode.DETAILS.value)
