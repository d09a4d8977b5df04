"""Decide what a declared case needs next: a confirmation, a person, the subscriber, or nothing."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from signoff.domain.canonical import format_time
from signoff.domain.case import Act, State, decide
from signoff.domain.clocks import business_days_later
from signoff.domain.events import Code
from signoff.domain.policy import Confirmation
from signoff.domain.reasons import Refusal
from signoff.domain.steps import Step
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.usecases import document_shred
from signoff.usecases.notify import tell


def assess(files: Sequence[CaseFile], *, changes: Changes) -> None:
    """Send every declared case of the set on its way; others are left as they are."""
    for file in files:
        if file.state is not State.DECLARED:
            continue
        waiting = file.policy.confirmation.by is Confirmation.LINK and file.confirmed_at is None
        if waiting:
            ask_confirmation(file, changes=changes)
        elif file.policy.review.by_agent:
            send_to_review(file, changes=changes)
        elif file.blockers == (Refusal.DOCUMENT_BEING_CHECKED,):
            continue  # whoever has checked it owes this step again
        elif file.blockers:
            ask_subscriber(file, changes=changes)
        else:
            approve(file, changes=changes, actor="policy")


def ask_confirmation(file: CaseFile, *, changes: Changes) -> None:
    """Ask for a second confirmation by a link in a mail, within the policy's window (F4)."""
    until = changes.now + timedelta(hours=file.policy.confirmation.within_hours)
    file.confirm_until = until
    changes.move(file, State.CONFIRMING, confirm_until=until)
    changes.event(file, Code.CONFIRMATION_ASKED, actor="policy", until=format_time(until))
    changes.owe(Step.LAPSE_CONFIRMATION, file.id, lane=file.lane, due_at=until)
    tell(file, "confirm", changes=changes, until=format_time(until))


def send_to_review(file: CaseFile, *, changes: Changes) -> None:
    """Put a case before an agent, with the date the subscriber is promised (R2)."""
    # A working day is one where the brand is: Friday evening there may be Saturday in UTC.
    local = changes.now.astimezone(ZoneInfo(file.policy.time_zone))
    by = business_days_later(local, max(1, file.policy.review.business_days))
    changes.move(file, State.IN_REVIEW, review_due_at=by)
    changes.event(file, Code.REVIEW_ASKED, actor="policy", promised_by=format_time(by))
    tell(file, "in_review", changes=changes, promised_by=format_time(by))


def ask_subscriber(file: CaseFile, *, changes: Changes) -> None:
    """Send a case back for what the policy wants settled first; its time stamp stays (R4)."""
    reason = file.blockers[0].value
    changes.move(file, State.NEEDS_INPUT, outcome_reason=reason, outcome_words="")
    changes.event(file, Code.INPUT_ASKED, actor="policy", reason=reason, personal={"words": ""})
    tell(file, "needs_input", changes=changes, reason=reason, words="")


def approve(file: CaseFile, *, changes: Changes, actor: str) -> bool:
    """Approve a case if the rules allow it now; it then ends on its effective date."""
    verdict = decide(file.standing, Act.APPROVE, now=changes.now)
    if not verdict.allowed:
        return False
    changes.move(file, State.APPROVED, outcome_reason="", outcome_words="")
    changes.event(
        file,
        Code.APPROVED,
        actor=actor,
        effective_at=format_time(file.effective_at),
        by_policy=actor == "policy",
    )
    changes.owe(Step.BEGIN, file.id, lane=file.lane, due_at=file.effective_at)
    document_shred.decided(file, changes=changes)
    if actor != "policy" or file.effective_at > changes.now:
        # Otherwise the receipt has just said so, and the end is the next thing to tell.
        tell(file, "approved", changes=changes)
    return True
