"""Who may do what with a line (A7): its holder, who acts for them, and who only uses it."""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from signoff.domain.account import AccountFacts, Details, Preparation, Right, Snapshot
from signoff.domain.checklist import Item, ItemCode, Remedy
from signoff.domain.money import Money
from signoff.domain.policy import Policy, UserRule
from signoff.domain.statement import OF_ACCOUNT, Statement


class Way(StrEnum):
    """How somebody ends a line: by their own declaration, or by asking its holder for one."""

    DECLARE = "declare"
    ASK = "ask"


_RANK = (Right.HOLDER, Right.HEIR, Right.AUTHORISED, Right.USER)


def strongest(rights: Iterable[Right]) -> Right | None:
    """The right that counts where somebody has several; None where they have none."""
    return min(rights, key=_RANK.index, default=None)


def speaks_for_account(right: Right) -> bool:
    """Whether somebody sees and settles what belongs to the account: bills, balance, cards."""
    return right is not Right.USER


def way(right: Right, policy: Policy, *, last_line: bool) -> Way:
    """How somebody with this right ends the line.

    The account's last line takes the account with it, which is never a mere user's to decide.
    """
    if speaks_for_account(right) or (policy.users is UserRule.END and not last_line):
        return Way.DECLARE
    return Way.ASK


_OWN_ITEMS = frozenset({ItemCode.RENEWALS, ItemCode.LINKED, ItemCode.FREEZE, ItemCode.DOCUMENTS})
OWN_REMEDIES = frozenset({Remedy.STOP, Remedy.TICK, Remedy.UNTICK, Remedy.ADD, Remedy.UPLOAD})
"""What a user may settle: what belongs to their line alone."""


def own_part(snapshot: Snapshot) -> Snapshot:
    """The line without its account: what a user may see. The tax stays, as it is on the line."""
    account = snapshot.account
    alone = AccountFacts(
        currency=account.currency,
        details=Details(name="", email=""),
        balance=Money.zero(account.currency),
        tax_basis_points=account.tax_basis_points,
    )
    mine = snapshot.preparation
    seen = Preparation(linked_done=mine.linked_done, linked_added=mine.linked_added)
    return replace(snapshot, account=alone, preparation=seen)


def account_part(snapshot: Snapshot) -> Snapshot:
    """The account without any of its lines: what several lines of it have in common (E8)."""
    line = snapshot.line
    plain = replace(
        line, plan=replace(line.plan, auto_renews=False), add_ons=(), linked_services=()
    )
    return replace(snapshot, line=plain)


_OF_LINES = _OWN_ITEMS - {ItemCode.RENEWALS}


def shared_items(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items of a checklist that belong to the account: cards stand among its renewals."""
    return tuple(item for item in items if item.code not in _OF_LINES)


def own_items(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items of a checklist that a user sees."""
    return tuple(item for item in items if item.code in _OWN_ITEMS)


def own_statement(statement: Statement) -> Statement:
    """A statement without what belongs to the account."""
    own = tuple(line for line in statement.lines if line.code not in OF_ACCOUNT)
    return Statement(statement.currency, own)
