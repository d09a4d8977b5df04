"""The phones' pages: who got texts, and one phone with its texts as bubbles and a way to reply."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from signoff.testing.texting import Bubble, Phones

MOST = 200
LONGEST = 480
_LINK = re.compile(r"(https?://[^\s<>\"']+)")


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone in the list: its place in an address holds nothing of its number."""

    id: str
    number: str
    last: Bubble
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """A bubble on the page."""

    bubble: Bubble
    text: SafeString
    at: datetime


def _phones() -> Phones:
    return Phones(Path(settings.SIGNOFF_HOME) / "texts")


@require_GET
@never_cache
def listing(request: HttpRequest) -> HttpResponse:
    """The phones that got texts, the newest first."""
    return render(request, "demo_sms/listing.html", {"phones": phones(_phones().bubbles())})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def phone(request: HttpRequest, phone: str) -> HttpResponse:
    """One phone; a POST writes back from it."""
    found = next((each for each in phones(_phones().bubbles()) if each.id == phone), None)
    if found is None:
        raise Http404
    text = request.POST.get("text", "").strip()
    error = "sms.reply.empty" if not text else "sms.reply.long" if len(text) > LONGEST else ""
    if request.method == "POST" and not error:
        _phones().write_back(number=found.number, text=text)
        return HttpResponseRedirect(reverse("demo_sms:phone", args=[phone]) + "?sent=1#reply")
    bubbles = _phones().bubbles(found.number)[-MOST:]
    shown = {
        "phone": found,
        "bubbles": [Shown(each, with_links(each.text), _moment(each.at)) for each in bubbles],
        "waiting": [text for _, number, text in _phones().replies() if number == found.number],
        "typed": request.POST.get("text", ""),
        "error": error if request.method == "POST" else "",
        "sent": "sent" in request.GET,
        "longest": LONGEST,
    }
    return render(request, "demo_sms/phone.html", shown, status=400 if shown["error"] else 200)


def phones(bubbles: Iterable[Bubble]) -> list[Phone]:
    """Whose texts these are, the newest first."""
    last = {bubble.number: bubble for bubble in bubbles}
    newest = sorted(last.values(), key=lambda bubble: bubble.at, reverse=True)[:MOST]
    return [
        Phone(
            id=hashlib.sha256(bubble.number.encode()).hexdigest()[:16],
            number=bubble.number,
            last=bubble,
            at=_moment(bubble.at),
        )
        for bubble in newest
    ]


def with_links(text: str) -> SafeString:
    """Plain text as HTML: escaped, with web addresses as links."""
    pieces = ((piece, _LINK.fullmatch(piece)) for piece in _LINK.split(text))
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<a href="{}" rel="nofollow">{}</a>', piece, piece) if link else piece,)
            for piece, link in pieces
        ),
    )


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
