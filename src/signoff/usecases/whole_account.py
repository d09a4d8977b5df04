"""Several lines of an account, or all of it, in one declaration: all of them or none (E8).

Each line has a case of its own and goes its own way. Where no other line is left, what belongs to
the account is settled with the last of them; its case is the one that shows it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from uuid import UUID

from signoff.domain.account import BalanceChoice, Right
from signoff.domain.canonical import Json, encode
from signoff.domain.clocks import DateNotOffered
from signoff.domain.money import Money
from signoff.domain.reasons import Refusal
from signoff.domain.rights import speaks_for_account
from signoff.domain.statement import OF_ACCOUNT, Statement
from signoff.records import linefiles, models
from signoff.records.changes import Changes
from signoff.records.linefiles import LineFile
from signoff.usecases import asks, entitled, rules
from signoff.usecases.declare import (
    Declaration,
    StatementMoved,
    declare,
    objections,
    what_it_costs,
)
from signoff.usecases.entitled import NotYours
from signoff.usecases.joint_wishes import LineWish, Wishes
from signoff.usecases.notify import tell_together
from signoff.usecases.receivers import may_receive


class NothingPicked(Exception):
    """No line was named."""


class AlreadyEnding(Exception):
    """Some of the lines are being ended already, or have ended; nothing was declared."""

    def __init__(self, lines: Sequence[LineFile]) -> None:
        super().__init__(len(lines))
        self.lines = lines


class KeyReused(Exception):
    """The key of an earlier request came again, with other wishes."""


class UnableToDeclareTogether(Exception):
    """Lines whose policies do not offer what is asked for; nothing was declared."""

    def __init__(self, by_line: Mapping[int, tuple[Refusal, ...]]) -> None:
        super().__init__(dict(by_line))
        self.by_line = by_line


@dataclass(frozen=True, slots=True)
class Picked:
    """Lines of one account that a person named, and the account's others.

    `closes`: with these nothing of the account is left. The line that carries what belongs to the
    account comes last, one of the account's own brand where there is one.
    """

    account: models.Account
    lines: tuple[LineFile, ...]
    others: tuple[LineFile, ...]
    closes: bool

    @property
    def right(self) -> Right:
        return self.lines[0].right

    @property
    def busy(self) -> tuple[LineFile, ...]:
        """Those that are being ended already, or have ended."""
        return tuple(line for line in self.lines if is_busy(line))


def is_busy(line: LineFile) -> bool:
    """Whether a line belongs to a case, or is over."""
    return line.case_id is not None or line.state == models.Line.State.TERMINATED


def pick(account_id: int, line_ids: Sequence[int], *, user_id: int, lock: bool = False) -> Picked:
    """Lines of an account that a person speaks for; locked with it where they are declared.

    Raises NotYours where one of them is no such line, and NothingPicked where there is none.
    """
    if not line_ids:
        raise NothingPicked
    wanted = set(line_ids)
    if lock:
        own = models.Line.objects.filter(account_id=account_id, id__in=wanted)
        linefiles.lock_lines(sorted(own.values_list("id", flat=True)))
    known = linefiles.of_account(account_id, policy_of=rules.policy_of)
    mine = entitled.with_rights(known, user_id=user_id)
    lines = [line for line in mine if line.id in wanted and speaks_for_account(line.right)]
    if len(lines) != len(wanted):
        raise NotYours
    account = models.Account.objects.get(id=account_id)
    lines.sort(key=lambda line: (line.brand == account.brand, line.id))
    others = tuple(line for line in known if line.id not in wanted)
    closes = account.settled_case is None and all(is_busy(line) for line in others)
    for line in lines:
        line.snapshot = replace(line.snapshot, last_line=closes and line is lines[-1])
    return Picked(account, tuple(lines), others, closes)


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a quote: when it would end, and its own part of the statement."""

    line: LineFile
    wish: LineWish
    ends_at: datetime
    statement: Statement

    @property
    def own(self) -> Statement:
        """The statement without what belongs to the account."""
        lines = tuple(each for each in self.statement.lines if each.code not in OF_ACCOUNT)
        return Statement(self.statement.currency, lines)


@dataclass(frozen=True)
class Quote:
    """What ending these lines costs and gives back, exact for these wishes."""

    picked: Picked
    parts: tuple[Part, ...]

    @cached_property
    def of_account(self) -> Statement:
        """What belongs to the account; empty where it goes on."""
        last = self.parts[-1].statement
        lines = tuple(each for each in last.lines if each.code in OF_ACCOUNT)
        return Statement(last.currency, lines)

    @cached_property
    def total(self) -> Statement:
        """All lines and the account together."""
        lines = tuple(each for part in self.parts for each in part.statement.lines)
        return Statement(self.parts[-1].statement.currency, lines)

    @cached_property
    def digest(self) -> str:
        """A short mark of it, to notice on submission that something has changed since."""
        rows: list[Json] = [
            [
                part.line.id,
                str(part.wish.effective),
                each.code.value,
                each.source,
                each.amount.minor,
            ]
            for part in self.parts
            for each in part.statement.lines
        ]
        lines: list[Json] = [[part.line.id, str(part.wish.effective)] for part in self.parts]
        return sha256(encode([lines, rows])).hexdigest()

    @property
    def balance(self) -> Money | None:
        """The balance to choose about, where the account closes and there is one."""
        found = self.parts[-1].line.snapshot.account.balance
        return found if self.picked.closes and found.minor > 0 else None


def quote(picked: Picked, wishes: Wishes, *, now: datetime) -> Quote:
    """What these lines would cost if declared now. Raises UnableToDeclareTogether."""
    parts, wrong = [], {}
    for line in picked.lines:
        wish = wishes.lines.get(line.id, LineWish())
        choice = _choice(line, wishes)
        try:
            ends_at, shown = what_it_costs(line, now=now, choice=choice, wish=wish.effective)
        except DateNotOffered:
            wrong[line.id] = (Refusal.DATE_NOT_OFFERED,)
            continue
        rule = wish.effective or line.policy.effective[0]
        number = wish.number_choice or line.policy.numbers[0]
        parts.append(Part(line, LineWish(number, rule), ends_at, shown))
    if wrong:
        raise UnableToDeclareTogether(wrong)
    return Quote(picked, tuple(parts))


def _choice(line: LineFile, wishes: Wishes) -> BalanceChoice:
    chosen = wishes.balance_choice or line.snapshot.preparation.balance
    return chosen or line.policy.balance.unchosen


def proven_by(wishes: Wishes, proof: str) -> Wishes:
    """The wishes of somebody who proved themselves this way, or could not (A4)."""
    return replace(wishes, proof=proof)


@dataclass(frozen=True, slots=True)
class Together:
    """A joint request that is received; `again` where it had been already (F5)."""

    request_id: UUID
    again: bool = False


def declare_together(
    wishes: Wishes,
    *,
    user_id: int,
    key: str,
    number: str,
    numbers: Sequence[str],
    shown: str | None,
    changes: Changes,
) -> Together:
    """Declare all these lines, or none.

    `number` is the request's, `numbers` one for each case. `shown` is the digest of the quote that
    was shown; None where the channel shows none before receipt. Raises NotYours, NothingPicked,
    KeyReused, AlreadyEnding, UnableToDeclareTogether and StatementMoved, before anything is
    collected.
    """
    picked = pick(wishes.account_id, list(wishes.lines), user_id=user_id, lock=True)
    found = models.AccountRequest.objects.filter(declared_by_id=user_id, key=key).first()
    if found is not None:
        if found.content != wishes.content:
            raise KeyReused
        return Together(found.id, again=True)
    if picked.busy:
        raise AlreadyEnding(picked.busy)
    quoted = _allowed(picked, wishes, now=changes.now)
    if shown is not None and shown != quoted.digest:
        raise StatementMoved
    return _taken(
        quoted,
        wishes,
        picked=picked,
        user_id=user_id,
        key=key,
        numbers=(number, *numbers),
        changes=changes,
    )


def _taken(
    quoted: Quote,
    wishes: Wishes,
    *,
    picked: Picked,
    user_id: int,
    key: str,
    numbers: Sequence[str],
    changes: Changes,
) -> Together:
    """Open the cases and keep the request; the first of the numbers is the request's."""
    request_id = changes.new_id()
    ids = _open(
        quoted,
        wishes,
        picked=picked,
        user_id=user_id,
        request_id=request_id,
        numbers=numbers[1:],
        changes=changes,
    )
    _keep(
        picked,
        wishes,
        request_id=request_id,
        user_id=user_id,
        key=key,
        number=numbers[0],
        changes=changes,
    )
    tell_together(
        changes.opened(ids),
        "declared_lines",
        number=numbers[0],
        request_id=request_id,
        attachment="receipt_together",
        changes=changes,
    )
    asks.confirm_by_declaring(picked.lines, changes=changes)
    return Together(request_id)


def _keep(
    picked: Picked,
    wishes: Wishes,
    *,
    request_id: UUID,
    user_id: int,
    key: str,
    number: str,
    changes: Changes,
) -> None:
    """Write the request down."""
    changes.insert(
        models.AccountRequest,
        id=request_id,
        number=number,
        account=picked.account.id,
        declared_by=user_id,
        acting=picked.right.value,
        channel=wishes.channel,
        language=wishes.language,
        declared_at=changes.now,
        whole=picked.closes,
        key=key,
        content=wishes.content,
    )


def _open(
    quoted: Quote,
    wishes: Wishes,
    *,
    picked: Picked,
    user_id: int,
    request_id: UUID,
    numbers: Sequence[str],
    changes: Changes,
) -> list[UUID]:
    """Declare each line, in a case of its own; says their ids."""
    for held in sorted({(line.brand, line.place) for line in picked.lines}):
        rules.keep(*held)
    # Cases of one moment are told apart by id: the one that shows the account is the newest.
    ids = sorted(changes.new_id() for _ in picked.lines)
    made = [
        _declaration(
            part, wishes, case_id=case_id, number=each, user_id=user_id, request=request_id
        )
        for part, case_id, each in zip(quoted.parts, ids, numbers, strict=True)
    ]
    declare(made, picked.lines, changes=changes)
    return ids


def _allowed(picked: Picked, wishes: Wishes, *, now: datetime) -> Quote:
    """The quote of wishes that every line's policy offers. Raises UnableToDeclareTogether."""
    quoted, wrong = quote(picked, wishes, now=now), {}
    for part in quoted.parts:
        found = objections(
            _declaration(part, wishes, case_id=_NO_CASE, number="", user_id=0, request=_NO_CASE),
            part.line.policy,
            snapshot=part.line.snapshot,
        )
        to = wishes.balance_to if part.line.snapshot.last_line else ""
        if to and not may_receive(part.line, to):
            found.append(Refusal.BALANCE_CHOICE_NOT_OFFERED)
        if found:
            wrong[part.line.id] = tuple(found)
    if wrong:
        raise UnableToDeclareTogether(wrong)
    return quoted


_NO_CASE = UUID(int=0)


def _declaration(
    part: Part, wishes: Wishes, *, case_id: UUID, number: str, user_id: int, request: UUID
) -> Declaration:
    line, carries = part.line, part.line.snapshot.last_line
    assert part.wish.number_choice is not None
    return Declaration(
        case_id=case_id,
        number=number,
        line_id=line.id,
        user_id=user_id,
        channel=wishes.channel,
        language=wishes.language,
        reason=wishes.reason,
        number_choice=part.wish.number_choice,
        balance_choice=wishes.balance_choice if carries else None,
        balance_to=wishes.balance_to if carries else "",
        effective=part.wish.effective,
        words=wishes.words,
        receipt=False,
        acting=line.right,
        request=request,
        proof=wishes.proof,
    )
