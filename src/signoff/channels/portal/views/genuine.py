"""Is this really from us? For anybody, without log-in (S1, S2, S3). Nothing given is kept."""

from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from signoff.channels.portal.limited import limited
from signoff.domain.genuine import Answer, Part, Reason, Verdict, Why
from signoff.domain.policy import Names
from signoff.usecases import notice_codes, official, rules
from signoff.usecases.genuine import MOST, check
from signoff.usecases.notice_codes import KnownNotice
from signoff.wording import findings
from signoff.wording.tags import language

_CHEATS = ("helper", "code", "hotline")
_KEPT = 20_000
"""Characters that are put back into the field; whoever pasted more has it elsewhere."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A part with its findings in words."""

    part: Part
    whys: list[tuple[Why, str]]


@csrf_exempt  # it changes nothing, and strangers' tools may post here
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited
def genuine(request: HttpRequest) -> HttpResponse:
    """The form, and what was found about what was pasted or uploaded."""
    book = rules.book()
    shown: dict[str, object] = {
        "nav": "genuine",
        "cheats": _CHEATS,
        "policies": [book.policy(brand) for brand in book.brands()],
    }
    if request.method == "POST":
        shown |= _checked(request)
    return render(request, "portal/genuine.html", shown)


def _checked(request: HttpRequest) -> dict[str, object]:
    file = request.FILES.get("file")
    text = request.POST.get("text", "")
    if isinstance(file, UploadedFile):
        if (file.size or 0) > MOST:
            return {"error": "too_big", "text": text[:_KEPT]}
        given: str | bytes = file.read()
    elif len(text.encode("utf-8", "replace")) > MOST:
        return {"error": "too_big", "text": text[:_KEPT]}
    else:
        given = text
    if not given.strip():
        return {"error": "nothing"}
    found = check(
        given, lists=official.lists(), codes=notice_codes.known, mail=isinstance(given, bytes)
    )
    return {
        "text": text[:_KEPT],
        "answer": found.answer,
        "whys": _worded(found.answer.whys),
        "rows": _rows(found.answer),
        "notices": [(notice, _names(notice)) for notice in found.notices],
    }


def _rows(answer: Answer) -> list[_Row]:
    return [_Row(part, _worded(_telling(part))) for part in answer.parts]


def _telling(part: Part) -> tuple[Why, ...]:
    """The findings worth reading: beside a danger, being on no list is no news."""
    if part.verdict is not Verdict.DANGEROUS:
        return part.whys
    return tuple(why for why in part.whys if why.reason is not Reason.NOT_LISTED)


def _worded(whys: tuple[Why, ...]) -> list[tuple[Why, str]]:
    return [(why, findings.words(why, language())) for why in whys]


def _names(notice: KnownNotice) -> Names | None:
    book = rules.book()
    return book.policy(notice.brand).names if notice.brand in book.brands() else None
