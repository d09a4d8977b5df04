"""Whether a phone number is really ours or a known carrier's (S1).

A number in a text can be checked; the number a phone shows for an incoming call cannot: it is
written by the caller.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from signoff.domain.genuine import Kind, Part, Reason, Why, part
from signoff.domain.genuine_links import standing
from signoff.domain.genuine_lists import Lists

_HOME = frozenset({"US", "CA"})


@dataclass(frozen=True, slots=True)
class Number:
    """A number as E.164 or, where it is too short for one, its digits; `region` as ISO 3166."""

    shown: str
    number: str
    valid: bool = True
    premium: bool = False
    region: str = ""


def judge_number(number: Number, *, lists: Lists) -> Part:
    """A number as it may be shown, with everything found about it."""
    holders = lists.holders(number.number)
    whys = [
        standing(company, verified=held.tier.verified, about=number.shown)
        for company, held in holders
    ]
    if any(why.reason is not Reason.UNVERIFIED for why in whys):
        whys = [why for why in whys if why.reason is not Reason.UNVERIFIED]
        whys.append(Why(Reason.NUMBER_CAN_BE_FAKED))
    elif not whys:
        whys += _unlisted(number, lists=lists)
    names = holders[0][0].names if len(holders) == 1 else None
    return part(Kind.PHONE, number.shown, whys=whys, names=names)


def _unlisted(number: Number, *, lists: Lists) -> Iterator[Why]:
    yield Why(Reason.NOT_LISTED, number.shown)
    if number.premium:
        yield Why(Reason.PREMIUM_NUMBER)
    if not number.valid:
        yield Why(Reason.NO_SUCH_NUMBER)
    if number.number.startswith("+1") and number.region and number.region not in _HOME:
        yield Why(Reason.COSTLY_COUNTRY, number.region)
    near = next((each for each in lists.numbers() if _digit_off(number.number, each)), None)
    if near:
        yield Why(Reason.ONE_DIGIT_OFF, near, lists.holders(near)[0][0].names)


def _digit_off(number: str, listed: str) -> bool:
    """Whether one digit differs or two neighbours are swapped; short codes are all alike."""
    if len(number) != len(listed) or len(listed) < 10:
        return False
    wrong = [at for at, (a, b) in enumerate(zip(number, listed, strict=True)) if a != b]
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
        return number[wrong[0]] == listed[wrong[1]] and number[wrong[1]] == listed[wrong[0]]
    return len(wrong) == 1
