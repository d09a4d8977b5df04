"""What a brand's policy must also fulfil, beyond having the right shape (K3)."""

import re
from collections.abc import Collection, Iterator
from pathlib import PurePath
from typing import TypeAlias
from zoneinfo import ZoneInfo

from signoff.domain.account import BalanceChoice
from signoff.domain.money import Money
from signoff.domain.policy import Confirmation, FeeRule, IdentityRule, Names, Policy
from signoff.usecases.policies.toml_lines import Path as At
from signoff.wording import notices

Finding: TypeAlias = tuple[At, str, str]
"""Where, what is wrong, what to write instead."""

MOST_RESTORE_DAYS = 45
"""Numbers may be given away again after 45 days (law.md 5.6): a line comes back before or never."""

_ID = re.compile(r"[a-z][a-z0-9-]{1,39}")
_VERSION = re.compile(r"\d{4}-\d\d-\d\d(\.\d+)?")
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_SITE = re.compile(r"https://[^\s/]+(/\S*)?")
_DAYS = "Mo|Tu|We|Th|Fr|Sa|Su"
_SPAN = rf"(?:{_DAYS})(?:-(?:{_DAYS}))? [0-2]\d:[0-5]\d-[0-2]\d:[0-5]\d"
_HOURS = re.compile(rf"{_SPAN}(?:; {_SPAN})*")


def brand_findings(
    policy: Policy, *, file: PurePath, carriers: Collection[str]
) -> Iterator[Finding]:
    """Everything wrong with a policy that has the right shape."""
    if policy.brand != file.stem or not _ID.fullmatch(policy.brand):
        what = "brand must be the file's name, in small letters, digits and hyphens"
        yield ("brand",), what, f'brand = "{file.stem}"'
    if not _VERSION.fullmatch(policy.version):
        yield ("version",), "is no version", 'the day it was written, for instance "2026-11-01"'
    unknown = [name for name in policy.carriers if name not in carriers]
    for name in unknown:
        at: At = ("carriers", policy.carriers.index(name))
        yield at, f"no carrier is called {name}", ", ".join(f'"{each}"' for each in carriers)
    if policy.operator_ends:
        what = "is no brand's to say: it marks the cases an operator opens itself"
        yield ("operator_ends",), what, "leave it out"
    for rule in (
        _texts,
        _lists,
        _notices,
        _time_zone,
        _numbers,
        _review,
        _balance,
        _fees,
        _currencies,
    ):
        yield from rule(policy)


def name_findings(names: Names) -> Iterator[Finding]:
    """A name is needed in each of the three languages."""
    for language in ("en", "zh_hans", "zh_hant"):
        if not getattr(names, language).strip():
            yield ("names", language), "is empty", "the name as readers of this language know it"


def _texts(policy: Policy) -> Iterator[Finding]:
    yield from name_findings(policy.names)
    if not policy.operator.strip():
        yield ("operator",), "is empty", "the legal entity behind the brand"
    checks: tuple[tuple[str, re.Pattern[str], str], ...] = (
        ("email", _EMAIL, '"care@brand.example"'),
        ("phone", _PHONE, '"+12025550111", with + and country code'),
        ("site", _SITE, '"https://www.brand.example"'),
        ("hours", _HOURS, '"Mo-Fr 09:00-18:00", several parted by "; "'),
    )
    for name, pattern, instead in checks:
        if not pattern.fullmatch(getattr(policy.contact, name)):
            yield ("contact", name), "cannot be read", instead


def _lists(policy: Policy) -> Iterator[Finding]:
    lists: tuple[tuple[At, tuple[str, ...]], ...] = (
        (("carriers",), policy.carriers),
        (("channels",), policy.channels),
        (("effective",), policy.effective),
        (("numbers",), policy.numbers),
        (("balance", "choices"), policy.balance.choices),
    )
    for at, values in lists:
        if not values:
            yield at, "is empty", "at least one entry"
        if len(set(values)) < len(values):
            yield at, "names an entry twice", "each entry once"


def _notices(policy: Policy) -> Iterator[Finding]:
    texts = [name for name, notice in notices.every().items() if notices.SMS in notice.channels]
    known = [name for name in texts if notices.of(name).audience == "subscriber"]
    for index, name in enumerate(policy.notices.sms):
        at: At = ("notices", "sms", index)
        if name not in known:
            what = f"no notice {name} goes as a text message"
            yield at, what, ", ".join(f'"{each}"' for each in known)
        elif name in policy.notices.sms[:index]:
            yield at, "names a notice twice", "each notice once"


def _time_zone(policy: Policy) -> Iterator[Finding]:
    try:
        ZoneInfo(policy.time_zone)
    except (KeyError, ValueError, OSError):  # not there, malformed, a folder
        yield ("time_zone",), f"there is no {policy.time_zone!r}", '"America/New_York"'


def _numbers(policy: Policy) -> Iterator[Finding]:
    ranges: list[tuple[At, int, int, int]] = [
        (("restore_days",), policy.restore_days, 0, MOST_RESTORE_DAYS),
        (("refund_days",), policy.refund_days, 1, 60),
        (("watch_cycles",), policy.watch_cycles, 0, 12),
        (("erase_after_days",), policy.erase_after_days, 30, 3650),
        (("review", "business_days"), policy.review.business_days, 0, 30),
        (("documents", "keep_days"), policy.documents.keep_days, 0, 365),
        (("documents", "undecided_days"), policy.documents.undecided_days, 1, 365),
        (("balance", "forfeit_after_days"), policy.balance.forfeit_after_days, 0, 3650),
    ]
    if policy.confirmation.by is not Confirmation.NONE:
        hours = policy.confirmation.within_hours
        ranges.append((("confirmation", "within_hours"), hours, 1, 720))
    if policy.pause:
        ranges.append((("pause", "max_days"), policy.pause.max_days, 1, 365))
    for at, value, least, most in ranges:
        if not least <= value <= most:
            yield at, f"{value} is out of range", f"a number from {least} to {most}"


def _review(policy: Policy) -> Iterator[Finding]:
    review = policy.review
    at = ("review", "business_days")
    if review.by_agent and review.business_days == 0:
        yield at, "an agent reviews, but no time is promised", "business_days = 1 or more"
    if not review.by_agent and review.business_days > 0:
        yield at, "nobody reviews, so there is no time to promise", "by_agent = true, or 0 days"
    if policy.identity is IdentityRule.DOCUMENT and not review.by_agent:
        what = "a document is asked for, but no agent looks at it"
        yield ("identity",), what, 'identity = "login", or by_agent = true under [review]'


def _balance(policy: Policy) -> Iterator[Finding]:
    rule = policy.balance
    at: At = ("balance", "choices")
    real = [choice for choice in rule.choices if choice is not BalanceChoice.FORFEIT]
    if real and rule.choices[0] is BalanceChoice.FORFEIT:
        yield (*at, 0), "forfeiting must never be the first choice", f'"{real[0].value}" first'
    if rule.choices == (BalanceChoice.MOVE,):
        what = "who has no line to move to has no choice"
        yield at, what, '["move", "refund"] or ["move", "forfeit"]'
    if rule.forfeit_after_days and not real:
        what = "there is nothing to do before these days are over"
        yield ("balance", "forfeit_after_days"), what, '0, or "move" or "refund" among choices'
    if rule.refund_fee is not None:
        at = ("balance", "refund_fee")
        if BalanceChoice.REFUND not in rule.choices:
            yield at, "nothing is refunded", 'no refund_fee, or "refund" among choices'
        if rule.refund_fee.minor <= 0:
            yield at, "is no fee", "an amount above zero, or no refund_fee"


def _fees(policy: Policy) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, fee in enumerate(policy.fees):
        if not _ID.fullmatch(fee.code.replace("_", "-")) or fee.code in seen:
            yield ("fees", index, "code"), "is no code of its own", '"early_leaving"'
        seen.add(fee.code)
        if fee.amount.minor <= 0:
            yield ("fees", index, "amount"), "is no fee", "an amount above zero"
        if fee.cap is not None and fee.rule is not FeeRule.PER_MONTH_LEFT:
            what = "only a fee per month left can have a cap"
            yield ("fees", index, "cap"), what, 'no cap, or rule = "per_month_left"'
        elif fee.cap and fee.cap.minor < fee.amount.minor:
            yield ("fees", index, "cap"), "is below one month's fee", "at least the amount"
    if policy.pause and policy.pause.monthly_fee.minor < 0:
        yield ("pause", "monthly_fee"), "is below zero", "an amount of zero or more"


def _currencies(policy: Policy) -> Iterator[Finding]:
    amounts: list[tuple[At, Money | None]] = [
        (("balance", "refund_fee"), policy.balance.refund_fee),
        (("pause", "monthly_fee"), policy.pause.monthly_fee if policy.pause else None),
    ]
    for index, fee in enumerate(policy.fees):
        amounts += [(("fees", index, "amount"), fee.amount), (("fees", index, "cap"), fee.cap)]
    known = [(at, amount) for at, amount in amounts if amount is not None]
    for at, amount in known[1:]:
        first = known[0][1].currency
        if amount.currency != first:
            what = f"is in {amount.currency}, another amount is in {first}"
            yield (*at, "currency"), what, f'"{first}" everywhere'
