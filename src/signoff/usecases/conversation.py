"""What subscriber and brand write to each other about a case, and what staff note for themselves.

Words are the personal part of events: they stand in one place, and go when that part is erased. A
note is another kind of event with another entry point than an answer, so that none becomes the
other by a forgotten flag.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from signoff.domain.events import Code
from signoff.records import models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.usecases.notify import tell

MOST_WORDS = 4_000
MOST_UNREAD = 20
"""Messages of a subscriber that may wait for an answer: more helps nobody."""

_Side = models.Message.Side


class NothingWritten(Exception):
    """A message says something, or carries a document."""


class TooManyWaiting(Exception):
    """So many messages wait unread that another one would not be read sooner."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message as a page shows it. `words` is None where they were erased."""

    id: UUID
    side: str
    by: int | None
    words: str | None
    document: models.Document | None
    at: datetime
    read_at: datetime | None

    @property
    def new(self) -> bool:
        return self.read_at is None and self.side != _Side.NOTE


def messages_of(
    case_id: UUID, events: Sequence[models.Event], *, notes: bool = False
) -> list[Said]:
    """The conversation of a case, the oldest first; notes for the eyes of staff only.

    `events` are the case's, which hold the words.
    """
    found = models.Message.objects.filter(case_id=case_id).select_related("document")
    if not notes:
        found = found.exclude(side=_Side.NOTE)
    words = {event.seq: event.personal for event in events}
    return [
        Said(
            id=each.id,
            side=each.side,
            by=each.by_id,
            words=_words(words.get(each.seq)),
            document=each.document,
            at=each.at,
            read_at=each.read_at,
        )
        for each in found.order_by("seq")
    ]


def _words(personal: Mapping[str, object] | None) -> str | None:
    return str(personal["words"]) if personal else None


def write(
    file: CaseFile,
    *,
    words: str,
    user_id: int | None,
    channel: str,
    changes: Changes,
    attached: bytes = b"",
) -> UUID:
    """The subscriber writes to the brand. `attached` is a file that was handed in just before.

    Raises NothingWritten and TooManyWaiting; then nothing is kept.
    """
    if not words.strip() and not attached:
        raise NothingWritten
    unread = models.Message.objects.filter(case_id=file.id, side=_Side.SUBSCRIBER, read_at=None)
    if unread.count() >= MOST_UNREAD:
        raise TooManyWaiting
    return _keep(
        file,
        _Side.SUBSCRIBER,
        user_id=user_id,
        words=words,
        document=_document(file, attached),
        channel=channel,
        changes=changes,
    )


def _document(file: CaseFile, attached: bytes) -> UUID | None:
    if not attached:
        return None
    found = models.Document.objects.filter(
        line_id=file.line_id, sha256=sha256(attached).hexdigest(), shredded_at=None
    )
    return found.values_list("id", flat=True).first()


def answer(file: CaseFile, *, words: str, agent: int, changes: Changes) -> UUID:
    """Staff write to the subscriber, who is told by mail that there is something to read.

    One mail for all that is unread: the second answer before the first was read tells nothing new.
    What the subscriber wrote counts as read. Raises NothingWritten.
    """
    if not words.strip():
        raise NothingWritten
    told = models.Message.objects.filter(case_id=file.id, side=_Side.STAFF, read_at=None).exists()
    message = _keep(
        file, _Side.STAFF, user_id=agent, words=words, document=None, channel="web", changes=changes
    )
    read(file.id, side=_Side.SUBSCRIBER, now=changes.now)
    if not told:
        tell(file, "message", changes=changes)
    return message


def note(file: CaseFile, *, words: str, agent: int, changes: Changes) -> UUID:
    """Staff note something for themselves: nobody is told. Raises NothingWritten."""
    if not words.strip():
        raise NothingWritten
    return _keep(
        file, _Side.NOTE, user_id=agent, words=words, document=None, channel="", changes=changes
    )


def read(case_id: UUID, *, side: models.Message.Side, now: datetime) -> int:
    """What one side wrote has been read by the other; says how many messages were new."""
    unread = models.Message.objects.filter(case_id=case_id, side=side, read_at=None)
    return unread.update(read_at=now)


_CODES = {
    _Side.SUBSCRIBER: Code.MESSAGE_RECEIVED,
    _Side.STAFF: Code.MESSAGE_SENT,
    _Side.NOTE: Code.NOTE_WRITTEN,
}


def _keep(
    file: CaseFile,
    side: models.Message.Side,
    *,
    user_id: int | None,
    words: str,
    document: UUID | None,
    channel: str,
    changes: Changes,
) -> UUID:
    message = changes.new_id()
    facts: dict[str, str] = {"message": str(message)}
    if side is not _Side.NOTE:
        facts["channel"] = channel
    if document:
        facts["document"] = str(document)
    actor = "subscriber" if side is _Side.SUBSCRIBER else f"agent:{user_id}"
    # A zero byte is no character anybody writes, and PostgreSQL keeps none.
    kept = words.strip().replace("\0", "")
    seq = changes.event(file, _CODES[side], actor=actor, personal={"words": kept}, **facts)
    changes.insert(
        models.Message,
        id=message,
        case_id=file.id,
        seq=seq,
        side=side.value,
        by=user_id,
        document=document,
        at=changes.now,
    )
    return message
