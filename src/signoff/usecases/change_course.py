"""What the subscriber may still say about a case: confirm it, answer, resubmit, withdraw it."""

from collections.abc import Sequence
from dataclasses import replace

from django.core import signing

from signoff.domain.canonical import format_time
from signoff.domain.case import Act, Verdict, decide
from signoff.domain.events import Code
from signoff.domain.reasons import CURABLE, FREEZE_AT_ONCE, Refusal
from signoff.domain.steps import Step
from signoff.records import models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.usecases.assess import send_to_review
from signoff.usecases.declare import freeze
from signoff.usecases.notify import tell
from signoff.usecases.release import release_lines

_SALT = "signoff.confirm"


class BadLink(Exception):
    """The link was altered, is not ours, or belongs to an older mail."""


def confirmation_token(case_id: str, until: str) -> str:
    """The token of a confirmation link: worthless after its window or once it was used."""
    return signing.dumps([case_id, until], salt=_SALT)


def read_token(token: str) -> tuple[str, str]:
    """The case and window of a confirmation link. Raises BadLink."""
    try:
        case_id, until = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadLink from error
    return str(case_id), str(until)


def confirm(file: CaseFile, *, until: str, changes: Changes) -> Verdict:
    """Take the second confirmation; a newer mail makes older links worthless. Raises BadLink."""
    verdict = decide(file.standing, Act.CONFIRM, now=changes.now)
    if verdict.allowed:
        if file.confirm_until is None or format_time(file.confirm_until) != until:
            raise BadLink
        file.confirmed_at = changes.now
        changes.move(file, verdict.to, confirmed_at=changes.now)
        changes.event(file, Code.CONFIRMED, actor="subscriber", method="mail_link")
        changes.owe(Step.ASSESS, file.id, lane=file.lane)
    return verdict


def let_lapse(files: Sequence[CaseFile], *, changes: Changes) -> None:
    """Hand cases whose confirmation never came to a person: they are not void (law.md 0.6)."""
    for file in files:
        verdict = decide(file.standing, Act.LET_CONFIRMATION_LAPSE, now=changes.now)
        if verdict.allowed:
            changes.event(file, Code.CONFIRMATION_LAPSED, actor="policy")
            send_to_review(file, changes=changes)
        elif Refusal.TOO_EARLY in verdict.reasons:
            changes.owe(Step.LAPSE_CONFIRMATION, file.id, lane=file.lane, due_at=file.confirm_until)


def answer(file: CaseFile, *, words: str, changes: Changes) -> Verdict:
    """Take the subscriber's answer to what was asked; the case keeps its first time stamp (R4)."""
    verdict = decide(file.standing, Act.ANSWER, now=changes.now)
    if verdict.allowed:
        changes.move(file, verdict.to)
        changes.event(
            file,
            Code.ANSWERED,
            actor="subscriber",
            documents=file.documents,
            personal={"words": words},
        )
        changes.owe(Step.ASSESS, file.id, lane=file.lane)
    return verdict


def curable(row: models.Case) -> bool:
    """Whether a declined case may go on with a proof: its line is there, and free of any case."""
    line = row.line
    alive = line.state != models.Line.State.TERMINATED and line.case_id is None
    return alive and row.outcome_reason in {reason.value for reason in CURABLE}


def resubmit(file: CaseFile, *, words: str, changes: Changes) -> Verdict:
    """Put a declined case before an agent anew; it keeps its first time stamp (R4)."""
    row = models.Case.objects.select_related("line").select_for_update(of=("line",)).get(id=file.id)
    standing = replace(file.standing, curable=curable(row))
    verdict = decide(standing, Act.RESUBMIT, now=changes.now)
    if verdict.allowed:
        # The reason stays until the next decision: it is what the new proof answers.
        changes.move(file, closed_at=None)
        changes.event(
            file,
            Code.RESUBMITTED,
            actor="subscriber",
            documents=file.documents,
            personal={"words": words},
        )
        freeze(file, changes=changes)
        if row.reason in {reason.value for reason in FREEZE_AT_ONCE}:
            changes.owe(Step.BLOCK, file.id, lane=file.lane)
        send_to_review(file, changes=changes)
    return verdict


def withdraw(file: CaseFile, *, channel: str, changes: Changes) -> Verdict:
    """Take the wish back, as long as the line is not being cut; the line is free again."""
    verdict = decide(file.standing, Act.WITHDRAW, now=changes.now)
    if verdict.allowed:
        changes.move(file, verdict.to, closed_at=changes.now)
        changes.event(file, Code.WITHDRAWN, actor="subscriber", channel=channel)
        release_lines([file], changes=changes)
        tell(file, "withdrawn", changes=changes)
    return verdict
