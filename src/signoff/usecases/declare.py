"""Take declarations: unconditionally, with their time, and stop charging at once (F3, P6, P10)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from signoff.domain.account import BalanceChoice, NumberChoice, Right, Snapshot
from signoff.domain.assurance import UNPROVEN
from signoff.domain.canonical import encode, format_time
from signoff.domain.case import State
from signoff.domain.clocks import DateNotOffered, effective_at
from signoff.domain.events import Code
from signoff.domain.policy import Channel, EffectiveRule, Policy
from signoff.domain.reasons import FREEZE_AT_ONCE, LeavingReason, Refusal
from signoff.domain.remedies import stop_charging
from signoff.domain.statement import Statement, statement
from signoff.domain.steps import Step
from signoff.records import codec, models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.records.linefiles import LineFile
from signoff.records.rows import ReadyJson
from signoff.usecases import rules
from signoff.usecases.notify import tell
from signoff.usecases.receivers import may_receive


@dataclass(frozen=True, slots=True)
class Declaration:
    """One person's word that one line shall end, with their wishes.

    `shown` is the digest of the statement on the page with the final button (`statement_digest`);
    None where the channel shows none before receipt. `receipt` is false where the operator itself
    ends the line: nobody declared anything that could be acknowledged; and where the line is one of
    a joint `request`, which has a receipt of its own. `acting` is the right of whoever declares.
    """

    case_id: UUID
    number: str
    line_id: int
    user_id: int | None
    channel: str
    language: str
    reason: LeavingReason
    number_choice: NumberChoice
    balance_choice: BalanceChoice | None = None
    balance_to: str = ""
    effective: EffectiveRule | None = None
    words: str = ""
    shown: str | None = None
    lane: int = 0
    receipt: bool = True
    ends_at: datetime | None = None
    acting: Right = Right.HOLDER
    request: UUID | None = None
    proof: str = ""


class UnableToDeclare(Exception):
    """The declaration asks for something this line's policy does not offer."""

    def __init__(self, reasons: tuple[Refusal, ...]) -> None:
        super().__init__(reasons)
        self.reasons = reasons


class StatementMoved(Exception):
    """The statement has changed since the page was made: it must be shown again (F2, M4)."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A received declaration; `again` where the line had an open case already (F5)."""

    case_id: UUID
    again: bool = False


def objections(declaration: Declaration, policy: Policy, *, snapshot: Snapshot) -> list[Refusal]:
    """What the declaration asks for that the policy does not offer."""
    found = []
    if declaration.channel == Channel.WEB and not policy.online:
        found.append(Refusal.NOT_ONLINE)
    if declaration.number_choice not in policy.numbers:
        found.append(Refusal.NUMBER_CHOICE_NOT_OFFERED)
    if declaration.effective and declaration.effective not in policy.effective:
        found.append(Refusal.DATE_NOT_OFFERED)
    choice = declaration.balance_choice or snapshot.preparation.balance
    if snapshot.account.balance.minor > 0 and snapshot.last_line:
        if choice is not None and choice not in policy.balance.choices:
            found.append(Refusal.BALANCE_CHOICE_NOT_OFFERED)
        to = declaration.balance_to or snapshot.preparation.balance_to
        if choice is BalanceChoice.MOVE and not to:
            found.append(Refusal.BALANCE_CHOICE_MISSING)
    return found


def what_it_costs(
    line: LineFile,
    *,
    now: datetime,
    choice: BalanceChoice | None,
    wish: EffectiveRule | None,
    announced: datetime | None = None,
) -> tuple[datetime, Statement]:
    """When the line would end if declared now, and the statement of that. Raises DateNotOffered."""
    ends_at = announced or effective_at(
        line.policy, line.snapshot.line.cycle, declared_at=now, wish=wish
    )
    shown = statement(line.snapshot, line.policy, ends_at=ends_at, choice=choice)
    return ends_at, shown


def statement_digest(shown: Statement) -> str:
    """A short mark of a statement, to notice on submission that it has changed since."""
    rows = [[line.code.value, line.source, line.amount.minor] for line in shown.lines]
    return sha256(encode(rows)).hexdigest()


def declare(
    declarations: Sequence[Declaration], lines: Sequence[LineFile], *, changes: Changes
) -> list[Declared]:
    """Open a case for each declaration, or find the open one of its line.

    `lines` are the declarations' lines, locked in this transaction: of two at one line, the second
    finds the first's case. Raises UnableToDeclare and StatementMoved before anything is collected.
    """
    by_id = {line.id: line for line in lines}
    unproven = [each.line_id for each in declarations if each.proof == UNPROVEN]
    by_id |= rules.unproven([by_id[line_id] for line_id in unproven])
    owners = {line.id: line.case_id for line in lines}
    prepared = []
    for declaration in declarations:
        if owners[declaration.line_id] is None:
            owners[declaration.line_id] = declaration.case_id
            prepared.append(_prepare(declaration, by_id[declaration.line_id], now=changes.now))
    for file, declaration, _ in prepared:
        _open(file, declaration, changes=changes)
    return [
        Declared(owner, again=owner != declaration.case_id)
        for declaration in declarations
        if (owner := owners[declaration.line_id]) is not None
    ]


def _prepare(
    declaration: Declaration, line: LineFile, *, now: datetime
) -> tuple[CaseFile, Declaration, LineFile]:
    reasons = objections(declaration, line.policy, snapshot=line.snapshot)
    if declaration.balance_to and not may_receive(line, declaration.balance_to):
        reasons.append(Refusal.BALANCE_CHOICE_NOT_OFFERED)
    if reasons:
        raise UnableToDeclare(tuple(reasons))
    choice = declaration.balance_choice or line.snapshot.preparation.balance
    choice = choice or line.policy.balance.unchosen
    try:
        ends_at, shown = what_it_costs(
            line, now=now, choice=choice, wish=declaration.effective, announced=declaration.ends_at
        )
    except DateNotOffered as error:
        raise UnableToDeclare((Refusal.DATE_NOT_OFFERED,)) from error
    if declaration.shown is not None and declaration.shown != statement_digest(shown):
        raise StatementMoved
    to = declaration.balance_to or line.snapshot.preparation.balance_to
    file = _new_file(declaration, line, now=now, ends_at=ends_at, shown=shown)
    file.balance_choice, file.balance_to = choice, to if choice is BalanceChoice.MOVE else ""
    return file, declaration, line


def _new_file(
    declaration: Declaration,
    line: LineFile,
    *,
    now: datetime,
    ends_at: datetime,
    shown: Statement,
) -> CaseFile:
    return CaseFile(
        id=declaration.case_id,
        number=declaration.number,
        brand=line.brand,
        place=line.place,
        language=declaration.language,
        lane=declaration.lane,
        state=State.DECLARED,
        version=1,
        last_seq=0,
        policy_digest=line.policy_digest,
        policy=line.policy,
        snapshot=line.snapshot,
        shown=shown,
        number_choice=declaration.number_choice,
        balance_choice=None,
        balance_to="",
        declared_at=now,
        effective_at=ends_at,
        line_id=line.id,
        msisdn=line.msisdn,
        iccid=line.iccid,
        imsi=line.imsi,
        carrier=line.carrier,
        carrier_account=line.carrier_account,
        generation=line.generation,
        account_id=line.account_id,
        account_version=line.account_version,
        documents=line.documents,
        checking=line.checking,
        alone=line.alone,
    )


def _open(file: CaseFile, declaration: Declaration, *, changes: Changes) -> None:
    changes.open(
        file,
        number=file.number,
        brand=file.brand,
        place=file.place,
        policy_digest=file.policy_digest,
        account=file.account_id,
        line=file.line_id,
        declared_by=declaration.user_id,
        channel=declaration.channel,
        language=file.language,
        lane=file.lane,
        reason=declaration.reason.value,
        words=declaration.words,
        number_choice=file.number_choice.value,
        balance_choice=file.balance_choice.value if file.balance_choice else "",
        balance_to=file.balance_to,
        effective_rule=(declaration.effective or file.policy.effective[0]).value,
        declared_at=file.declared_at,
        effective_at=file.effective_at,
        state=file.state.value,
        outcome_reason="",
        outcome_words="",
        acting=declaration.acting.value,
        request=declaration.request,
        shown=ReadyJson(codec.STATEMENT.dump_json(file.shown)),
    )
    _declared(file, declaration, changes=changes)
    freeze(file, changes=changes)
    changes.owe(Step.ASSESS, file.id, lane=file.lane)
    if declaration.reason in FREEZE_AT_ONCE:
        changes.owe(Step.BLOCK, file.id, lane=file.lane)
    if declaration.receipt:
        tell(file, "declared", changes=changes, attachment="receipt")


def _declared(file: CaseFile, declaration: Declaration, *, changes: Changes) -> None:
    changes.event(
        file,
        Code.DECLARED,
        actor="subscriber" if declaration.user_id else "operator",
        channel=declaration.channel,
        effective_at=format_time(file.effective_at),
        effective_rule=(declaration.effective or file.policy.effective[0]).value,
        number=file.number_choice.value,
        balance=file.balance_choice.value if file.balance_choice else None,
        policy=file.policy_digest,
        statement=statement_digest(file.shown),
        proof=declaration.proof or None,
        reason=declaration.reason.value,
        acting=declaration.acting.value,
        request=str(declaration.request) if declaration.request else None,
        personal={
            "name": file.name,
            "email": file.email,
            "msisdn": file.msisdn,
            "iccid": file.iccid,
            "words": declaration.words,
        },
    )


def freeze(file: CaseFile, *, changes: Changes) -> None:
    """No new orders, top-ups or charges from this moment on, whatever was forgotten."""
    facts = stop_charging(file.snapshot.line)
    changes.update(
        models.Line,
        id=file.line_id,
        case_id=file.id,
        frozen_at=changes.now,
        facts=ReadyJson(codec.LINE.dump_json(facts)),
    )
    changes.event(file, Code.FROZEN, actor="signoff")
    before = file.snapshot.line
    if facts != before:
        changes.event(
            file,
            Code.CHARGING_STOPPED,
            actor="signoff",
            add_ons=len(file.snapshot.line.add_ons),
            plan=file.snapshot.line.plan.auto_renews,
            personal={
                "stopped": codec.ADD_ONS.dump_python(file.snapshot.line.add_ons, mode="json")
            },
        )
    file.snapshot = replace(file.snapshot, line=facts, frozen=True)
