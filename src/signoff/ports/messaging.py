"""What Signoff asks of whoever carries its messages, and the values that cross that border.

* MessengerError(permanent=...)
  x MessengerLockedOut   permanent: our credentials are refused; alert the operator
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from signoff.ports.failures import AdapterError


class MessageKind(StrEnum):
    """What sending one message came to."""

    DONE = "done"
    """The next server took responsibility for it; that is not yet the reader's inbox."""
    RETRY_AFTER = "retry_after"
    """Certainly not sent; the same message may be sent again after `retry_after_s`."""
    UNKNOWN = "unknown"
    """It may or may not be on its way. A repetition carries the same Message-ID."""
    REFUSED = "refused"
    """This recipient will never get it: no such mailbox, or not by this server."""
    NEEDS_HUMAN = "needs_human"
    """The server refuses us, not the recipient: a setting is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes along."""

    filename: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """One message to one recipient. `id` is the same for every attempt to send it."""

    id: UUID
    to: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    language: str = "en"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOutcome:
    """What sending one message came to. `code` is the server's, for mail as `550 5.1.1`."""

    id: UUID
    kind: MessageKind
    reference: str | None = None
    code: str | None = None
    retry_after_s: int | None = None

    def __post_init__(self) -> None:
        """Refuse an outcome that promises a repetition without saying when, or the reverse."""
        if (self.kind is MessageKind.RETRY_AFTER) != (self.retry_after_s is not None):
            raise ValueError("retry_after_s belongs to the kind retry_after, and to it alone")


class Messenger(Protocol):
    """One way out for messages. Safe in several threads; called outside any transaction."""

    @property
    def name(self) -> str:
        """Its key in the registry: `mail`."""

    def send(self, messages: Sequence[OutgoingMessage]) -> Sequence[MessageOutcome]:
        """Send messages, and answer in the same order. **They reach people.**

        An empty set is answered without a connection. A recipient's refusal does not stop the
        others. Raises MessengerLockedOut only when nothing was sent.
        """


class MessengerError(AdapterError):
    """The message server gave no answer."""


class MessengerLockedOut(MessengerError):
    """The message server refuses our credentials."""

    permanent = True
