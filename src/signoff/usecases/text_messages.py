"""Text messages that are not notices: one-time codes, and answers to what people texted (A1, C6).

A code that did not go out is asked for again by the person who waits for it, so nothing here is
written down or repeated: one attempt, and whether it was handed over.
"""

import logging
import secrets
from uuid import UUID

from signoff.ports import registry
from signoff.ports.messaging import MessageKind, MessengerError, OutgoingMessage
from signoff.ports.registry import NotRegistered

log = logging.getLogger(__name__)

MESSENGER = "sms"
"""The name in `registry.messengers` under which text messages leave."""

_HANDED_OVER = frozenset({MessageKind.DONE, MessageKind.UNKNOWN})
"""After a lost answer the message may be on its way: the person is told to look for it."""


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
