"""Ending one or several lines of an account over the API: what it comes to, and the declaration.

The same use cases as the form's, so that both take and refuse the same (E8).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Header, Router, Status
from ninja.security import SessionAuth

from signoff.api import shapes
from signoff.api.problems import (
    ALREADY_ENDING,
    KEY_REUSED,
    NOT_FOUND,
    NOT_LOGGED_IN,
    NOT_OFFERED,
    STATEMENT_MOVED,
    WRONG_VALUES,
    Problem,
    answer,
)
from signoff.domain.account import BalanceChoice
from signoff.domain.assurance import UNPROVEN
from signoff.domain.case import State
from signoff.domain.money import Money
from signoff.domain.statement import Statement
from signoff.records.linefiles import LineFile
from signoff.records.models import AccountRequest, Case
from signoff.usecases import look, rules, whole_account
from signoff.usecases.declare import StatementMoved
from signoff.usecases.entitled import NotYours
from signoff.usecases.joint_wishes import LineWish, Wishes
from signoff.usecases.whole_account import (
    AlreadyEnding,
    KeyReused,
    Picked,
    Quote,
    UnableToDeclareTogether,
)
from signoff.workflows import accounts
from signoff.workflows.work import clock

router = Router(auth=SessionAuth(), tags=["ending lines"])
_REFUSALS = {
    401: shapes.ProblemShape,
    403: shapes.ProblemShape,
    404: shapes.ProblemShape,
    409: shapes.ProblemShape,
    422: shapes.ProblemShape,
}


@router.post(
    "/statements",
    response={200: shapes.Quote, **_REFUSALS},
    summary="What ending these lines would come to",
)
def statements(request: HttpRequest, body: shapes.Wishes) -> shapes.Quote | HttpResponse:
    picked, wishes = _picked(request, body)
    if picked.busy:
        return _busy(picked.busy)
    if wrong := _wrong(picked, wishes, agreed=True):
        return answer(WRONG_VALUES, errors=wrong)
    try:
        quote = whole_account.quote(picked, wishes, now=clock())
    except UnableToDeclareTogether as error:
        return _not_offered(picked, error)
    return _quoted(quote)


@router.post(
    "/declarations",
    response={200: shapes.Declared, 201: shapes.Declared, **_REFUSALS},
    summary="End these lines, all of them or none",
)
def declarations(
    request: HttpRequest,
    body: shapes.Wishes,
    *,
    idempotency_key: Annotated[str, Header(min_length=1, max_length=64)],
) -> Status[shapes.Declared] | HttpResponse:
    picked, wishes = _picked(request, body)
    if wrong := _wrong(picked, wishes, agreed=body.agreed):
        return answer(WRONG_VALUES, errors=wrong)
    try:
        made = accounts.declare(
            # A session tells who logged in some time ago: a person looks first (A4).
            whole_account.proven_by(wishes, UNPROVEN),
            user_id=_user(request),
            key=idempotency_key,
            shown=body.shown,
        )
    except AlreadyEnding as error:
        return _busy(error.lines)
    except UnableToDeclareTogether as error:
        return _not_offered(picked, error)
    except KeyReused:
        return answer(KEY_REUSED)
    except StatementMoved:
        return answer(STATEMENT_MOVED)
    except NotYours:
        raise Problem(NOT_FOUND) from None
    shown = _declared(request, AccountRequest.objects.get(id=made.request_id), again=made.again)
    return Status(200 if made.again else 201, shown)


def _user(request: HttpRequest) -> int:
    if request.user.pk is None:
        raise Problem(NOT_LOGGED_IN)
    return request.user.pk


def _picked(request: HttpRequest, body: shapes.Wishes) -> tuple[Picked, Wishes]:
    """The lines, of one account that this person speaks for. Raises Problem."""
    user = _user(request)
    if len({wish.line for wish in body.lines}) != len(body.lines):
        raise Problem(WRONG_VALUES, "A line is named twice; name each once.")
    known = _by_number(row.line for row in look.lines_of(user))
    lines = [known.get(wish.line) for wish in body.lines]
    found = [line for line in lines if line is not None]
    if len(found) != len(body.lines) or len({line.account_id for line in found}) != 1:
        raise Problem(NOT_FOUND)
    ways = {
        line.id: LineWish(wish.number, wish.effective)
        for line, wish in zip(found, body.lines, strict=True)
    }
    try:
        picked = whole_account.pick(found[0].account_id, list(ways), user_id=user)
    except NotYours:
        raise Problem(NOT_FOUND) from None
    asked = picked.closes and picked.lines[-1].snapshot.account.balance.minor > 0
    return picked, Wishes(
        account_id=found[0].account_id,
        lines=ways,
        reason=body.reason,
        channel="web",
        language=body.language,
        words=body.words.strip(),
        balance_choice=body.balance if asked else None,
        balance_to=body.balance_to if asked and body.balance is BalanceChoice.MOVE else "",
    )


def _by_number(lines: Iterable[LineFile]) -> Mapping[str, LineFile]:
    """Lines by number; of several that had one number, the living one."""
    return {
        line.msisdn: line for line in sorted(lines, key=lambda each: each.state != "terminated")
    }


def _wrong(picked: Picked, wishes: Wishes, *, agreed: bool) -> list[dict[str, str]]:
    """What the form would ask for and did not get."""
    place, last = rules.place_of(picked.account.place), picked.lines[-1]
    found = []
    if wishes.reason not in place.reasons:
        found.append({"where": "body.reason", "what": "not_offered"})
    if place.terms_tick and not agreed:
        found.append({"where": "body.agreed", "what": "missing"})
    asked = picked.closes and last.snapshot.account.balance.minor > 0
    if asked and wishes.balance_choice not in last.policy.balance.choices:
        missing = wishes.balance_choice is None
        found.append({"where": "body.balance", "what": "missing" if missing else "not_offered"})
    return found


def _busy(lines: Sequence[LineFile]) -> HttpResponse:
    errors = [{"where": line.msisdn, "what": "already_ending"} for line in lines]
    return answer(ALREADY_ENDING, errors=errors)


def _not_offered(picked: Picked, error: UnableToDeclareTogether) -> HttpResponse:
    numbers = {line.id: line.msisdn for line in picked.lines}
    errors = [
        {"where": numbers[line_id], "what": reason.value}
        for line_id, reasons in error.by_line.items()
        for reason in reasons
    ]
    return answer(NOT_OFFERED, errors=errors)


def _quoted(quote: Quote) -> shapes.Quote:
    rows = []
    for part in quote.parts:
        assert part.wish.number_choice is not None and part.wish.effective is not None
        rows.append(
            shapes.LineQuote(
                line=part.line.msisdn,
                number=part.wish.number_choice,
                effective=part.wish.effective,
                ends_at=part.ends_at,
                statement=_statement(part.own),
            )
        )
    return shapes.Quote(
        shown=quote.digest,
        closes_account=quote.picked.closes,
        lines=rows,
        account=_statement(quote.of_account),
        total=_statement(quote.total),
    )


def _statement(statement: Statement) -> shapes.Statement:
    return shapes.Statement(
        currency=statement.currency,
        final=False,
        lines=[
            shapes.StatementLine(
                code=line.code, amount=_amount(line.amount), rule=line.rule, source=line.source
            )
            for line in statement.lines
        ],
        owed=_amount(statement.owed),
        refund=_amount(statement.refund),
    )


def _amount(money: Money) -> shapes.Amount:
    return shapes.Amount(minor=money.minor, currency=money.currency)


def _declared(request: HttpRequest, made: AccountRequest, *, again: bool) -> shapes.Declared:
    cases = Case.objects.filter(request=made.id).select_related("line").order_by("line_id")
    return shapes.Declared(
        id=made.id,
        number=made.number,
        closes_account=made.whole,
        again=again,
        lines=[
            shapes.DeclaredLine(
                line=case.line.msisdn,
                id=case.id,
                number=case.number,
                state=State(case.state),
                effective_at=case.effective_at,
                url=request.build_absolute_uri(reverse("api:case", args=[case.id])),
            )
            for case in cases
        ],
    )
