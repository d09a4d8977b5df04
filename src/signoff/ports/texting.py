"""What else is asked of whoever carries text messages: what came in, and what became of ours.

A way out for texts is a Messenger (ports.messaging) named `sms`; `to` is an E.164 number and the
body is the text. There is nothing in SMS by which a network knows a repetition: an outcome UNKNOWN
is final, and nobody sends that message again.

* TextingError
  x CallbackRefused   permanent: the signature is missing, wrong or too old
  x CallbackMisread   permanent: it is signed and cannot be read
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias, runtime_checkable

from signoff.ports.failures import AdapterError


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingText:
    """A text somebody sent us. `id` is the same for every delivery of it."""

    id: str
    sender: str = field(repr=False)
    """E.164."""
    text: str = field(repr=False)


class Fate(StrEnum):
    """What a network says became of a text it took."""

    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A later word about a text we sent; `reference` is that of its MessageOutcome."""

    reference: str
    fate: Fate
    code: str
    """The network's own, as `UNDELIV`."""


TextEvent: TypeAlias = IncomingText | Receipt

TakeIn: TypeAlias = Callable[[Sequence[TextEvent]], None]
"""Keeps what came in, before it returns; whatever it raises makes the sender deliver again."""


@runtime_checkable
class Listening(Protocol):
    """A messenger that hears of texts over a connection of its own (SMPP)."""

    def listen(self) -> None:
        """Stay connected until `close`, for what comes in; returns at once."""

    def close(self) -> None:
        """Let go of the connection."""


@runtime_checkable
class CalledBack(Protocol):
    """A messenger whose gateway tells us of texts by HTTP."""

    def parse_callback(
        self, headers: Mapping[str, str], body: bytes, *, url: str
    ) -> Sequence[TextEvent]:
        """What a callback to `url` (as the gateway knows it, with its query) tells.

        Raises CallbackRefused and CallbackMisread. It reads; nothing moves.
        """


class TextingError(AdapterError):
    """A message about texts cannot be used."""

    permanent = True


class CallbackRefused(TextingError):
    """The callback's signature is missing, wrong or too old."""


class CallbackMisread(TextingError):
    """The callback cannot be read."""
