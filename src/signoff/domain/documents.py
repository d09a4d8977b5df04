"""When a document is asked for, how many a line may hold, and when they are shredded (A5, X5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from signoff.domain.case import State
from signoff.domain.policy import DocumentTerms, IdentityRule, ShredAfter
from signoff.domain.reasons import CURABLE, ReturnReason

MOST_PER_LINE = 6
"""Files a line may hold; one document may need several."""

UNDECIDED = frozenset({State.DECLARED, State.CONFIRMING, State.IN_REVIEW, State.NEEDS_INPUT})

CURED_BY_DOCUMENT = frozenset(
    {ReturnReason.DOCUMENT_MISSING, ReturnReason.DOCUMENT_UNREADABLE, ReturnReason.NAME_DIFFERS}
)
"""What an agent may send a case back for that another document mends."""


class Shredding(StrEnum):
    """Why a document was shredded."""

    REMOVED = "removed"
    REPLACED = "replaced"
    INFECTED = "infected"
    RETENTION = "retention"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Of the open case of a line, what tells whether it wants a document."""

    state: State
    outcome_reason: str


def asked(rule: IdentityRule, case: OpenCase | None) -> bool:
    """Whether a document is asked for: where the policy does, until the case is decided, where an
    agent asked for one, and where a declined case is put in again with a proof."""
    if case is None:
        return rule is IdentityRule.DOCUMENT
    if case.state is State.NEEDS_INPUT and case.outcome_reason in CURED_BY_DOCUMENT:
        return True
    if case.state is State.IN_REVIEW and case.outcome_reason in CURABLE:
        return True
    return rule is IdentityRule.DOCUMENT and case.state in UNDECIDED


def shred_at(
    terms: DocumentTerms,
    *,
    taken_at: datetime,
    decided_at: datetime | None,
    closed_at: datetime | None,
) -> datetime | None:
    """When a document goes; None while that depends on a close that has not come.

    `decided_at` and `closed_at` are the line's newest case's. What nothing was decided about, or
    was never used, goes after `undecided_days`.
    """
    if decided_at is None:
        return taken_at + timedelta(days=terms.undecided_days)
    since = decided_at if terms.shred is ShredAfter.DECISION else closed_at
    if since is None:
        return None
    return max(since, taken_at) + timedelta(days=terms.keep_days)
