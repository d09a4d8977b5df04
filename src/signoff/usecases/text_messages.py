"""Text messages: one-time codes, and to whom no text goes (A1, C6).

A text may not go out because its reader said STOP, because the number belonged to a line that has
ended and will be somebody else's, because it would come too late, or because it may have gone
already. A code goes in spite of a STOP: its reader asked for it just now.
"""

import logging
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

from signoff.ports import registry
from signoff.ports.messaging import (
    MessageKind,
    MessageOutcome,
    Messenger,
    MessengerError,
    OutgoingMessage,
)
from signoff.ports.registry import NotRegistered
from signoff.records import models

log = logging.getLogger(__name__)

MESSENGER = "sms"
"""The name in `registry.messengers` under which text messages leave."""

_HANDED_OVER = frozenset({MessageKind.DONE, MessageKind.UNKNOWN})
"""After a lost answer the message may be on its way: the person is told to look for it."""


def messenger() -> Messenger | None:
    """The way out for texts, where there is one."""
    return registry.messengers[MESSENGER] if can_send() else None


def can_send() -> bool:
    """Whether this installation sends text messages at all."""
    return MESSENGER in registry.messengers


def send_code(to: str, text: str) -> bool:
    """Text a code to an E.164 number (`+14155550123`); says whether it was handed over.

    Call it outside any transaction. Neither number nor text reaches a log.
    """
    message = OutgoingMessage(
        id=UUID(int=secrets.randbits(128), version=4), to=to, subject="", body=text
    )
    try:
        (outcome,) = registry.messengers[MESSENGER].send([message])
    except (MessengerError, NotRegistered) as error:
        log.warning("text messages are not going out", extra={"error": type(error).__name__})
        return False
    if outcome.kind not in _HANDED_OVER:
        log.warning("a text message was not taken", extra={"code": outcome.code})
    return outcome.kind in _HANDED_OVER


# ---------------------------------------------------------------- to whom no text goes
LATE = timedelta(days=1)
"""A notice of progress that comes later says what is no longer so."""

SKIPS = frozenset({"opted_out", "line_ended", "late"})
"""Why a text is left out on purpose; its mail goes all the same."""


class Text(Protocol):
    """A text that is owed."""

    @property
    def id(self) -> UUID: ...

    @property
    def name(self) -> str: ...

    @property
    def recipient(self) -> str: ...

    @property
    def at(self) -> datetime | None: ...

    @property
    def begun(self) -> bool: ...


def settled(
    texts: Sequence[Text], *, codes: Collection[str], replies: Collection[str], now: datetime
) -> dict[UUID, MessageOutcome]:
    """Which texts are not to be handed over, and why.

    `codes` and `replies` name the notices that answer what somebody asked just now.
    """
    numbers = {each.recipient for each in texts if each.name not in replies}
    silent, ended = opted_out(numbers), of_ended_lines(numbers)
    found = {}
    for each in texts:
        kind, code = MessageKind.REFUSED, ""
        if each.begun:
            kind, code = MessageKind.UNKNOWN, "interrupted"
        elif each.name in replies:
            continue
        elif each.recipient in ended:
            code = "line_ended"
        elif each.name in codes:
            continue
        elif each.recipient in silent:
            code = "opted_out"
        elif each.at is not None and now - each.at > LATE:
            code = "late"
        if code:
            found[each.id] = MessageOutcome(id=each.id, kind=kind, code=code)
    return found


def of_ended_lines(numbers: Collection[str]) -> set[str]:
    """Those of these numbers whose line ended with us; the next holder is a stranger."""
    lines = models.Line.objects.filter(msisdn__in=numbers) if numbers else ()
    ended: set[str] = set()
    living: set[str] = set()
    for line in lines:
        (ended if line.state == models.Line.State.TERMINATED else living).add(line.msisdn)
    return ended - living


def opted_out(numbers: Collection[str]) -> set[str]:
    """Those of these numbers that want no texts."""
    digests = {digest: number for number in numbers for digest in _digests(number)}
    found = models.TextOptOut.objects.filter(digest__in=digests) if digests else ()
    return {digests[each.digest] for each in found}


def opt_out(number: str, *, now: datetime) -> bool:
    """Send no more texts to a number; says whether that is new."""
    if opted_out([number]):
        return False
    first = next(iter(_digests(number)))
    _, made = models.TextOptOut.objects.get_or_create(digest=first, defaults={"at": now})
    return made


def opt_in(number: str) -> bool:
    """Send texts to a number again; says whether none were sent."""
    gone, _ = models.TextOptOut.objects.filter(digest__in=list(_digests(number))).delete()
    return gone > 0


def _digests(number: str) -> Iterable[str]:
    """What a number is known by: under the key of now first, then under those before it."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        mac = salted_hmac("signoff.texts.opt-out", number, secret=key, algorithm="sha256")
        yield mac.hexdigest()
