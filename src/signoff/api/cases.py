"""A person's own lines and cases; for staff, the cases of the brands they work for."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router
from ninja.security import SessionAuth

from signoff.api import shapes
from signoff.api.problems import NO_CERTIFICATE, NOT_FOUND, NOT_LOGGED_IN, Problem
from signoff.domain.case import State
from signoff.domain.events import Code
from signoff.domain.money import Money
from signoff.domain.rights import speaks_for_account
from signoff.domain.timeline import history
from signoff.usecases import look, papers
from signoff.usecases.look import CaseView, LineRow
from signoff.workflows import act
from signoff.workflows.work import clock

router = Router(auth=SessionAuth(), tags=["lines and cases"])
_REFUSALS = {401: shapes.ProblemShape, 404: shapes.ProblemShape}


def _file(media_type: str, **schema: str) -> dict[str, Any]:
    content = {media_type: {"schema": schema}}
    return {"responses": {200: {"description": "The file", "content": content}}}


@router.get("/lines", response={200: shapes.Lines, 401: shapes.ProblemShape}, summary="My lines")
def lines(request: HttpRequest) -> shapes.Lines:
    rows = look.lines_of(_user(request))
    return shapes.Lines(lines=[_line(request, row) for row in rows])


@router.get("/cases/{uuid:case_id}", response={200: shapes.Case, **_REFUSALS}, summary="One case")
def case(request: HttpRequest, case_id: UUID) -> shapes.Case:
    return _shown(request, _view(request, case_id))


@router.get(
    "/cases/{uuid:case_id}/certificate.json",
    response=_REFUSALS,
    openapi_extra=_file("application/json", type="object"),
    summary="The certificate, the exact bytes that are signed for",
)
def certificate(request: HttpRequest, case_id: UUID) -> HttpResponse:
    view = _whole_view(request, case_id)
    try:
        content = papers.certificate_json(case_id)
    except papers.NotYet:
        raise Problem(NO_CERTIFICATE) from None
    return _download(content, view, ending="json", media_type="application/json")


@router.get(
    "/cases/{uuid:case_id}/certificate.pdf",
    response={**_REFUSALS, 422: shapes.ProblemShape},
    openapi_extra=_file("application/pdf", type="string", format="binary"),
    summary="The certificate as a signed PDF, which carries the JSON within",
)
def certificate_pdf(
    request: HttpRequest,
    case_id: UUID,
    *,
    language: Literal["zh-Hans", "zh-Hant", "en"] | None = None,
) -> HttpResponse:
    view = _whole_view(request, case_id)
    try:
        content = papers.certificate_pdf(case_id, language=language or view.file.language)
    except papers.NotYet:
        raise Problem(NO_CERTIFICATE) from None
    return _download(content, view, ending="pdf", media_type="application/pdf")


def _user(request: HttpRequest) -> int:
    if request.user.pk is None:
        raise Problem(NOT_LOGGED_IN)
    return request.user.pk


def _view(request: HttpRequest, case_id: UUID) -> CaseView:
    """A case for who asks: their own, or one of their brands, and then the look is logged.

    Raises Problem: nobody else learns whether there is such a case.
    """
    user = _user(request)
    try:
        return look.case_of(case_id, user_id=user, now=clock())
    except look.NotYours:
        pass
    try:
        return act.view_case(case_id, agent=user)
    except look.NotYours:
        raise Problem(NOT_FOUND) from None


def _whole_view(request: HttpRequest, case_id: UUID) -> CaseView:
    """A case for who may read its papers: they tell of the account, as no mere user may (A7)."""
    view = _view(request, case_id)
    if not speaks_for_account(view.right):
        raise Problem(NOT_FOUND)
    return view


def _download(content: bytes, view: CaseView, *, ending: str, media_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    name = f"certificate-{view.file.number}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _url(request: HttpRequest, name: str, *, of: UUID) -> str:
    return request.build_absolute_uri(reverse(f"api:{name}", args=[of]))


def _line(request: HttpRequest, row: LineRow) -> shapes.Line:
    newest = None
    if row.case_id is not None and row.case_state is not None:
        newest = shapes.CaseOfLine(
            id=row.case_id, state=row.case_state, url=_url(request, "case", of=row.case_id)
        )
    return shapes.Line(
        line=row.line.msisdn,
        kind=row.line.policy.kind,
        brand=row.line.brand,
        carrier=row.line.carrier,
        state=row.line.state,
        case=newest,
    )


def _shown(request: HttpRequest, view: CaseView) -> shapes.Case:
    file, issued = view.file, view.certificate
    return shapes.Case(
        number=file.number,
        id=file.id,
        kind=file.policy.kind,
        brand=file.brand,
        carrier=file.carrier,
        line=file.msisdn,
        state=file.state,
        states=[
            shapes.Entered(name=state, at=at)
            for state, at in history((Code(event.code), event.at) for event in view.events)
        ],
        declared_at=file.declared_at,
        effective_at=file.effective_at,
        ended_at=file.ended_at,
        restore_until=file.restore_until,
        statement=_statement(view),
        proof=_proof(view),
        certificate=_url(request, "certificate", of=file.id) if issued else None,
        certificate_pdf=_url(request, "certificate_pdf", of=file.id) if issued else None,
        needs=_needs(view),
    )


def _amount(money: Money) -> shapes.Amount:
    return shapes.Amount(minor=money.minor, currency=money.currency)


def _statement(view: CaseView) -> shapes.Statement:
    statement = view.statement
    return shapes.Statement(
        currency=statement.currency,
        final=view.file.final is not None,
        lines=[
            shapes.StatementLine(
                code=line.code, amount=_amount(line.amount), rule=line.rule, source=line.source
            )
            for line in statement.lines
        ],
        owed=_amount(statement.owed),
        refund=_amount(statement.refund),
    )


def _proof(view: CaseView) -> shapes.Proof | None:
    proof = view.file.proof
    if proof is None:
        return None
    return shapes.Proof(
        carrier=proof["carrier"],
        state=proof["state"],
        verified_at=proof["verified_at"],
        carrier_time=proof.get("at"),
        reference=proof["reference"],
    )


def _needs(view: CaseView) -> list[shapes.Need]:
    file, row = view.file, view.row
    found = []
    if file.state is State.CONFIRMING:
        until = file.confirm_until
        found.append(shapes.Need(who="subscriber", what="confirm", reason=None, until=until))
    if file.state is State.NEEDS_INPUT:
        reason = row.outcome_reason or None
        found.append(shapes.Need(who="subscriber", what="answer", reason=reason, until=None))
    if file.state is State.IN_REVIEW:
        until = row.review_due_at
        found.append(shapes.Need(who="agent", what="decide", reason=None, until=until))
    if view.attention:
        found.append(shapes.Need(who="operator", what="look", reason=None, until=None))
    return found
