"""The short form to leave: wishes, what they cost and lead to, and the final button (F1, F2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from signoff.channels.portal import asking, showing
from signoff.channels.portal.account import proving
from signoff.channels.portal.forms import LeaveForm
from signoff.channels.portal.showing import Sheet
from signoff.channels.portal.views import together
from signoff.domain.account import BalanceChoice, NumberChoice
from signoff.domain.assurance import UNPROVEN
from signoff.domain.checklist import Status
from signoff.domain.policy import EffectiveRule
from signoff.domain.reasons import LeavingReason, Refusal
from signoff.domain.rights import Way
from signoff.usecases import asks, look
from signoff.usecases.declare import Declaration, StatementMoved, UnableToDeclare
from signoff.usecases.look import Preparing
from signoff.wording.tags import language
from signoff.workflows import act

_NO_CASE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one choice of end and balance leads to; `classes` let the style sheet show it alone."""

    rule: str
    choice: str
    ends_at: datetime
    sheet: Sheet
    digest: str

    @property
    def field(self) -> str:
        """The form field that carries this statement's digest."""
        return f"shown.{self.rule}.{self.choice}"


@require_http_methods(["GET", "HEAD", "POST"])
@asking.personal
def leave(request: HttpRequest, line_id: int) -> HttpResponse:
    """The form, and the declaration. A line with an open case leads to that case (F5)."""
    found = look.preparing(line_id, user_id=asking.asker(request), now=asking.now())
    if found.line.case_id:
        return HttpResponseRedirect(reverse("portal:case", args=[found.line.case_id]))
    if asks.line_way(found.line) is Way.ASK:
        return HttpResponseRedirect(reverse("portal:ask", args=[line_id]))
    if found.line.state == "terminated" or not found.line.policy.online:
        return HttpResponseRedirect(reverse("portal:line", args=[line_id]))
    if request.method != "POST":
        return _page(request, found, form=LeaveForm(found))
    form = LeaveForm(found, data=request.POST)
    if not form.is_valid():
        return _page(request, found, form=form)
    proof = proving.proven(request)
    if proof is None:
        kept = {"line_id": line_id, "form": request.POST.dict()}
        return proving.ask(request, then=_GOES_ON, kept=kept)
    return _declare(request, found, form=form, proof=proof.by.value)


_GOES_ON = f"{__name__}.goes_on"


@asking.personal
def goes_on(request: HttpRequest, kept: dict[str, Any]) -> HttpResponse:
    """The form that waited for a proof, now that it is there (A4)."""
    proof = proving.proven(request)
    return _again(request, kept, proof=proof.by.value if proof else UNPROVEN)


@require_POST
@asking.personal
def unproven(request: HttpRequest) -> HttpResponse:
    """The form that waited for a proof, sent without one: received all the same (A4, F3)."""
    kept = proving.kept_for(request, then=_GOES_ON)
    if kept is None and (answered := together.unproven(request)):
        return answered
    if kept is None:
        asking.warned(request, "prove.gone")
        return HttpResponseRedirect(reverse("portal:lines"))
    return _again(request, kept, proof=UNPROVEN)


def _again(request: HttpRequest, kept: dict[str, Any], *, proof: str) -> HttpResponse:
    line_id = int(kept["line_id"])
    found = look.preparing(line_id, user_id=asking.asker(request), now=asking.now())
    if found.line.case_id or found.line.state == "terminated":
        return HttpResponseRedirect(reverse("portal:leave", args=[line_id]))
    form = LeaveForm(found, data=kept["form"])
    if not form.is_valid():
        return _page(request, found, form=form)
    return _declare(request, found, form=form, proof=proof)


def _declare(
    request: HttpRequest, found: Preparing, *, form: LeaveForm, proof: str
) -> HttpResponse:
    line_id = found.line.id
    try:
        declared = act.declare_line(
            _declaration(form, line_id=line_id, proof=proof), user_id=asking.asker(request)
        )
    except UnableToDeclare as error:
        return _page(request, found, form=form, reasons=error.reasons)
    except StatementMoved:
        again = look.preparing(line_id, user_id=asking.asker(request), now=asking.now())
        return _page(request, again, form=form, moved=True)
    received = "prove.received_unproven" if proof == UNPROVEN else "case.received"
    asking.told(request, "case.found_again" if declared.again else received)
    return HttpResponseRedirect(reverse("portal:case", args=[declared.case_id]))


def _declaration(form: LeaveForm, *, line_id: int, proof: str) -> Declaration:
    wish = form.cleaned_data
    choice = BalanceChoice(wish["balance"]) if wish["balance"] else None
    shown = form.data.get(f"shown.{wish['effective']}.{choice or 'any'}", "")
    return Declaration(
        case_id=_NO_CASE,
        number="",
        line_id=line_id,
        user_id=None,
        channel="web",
        language=language(),
        reason=LeavingReason(wish["reason"] or LeavingReason.OTHER),
        number_choice=NumberChoice(wish["number"]),
        balance_choice=choice,
        balance_to=wish["balance_to"] if choice is BalanceChoice.MOVE else "",
        effective=EffectiveRule(wish["effective"]),
        words=wish["words"],
        shown=shown,
        proof=proof,
    )


def _page(
    request: HttpRequest,
    found: Preparing,
    *,
    form: LeaveForm,
    reasons: Sequence[Refusal] = (),
    moved: bool = False,
) -> HttpResponse:
    outcomes = _outcomes(found)
    shown = {
        "nav": "lines",
        "line": found.line,
        "policy": found.line.policy,
        "place": found.place,
        "details": found.line.snapshot.account.details,
        "balance": found.line.snapshot.account.balance,
        "last_line": found.line.snapshot.last_line,
        "other_lines": found.other_lines,
        "outcomes": outcomes,
        "choices": list(dict.fromkeys(each.choice for each in outcomes if each.choice != "any")),
        "dates": {each.rule: each.ends_at for each in outcomes},
        "must": [item for item in found.items if item.status is Status.MUST],
        "form": form,
        "law_label": found.place.door.step2 if found.place.is_law("door") else "",
        "chosen": _chosen(form, found),
        "reasons": reasons,
        "moved": moved,
    }
    return render(request, "portal/leave.html", shown, status=409 if moved or reasons else 200)


def _outcomes(found: Preparing) -> list[Outcome]:
    return [
        Outcome(
            rule=option.rule.value,
            choice=option.choice.value if option.choice else "any",
            ends_at=option.ends_at,
            sheet=showing.sheet(option.statement),
            digest=option.digest,
        )
        for option in found.options
    ]


def _chosen(form: LeaveForm, found: Preparing) -> dict[str, str]:
    """What is selected: what was sent, else what was prepared, else the first of each.

    Giving a balance up is never selected for anybody: that choice is made by hand (P2).
    """
    policy, prepared = found.line.policy, found.line.snapshot.preparation
    unasked = policy.balance.unchosen
    balance = prepared.balance if prepared.balance in policy.balance.choices else None
    if balance is None and unasked is BalanceChoice.REFUND:
        balance = unasked
    first = {
        "reason": "",
        "words": "",
        "effective": policy.effective[0].value,
        "number": policy.numbers[0].value,
        "balance": balance.value if balance else "",
        "balance_to": prepared.balance_to,
        "agreed": "",
    }
    if not form.is_bound:
        return first
    return {name: form.data.get(name, value) for name, value in first.items()}
