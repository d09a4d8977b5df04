"""Send notices: composed in the reader's language, with their papers attached, over a port."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import Error

from signoff.ports.messaging import (
    Attachment,
    MessageKind,
    MessageOutcome,
    Messenger,
    MessengerError,
    OutgoingMessage,
)
from signoff.ports.registry import NotRegistered, Registry
from signoff.records.changes import Changes
from signoff.usecases import access_codes, notify, papers, text_messages
from signoff.usecases.account_papers import receipt as receipt_together
from signoff.usecases.compose import compose
from signoff.usecases.incoming_texts import REPLIES

log = logging.getLogger(__name__)

RETRY = timedelta(seconds=10)


@dataclass(slots=True)
class Delivery:
    """Notices that go out together, and what became of each."""

    notices: Sequence[notify.Outgoing]
    outcomes: dict[UUID, MessageOutcome] = field(default_factory=dict)


def plan(ids: Sequence[UUID], *, now: datetime) -> Delivery:
    """The notices of these ids that have not gone out; a code that waited too long never does."""
    delivery = Delivery(notify.waiting(ids))
    texts = [each for each in delivery.notices if each.medium == text_messages.MESSENGER]
    delivery.outcomes.update(
        text_messages.settled(texts, codes=access_codes.CODES, replies=REPLIES, now=now)
    )
    for notice in delivery.notices:
        if access_codes.is_stale(notice, now=now):
            delivery.outcomes[notice.id] = MessageOutcome(
                id=notice.id, kind=MessageKind.REFUSED, code="too_late"
            )
    notify.begin_texts([each for each in texts if each.id not in delivery.outcomes])
    return delivery


def part(delivery: Delivery, ids: Collection[UUID]) -> Delivery:
    """What of a delivery concerns these notices."""
    notices = [notice for notice in delivery.notices if notice.id in ids]
    return Delivery(notices, delivery.outcomes)


def call(delivery: Delivery, messengers: Registry[Messenger]) -> None:
    """Compose and send. A notice that cannot be composed stops no other."""
    messages: dict[str, list[OutgoingMessage]] = {}
    for notice in delivery.notices:
        if notice.id in delivery.outcomes:
            continue
        if notice.medium == text_messages.MESSENGER and notice.name in access_codes.CODES:
            delivery.outcomes[notice.id] = _texted(notice)
            continue
        try:
            message = _composed(notice)
        except papers.NotYet:
            # The log is about to be sealed over the certificate that goes with it.
            delivery.outcomes[notice.id] = MessageOutcome(
                id=notice.id, kind=MessageKind.RETRY_AFTER, retry_after_s=1
            )
            continue
        if message is None:
            delivery.outcomes[notice.id] = MessageOutcome(
                id=notice.id, kind=MessageKind.NEEDS_HUMAN, code="not_composed"
            )
        else:
            messages.setdefault(notice.medium, []).append(message)
    for medium, each in messages.items():
        try:
            for outcome in messengers[medium].send(each):
                delivery.outcomes[outcome.id] = outcome
        except (MessengerError, NotRegistered) as error:
            what = {"error": type(error).__name__, "medium": medium}
            log.warning("notices are not going out", extra=what)


def _texted(notice: notify.Outgoing) -> MessageOutcome:
    if text_messages.send_code(notice.recipient, access_codes.text(notice)):
        return MessageOutcome(id=notice.id, kind=MessageKind.DONE)
    # Tried again until the code is too old: somebody is looking at their phone.
    return MessageOutcome(id=notice.id, kind=MessageKind.RETRY_AFTER, retry_after_s=3)


def _composed(notice: notify.Outgoing) -> OutgoingMessage | None:
    try:
        return compose(notice, attachments=_attachments(notice))
    except (Error, papers.NotYet):
        raise  # The database's fault, not the notice's: it is sent later.
    except Exception:
        log.exception("notice cannot be composed", extra={"notice": notice.name})
        return None


def _attachments(notice: notify.Outgoing) -> list[Attachment]:
    if notice.case_id is None or not notice.attachment:
        return []
    if notice.attachment == "receipt":
        content = papers.receipt(notice.case_id, language=notice.language)
        return [Attachment(filename="receipt.pdf", media_type="application/pdf", content=content)]
    if notice.attachment == "receipt_together":
        request_id = UUID(str(notice.values["request_id"]))
        content = receipt_together(request_id, language=notice.language)
        return [Attachment(filename="receipt.pdf", media_type="application/pdf", content=content)]
    number = notice.values["number"]
    return [
        Attachment(
            filename=f"{number}.pdf",
            media_type="application/pdf",
            content=papers.certificate_pdf(notice.case_id, language=notice.language),
        ),
        Attachment(
            filename=f"{number}.json",
            media_type="application/json",
            content=papers.certificate_json(notice.case_id),
        ),
    ]


def record(delivery: Delivery, *, changes: Changes) -> dict[UUID, datetime]:
    """Record what became of the notices; says which are tried again, and when."""
    answered = [notice for notice in delivery.notices if notice.id in delivery.outcomes]
    outcomes = [delivery.outcomes[notice.id] for notice in answered]
    settled = notify.record_sent(answered, outcomes, changes=changes)
    codes = [each.id for each in answered if each.id in settled and each.name in access_codes.CODES]
    if codes:
        access_codes.forget(codes)
    notify.put_back([each for each in delivery.notices if each.id not in settled], changes=changes)
    again = {}
    for notice in delivery.notices:
        if notice.id not in settled:
            outcome = delivery.outcomes.get(notice.id)
            wait = outcome.retry_after_s if outcome else None
            again[notice.id] = changes.now + (timedelta(seconds=wait) if wait else RETRY)
    return again
