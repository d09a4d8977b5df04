"""Whether a link, sender, number, message, mail or code is really ours (S1, S2): for anybody."""

import json

from django.http import HttpRequest
from ninja import Router

from signoff.api import bodies, shapes
from signoff.api.limits import limited
from signoff.api.problems import WRONG_VALUES, Problem
from signoff.domain.genuine import Answer, Part, Why
from signoff.usecases import notice_codes, official
from signoff.usecases.genuine import MOST, Checked, check
from signoff.wording import findings
from signoff.wording.catalogue import LANGUAGES

router = Router(tags=["genuine"])

_MAILS = frozenset({"message/rfc822", "multipart/form-data"})
_BODY = {
    "requestBody": {
        "required": True,
        "description": f"What somebody received, of at most {MOST} bytes. Nothing of it is kept.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["text"],
                    "properties": {"text": {"type": "string"}},
                }
            },
            "text/plain": {"schema": {"type": "string"}},
            "message/rfc822": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


@router.post(
    "/genuine",
    response={
        200: shapes.Genuine,
        411: shapes.ProblemShape,
        413: shapes.ProblemShape,
        422: shapes.ProblemShape,
        429: shapes.ProblemShape,
    },
    openapi_extra=_BODY,
    summary="Whether something people received is really ours or a known carrier's",
)
def genuine(request: HttpRequest, language: str = "en") -> shapes.Genuine:
    """A cheat is an answer like any other: 200, with the verdict `dangerous`."""
    limited(request)
    if language not in LANGUAGES:
        raise Problem(WRONG_VALUES, f"The language is one of {', '.join(LANGUAGES)}.")
    data = bodies.file_or_raw(request, most=MOST)
    given = _text(data) if request.content_type == "application/json" else data
    mail = request.content_type in _MAILS
    found = check(given, lists=official.lists(), codes=notice_codes.known, mail=mail)
    return _shaped(found, language)


def _text(data: bytes) -> str:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        body = None
    text = body.get("text") if isinstance(body, dict) else None
    if not isinstance(text, str):
        raise Problem(WRONG_VALUES, 'Send a JSON object with the member "text", a string.')
    return text


def _shaped(found: Checked, language: str) -> shapes.Genuine:
    answer: Answer = found.answer
    return shapes.Genuine(
        kind=answer.kind,
        verdict=answer.verdict,
        findings=[_finding(why, language) for why in answer.whys],
        parts=[_part(part, language) for part in answer.parts],
        notices=[
            shapes.SentNotice(
                code=notice.code,
                notice=notice.name,
                brand=notice.brand,
                at=notice.at,
                sent=notice.sent,
                ending=notice.ending,
            )
            for notice in found.notices
        ],
    )


def _part(part: Part, language: str) -> shapes.GenuinePart:
    return shapes.GenuinePart(
        kind=part.kind,
        shown=part.shown,
        verdict=part.verdict,
        company=findings.name(part.names, language) or None,
        findings=[_finding(why, language) for why in part.whys],
    )


def _finding(why: Why, language: str) -> shapes.Finding:
    return shapes.Finding(
        code=why.reason,
        weight=shapes.WEIGHTS[why.reason.weight],
        about=why.about,
        text=findings.words(why, language),
    )
