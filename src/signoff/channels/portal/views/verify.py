"""Check a certificate: for anybody, without log-in (X1, T2)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from signoff.channels.portal.limited import limited
from signoff.domain.canonical import parse_time
from signoff.ports import registry
from signoff.usecases import certified_now
from signoff.usecases.certify import SIGNER
from signoff.usecases.verify_certificate import MAX_PDF, Verdict
from signoff.usecases.verify_certificate import verify as check
from signoff.wording.tags import language


@csrf_exempt  # it changes nothing, and strangers' tools may post here
@require_http_methods(["GET", "HEAD", "POST"])
@limited
def verify(request: HttpRequest) -> HttpResponse:
    """The form, and what came of the file or the pasted text."""
    shown: dict[str, object] = {"nav": "verify"}
    if request.method == "POST":
        shown |= _certificate(request)
    return render(request, "portal/verify.html", shown)


def _certificate(request: HttpRequest) -> dict[str, object]:
    file = request.FILES.get("file")
    text = request.POST.get("text", "").strip()
    data = file.read(MAX_PDF + 1) if file else f"{text}\n".encode() if text else b""
    if not data:
        return {"nothing": True}
    verdict = check(data, trusted_keys=registry.signers[SIGNER].trusted_keys())
    return {"verdict": verdict, "word": _word(verdict), **_facts(verdict)}


def _facts(verdict: Verdict) -> dict[str, object]:
    """What a certificate that holds says; nothing of an altered one is repeated."""
    if not verdict.ok or verdict.facts is None:
        return {}
    facts: Any = verdict.facts
    brand = facts["brand"]
    return {
        "facts": facts,
        "brand": brand["name_en"] if language() == "en" else brand["name"],
        "ended": parse_time(facts["times"]["ended"]),
        "issued": parse_time(facts["issued_at"]),
        "today": certified_now.standing(str(facts["id"])) if verdict.trusted else None,
    }


def _word(verdict: Verdict) -> str:
    if verdict.trusted:
        return "trusted"
    return "self_asserted" if verdict.ok else "failed"
