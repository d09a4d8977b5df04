"""A5, X5: when a document is asked for, and when it goes."""

from datetime import UTC, datetime, timedelta

import pytest

from signoff.domain.case import State
from signoff.domain.documents import OpenCase, asked, shred_at
from signoff.domain.policy import DocumentTerms, IdentityRule, ShredAfter
from signoff.domain.reasons import DeclineReason, ReturnReason

TAKEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
DECIDED, CLOSED = TAKEN + timedelta(days=3), TAKEN + timedelta(days=40)
TERMS = DocumentTerms(keep_days=7, undecided_days=30)
AFTER_CLOSE = DocumentTerms(shred=ShredAfter.CLOSE, keep_days=5)


@pytest.mark.parametrize(
    ("rule", "case", "wanted"),
    [
        (IdentityRule.DOCUMENT, None, True),
        (IdentityRule.LOGIN, None, False),
        (IdentityRule.DOCUMENT, OpenCase(State.IN_REVIEW, ""), True),
        (IdentityRule.DOCUMENT, OpenCase(State.APPROVED, ""), False),
        (IdentityRule.LOGIN, OpenCase(State.IN_REVIEW, DeclineReason.NOT_CUSTOMER), True),
        (IdentityRule.LOGIN, OpenCase(State.IN_REVIEW, DeclineReason.DUPLICATE), False),
        (IdentityRule.DOCUMENT, OpenCase(State.ENDED, ""), False),
        (IdentityRule.LOGIN, OpenCase(State.NEEDS_INPUT, ReturnReason.NAME_DIFFERS), True),
        (IdentityRule.LOGIN, OpenCase(State.NEEDS_INPUT, ReturnReason.QUESTION), False),
        (IdentityRule.LOGIN, OpenCase(State.IN_REVIEW, ReturnReason.NAME_DIFFERS), False),
    ],
)
def test_a_document_is_asked_for_only_where_it_is_needed(
    rule: IdentityRule, case: OpenCase | None, *, wanted: bool
) -> None:
    assert asked(rule, case) is wanted


@pytest.mark.parametrize(
    ("terms", "decided_at", "closed_at", "goes"),
    [
        (TERMS, None, None, TAKEN + timedelta(days=30)),
        (TERMS, DECIDED, None, DECIDED + timedelta(days=7)),
        (TERMS, DECIDED, CLOSED, DECIDED + timedelta(days=7)),
        (TERMS, TAKEN - timedelta(days=9), None, TAKEN + timedelta(days=7)),
        (AFTER_CLOSE, None, None, TAKEN + timedelta(days=30)),
        (AFTER_CLOSE, DECIDED, None, None),
        (AFTER_CLOSE, DECIDED, CLOSED, CLOSED + timedelta(days=5)),
    ],
)
def test_a_document_goes_in_time(
    terms: DocumentTerms,
    decided_at: datetime | None,
    closed_at: datetime | None,
    goes: datetime | None,
) -> None:
    assert shred_at(terms, taken_at=TAKEN, decided_at=decided_at, closed_at=closed_at) == goes
