"""Several lines of an account in one request: which, what to settle first, and the form (E8)."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from signoff.channels.portal import asking, showing, wishing
from signoff.channels.portal.account import proving
from signoff.channels.portal.wishing import Form, Sent
from signoff.domain.account import BalanceChoice
from signoff.domain.assurance import UNPROVEN
from signoff.domain.policy import Confirmation
from signoff.domain.reasons import Refusal
from signoff.records.models import Case
from signoff.usecases import joint_requests, look_account, rules, whole_account
from signoff.usecases.declare import StatementMoved
from signoff.usecases.look_account import ToPick
from signoff.usecases.whole_account import (
    AlreadyEnding,
    KeyReused,
    NothingPicked,
    Picked,
    UnableToDeclareTogether,
)
from signoff.wording.tags import language
from signoff.workflows import accounts
from signoff.workflows.ids import new_id

_GOES_ON = f"{__name__}.goes_on"


@require_safe
@asking.personal
def pick(request: HttpRequest, account_id: int) -> HttpResponse:
    """Which lines: some, or the whole account. What is ticked is kept in the address."""
    shown = look_account.to_pick(account_id, user_id=asking.asker(request))
    return _pick_page(request, shown)


def _pick_page(
    request: HttpRequest, shown: Sequence[ToPick], *, nothing: bool = False
) -> HttpResponse:
    ticked = set(wishing.numbers(dict(request.GET.lists()), "line"))
    return render(
        request,
        "portal/pick.html",
        {
            "nav": "lines",
            "account_id": shown[0].line.account_id,
            "details": shown[0].line.snapshot.account.details,
            "policy": shown[0].line.policy,
            "rows": [(each, each.line.id in ticked) for each in shown],
            "free": sum(each.free for each in shown),
            "nothing": nothing,
        },
        status=422 if nothing else 200,
    )


@require_safe
@asking.personal
def prepare(request: HttpRequest, account_id: int) -> HttpResponse:
    """One checklist for what the lines have in common, and what is each line's own."""
    shown = look_account.to_pick(account_id, user_id=asking.asker(request))
    free = [each.line.id for each in shown if each.free]
    sent = dict(request.GET.lists())
    ids = free if wishing.one(sent, "whole") else wishing.numbers(sent, "line")
    if not ids:
        return _pick_page(request, shown, nothing=True)
    picked = whole_account.pick(account_id, ids, user_id=asking.asker(request))
    if picked.busy:
        return _kept_out(request, picked)
    # Every button of the list leads to a line's own page: from there, the way back is known.
    request.session["together"] = {"account": account_id, "lines": ids}
    shared = showing.todo(look_account.shared_items(picked))
    return render(
        request,
        "portal/prepare_together.html",
        {
            "nav": "lines",
            "picked": picked,
            "account_id": account_id,
            "policy": picked.lines[-1].policy,
            "lead": picked.lines[-1],
            "todo": shared,
            "own": look_account.items_of_lines(picked),
            "query": _query(picked),
        },
    )


def _query(picked: Picked) -> str:
    return urlencode([("line", line.id) for line in sorted(picked.lines, key=lambda each: each.id)])


def _kept_out(request: HttpRequest, picked: Picked) -> HttpResponse:
    """Lines that are being ended already: where they stand, and the way on with the others."""
    busy = {line.id for line in picked.busy}
    cases = [line.case_id for line in picked.busy if line.case_id]
    requests = set(Case.objects.filter(id__in=cases).values_list("request", flat=True))
    if len(busy) == len(picked.lines) and len(requests) == 1 and None not in requests:
        asking.warned(request, "together.again")
        return HttpResponseRedirect(reverse("portal:request", args=[requests.pop()]))
    asking.warned(request, "together.kept_out", count=len(busy))
    left = urlencode([("line", line.id) for line in picked.lines if line.id not in busy])
    address = reverse("portal:pick", args=[picked.account.id])
    return HttpResponseRedirect(f"{address}?{left}" if left else address)


@require_http_methods(["GET", "HEAD", "POST"])
@asking.personal
def leave(request: HttpRequest, account_id: int) -> HttpResponse:
    """The form for all of them, and the declaration: all or nothing."""
    sent = dict(request.POST.lists()) if request.method == "POST" else None
    ids = wishing.numbers(sent if sent is not None else dict(request.GET.lists()), "line")
    try:
        picked = whole_account.pick(account_id, ids, user_id=asking.asker(request))
    except NothingPicked:
        asking.warned(request, "together.nothing")
        return HttpResponseRedirect(reverse("portal:pick", args=[account_id]))
    if picked.busy and (sent is None or not _known(request, wishing.one(sent, "key"))):
        return _kept_out(request, picked)
    if any(not line.policy.online for line in picked.lines):
        return HttpResponseRedirect(reverse("portal:pick", args=[account_id]))
    form = _form(picked, sent=sent)
    if sent is None or wishing.one(sent, "look"):
        form.errors = ["choice"] if "choice" in form.errors else []
        return _page(request, picked, form=form, key=wishing.one(sent or {}, "key"))
    if not form.valid:
        return _page(request, picked, form=form, key=wishing.one(sent, "key"))
    proof = proving.proven(request)
    if proof is None:
        return proving.ask(request, then=_GOES_ON, kept={"account": account_id, "form": sent})
    return _declare(request, picked, form=form, sent=sent, proof=proof.by.value)


def _known(request: HttpRequest, key: str) -> bool:
    """Whether this very form was taken before: then the answer to it is given again."""
    return joint_requests.has_key(key, user_id=asking.asker(request))


@asking.personal
def goes_on(request: HttpRequest, kept: dict[str, Any]) -> HttpResponse:
    """The form that waited for a proof, now that it is there (A4)."""
    proof = proving.proven(request)
    return _again(request, kept, proof=proof.by.value if proof else UNPROVEN)


def unproven(request: HttpRequest) -> HttpResponse | None:
    """The form that waited for a proof, sent without one; None where none of these waits."""
    kept = proving.kept_for(request, then=_GOES_ON)
    return None if kept is None else _again(request, kept, proof=UNPROVEN)


def _again(request: HttpRequest, kept: dict[str, Any], *, proof: str) -> HttpResponse:
    sent: Sent = kept["form"]
    ids = wishing.numbers(sent, "line")
    picked = whole_account.pick(int(kept["account"]), ids, user_id=asking.asker(request))
    if picked.busy and not _known(request, wishing.one(sent, "key")):
        return _kept_out(request, picked)
    return _declare(request, picked, form=_form(picked, sent=sent), sent=sent, proof=proof)


def _form(picked: Picked, *, sent: Sent | None) -> Form:
    place = rules.place_of(picked.account.place)
    return wishing.read(picked, place, sent=sent, language=language())


def _declare(
    request: HttpRequest, picked: Picked, *, form: Form, sent: Sent, proof: str
) -> HttpResponse:
    key = wishing.one(sent, "key")
    try:
        made = accounts.declare(
            whole_account.proven_by(form.wishes, proof),
            user_id=asking.asker(request),
            key=key,
            shown=wishing.one(sent, "shown"),
        )
    except AlreadyEnding:
        again = whole_account.pick(
            picked.account.id, list(form.wishes.lines), user_id=asking.asker(request)
        )
        return _kept_out(request, again)
    except UnableToDeclareTogether as error:
        return _page(request, picked, form=form, key=key, refused=error.by_line)
    except StatementMoved:
        return _page(request, picked, form=form, key=key, moved=True)
    except KeyReused:
        return _page(request, picked, form=form, key="", moved=True)
    received = "prove.received_unproven" if proof == UNPROVEN else "together.received"
    asking.told(request, "together.again" if made.again else received)
    return HttpResponseRedirect(reverse("portal:request", args=[made.request_id]))


def _waits(picked: Picked) -> dict[str, object]:
    """What the lines' policies make one wait for: a link, a review, the refund."""
    policies = {line.policy_digest: line.policy for line in picked.lines}.values()
    return {
        "links": [p for p in policies if p.confirmation.by is Confirmation.LINK],
        "reviews": [p for p in policies if p.review.by_agent],
        "refund_days": max(p.refund_days for p in policies),
    }


def _page(
    request: HttpRequest,
    picked: Picked,
    *,
    form: Form,
    key: str = "",
    refused: Mapping[int, tuple[Refusal, ...]] | None = None,
    moved: bool = False,
) -> HttpResponse:
    place, last = rules.place_of(picked.account.place), picked.lines[-1]
    quote = None
    if "choice" not in form.errors and not refused:
        quote = whole_account.quote(picked, form.wishes, now=asking.now())
    others = look_account.receivers_of(picked, user_id=asking.asker(request))
    balance = last.snapshot.account.balance
    shown = {
        "nav": "lines",
        "picked": picked,
        "account_id": picked.account.id,
        "policy": last.policy,
        "place": place,
        "details": last.snapshot.account.details,
        "form": form,
        "rows": [(row, (refused or {}).get(row.line.id, ())) for row in form.rows],
        "parts": [(part, showing.sheet(part.own)) for part in quote.parts] if quote else [],
        "account_sheet": showing.sheet(quote.of_account) if quote else None,
        "total": showing.sheet(quote.total) if quote else None,
        "digest": quote.digest if quote else "",
        "key": key or str(new_id()),
        "balance": balance if picked.closes and balance.minor > 0 else None,
        "others": others,
        "move": BalanceChoice.MOVE.value,
        "law_label": place.door.step2 if place.is_law("door") else "",
        "query": _query(picked),
        **_waits(picked),
        "refused": refused,
        "moved": moved,
    }
    status = 409 if moved or refused else 200 if form.valid else 422
    return render(request, "portal/leave_together.html", shown, status=status)
