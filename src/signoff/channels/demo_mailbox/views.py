"""The mailbox's pages: a list, a mail as plain text, an attachment as a download."""

import re
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from signoff.channels.demo_mailbox.reading import Attached, Mail, NoSuchMail, newest, read

_LINK = re.compile(r"(https?://[^\s<>\"']+)")


def _folder() -> Path:
    return Path(settings.SIGNOFF_HOME) / "mailbox"


@require_GET
@never_cache
def listing(request: HttpRequest) -> HttpResponse:
    """The mails that were sent, the newest first."""
    return render(request, "demo_mailbox/listing.html", {"mails": newest(_folder())})


@require_GET
@never_cache
def mail(request: HttpRequest, *, mail_id: str) -> HttpResponse:
    """One mail."""
    found = _read(mail_id)
    shown = {
        "mail": found,
        "text": with_links(found.text),
        "attachments": [(each, -(-each.size // 1024)) for each in found.attachments],
    }
    return render(request, "demo_mailbox/mail.html", shown)


@require_GET
@never_cache
def attachment(request: HttpRequest, *, mail_id: str, number: int) -> HttpResponse:
    """An attachment; always a download, whatever it says it is."""
    attachments = _read(mail_id).attachments
    if number >= len(attachments):
        raise Http404
    found: Attached = attachments[number]
    response = HttpResponse(found.content, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{found.filename}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _read(mail_id: str) -> Mail:
    try:
        return read(_folder(), mail_id)
    except NoSuchMail as error:
        raise Http404 from error


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
