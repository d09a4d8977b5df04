"""The checklist of a line, and the buttons that settle its items then and there."""

from collections.abc import Mapping
from typing import cast

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import condition, require_POST, require_safe

from signoff.channels.portal import asking, handing_in, showing
from signoff.channels.portal.handing_in import Refused
from signoff.domain.account import BalanceChoice, LinkedKind
from signoff.domain.items import ItemCode, Remedy
from signoff.domain.remedies import NoSuchEntry, NotOffered
from signoff.records.models import PaymentIntent, User
from signoff.records.rows import MovedOn
from signoff.usecases import board, look, proofs
from signoff.usecases.board import Board
from signoff.usecases.pay import NothingToPay
from signoff.usecases.prepare import BadDetails, Frozen
from signoff.wording.tags import language
from signoff.workflows import act

_ITEM = {
    Remedy.CONFIRM: ItemCode.DETAILS,
    Remedy.CHOOSE: ItemCode.BALANCE,
    Remedy.SPEND: ItemCode.BILLS,
    Remedy.DISPUTE: ItemCode.CHARGES,
    Remedy.REVIEWED: ItemCode.CHARGES,
    Remedy.CANCEL: ItemCode.ORDERS,
    Remedy.FINISH: ItemCode.ORDERS,
    Remedy.UNBIND: ItemCode.RENEWALS,
    Remedy.STOP: ItemCode.RENEWALS,
    Remedy.TICK: ItemCode.LINKED,
    Remedy.UNTICK: ItemCode.LINKED,
    Remedy.ADD: ItemCode.LINKED,
    Remedy.REDEEM: ItemCode.POINTS,
    Remedy.MOVE: ItemCode.POINTS,
    Remedy.GIVE_UP: ItemCode.POINTS,
}
"""The remedies of plain buttons, and the item each belongs to."""

_LONGEST = 300


@require_safe
@asking.personal
def prepare(request: HttpRequest, line_id: int) -> HttpResponse:
    """The checklist with live values, before a declaration and while a case runs."""
    return page(request, line_id)


def page(
    request: HttpRequest,
    line_id: int,
    *,
    refused: Refused | None = None,
    wrong: str = "",
    typed: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The checklist, with what was wrong with a file or a detail beside its field."""
    shown = board.board(line_id, user_id=asking.asker(request), now=asking.now())
    found = shown.found
    if found.line.state == "terminated":
        return HttpResponseRedirect(reverse("portal:line", args=[line_id]))
    shown_now = _shown(request, shown) | {
        "uploading": handing_in.shown(found.documents, refused=refused),
        "wrong": wrong,
        "typed": typed,
    }
    return render(
        request,
        "portal/prepare.html",
        shown_now,
        status=refused.status if refused else 422 if wrong else 200,
    )


def _shown(request: HttpRequest, shown: Board) -> dict[str, object]:
    """What the page shows, whatever was sent to it."""
    found = shown.found
    return {
        "nav": "lines",
        "line": found.line,
        "policy": found.line.policy,
        "snapshot": found.line.snapshot,
        "todo": showing.todo(found.items),
        "other_lines": found.other_lines,
        "documents": found.documents,
        "payments": found.payments,
        "line_id": found.line.id,
        "login": _login(request, found),
        "disputes": shown.disputes,
        "points_to": shown.points_to,
        "late": shown.late,
        "standing": shown.standing,
        "linked_kinds": list(LinkedKind),
    }


def _login(request: HttpRequest, found: look.Preparing) -> str:
    """What the holder logs in with; of another's log-in nobody is told."""
    person = cast(User, request.user)
    return person.email if found.line.holder_id == person.pk else ""


def _etag(request: HttpRequest, line_id: int) -> str:
    now = board.standing(line_id, user_id=asking.asker(request))
    return f'"{now}"'


@require_safe
@asking.personal
@condition(etag_func=_etag)
def live(request: HttpRequest, line_id: int) -> HttpResponse:
    """What the page asks for again and again: whether anything has changed since."""
    now = board.standing(line_id, user_id=asking.asker(request))
    return render(request, "portal/prepare_live.html", {"line_id": line_id, "standing": now})


@require_safe
@asking.personal
def proof(request: HttpRequest, line_id: int) -> HttpResponse:
    """The proof of what was settled, on paper (P6)."""
    content = proofs.proof_pdf(
        line_id, user_id=asking.asker(request), language=language(), now=asking.now()
    )
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="signoff-proof-{line_id}.pdf"'
    return response


@require_POST
@asking.personal
def settle(request: HttpRequest, line_id: int) -> HttpResponse:
    """One plain button of the list."""
    try:
        remedy = Remedy(request.POST.get("remedy", ""))
        item = _ITEM[remedy].value
    except (ValueError, KeyError) as error:
        raise BadRequest from error
    entry = request.POST.get("entry", "")[:_LONGEST]
    to = request.POST.get("to", "")[:_LONGEST]
    if _gives_up(remedy, entry) and not request.POST.get("knowingly"):
        asking.warned(request, "prepare.knowingly")
        return asking.back_to(request, line_id, item=item)
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


def _gives_up(remedy: Remedy, entry: str) -> bool:
    """Whether something of worth is lost for good: that is done knowingly only (P2, P8)."""
    forfeits = remedy is Remedy.CHOOSE and entry == BalanceChoice.FORFEIT
    return forfeits or remedy is Remedy.GIVE_UP


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
def correct(request: HttpRequest, line_id: int) -> HttpResponse:
    """Correct contact details; the old contact is told. What was typed wrong is kept."""
    given = {name: request.POST.get(name, "")[:_LONGEST] for name in ("email", "phone", "address")}
    try:
        changed = act.correct_details(line_id, user_id=asking.asker(request), **given)
    except BadDetails as error:
        return page(request, line_id, wrong=error.field, typed=given)
    except Frozen:
        asking.warned(request, "prepare.frozen")
    except MovedOn:
        asking.warned(request, "prepare.moved_on")
    else:
        asking.told(request, "settled.details" if changed else "prepare.details_same")
    return asking.back_to(request, line_id, item=ItemCode.DETAILS.value)
