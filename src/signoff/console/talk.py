"""Writing to a subscriber, noting for oneself, and the evidence pack: three acts kept apart.

An answer leaves the house and asks for a tick that says so; a note has a form, an address and a use
case of its own, and none of them can send.
"""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from signoff.console.access import staff_only, user_id
from signoff.console.views import MOST_WORDS, Refused, case_page, no, posted, to_case
from signoff.ports.documents import NoSuchDocument
from signoff.usecases import look
from signoff.usecases.conversation import NothingWritten
from signoff.wording.tags import language, sentence
from signoff.workflows import waiting


@posted
def answer(request: HttpRequest, *, case_id: UUID) -> Refused | None:
    """Send words to the subscriber, once it was ticked that they will read them."""
    words = request.POST.get("words", "")
    if len(words) > MOST_WORDS:
        return no("long", request, status=400, most=MOST_WORDS)
    if request.POST.get("sure") != "1":
        return no("unsure", request, status=400)
    try:
        waiting.answer(case_id, agent=user_id(request), words=words)
    except NothingWritten:
        return no("empty", request, status=400)
    messages.success(request, sentence("console.done.message"))
    return None


@posted
def note(request: HttpRequest, *, case_id: UUID) -> Refused | None:
    """Keep words that only staff will see."""
    words = request.POST.get("words", "")
    if len(words) > MOST_WORDS:
        return no("long", request, status=400, most=MOST_WORDS)
    try:
        waiting.note(case_id, agent=user_id(request), words=words)
    except NothingWritten:
        return no("empty", request, status=400)
    messages.success(request, sentence("console.done.note"))
    return None


@posted
def read(request: HttpRequest, *, case_id: UUID) -> Refused | None:
    """Say that what the subscriber wrote needs no answer."""
    waiting.needs_no_answer(case_id, agent=user_id(request))
    messages.success(request, sentence("console.done.read"))
    return None


@posted
def ask_pack(request: HttpRequest, *, case_id: UUID) -> Refused | None:
    """Have the evidence pack made, notes included; who asked is written down."""
    waiting.ask_pack_for_staff(case_id, agent=user_id(request), language=language())
    messages.success(request, sentence("console.done.pack"))
    return None


@staff_only
def pack(request: HttpRequest, *, case_id: UUID) -> HttpResponse:
    """The pack's bytes; posted, because every look is written down."""
    if request.method != "POST":
        return to_case(case_id)
    try:
        content = waiting.pack_bytes_for_staff(case_id, agent=user_id(request))
    except look.NotYours:
        raise
    except (LookupError, NoSuchDocument):
        gone = Refused(sentence("console.no.no_pack"), status=404)
        return case_page(request, case_id, refused=gone)
    response = HttpResponse(content, content_type="application/zip")
    name = f"signoff-evidence-{str(case_id)[-6:]}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
