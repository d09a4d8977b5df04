"""Takes the source of an e-mail apart, whatever is in it: who, where it leads, what hangs on it.

Nothing of it is fetched, run or kept. What the standard library's reader cannot take is told as
UnreadableMail; every search is linear in the length, and each list is cut at a number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from html import unescape

from signoff.domain.genuine_mail import Anchor, Mailbox, MailFacts
from signoff.domain.genuine_text import MOST_WORDS, looks_like_host
from signoff.usecases.addresses import link, mailbox

MOST_BYTES = 1024 * 1024
MOST_LINKS = 50
_MOST_PARTS = 200
_MOST_BOXES = 5
_MOST_NESTED = 20
_LONGEST_HEADER = 4000
_RECIPIENTS = ("To", "Cc", "Delivered-To")

_ENDLESS = re.compile(rb"^content-[a-z]{1,20}:(?:[^\n]|\n[ \t]){10000}", re.I | re.M)
_BOUNDARY = re.compile(rb"^Content-Type:\s{0,20}multipart/", re.IGNORECASE | re.MULTILINE)
_TARGET = re.compile(
    r"\b(?:href|action|src)\s{0,9}=\s{0,9}(?:\"([^\"]{1,4000})\"|'([^']{1,4000})'|([^\s\"'>]{1,4000}))",
    re.IGNORECASE,
)
_ANCHOR = re.compile(r"<a\s([^<>]{1,4000})>([^<>]{1,300})<", re.IGNORECASE)
_UNSEEN = re.compile(r"<(style|script|head)\b[^>]{0,500}>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,4000}>")
_METHOD = re.compile(r"\b(spf|dkim|dmarc)\s?=\s?([a-z]{1,12})", re.IGNORECASE)


class UnreadableMail(ValueError):
    """The source cannot be read as an e-mail."""


@dataclass(frozen=True, slots=True)
class MailSource:
    """A mail taken apart: what it says of itself, and the text a reader would see."""

    facts: MailFacts
    text: str
    recipients: frozenset[str]
    whole: bool


def read_mail(data: bytes) -> MailSource:
    """The source of a mail, taken apart. Raises UnreadableMail."""
    data, whole = data[:MOST_BYTES].lstrip(), len(data) <= MOST_BYTES
    # The reader of the standard library needs endless time for these, and no mail has them.
    if len(_BOUNDARY.findall(data)) > _MOST_NESTED or _ENDLESS.search(data):
        raise UnreadableMail
    try:
        message = message_from_bytes(data, policy=policy.compat32)
        return _taken_apart(message, whole=whole)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        # What the reader of the standard library trips over differs between its versions.
        raise UnreadableMail from error


def _taken_apart(message: Message, *, whole: bool) -> MailSource:
    texts, pages, files = [], [], []
    for count, each in enumerate(message.walk()):
        if count >= _MOST_PARTS:
            whole = False
            break
        name = _decoded((each.get_filename() or "")[:300])
        if name or each.get_content_disposition() == "attachment":
            files.append(name or "?")
        elif each.get_content_type() == "text/html":
            pages.append(_content(each))
        elif each.get_content_maintype() == "text":
            texts.append(_content(each))
    anchors = _anchors("\n".join(pages))
    seen = "\n".join([*texts, *map(_seen, pages)])
    facts = MailFacts(
        senders=_boxes(message, "From"),
        reply_to=_boxes(message, "Reply-To"),
        return_path=_boxes(message, "Return-Path"),
        checks=_checks(message),
        files=tuple(files[:MOST_LINKS]),
        anchors=tuple(anchors[:MOST_LINKS]),
    )
    recipients = {box.address for name in _RECIPIENTS for box in _boxes(message, name)}
    complete = whole and len(seen) <= MOST_WORDS and len(anchors) <= MOST_LINKS
    text = f"{_decoded(_header(message, 'Subject'))}\n{seen}"
    return MailSource(facts, text, frozenset(recipients), complete)


def _header(message: Message, name: str) -> str:
    return str(message.get(name, ""))[:_LONGEST_HEADER]


def _decoded(text: str) -> str:
    try:
        return str(make_header(decode_header(text)))
    except (ValueError, LookupError, UnicodeError):
        return text


def _boxes(message: Message, name: str) -> tuple[Mailbox, ...]:
    values = [str(value)[:_LONGEST_HEADER] for value in message.get_all(name, [])]
    pairs = getaddresses(values[:_MOST_BOXES])
    boxes = [mailbox(address, name=_decoded(shown)) for shown, address in pairs if "@" in address]
    return tuple(boxes[:_MOST_BOXES])


def _checks(message: Message) -> tuple[tuple[str, str], ...]:
    """The first result of each method: the header nearest to the reader stands on top."""
    told: dict[str, str] = {}
    for value in message.get_all("Authentication-Results", [])[:_MOST_BOXES]:
        for method, result in _METHOD.findall(str(value)[:_LONGEST_HEADER]):
            told.setdefault(method.lower(), result.lower())
    return tuple(told.items())


def _content(part: Message) -> str:
    raw = part.get_payload(decode=True)
    data = raw if isinstance(raw, bytes) else b""
    try:
        return data.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def _anchors(page: str) -> list[Anchor]:
    """Every link of a page, with the address that is written on it."""
    written: dict[str, str] = {}
    for attributes, text in _ANCHOR.findall(page):
        shown = unescape(text).strip()
        if looks_like_host(shown.partition("//")[2] or shown):
            written |= {target: shown for target in _targets(attributes) if target not in written}
    found = dict.fromkeys(_targets(page))
    wanted = [each for each in found if each and not each.startswith(("#", "cid:"))]
    return [
        Anchor(link(each), link(written[each]) if each in written else None)
        for each in wanted[: MOST_LINKS + 1]
    ]


def _targets(page: str) -> Iterator[str]:
    for groups in _TARGET.findall(page):
        yield unescape(next(filter(None, groups))).strip()


def _seen(page: str) -> str:
    """The text of a page without its tags, styles and scripts."""
    shown, at, small = [], 0, page.lower()
    for found in _UNSEEN.finditer(page):
        if found.start() < at:
            continue
        end = small.find(f"</{found[1].lower()}", found.end())
        shown.append(page[at : found.start()])
        at = end if end >= 0 else found.end()
        if len(shown) > _MOST_PARTS:
            break
    return unescape(_TAG.sub(" ", "".join([*shown, page[at:]])))
