"""What agents do with a case: claim it, hand it back, approve, ask, decline (R1, R3, R4)."""

from datetime import datetime, timedelta

from signoff.domain.case import Act, State, Verdict, decide
from signoff.domain.events import Code
from signoff.domain.reasons import DeclineReason, Refusal, ReturnReason
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.usecases import assess
from signoff.usecases.notify import tell
from signoff.usecases.release import release_lines

CLAIM_LASTS = timedelta(minutes=30)


class HeldByAnother(Exception):
    """Another agent has this case in hand."""


class WordsMissing(Exception):
    """A refusal or question needs words the subscriber can act on."""


def holder_of(claimed_by: int | None, claimed_at: datetime | None, *, now: datetime) -> int | None:
    """Who holds a case now; a claim runs out by itself."""
    if claimed_by is None or claimed_at is None or now - claimed_at > CLAIM_LASTS:
        return None
    return claimed_by


class NothingToDecide(Exception):
    """The case is not at a point where an agent decides."""


def claim(file: CaseFile, *, agent: int, held_by: int | None, changes: Changes) -> None:
    """Take a case in hand. Raises HeldByAnother, NothingToDecide."""
    if file.state not in (State.IN_REVIEW, State.NEEDS_INPUT):
        raise NothingToDecide
    if held_by not in (None, agent):
        raise HeldByAnother
    changes.move(file, claimed_by=agent, claimed_at=changes.now)
    if held_by is None:
        changes.event(file, Code.CLAIMED, actor=f"agent:{agent}")


def hand_back(file: CaseFile, *, agent: int, held_by: int | None, changes: Changes) -> None:
    """Put a case back for others. Raises HeldByAnother."""
    if held_by != agent:
        raise HeldByAnother
    changes.move(file, claimed_by=None, claimed_at=None)
    changes.event(file, Code.RELEASED, actor=f"agent:{agent}")


def approve(file: CaseFile, *, agent: int, changes: Changes) -> Verdict:
    """Approve a case under review; the verdict tells what still blocks it."""
    standing = file.standing
    if standing.state is not State.IN_REVIEW:
        return Verdict(allowed=False, reasons=(Refusal.NOT_IN_THIS_STATE,), at=changes.now)
    verdict = decide(standing, Act.APPROVE, now=changes.now)
    if verdict.allowed:
        assess.approve(file, changes=changes, actor=f"agent:{agent}")
    return verdict


def ask(
    file: CaseFile, *, agent: int, reason: ReturnReason, words: str, changes: Changes
) -> Verdict:
    """Send a case back with what is missing and how to mend it. Raises WordsMissing."""
    if file.state is not State.IN_REVIEW:
        return Verdict(allowed=False, reasons=(Refusal.NOT_IN_THIS_STATE,), at=changes.now)
    return _say(
        file, Act.ASK_SUBSCRIBER, agent=agent, reason=reason.value, words=words, changes=changes
    )


def decline(
    file: CaseFile, *, agent: int, reason: DeclineReason, words: str, changes: Changes
) -> Verdict:
    """Decline a case for a reason of the closed list, with words. Raises WordsMissing."""
    verdict = _say(
        file, Act.DECLINE, agent=agent, reason=reason.value, words=words, changes=changes
    )
    if verdict.allowed:
        changes.move(file, closed_at=changes.now)
        release_lines([file], changes=changes)
    return verdict


_SAID = {
    Act.ASK_SUBSCRIBER: (Code.INPUT_ASKED, "needs_input"),
    Act.DECLINE: (Code.DECLINED, "declined"),
}


def _say(
    file: CaseFile, act: Act, *, agent: int, reason: str, words: str, changes: Changes
) -> Verdict:
    if not words.strip():
        raise WordsMissing
    verdict = decide(file.standing, act, now=changes.now)
    if verdict.allowed:
        code, notice = _SAID[act]
        changes.move(file, verdict.to, outcome_reason=reason, outcome_words=words)
        changes.event(file, code, actor=f"agent:{agent}", reason=reason, personal={"words": words})
        tell(file, notice, changes=changes, reason=reason, words=words)
    return verdict
