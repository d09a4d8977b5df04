"""The form for several lines: what was sent, what is selected, and what of it does not fit (E8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from signoff.channels.portal.forms import MOST_WORDS
from signoff.domain.account import BalanceChoice, NumberChoice
from signoff.domain.policy import EffectiveRule, Jurisdiction
from signoff.domain.reasons import LeavingReason
from signoff.records.linefiles import LineFile
from signoff.usecases.joint_wishes import LineWish, Wishes
from signoff.usecases.whole_account import Picked

Sent = Mapping[str, Sequence[str]]
"""A form as it was sent: every field with all its values."""

_T = TypeVar("_T", bound=StrEnum)


def numbers(sent: Sent, name: str) -> list[int]:
    """The ids sent under a name; what is no id is none."""
    found = (value for value in sent.get(name, ()) if value.isascii() and value.isdigit())
    return sorted({int(value) for value in found if len(value) < 19})


def one(sent: Sent, name: str) -> str:
    """The value of a field that has one."""
    values = sent.get(name, ())
    return values[-1] if values else ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the form: its choices, and which are selected."""

    line: LineFile
    effective: str
    number: str
    wrong: bool = False


@dataclass(slots=True)
class Form:
    """What is selected, with the wishes it makes; `errors` names the fields that do not fit."""

    rows: list[Row]
    reason: str
    words: str
    balance: str
    balance_to: str
    agreed: bool
    wishes: Wishes
    errors: list[str] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        return not self.errors


def read(picked: Picked, place: Jurisdiction, *, sent: Sent | None, language: str) -> Form:
    """The form as it was sent, or as it is first shown."""
    errors: list[str] = []
    given = sent or {}
    rows = [_row(line, given, first=sent is None, errors=errors) for line in picked.lines]
    reason, words = one(given, "reason"), one(given, "words").strip()
    balance = one(given, "balance") if sent is not None else _prepared(picked)
    to = one(given, "balance_to")
    choice = _member(BalanceChoice, balance)
    carrier = picked.lines[-1]
    asked = picked.closes and carrier.snapshot.account.balance.minor > 0
    if sent is not None:
        if reason not in place.reasons and (reason or place.ask_reason):
            errors.append("reason")
        if len(words) > MOST_WORDS:
            errors.append("words")
        if asked and choice not in carrier.policy.balance.choices:
            errors.append("balance")
        if place.terms_tick and not one(given, "agreed"):
            errors.append("agreed")
    wishes = Wishes(
        account_id=picked.account.id,
        lines={row.line.id: _wish(row) for row in rows},
        reason=_member(LeavingReason, reason) or LeavingReason.OTHER,
        channel="web",
        language=language,
        words=words[:MOST_WORDS],
        balance_choice=choice if asked else None,
        balance_to=to if asked and choice is BalanceChoice.MOVE else "",
    )
    return Form(
        rows=rows,
        reason=reason,
        words=words,
        balance=balance,
        balance_to=to,
        agreed=bool(one(given, "agreed")),
        wishes=wishes,
        errors=list(dict.fromkeys(errors)),
    )


def _row(line: LineFile, given: Sent, *, first: bool, errors: list[str]) -> Row:
    policy = line.policy
    effective, number = policy.effective[0].value, policy.numbers[0].value
    if not first:
        effective = one(given, f"effective.{line.id}") or effective
        number = one(given, f"number.{line.id}") or number
    wrong = effective not in set(policy.effective) or number not in set(policy.numbers)
    if wrong:
        errors.append("choice")
    return Row(line, effective, number, wrong)


def _wish(row: Row) -> LineWish:
    return LineWish(_member(NumberChoice, row.number), _member(EffectiveRule, row.effective))


def _prepared(picked: Picked) -> str:
    """What was prepared of the balance; giving it up is never selected for anybody (P2)."""
    line = picked.lines[-1]
    rule, prepared = line.policy.balance, line.snapshot.preparation.balance
    if prepared in rule.choices and prepared is not None:
        return prepared.value
    return rule.unchosen.value if rule.unchosen is BalanceChoice.REFUND else ""


def _member(kind: type[_T], value: str) -> _T | None:
    return kind(value) if value in set(kind) else None
