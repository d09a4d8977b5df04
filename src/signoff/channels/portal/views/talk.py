"""Writing about a case, putting it in again, and its evidence pack (R4, T3)."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from signoff.channels.portal import asking
from signoff.channels.portal.forms import MessageForm
from signoff.channels.portal.handing_in import takes_files
from signoff.channels.portal.views import cases
from signoff.domain.reasons import Refusal
from signoff.ports.documents import NoSuchDocument
from signoff.usecases import documents, entitled
from signoff.usecases.conversation import NothingWritten, TooManyWaiting
from signoff.usecases.documents import DocumentRefused
from signoff.usecases.look import NotYours
from signoff.wording.tags import language
from signoff.workflows import act, waiting


@takes_files
@require_POST
@asking.personal
def write(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Take a message; what was typed stays where it is refused."""
    form = MessageForm(request.POST)
    words = request.POST.get("words", "")
    if not form.is_valid():
        return _again(request, case_id, wrong="long", words=words)
    file = request.FILES.get("attached")
    if file and (file.size or 0) > documents.most_bytes():
        return _again(request, case_id, wrong="file", words=words)
    try:
        waiting.write(
            case_id,
            user_id=asking.asker(request),
            words=form.cleaned_data["words"],
            attached=file.read() if file else None,
        )
    except NothingWritten:
        return _again(request, case_id, wrong="nothing", words=words)
    except TooManyWaiting:
        return _again(request, case_id, wrong="waiting", words=words)
    except DocumentRefused:
        return _again(request, case_id, wrong="file", words=words)
    asking.told(request, "talk.sent")
    return _to(case_id, "messages")


def _again(request: HttpRequest, case_id: UUID, *, wrong: str, words: str) -> HttpResponse:
    return cases.page(request, case_id, more={"talk_wrong": wrong, "talk_words": words}, status=422)


@require_POST
@asking.personal
def resubmit(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Put a declined request in again, with what is new."""
    entitled.acting_case(case_id, user_id=asking.asker(request))
    form = MessageForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    if not words:
        asking.warned(request, "resubmit.nothing" if form.is_valid() else "case.words_too_long")
        return _to(case_id, "resubmit")
    verdict = act.resubmit(case_id, user_id=asking.asker(request), words=words)
    if verdict.allowed:
        asking.told(request, "resubmit.done")
    else:
        reason = next(iter(verdict.reasons), Refusal.NOT_IN_THIS_STATE)
        asking.warned(request, f"refusal.{reason.value}")
    return _to(case_id)


@require_POST
@asking.personal
def ask_pack(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Have the evidence pack made in the background."""
    waiting.ask_pack(case_id, user_id=asking.asker(request), language=language())
    asking.told(request, "packed.asked")
    return _to(case_id, "pack")


@require_safe
@asking.personal
def pack(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The evidence pack that was made last."""
    try:
        content = waiting.pack_bytes(case_id, user_id=asking.asker(request))
    except NotYours:
        raise
    except (LookupError, NoSuchDocument) as error:
        raise Http404 from error
    response = HttpResponse(content, content_type="application/zip")
    name = f"signoff-evidence-{str(case_id)[-6:]}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _to(case_id: UUID, anchor: str = "") -> HttpResponseRedirect:
    path = reverse("portal:case", args=[case_id])
    return HttpResponseRedirect(f"{path}#{anchor}" if anchor else path)
