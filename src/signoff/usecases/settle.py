"""Settle the money of ended lines: final statement, postings, refunds, the certified facts (M1)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from signoff.domain.account import AccountFacts, BalanceChoice
from signoff.domain.canonical import format_time
from signoff.domain.case import Act, decide
from signoff.domain.clocks import restore_until
from signoff.domain.events import Code
from signoff.domain.ledger import capped, postings, require_shown
from signoff.domain.money import Money
from signoff.domain.statement import Statement, allocate, statement
from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.records import book, codec, models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.usecases.certify import certified
from signoff.usecases.declare import statement_digest

PROVIDER = "cards"
"""The payment provider refunds go back through; the wiring says who that is."""


@dataclass(frozen=True, slots=True)
class _Target:
    """The account a balance moves to."""

    id: int
    version: int
    facts: AccountFacts


def settle(files: Sequence[CaseFile], *, changes: Changes) -> None:
    """Close the books of every case whose line is proven dead, and declare it ended."""
    targets = _targets(files)
    settled: set[int] = set()
    for file in files:
        verdict = decide(file.standing, Act.PROVE_ENDED, now=changes.now)
        if not verdict.allowed:
            continue
        if file.account_id in settled:
            # Another line of the same account is settled in this set: its turn comes next.
            changes.owe(Step.SETTLE, file.id, lane=file.lane)
            continue
        settled.add(file.account_id)
        _settle_one(file, targets.get(file.balance_to), changes=changes)


def _targets(files: Sequence[CaseFile]) -> dict[str, _Target]:
    moved = {file.balance_to for file in files if file.balance_choice is BalanceChoice.MOVE}
    found = book.accounts_of_lines(sorted(moved - {""}))
    return {msisdn: _Target(*account) for msisdn, account in found.items()}


def _settle_one(file: CaseFile, target: _Target | None, *, changes: Changes) -> None:
    final = _final(file)
    _post(file, final, changes=changes)
    _move_balance(file, final, target=target, changes=changes)
    _owe_refund(file, final, changes=changes)
    _close_account(file, changes=changes)
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
        final=codec.STATEMENT.dump_python(final, mode="json"),
    )
    changes.owe(Step.CERTIFY, file.id, lane=file.lane)
    changes.owe(Step.PURGE, file.id, lane=file.lane, due_at=file.restore_until)


def _final(file: CaseFile) -> Statement:
    """The statement at the end, with nothing above what the subscriber was shown (M4)."""
    now = statement(
        file.snapshot, file.policy, ends_at=file.effective_at, choice=file.balance_choice
    )
    final = capped(now, file.shown)
    require_shown(postings(final), file.shown)
    return final


def _post(file: CaseFile, final: Statement, *, changes: Changes) -> None:
    for index, entry in enumerate(postings(final)):
        changes.post(file, entry, key=f"{file.id}:{index}")
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
    file: CaseFile, final: Statement, *, target: _Target | None, changes: Changes
) -> None:
    """Move the balance to another line's account in the same transaction (M3)."""
    balance = file.snapshot.account.balance
    moving = file.balance_choice is BalanceChoice.MOVE and file.snapshot.last_line
    if not moving or balance.minor <= 0:
        return
    if target is None or target.facts.currency != balance.currency:
        # The line it should move to is gone: the money goes back by hand, never lost.
        _plan_refund(file, balance, number=99, target="", source="balance", changes=changes)
        return
    facts = replace(target.facts, balance=target.facts.balance + balance)
    changes.rewrite_account(
        target.id, target.version, facts=codec.ACCOUNT.dump_python(facts, mode="json")
    )
    changes.event(
        file,
        Code.BALANCE_MOVED,
        actor="signoff",
        amount=balance.minor,
        currency=balance.currency,
        personal={"to": file.balance_to},
    )


def _owe_refund(file: CaseFile, final: Statement, *, changes: Changes) -> None:
    if not final.refund:
        return
    for number, part in enumerate(allocate(final.refund, file.snapshot.account.top_ups)):
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


def _close_account(file: CaseFile, *, changes: Changes) -> None:
    """Nothing of a settled account can be spent, charged or settled again."""
    if not file.snapshot.last_line:
        return
    account = file.snapshot.account
    emptied = replace(
        account,
        balance=Money.zero(account.currency),
        top_ups=(),
        credits=(),
        points=None,
        payment_methods=(),
    )
    changes.rewrite_account(
        file.account_id,
        file.account_version,
        facts=codec.ACCOUNT.dump_python(emptied, mode="json"),
        settled_case=file.id,
    )
