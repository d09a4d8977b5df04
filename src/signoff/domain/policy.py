"""What differs between brands and places, as data: a brand's policy and a jurisdiction's profile.

Both are written as TOML (policies/) and validated at load; a case keeps the digest of the policy
it was opened under. `effective` merges them, the stricter winning (DESIGN.md 7, law.md 1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from signoff.domain.account import BalanceChoice, CardKind, NumberChoice
from signoff.domain.money import Money
from signoff.domain.reasons import LeavingReason
from signoff.domain.settling import PointsChoice

_STRICT = {"extra": "forbid"}


class Channel(StrEnum):
    WEB = "web"
    HOTLINE = "hotline"
    EMAIL = "email"
    SOCIAL = "social"
    STORE = "store"


class Debt(StrEnum):
    """Whether something unpaid holds up approval, or stays owed after the end (law.md 3)."""

    BLOCK = "block"
    OWE = "owe"


class Confirmation(StrEnum):
    NONE = "none"
    LINK = "link"


class IdentityRule(StrEnum):
    """What must prove the person: the log-in alone, or an identity document as well."""

    LOGIN = "login"
    DOCUMENT = "document"


class UserRule(StrEnum):
    """Whether somebody who only uses a line ends it alone, or its holder must confirm (A7)."""

    ASK = "ask"
    END = "end"


class EffectiveRule(StrEnum):
    """When the line ends: at once, with the running cycle, or by letting it run out."""

    AT_ONCE = "at_once"
    END_OF_CYCLE = "end_of_cycle"
    LAPSE = "lapse"


class Unscanned(StrEnum):
    """What becomes of a document that no virus scanner could see: it is taken, or it waits."""

    ACCEPT = "accept"
    WAIT = "wait"


class ShredAfter(StrEnum):
    """From when on a document is no longer needed: from the decision, or from the close."""

    DECISION = "decision"
    CLOSE = "close"


class FeeRule(StrEnum):
    """When a fee is due: always, or only while the contract term runs (flat or per month left)."""

    ALWAYS = "always"
    IN_CONTRACT = "in_contract"
    PER_MONTH_LEFT = "per_month_left"


class Proration(StrEnum):
    """What of the running cycle's fee is charged (postpaid) or given back (prepaid)."""

    NONE = "none"
    DAILY = "daily"


class SaveOffer(StrEnum):
    """When a pause may be offered instead (law.md 2): beside the final button, after it, never."""

    NEVER = "never"
    SIMULTANEOUS = "simultaneous"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Names:
    """A name in the three languages people read."""

    __pydantic_config__ = _STRICT
    en: str
    zh_hans: str
    zh_hant: str


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee for leaving: `amount` in all, or for each month begun of the term that is left."""

    __pydantic_config__ = _STRICT
    code: str
    rule: FeeRule
    amount: Money
    cap: Money | None = None


@dataclass(frozen=True, slots=True)
class ConfirmationRule:
    __pydantic_config__ = _STRICT
    by: Confirmation = Confirmation.NONE
    within_hours: int = 72


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """`business_days` is the promise shown to the subscriber; zero where nobody reviews."""

    __pydantic_config__ = _STRICT
    by_agent: bool = False
    business_days: int = 0


@dataclass(frozen=True, slots=True)
class DocumentTerms:
    """How identity documents are kept (law.md 7): `keep_days` after `shred`; what is never decided
    about, or never used, `undecided_days` after it came."""

    __pydantic_config__ = _STRICT
    unscanned: Unscanned = Unscanned.ACCEPT
    shred: ShredAfter = ShredAfter.DECISION
    keep_days: int = 7
    undecided_days: int = 30


@dataclass(frozen=True, slots=True)
class BalanceRule:
    """What may become of the balance, in the order the choices are shown.

    `forfeit_after_days` counts from the end of the line, for what nobody moved or claimed.
    """

    __pydantic_config__ = _STRICT
    choices: tuple[BalanceChoice, ...]
    refund_fee: Money | None = None
    forfeit_after_days: int = 0

    @property
    def unchosen(self) -> BalanceChoice:
        """What holds where the subscriber names nothing: a move needs a line to move to."""
        ready = (choice for choice in self.choices if choice is not BalanceChoice.MOVE)
        return next(ready, BalanceChoice.MOVE)


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """Which notices also go as a text message, where a number is on file (R7)."""

    __pydantic_config__ = _STRICT
    sms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PortRule:
    """The transfer PIN a new carrier asks for (W4): its length, and for how many days it holds."""

    __pydantic_config__ = _STRICT
    pin_digits: int = 6
    pin_days: int = 7


@dataclass(frozen=True, slots=True)
class PauseOffer:
    """A pause the plan really has (W2)."""

    __pydantic_config__ = _STRICT
    monthly_fee: Money
    max_days: int


@dataclass(frozen=True, slots=True)
class Contact:
    """How the brand is reached; also the official addresses scam checks compare against.

    `phone` is E.164; `hours` are written as on schema.org ("Mo-Fr 09:00-18:00"), so that every
    language can word them, and hold in the policy's time zone.
    """

    __pydantic_config__ = _STRICT
    email: str
    phone: str
    site: str
    hours: str


@dataclass(frozen=True, slots=True)
class Policy:
    """All rules of one brand for one kind of card (K3).

    `operator_ends` is never written in a file: it marks the policy of a case that the operator
    itself opened (domain.sunset_terms.under).
    """

    __pydantic_config__ = _STRICT
    brand: str
    version: str
    kind: CardKind
    names: Names
    operator: str
    carriers: tuple[str, ...]
    channels: tuple[Channel, ...]
    contact: Contact
    time_zone: str
    unpaid_bills: Debt
    open_orders: Debt
    effective: tuple[EffectiveRule, ...]
    balance: BalanceRule
    numbers: tuple[NumberChoice, ...]
    points: tuple[PointsChoice, ...] = (PointsChoice.GIVE_UP,)
    confirmation: ConfirmationRule = ConfirmationRule()
    review: ReviewRule = ReviewRule()
    identity: IdentityRule = IdentityRule.LOGIN
    documents: DocumentTerms = DocumentTerms()
    users: UserRule = UserRule.ASK
    proration: Proration = Proration.NONE
    fees: tuple[Fee, ...] = ()
    export_records: bool = False
    restore_days: int = 0
    refund_days: int = 14
    watch_cycles: int = 2
    erase_after_days: int = 400
    pause: PauseOffer | None = None
    notices: NoticeRule = NoticeRule()
    security_question: bool = False
    port: PortRule = PortRule()
    park_fee: Money | None = None
    operator_ends: bool = False

    @property
    def online(self) -> bool:
        """Whether a line under this policy can be ended on the web (K4)."""
        return Channel.WEB in self.channels

    @property
    def amounts(self) -> tuple[Money, ...]:
        """Every amount the policy names; all are of one currency, the accounts' own."""
        fees = [amount for fee in self.fees for amount in (fee.amount, fee.cap)]
        pause = self.pause.monthly_fee if self.pause else None
        named = (self.balance.refund_fee, pause, self.park_fee, *fees)
        return tuple(each for each in named if each is not None)

    def fits(self, currency: str) -> bool:
        """Whether an account in this currency can be settled under this policy."""
        return all(amount.currency == currency for amount in self.amounts)


class DebtRule(StrEnum):
    """Whether a place lets an operator hold up the end for a debt (law.md 3)."""

    OPERATOR = "operator"
    OWED = "owed"


class DocumentRule(StrEnum):
    """Whether a place lets an identity document be asked for."""

    RISK = "risk"
    NEVER = "never"


class Confidence(StrEnum):
    """How sure we are of a place's value (law.md, Marks).

    Verified was read in a public text; unverified was not; policy claims no law at all.
    """

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a place's value comes from; `refs` are numbers of law.md's list of sources."""

    __pydantic_config__ = _STRICT
    confidence: Confidence
    refs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """The statutory labels of the way out, exact where a law words them; empty where none does."""

    __pydantic_config__ = _STRICT
    step1: str = ""
    step2: str = ""


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """A place's profile: what it adds to or takes from a brand's policy (L1).

    `extends` names the profile it was merged over. `binding` false marks information only;
    `renewal_law` says that a state's auto-renewal law applies to the operator. `sources` has an
    entry for each value the profile sets.
    """

    __pydantic_config__ = _STRICT
    id: str
    names: Names
    checked_on: date
    sources: Mapping[str, Source] = field(default_factory=dict)
    extends: str = ""
    binding: bool = True
    renewal_law: bool = False
    debt: DebtRule = DebtRule.OPERATOR
    documents: DocumentRule = DocumentRule.RISK
    leaving_fees: bool = True
    save_offer: SaveOffer = SaveOffer.SIMULTANEOUS
    reasons: tuple[LeavingReason, ...] = tuple(LeavingReason)
    ask_reason: bool = True
    terms_tick: bool = True
    refund_days: int = 14
    acknowledge_seconds: int = 60
    number_age_days: int = 45
    door: Door = Door()

    def is_law(self, value: str) -> bool:
        """Whether the named value may be shown to a subscriber as law: read in a public text."""
        source = self.sources.get(value)
        return self.binding and source is not None and source.confidence is Confidence.VERIFIED


def effective(policy: Policy, place: Jurisdiction) -> Policy:
    """The policy as it holds in a place: accept more, ask less, answer faster.

    A profile that is information only leaves the policy as it is.
    """
    if not place.binding:
        return policy
    owed = place.debt is DebtRule.OWED
    no_document = place.documents is DocumentRule.NEVER
    return replace(
        policy,
        unpaid_bills=Debt.OWE if owed else policy.unpaid_bills,
        open_orders=Debt.OWE if owed else policy.open_orders,
        identity=IdentityRule.LOGIN if no_document else policy.identity,
        fees=policy.fees if place.leaving_fees else (),
        pause=None if place.save_offer is SaveOffer.NEVER else policy.pause,
        refund_days=min(policy.refund_days, place.refund_days),
        restore_days=min(policy.restore_days, place.number_age_days),
    )
