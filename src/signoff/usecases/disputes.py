"""Disputed charges (P4): opened on the checklist, decided by an agent, told to the subscriber."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from signoff.domain import disputes, ledger
from signoff.domain.account import AccountFacts
from signoff.domain.disputes import RejectReason
from signoff.domain.events import Code
from signoff.domain.flags import flags
from signoff.domain.money import Money
from signoff.domain.reasons import RESTRICTED
from signoff.domain.remedies import NoSuchEntry
from signoff.domain.settling import Verdict
from signoff.records import casefiles, codec, linefiles, models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.records.linefiles import LineFile
from signoff.usecases.entitled import NotYours
from signoff.usecases.notify import masked, tell_contact
from signoff.usecases.review import WordsMissing
from signoff.usecases.rules import policy_of

_STATE = models.Dispute.State
_INTENT = models.PaymentIntent
_DECIDING = (models.StaffRole.Role.AGENT, models.StaffRole.Role.SUPERVISOR)
MOST_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Row:
    """A dispute as the desk shows it. `case_id` is the open case of its line, if there is one."""

    dispute: models.Dispute
    amount: Money
    case_id: UUID | None


def open_one(line: LineFile, charge_id: str, *, changes: Changes) -> tuple[AccountFacts, str]:
    """Open a dispute; gives the account with it, and what the charge is called.

    Raises NoSuchEntry where there is one already, NotOffered for what costs nothing.
    """
    before = line.snapshot.account
    account, bill, charge = disputes.open_dispute(before, charge_id)
    found = {each.charge_id: each.rule for each in flags(before, line.snapshot.line.suspended_on)}
    if models.Dispute.objects.filter(account_id=line.account_id, charge_id=charge_id).exists():
        # An import has written the charge anew since: what was decided about it holds.
        raise NoSuchEntry(charge_id)
    changes.insert(
        models.Dispute,
        account=line.account_id,
        line=line.id,
        brand=line.brand,
        bill_id=bill.id,
        charge_id=charge.id,
        text=charge.text[:200],
        rule=found[charge_id].value if charge_id in found else "",
        minor=charge.amount.minor,
        currency=charge.amount.currency,
        state=_STATE.OPEN.value,
        opened_at=changes.now,
        reason="",
        words="",
    )
    for file in _case_of(line):
        changes.event(
            file,
            Code.CHARGE_DISPUTED,
            actor="subscriber",
            charge=charge.id,
            amount=charge.amount.minor,
            currency=charge.amount.currency,
        )
    return account, charge.text or charge.id


def of_account(account_id: int) -> dict[str, models.Dispute]:
    """The disputes of an account, by charge."""
    found = models.Dispute.objects.filter(account_id=account_id).order_by("opened_at")
    return {each.charge_id: each for each in found}


def for_desk(user_id: int, *, account_id: int | None = None, most: int = 200) -> list[Row]:
    """The disputes a staff member may see: all of one account, or those that wait, oldest first."""
    seen = _seen_by(user_id).select_related("line")
    if account_id is None:
        seen = seen.filter(state=_STATE.OPEN)
    else:
        seen = seen.filter(account_id=account_id)
    return [
        Row(each, Money(each.minor, each.currency), each.line.case_id)
        for each in seen.order_by("opened_at")[:most]
    ]


def waiting(user_id: int) -> int:
    """How many disputes wait for a staff member's brands."""
    return _seen_by(user_id).filter(state=_STATE.OPEN).count()


def _seen_by(user_id: int) -> QuerySet[models.Dispute]:
    """Those of a person's brands; of an account with a restricted case, for supervisors only."""
    roles = models.StaffRole.objects.filter(user_id=user_id)
    supervised = roles.filter(role=models.StaffRole.Role.SUPERVISOR)
    restricted = models.Case.objects.filter(
        account_id=OuterRef("account_id"), reason__in=[reason.value for reason in RESTRICTED]
    )
    mine = models.Dispute.objects.filter(brand__in=roles.values("brand"))
    return mine.filter(~Exists(restricted) | Q(brand__in=supervised.values("brand")))


def decide(
    dispute_id: int,
    *,
    agent: int,
    verdict: Verdict,
    reason: RejectReason | None,
    words: str,
    changes: Changes,
) -> LineFile:
    """Decide a dispute; says whose line it was about.

    Raises NotYours, NoSuchEntry where somebody has decided it already, WordsMissing where a
    rejection has no reason or says nothing.
    """
    dispute = _decidable(dispute_id, agent=agent)
    if verdict is Verdict.REJECTED and not (reason and words.strip()):
        raise WordsMissing
    (line,) = linefiles.load([dispute.line_id], policy_of=policy_of, lock=True)
    dispute.refresh_from_db()  # locked with its account: of two agents, the second sees the first
    if dispute.state != _STATE.OPEN:
        raise NoSuchEntry(dispute.charge_id)
    _rewritten(line, dispute, verdict=verdict, changes=changes)
    changes.update(
        models.Dispute,
        id=dispute.id,
        state=verdict.value,
        decided_at=changes.now,
        decided_by=agent,
        reason=reason.value if reason and verdict is Verdict.REJECTED else "",
        words=words.strip()[:MOST_WORDS],
    )
    _tell(line, dispute, verdict=verdict, reason=reason, words=words, changes=changes)
    _noted(line, dispute, verdict=verdict, agent=agent, changes=changes)
    return line


def _noted(
    line: LineFile, dispute: models.Dispute, *, verdict: Verdict, agent: int, changes: Changes
) -> None:
    """Write the decision into the open case of the line, if there is one."""
    for file in _case_of(line):
        changes.event(
            file,
            Code.DISPUTE_DECIDED,
            actor=f"agent:{agent}",
            charge=dispute.charge_id,
            verdict=verdict.value,
            amount=dispute.minor,
            currency=dispute.currency,
        )


def _rewritten(
    line: LineFile, dispute: models.Dispute, *, verdict: Verdict, changes: Changes
) -> None:
    """Write the decision into the account; one that is settled gets its money back by hand."""
    before = line.snapshot.account
    decided = disputes.decide(before, dispute.charge_id, verdict=verdict, on=changes.now.date())
    after = decided.account
    settled = models.Account.objects.values_list("settled_case", flat=True).get(id=line.account_id)
    if settled and decided.credit:
        after = replace(after, credits=before.credits)
        _give_back(dispute, decided.credit, case_id=settled, changes=changes)
    facts = codec.ACCOUNT.dump_python(after, mode="json")
    changes.rewrite_account(line.account_id, line.account_version, facts=facts)


def _decidable(dispute_id: int, *, agent: int) -> models.Dispute:
    dispute = _seen_by(agent).filter(id=dispute_id).first()
    if dispute is None:
        raise NotYours
    roles = models.StaffRole.objects.filter(user_id=agent, brand=dispute.brand, role__in=_DECIDING)
    if not roles.exists():
        raise NotYours
    return dispute


def _case_of(line: LineFile) -> Sequence[CaseFile]:
    return casefiles.load([line.case_id]) if line.case_id else []


def _give_back(dispute: models.Dispute, amount: Money, *, case_id: UUID, changes: Changes) -> None:
    """Owe what comes back after the account was settled: by hand, its cards are gone."""
    key = f"dispute:{dispute.id}"
    for entry in ledger.given_back(amount, source=f"charge:{dispute.charge_id}"):
        changes.post(
            entry, key=f"{key}:{entry.code}", account_id=dispute.account_id, case_id=case_id
        )
    changes.insert(
        _INTENT,
        id=changes.new_id(),
        key=key,
        kind=_INTENT.Kind.REFUND.value,
        state=_INTENT.State.MANUAL.value,
        provider="cards",
        account_id=dispute.account_id,
        case_id=case_id,
        minor=amount.minor,
        currency=amount.currency,
        target="",
        source="manual",
        reference="",
        code="",
        attempts=0,
        at=changes.now,
    )
    (file,) = casefiles.load([case_id])
    changes.event(
        file,
        Code.REFUND_DUE,
        actor="signoff",
        amount=amount.minor,
        currency=amount.currency,
        key=key,
        way="manual",
    )


def _tell(
    line: LineFile,
    dispute: models.Dispute,
    *,
    verdict: Verdict,
    reason: RejectReason | None,
    words: str,
    changes: Changes,
) -> None:
    details = line.snapshot.account.details
    if not details.email:
        return
    values = {
        "name": details.name,
        "line": masked(line.msisdn),
        "charge": dispute.text or dispute.charge_id,
        "amount": str(Money(dispute.minor, dispute.currency)),
        "reason": reason.value if reason and verdict is Verdict.REJECTED else "",
        "words": words.strip()[:MOST_WORDS],
    }
    tell_contact(line, f"dispute_{verdict.value}", to=details.email, values=values, changes=changes)
