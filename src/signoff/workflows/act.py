"""What surfaces may do: each call is one transaction on a set of one, and wakes who is next.

Refusals come back as a Verdict or as the use case's own exception; LookupError (NotYours) means
that for this person there is no such thing.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from signoff.domain.case import Verdict
from signoff.domain.checklist import Remedy
from signoff.domain.reasons import DeclineReason, ReturnReason
from signoff.domain.steps import Step
from signoff.records import casefiles, models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.records.rows import MovedOn
from signoff.usecases import (
    asks,
    change_course,
    end_lines,
    look,
    papers,
    prepare,
    review,
    rules,
)
from signoff.usecases.change_course import BadLink
from signoff.usecases.declare import Declaration, Declared, declare
from signoff.workflows import runner
from signoff.workflows.ids import new_id, new_number
from signoff.workflows.work import changing

Made = TypeVar("Made")


def settle(line_id: int, remedy: Remedy, *, user_id: int, entry: str = "", to: str = "") -> None:
    """Settle an item of the checklist. Raises NotYours, NoSuchEntry, NotOffered, Frozen."""
    with changing() as changes:
        line = prepare.usable_line(line_id, remedy, user_id=user_id)
        prepare.settle_item(line, remedy, entry=entry, to=to, changes=changes)


def pay_bill(line_id: int, bill_id: str, *, user_id: int, method_id: str) -> str:
    """Pay a bill with a stored method and say what came of it: done, refused or sent (under way).

    Raises NotYours, NothingToPay. If this process dies in between, a worker finishes it.
    """
    with changing() as changes:
        line = prepare.own_line(line_id, user_id=user_id)
        payment = prepare.pay_bill(line, bill_id=bill_id, method_id=method_id, changes=changes)
    runner.run_once(Step.PAY, only=[payment])
    return models.PaymentIntent.objects.get(id=payment).state


def correct_details(
    line_id: int, *, user_id: int, email: str, phone: str, address: str
) -> tuple[str, ...]:
    """Correct contact details, and say so to the old contact (P1). Says what changed.

    Raises NotYours, Frozen, BadDetails.
    """
    with changing() as changes:
        line = prepare.own_line(line_id, user_id=user_id)
        return prepare.correct_details(
            line, email=email, phone=phone, address=address, changes=changes
        )


def declare_line(declaration: Declaration, *, user_id: int) -> Declared:
    """Take a declaration for a person's own line; twice is once (F5).

    `declaration.case_id` and `number` are made here. Raises NotYours, UnableToDeclare and
    StatementMoved.
    """
    with changing() as changes:
        line = asks.declarable_line(declaration.line_id, user_id=user_id)
        rules.keep(line.brand, line.place)
        made = replace(
            declaration,
            case_id=new_id(),
            number=new_number(),
            user_id=user_id,
            acting=line.right,
        )
        (declared,) = declare([made], [line], changes=changes)
        asks.confirm_by_declaring([line], changes=changes)
    return declared


def receipt_pdf(case_id: UUID, *, user_id: int, language: str) -> bytes:
    """The receipt of a person's own case. Raises NotYours."""
    look.require_acting(case_id, user_id=user_id)
    return papers.receipt(case_id, language=language)


def certificate_json(case_id: UUID, *, user_id: int) -> bytes:
    """The certificate of a person's own case. Raises NotYours, NotYet."""
    look.require_own(case_id, user_id=user_id)
    return papers.certificate_json(case_id)


def certificate_pdf(case_id: UUID, *, user_id: int, language: str) -> bytes:
    """The certificate of a person's own case on paper. Raises NotYours, NotYet."""
    look.require_own(case_id, user_id=user_id)
    return papers.certificate_pdf(case_id, language=language)


def confirm(token: str) -> UUID:
    """Take a confirmation from a mailed link. Raises BadLink (altered, older, used or too late)."""
    case_id, until = change_course.read_token(token)
    with changing() as changes:
        file = locked(UUID(case_id))
        verdict = change_course.confirm(file, until=until, changes=changes)
        if not verdict.allowed:
            raise BadLink(*verdict.reasons)
    return UUID(case_id)


def withdraw(case_id: UUID, *, user_id: int) -> Verdict:
    """Take the wish back. Raises NotYours."""
    return on_own_case(case_id, user_id, act=_withdraw)


def answer(case_id: UUID, *, user_id: int, words: str) -> Verdict:
    """Answer what was asked of the subscriber. Raises NotYours."""

    def act(file: CaseFile, changes: Changes) -> Verdict:
        return change_course.answer(file, words=words, changes=changes)

    return on_own_case(case_id, user_id, act=act)


def resubmit(case_id: UUID, *, user_id: int, words: str) -> Verdict:
    """Put a declined case in again with what was missing (R4). Raises NotYours."""

    def act(file: CaseFile, changes: Changes) -> Verdict:
        return change_course.resubmit(file, words=words, changes=changes)

    return on_own_case(case_id, user_id, act=act)


def restore(case_id: UUID, *, user_id: int) -> Verdict:
    """Owe the restoring of a line within its window; the state follows the carrier's proof (X2)."""

    def act(file: CaseFile, changes: Changes) -> Verdict:
        return end_lines.ask_restore(file, changes=changes)

    return on_own_case(case_id, user_id, act=act)


def _withdraw(file: CaseFile, changes: Changes) -> Verdict:
    return change_course.withdraw(file, channel="web", changes=changes)


def on_own_case(case_id: UUID, user_id: int, *, act: Callable[[CaseFile, Changes], Made]) -> Made:
    """Act on a person's own case, locked. Raises NotYours."""
    with changing() as changes:
        look.require_acting(case_id, user_id=user_id)
        return act(locked(case_id), changes)


def locked(case_id: UUID) -> CaseFile:
    """A case, locked until the transaction ends. Raises NotYours."""
    try:
        (file,) = casefiles.load([case_id])
    except MovedOn as error:
        raise look.NotYours from error
    return file


# ---------------------------------------------------------------- staff
def claim(case_id: UUID, *, agent: int) -> None:
    """Take a case in hand. Raises NotYours, HeldByAnother, NothingToDecide."""
    with changing() as changes:
        file, held_by = for_staff(case_id, agent=agent, roles=DECIDING, changes=changes)
        review.claim(file, agent=agent, held_by=held_by, changes=changes)


def hand_back(case_id: UUID, *, agent: int) -> None:
    """Put a case back. Raises NotYours, HeldByAnother."""
    with changing() as changes:
        file, held_by = for_staff(case_id, agent=agent, roles=DECIDING, changes=changes)
        review.hand_back(file, agent=agent, held_by=held_by, changes=changes)


def approve(case_id: UUID, *, agent: int, seen: int) -> Verdict:
    """Approve a case as it was on the agent's page (`seen` is the page's look.CaseView.mark).

    Raises NotYours, HeldByAnother, MovedOn where the page is stale.
    """
    with changing() as changes:
        file = _in_hand(case_id, agent=agent, seen=seen, changes=changes)
        return review.approve(file, agent=agent, changes=changes)


def ask(case_id: UUID, *, agent: int, seen: int, reason: ReturnReason, words: str) -> Verdict:
    """Send a case back to the subscriber. Raises as approve, and WordsMissing."""
    with changing() as changes:
        file = _in_hand(case_id, agent=agent, seen=seen, changes=changes)
        return review.ask(file, agent=agent, reason=reason, words=words, changes=changes)


def decline(case_id: UUID, *, agent: int, seen: int, reason: DeclineReason, words: str) -> Verdict:
    """Decline a case. Raises as approve, and WordsMissing."""
    with changing() as changes:
        file = _in_hand(case_id, agent=agent, seen=seen, changes=changes)
        return review.decline(file, agent=agent, reason=reason, words=words, changes=changes)


def retry(case_id: UUID, attention_id: int, *, agent: int) -> None:
    """Owe a parked step again, now that a person has looked. Raises NotYours, LookupError."""
    with changing() as changes:
        for_staff(case_id, agent=agent, roles=MENDING, changes=changes)
        parked = look.attention_of(case_id).filter(id=attention_id).select_for_update()
        found = parked.first()
        if found is None:
            raise LookupError(attention_id)
        models.Attention.objects.filter(id=found.id).update(resolved_at=changes.now)
        changes.owe(found.step, found.subject)


def view_case(case_id: UUID, *, agent: int) -> look.CaseView:
    """A case for an agent, with the look written down (R5). Raises NotYours."""
    with changing() as changes:
        view = look.case_for_staff(case_id, user_id=agent, now=changes.now)
        written_access(case_id, agent=agent, what="case", changes=changes)
    return view


def written_access(case_id: UUID, *, agent: int, what: str, changes: Changes) -> None:
    """Write down that a member of staff looked at something of a case (R5)."""
    changes.insert(models.Access, at=changes.now, user=agent, case_id=case_id, what=what)


_ROLE = models.StaffRole.Role
DECIDING = (_ROLE.AGENT, _ROLE.SUPERVISOR)
MENDING = (*DECIDING, _ROLE.OPERATOR)
LOOKING = tuple(_ROLE)


def for_staff(
    case_id: UUID, *, agent: int, roles: Sequence[str], changes: Changes
) -> tuple[CaseFile, int | None]:
    """A case, locked, for a staff member with one of these roles for its brand, and its holder."""
    if not look.seen_by(agent).filter(id=case_id).exists():
        raise look.NotYours
    file = locked(case_id)
    held = models.StaffRole.objects.filter(user_id=agent, brand=file.brand, role__in=roles)
    if not held.exists():
        raise look.NotYours
    row = models.Case.objects.values("claimed_by_id", "claimed_at").get(id=case_id)
    return file, review.holder_of(row["claimed_by_id"], row["claimed_at"], now=changes.now)


def _in_hand(case_id: UUID, *, agent: int, seen: int, changes: Changes) -> CaseFile:
    file, held_by = for_staff(case_id, agent=agent, roles=DECIDING, changes=changes)
    if held_by not in (None, agent):
        raise review.HeldByAnother
    if look.mark(case_id) != seen:
        raise MovedOn("records_case")
    return file
