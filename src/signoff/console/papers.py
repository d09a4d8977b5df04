"""Identity documents at the desk: a page to read one on, and how scanner and store fare (A5)."""

from base64 import b64encode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from signoff.console.access import now, staff_only, user_id
from signoff.console.views import Refused, case_page
from signoff.usecases import desk, document_health, look
from signoff.wording.moments import moment_words
from signoff.wording.tags import language, sentence
from signoff.workflows import handing_in

_POLICY = "default-src 'none'; img-src data:; style-src 'self'; frame-ancestors 'none'; sandbox"
"""Nothing but the pictures in the page and our own style; no script, no form, no way out."""


@staff_only
def document(request: HttpRequest, *, case_id: UUID, document_id: UUID) -> HttpResponse:
    """A document's pages, marked with who looks; posted, because every look is written down."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("console:case", args=[case_id]), status=303)
    you = user_id(request)
    name = desk.names_of([you])[you]
    words = f"{name} · {moment_words(now(), 'en', zone='UTC')}"
    try:
        viewing = handing_in.view(case_id, document_id, agent=you, words=words)
    except look.NotYours:
        raise
    except LookupError:
        refused = Refused(sentence("console.documents.gone"), status=404)
        return case_page(request, case_id, refused=refused)
    shown = {
        "number": look.number_of(case_id),
        "name": viewing.by,
        "pages": [f"data:image/jpeg;base64,{b64encode(page).decode()}" for page in viewing.pages],
    }
    response = render(request, "console/document.html", shown)
    response["Content-Disposition"] = "inline"
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = _POLICY
    return response


@require_GET
@staff_only
def health(request: HttpRequest) -> HttpResponse:
    """Whether documents are scanned, with what signatures, what waits, and what is shredded."""
    found = document_health.health(user_id(request), now=now())
    names = desk.brands(brand.id for brand in found.brands)
    shown = {
        "health": found,
        "brands": [(names[brand.id].names[language()], brand) for brand in found.brands],
        "here": "documents",
    }
    return render(request, "console/documents.html", shown)
