"""How sure we are that it is the person: what proves them, and for how long (A4, A8).

A proof is something done just now (a password typed, a code read, a passkey used), never something
known about a person. A security question proves nothing by itself (A3).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from signoff.domain.policy import Policy


class Proof(StrEnum):
    """A way to prove oneself."""

    PASSWORD = "password"
    MAIL_CODE = "mail_code"
    SMS_CODE = "sms_code"
    PASSKEY = "passkey"
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"


UNPROVEN = "none"
"""What stands in the place of a proof where somebody could give none."""

SIM_SETTLES = timedelta(days=10)
"""How long after a SIM change its number proves nobody (the most CAMARA's SimSwap looks back)."""

_NEEDS_NO_NUMBER = frozenset(Proof) - {Proof.SMS_CODE, Proof.PASSWORD}
"""A password may have been set by a code to the number: after a SIM change it falls with it."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A proof somebody gave, and when."""

    by: Proof
    at: datetime


def is_unsettled(sim_changed_at: datetime | None, *, now: datetime) -> bool:
    """Whether a number's SIM was changed so lately that who has it may be somebody else (A8)."""
    return sim_changed_at is not None and now < sim_changed_at + SIM_SETTLES


def accepted(*, sim_changed_at: datetime | None, now: datetime) -> frozenset[Proof]:
    """What counts as a proof before an irreversible act."""
    return _NEEDS_NO_NUMBER if is_unsettled(sim_changed_at, now=now) else frozenset(Proof)


def newest(
    given: Iterable[Proven],
    *,
    now: datetime,
    lasts: timedelta,
    counts: Collection[Proof] = frozenset(Proof),
) -> Proven | None:
    """The latest proof that counts and is not too old; None where there is none.

    One from the future (a clock set back) is as good as none.
    """
    good = [each for each in given if each.by in counts and timedelta(0) <= now - each.at < lasts]
    return max(good, key=lambda each: each.at, default=None)


def unproven(policy: Policy) -> Policy:
    """The policy of a case whose declarer could not prove themselves just then.

    The declaration is received all the same (F3); a person looks at it before the line ends.
    """
    review = replace(
        policy.review, by_agent=True, business_days=max(1, policy.review.business_days)
    )
    return replace(policy, review=review)
