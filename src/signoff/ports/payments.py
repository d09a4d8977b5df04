"""What Signoff asks of a payment provider, and the values that cross that border.

Every order carries a key. The same key is the same movement, however often it is sent: the caller
keeps it under a UNIQUE constraint, the adapter hands it to the provider.

* PaymentError(permanent=...)
  x PaymentUnsupported   permanent: the provider has no such capability
  x PaymentLockedOut     permanent: our credentials are refused; alert the operator
  x PaymentMisread       the answer does not parse: treat as "unknown", read back
  x PaymentCallbackRefused   permanent: a message that is not the provider's
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias, runtime_checkable

from signoff.domain.money import Money
from signoff.ports.failures import AdapterError

Detail: TypeAlias = Mapping[str, str | int | bool | None]
"""A redacted part of an answer: flat, and free of secrets and personal data."""


class PaymentKind(StrEnum):
    """What one movement of money came to."""

    DONE = "done"
    ACCEPTED = "accepted"
    """The provider will carry it out later; `read` tells the end."""
    RETRY_AFTER = "retry_after"
    """Certainly not carried out; send again, with the same key, after `retry_after_s`."""
    UNKNOWN = "unknown"
    """It may or may not have been carried out: `read` before sending again, with the same key."""
    REFUSED = "refused"
    """The provider said no, for good; `code` says why."""
    NEEDS_HUMAN = "needs_human"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Money to be taken from a subscriber's payment method."""

    key: str
    amount: Money
    method_token: str
    description: str
    """Shown on the subscriber's bank statement: no names, no numbers of lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money to be given back for an earlier payment, in whole or in part."""

    key: str
    amount: Money
    original_reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOutcome:
    """What one order came to; `reference` is the provider's name for the movement."""

    key: str
    kind: PaymentKind
    reference: str | None = None
    code: str | None = None
    retry_after_s: int | None = None
    detail: Detail = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse an outcome that promises a repetition without saying when, or the reverse."""
        if (self.kind is PaymentKind.RETRY_AFTER) != (self.retry_after_s is not None):
            raise ValueError("retry_after_s belongs to the kind retry_after, and to it alone")


class PaymentProvider(Protocol):
    """A merchant account at a provider. Safe in several threads; called outside a transaction."""

    @property
    def name(self) -> str:
        """Its key in the registry, for people and records."""

    def charge(self, charges: Sequence[Charge]) -> Sequence[PaymentOutcome]:
        """Take money, in the order given. **Money moves.**

        A key carried out before answers with what it came to then, and moves nothing. After the
        connection broke, charges not yet sent come back as `retry_after`. Raises PaymentLockedOut
        only when nothing was sent.
        """

    def refund(self, refunds: Sequence[Refund]) -> Sequence[PaymentOutcome]:
        """Give money back, in the order given. **Money moves.** Otherwise as `charge`."""

    def read(self, orders: Sequence[Charge | Refund]) -> Sequence[PaymentOutcome | None]:
        """Read what orders came to, before one is repeated. Nothing moves.

        None: the provider has never seen the key, so sending is safe. What cannot be read comes
        back as `unknown`.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentHint:
    """What a provider's message names: a reason to read an order, never a proof of anything."""

    event_id: str
    key: str


@runtime_checkable
class TellingProvider(Protocol):
    """A provider that sends messages when a movement changes, days later too."""

    def parse_callback(self, headers: Mapping[str, str], body: bytes) -> Sequence[PaymentHint]:
        """Check a message whole, and name the orders in it; others' movements are left out.

        Raises PaymentCallbackRefused, PaymentMisread.
        """


class PaymentError(AdapterError):
    """The payment provider gave no answer."""


class PaymentUnsupported(PaymentError):
    """The payment provider has no such capability."""

    permanent = True


class PaymentLockedOut(PaymentError):
    """The payment provider refuses our credentials."""

    permanent = True


class PaymentMisread(PaymentError):
    """The payment provider's answer does not parse."""


class PaymentCallbackRefused(PaymentError):
    """A message that the payment provider did not sign, or long ago."""

    permanent = True
