"""Settle the money of ended lines: final statement, postings, refunds, the certified facts (M1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from signoff.domain.account import AccountFacts, BalanceChoice
from signoff.domain.canonical import format_time
from signoff.domain.case import Act, decide
from signoff.domain.clocks import restore_until
from signoff.domain.closing import closed, erase_at
from signoff.domain.events import Code
from signoff.domain.ledger import capped, postings, require_shown
from signoff.domain.money import Money
from signoff.domain.statement import (
    OF_ACCOUNT,
    LineCode,
    RefundPart,
    Statement,
    StatementLine,
    allocate,
    statement,
)
from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.records import book, casefiles, codec, entitlements, models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.records.rows import ReadyJson
from signoff.usecases import aftercare
from signoff.usecases.certify import certified
from signoff.usecases.declare import statement_digest
from signoff.usecases.notify import masked, tell

PROVIDER = "cards"
"""The payment provider refunds go back through; the wiring says who that is."""


@dataclass(slots=True)
class _Target:
    """The account a balance moves to; `facts` grow with every balance of the set."""

    id: int
    version: int
    facts: AccountFacts


@dataclass(frozen=True, slots=True)
class _Wish:
    """What becomes of the account's money, and the statement that told so.

    It is the word of whoever declared the account's last line: that page showed the account (E8).
    """

    choice: BalanceChoice | None
    to: str
    shown: tuple[StatementLine, ...]


def settle(files: Sequence[CaseFile], *, changes: Changes) -> None:
    """Close the books of every case whose line is proven dead, and declare it ended."""
    wishes = _wishes(files)
    targets = _targets(wishes.values())
    settled: set[int] = set()
    closed_accounts: set[int] = set()
    for file in files:
        verdict = decide(file.standing, Act.PROVE_ENDED, now=changes.now)
        if not verdict.allowed:
            continue
        if file.account_id in settled:
            # Another line of the same account is settled in this set: its turn comes next.
            changes.owe(Step.SETTLE, file.id, lane=file.lane)
            continue
        settled.add(file.account_id)
        wish = wishes[file.id]
        _settle_one(file, wish, target=targets.get(wish.to), changes=changes)
        if file.snapshot.last_line:
            closed_accounts.add(file.account_id)
            _close_account(file, changes=changes)
    entitlements.end(closed_accounts, now=changes.now)


def _close_account(file: CaseFile, *, changes: Changes) -> None:
    """With this line its account is closed: from when it is erased is known, and told (E8, X5)."""
    assert file.restore_until is not None
    erased = erase_at(file.policy, restorable_until=file.restore_until)
    changes.rewrite_account(file.account_id, file.account_version, erase_at=erased)
    if not file.alone:
        # Where there was one line only, the mail with its certificate says so.
        details = file.snapshot.account.details
        tell(
            file,
            "account_closed",
            account=details.account_number or masked(file.msisdn),
            closed_at=format_time(changes.now),
            restore_until=format_time(file.restore_until) if file.policy.restore_days else "",
            erase_at=format_time(erased),
            changes=changes,
        )


def _wishes(files: Sequence[CaseFile]) -> dict[UUID, _Wish]:
    last = {file.account_id for file in files if file.snapshot.last_line}
    said = {
        account_id: _Wish(BalanceChoice(choice) if choice else None, to, _of_account(shown))
        for account_id, choice, to, shown in casefiles.last_words(sorted(last))
    }
    own = {file.id: _Wish(file.balance_choice, file.balance_to, file.shown.lines) for file in files}
    for file in files:
        if file.account_id in said and file.snapshot.last_line:
            word = said[file.account_id]
            own[file.id] = replace(word, shown=(*_of_line(file.shown), *word.shown))
    return own


def _of_account(shown: Statement) -> tuple[StatementLine, ...]:
    return tuple(line for line in shown.lines if line.code in OF_ACCOUNT)


def _of_line(shown: Statement) -> tuple[StatementLine, ...]:
    return tuple(line for line in shown.lines if line.code not in OF_ACCOUNT)


def _targets(wishes: Iterable[_Wish]) -> dict[str, _Target]:
    moved = {wish.to for wish in wishes if wish.choice is BalanceChoice.MOVE}
    found = book.accounts_of_lines(sorted(moved - {""}))
    return {msisdn: _Target(*account) for msisdn, account in found.items()}


def _settle_one(file: CaseFile, wish: _Wish, *, target: _Target | None, changes: Changes) -> None:
    if target and target.facts.currency != file.snapshot.currency:
        target = None
    final = _final(file, wish, movable=target is not None)
    _post(file, final, changes=changes)
    if target:
        _move_balance(file, final, target=target, to=wish.to, changes=changes)
    parts = allocate(final.refund, file.snapshot.account.top_ups)
    _owe_refund(file, parts, changes=changes)
    _rewrite_account(file, final, parts=parts, changes=changes)
    carrier = registry.carriers[file.carrier].capabilities
    file.ended_at = changes.now
    file.restore_until = restore_until(
        ended_at=changes.now,
        policy_days=file.policy.restore_days,
        carrier_days=carrier.restore_days,
    )
    file.final = final
    changes.event(file, Code.ENDED, actor="signoff", restore_until=format_time(file.restore_until))
    certified(file, final, changes=changes)
    changes.move(
        file,
        decide(file.standing, Act.PROVE_ENDED, now=changes.now).to,
        ended_at=file.ended_at,
        restore_until=file.restore_until,
        final=ReadyJson(codec.STATEMENT.dump_json(final)),
    )
    changes.owe(Step.PURGE, file.id, lane=file.lane, due_at=file.restore_until)
    aftercare.begin(file, changes=changes)


def _final(file: CaseFile, wish: _Wish, *, movable: bool) -> Statement:
    """The statement at the end, with nothing above what the subscriber was shown (M4)."""
    choice = wish.choice
    if choice is BalanceChoice.MOVE and not movable:
        # The line it should move to is gone: the money goes back to where it came from.
        choice = BalanceChoice.REFUND
    now = statement(file.snapshot, file.policy, ends_at=file.effective_at, choice=choice)
    shown = Statement(file.shown.currency, wish.shown)
    final = capped(now, shown)
    require_shown(postings(final), shown)
    return final


def _post(file: CaseFile, final: Statement, *, changes: Changes) -> None:
    for index, entry in enumerate(postings(final)):
        key = f"{file.ref}:{index}"
        changes.post(entry, key=key, account_id=file.account_id, case_id=file.id)
    changes.event(
        file,
        Code.SETTLED,
        actor="signoff",
        owed=final.owed.minor,
        refund=final.refund.minor,
        currency=final.currency,
        statement=statement_digest(final),
    )


def _move_balance(
    file: CaseFile, final: Statement, *, target: _Target, to: str, changes: Changes
) -> None:
    """Move the balance to another line's account in the same transaction (M3)."""
    for line in final.lines:
        if line.code is LineCode.BALANCE_MOVED:
            target.facts = replace(target.facts, balance=target.facts.balance + line.amount)
            changes.rewrite_account(
                target.id,
                target.version,
                facts=ReadyJson(codec.ACCOUNT.dump_json(target.facts)),
            )
            changes.event(
                file,
                Code.BALANCE_MOVED,
                actor="signoff",
                amount=line.amount.minor,
                currency=line.amount.currency,
                personal={"to": to},
            )


def _owe_refund(file: CaseFile, parts: Sequence[RefundPart], *, changes: Changes) -> None:
    for number, part in enumerate(parts):
        _plan_refund(
            file,
            part.amount,
            number=number,
            target=part.top_up.reference if part.top_up else "",
            source=f"top_up:{part.top_up.id}" if part.top_up else "manual",
            changes=changes,
        )


def _plan_refund(
    file: CaseFile, amount: Money, *, number: int, target: str, source: str, changes: Changes
) -> None:
    """Write a refund down under its key; the manual route waits for an operator."""
    payment, key = changes.new_id(), f"refund:{file.id}:{number}"
    state = models.PaymentIntent.State.PLANNED if target else models.PaymentIntent.State.MANUAL
    changes.insert(
        models.PaymentIntent,
        id=payment,
        key=key,
        kind=models.PaymentIntent.Kind.REFUND.value,
        state=state.value,
        provider=PROVIDER,
        account_id=file.account_id,
        case_id=file.id,
        minor=amount.minor,
        currency=amount.currency,
        target=target,
        source=source,
        reference="",
        code="",
        attempts=0,
        at=changes.now,
    )
    changes.event(
        file,
        Code.REFUND_DUE,
        actor="signoff",
        amount=amount.minor,
        currency=amount.currency,
        key=key,
        way="card" if target else "manual",
    )
    if target:
        changes.owe(Step.PAY, payment, lane=file.lane)


def _rewrite_account(
    file: CaseFile, final: Statement, *, parts: Sequence[RefundPart], changes: Changes
) -> None:
    """After its last line an account is closed; before, its payments have less left to give."""
    account = file.snapshot.account
    if file.snapshot.last_line:
        changes.rewrite_account(
            file.account_id,
            file.account_version,
            facts=ReadyJson(codec.ACCOUNT.dump_json(closed(account, final))),
            settled_case=file.id,
        )
    elif spent := {part.top_up.id: part.amount for part in parts if part.top_up}:
        left = tuple(
            replace(each, left=each.left - spent[each.id]) if each.id in spent else each
            for each in account.top_ups
        )
        changes.rewrite_account(
            file.account_id,
            file.account_version,
            facts=ReadyJson(codec.ACCOUNT.dump_json(replace(account, top_ups=left))),
        )
