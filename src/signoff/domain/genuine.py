"""Whether something is really ours or a known carrier's: the words of the answer (S1).

What is checked is taken apart into parts (links, addresses, numbers, files, codes). Every part is
judged by its findings, each of a certain weight, and the whole is as good as its worst part. The
sentences stand in wording/genuine.toml.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from signoff.domain.policy import Names


class Verdict(StrEnum):
    """From best to worst."""

    OURS = "ours"
    CARRIER = "carrier"
    UNKNOWN = "unknown"
    DANGEROUS = "dangerous"


class Kind(StrEnum):
    """What was given to be checked, or what a part of it is."""

    LINK = "link"
    SENDER = "sender"
    MAIL = "mail"
    PHONE = "phone"
    MESSAGE = "message"
    CODE = "code"
    FILE = "file"


class Weight(IntEnum):
    """GOOD proves something, NOTE only tells, CAUTION forbids trust, DANGER decides alone."""

    GOOD = 0
    NOTE = 1
    CAUTION = 2
    DANGER = 3


class Reason(StrEnum):
    """A finding."""

    LISTED_OURS = "listed_ours"
    LISTED_CARRIER = "listed_carrier"
    CODE_KNOWN = "code_known"

    BELONGS_TO = "belongs_to"
    NUMBER_CAN_BE_FAKED = "number_can_be_faked"
    FROM_CAN_BE_FORGED = "from_can_be_forged"
    MESSAGE_CAN_BE_FORGED = "message_can_be_forged"
    CHECKS_PASSED = "checks_passed"
    RETURN_ELSEWHERE = "return_elsewhere"
    FILE_NOT_OPENED = "file_not_opened"

    NOT_LISTED = "not_listed"
    UNVERIFIED = "unverified"
    INTERNAL = "internal"
    PLAIN_HTTP = "plain_http"
    ODD_PORT = "odd_port"
    SHORTENER = "shortener"
    LEADS_ELSEWHERE = "leads_elsewhere"
    FREE_HOST = "free_host"
    FREE_MAIL = "free_mail"
    NEAR_LISTED = "near_listed"
    OTHER_ENDING = "other_ending"
    BRAND_INSIDE = "brand_inside"
    BRAND_IN_PATH = "brand_in_path"
    FOREIGN_LETTERS = "foreign_letters"
    PAID_HELPER = "paid_helper"
    UNREADABLE = "unreadable"
    NO_SENDER = "no_sender"
    REPLY_OTHER = "reply_other"
    ONLY_SENDER = "only_sender"
    CHECKS_FAILED = "checks_failed"
    PACKED_FILE = "packed_file"
    COSTLY_COUNTRY = "costly_country"
    NO_SUCH_NUMBER = "no_such_number"
    PRESSURE = "pressure"
    OTHER_CHAT = "other_chat"
    PAID_HELP = "paid_help"
    NOTHING_NAMED = "nothing_named"
    NOT_ALL_READ = "not_all_read"
    CODE_UNKNOWN = "code_unknown"

    KNOWN_BAD = "known_bad"
    USERINFO = "userinfo"
    BACKSLASH = "backslash"
    HIDDEN_CHARACTERS = "hidden_characters"
    ENCODED_HOST = "encoded_host"
    IP_ADDRESS = "ip_address"
    NOT_WEB = "not_web"
    SAME_SHAPE = "same_shape"
    DISGUISED = "disguised"
    MIXED_SCRIPTS = "mixed_scripts"
    ONE_LETTER_OFF = "one_letter_off"
    WRONG_ENDING = "wrong_ending"
    LISTED_INSIDE = "listed_inside"
    BRAND_AND_BAIT = "brand_and_bait"
    LEADS_TO_DANGER = "leads_to_danger"
    TEXT_DIFFERS = "text_differs"
    NAME_PRETENDS = "name_pretends"
    REPLY_ELSEWHERE = "reply_elsewhere"
    SEVERAL_SENDERS = "several_senders"
    FORGED_SENDER = "forged_sender"
    RISKY_FILE = "risky_file"
    PREMIUM_NUMBER = "premium_number"
    ONE_DIGIT_OFF = "one_digit_off"
    ASKS_CODE = "asks_code"
    GIFT_CARD = "gift_card"
    PAY_FIRST = "pay_first"
    REMOTE_CONTROL = "remote_control"
    LOCK_OFF = "lock_off"

    @property
    def weight(self) -> Weight:
        """How much the finding says."""
        return _WEIGHTS[self]


def _weights() -> dict[Reason, Weight]:
    """The reasons stand in order of weight; each begins with the one named here."""
    begins = {
        Reason.LISTED_OURS: Weight.GOOD,
        Reason.BELONGS_TO: Weight.NOTE,
        Reason.NOT_LISTED: Weight.CAUTION,
        Reason.KNOWN_BAD: Weight.DANGER,
    }
    weights, weight = {}, Weight.GOOD
    for reason in Reason:
        weight = begins.get(reason, weight)
        weights[reason] = weight
    return weights


_WEIGHTS = _weights()


@dataclass(frozen=True, slots=True)
class Why:
    """A finding about a part: `about` is the address, number or name it speaks of, if any."""

    reason: Reason
    about: str = ""
    names: Names | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that was checked, as it may safely be shown, and what was found."""

    kind: Kind
    shown: str
    verdict: Verdict
    whys: tuple[Why, ...]
    names: Names | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole: its kind, its verdict, what was found about it as such, and its parts."""

    kind: Kind
    verdict: Verdict
    whys: tuple[Why, ...]
    parts: tuple[Part, ...]


def verdict_of(whys: Iterable[Why]) -> Verdict:
    """What the findings about one thing come to. Without a good one it is unknown."""
    reasons = [why.reason for why in whys]
    worst = max((reason.weight for reason in reasons), default=Weight.CAUTION)
    if worst is Weight.DANGER:
        return Verdict.DANGEROUS
    if worst is Weight.CAUTION:
        return Verdict.UNKNOWN
    if Reason.LISTED_OURS in reasons or Reason.CODE_KNOWN in reasons:
        return Verdict.OURS
    return Verdict.CARRIER if Reason.LISTED_CARRIER in reasons else Verdict.UNKNOWN


def part(kind: Kind, shown: str, *, whys: Iterable[Why], names: Names | None = None) -> Part:
    """A part with the verdict its findings come to, the gravest first."""
    found = tuple(sorted(dict.fromkeys(whys), key=lambda why: -why.reason.weight))
    return Part(kind, shown, verdict_of(found), found, names)


def whole(kind: Kind, parts: Sequence[Part], *, whys: Iterable[Why] = ()) -> Answer:
    """The answer about all parts, with what is found about the whole as such.

    It is as good as its worst part; files that merely lie beside decide nothing. Without any part
    it is unknown.
    """
    found = tuple(sorted(dict.fromkeys(whys), key=lambda why: -why.reason.weight))
    verdicts = [each.verdict for each in parts if not _beside(each)]
    weight = max((why.reason.weight for why in found), default=Weight.NOTE)
    if weight is Weight.DANGER:
        verdicts.append(Verdict.DANGEROUS)
    elif weight is Weight.CAUTION:
        verdicts.append(Verdict.UNKNOWN)
    order = list(Verdict)
    verdict = max(verdicts, key=order.index, default=Verdict.UNKNOWN)
    return Answer(kind, verdict, found, tuple(parts))


def _beside(each: Part) -> bool:
    return each.kind is Kind.FILE and all(why.reason.weight <= Weight.NOTE for why in each.whys)
