"""The terms of a sunset: what was announced, as data, and the policy that follows from them (O1).

All times are moments with an offset; days are counted in the terms' time zone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from signoff.domain.account import BalanceChoice, Cycle, NumberChoice, Preparation
from signoff.domain.policy import (
    BalanceRule,
    ConfirmationRule,
    Debt,
    EffectiveRule,
    IdentityRule,
    Policy,
    Proration,
    ReviewRule,
)

_STRICT = {"extra": "forbid"}


class Tier(StrEnum):
    """How well a fact is known: regulator, carrier, its agents, partner, secondary source."""

    REGULATOR = "R"
    CARRIER = "O"
    AGENT = "OI"
    PARTNER = "P"
    SECONDARY = "S"
    OWN = "own"
    """The operator's own decision."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a value of the terms comes from."""

    __pydantic_config__ = _STRICT
    tier: Tier
    source: str = ""


@dataclass(frozen=True, slots=True)
class Wave:
    """A dated notice ahead of the end; a reminder also goes to those who were told before."""

    __pydantic_config__ = _STRICT
    at: datetime
    reminder: bool = False

    def __post_init__(self) -> None:
        _require_offset(self.at)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for everybody whose line ends with the brand or plan.

    `runoff_until` is for plans that are running when sales stop: they renew free and end then.
    `unused_back` gives unused prepaid time back pro rata.
    """

    __pydantic_config__ = _STRICT
    name: str
    time_zone: str
    sales_stop_at: datetime
    notice_by: datetime
    refund_open_at: datetime
    end_at: datetime
    runoff_until: datetime | None = None
    least_notice_days: int = 30
    waves: tuple[Wave, ...] = ()
    fees_waived: bool = True
    unused_back: bool = True
    restore_days: int = 0
    evidence: Mapping[str, Evidence] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for moment in (self.sales_stop_at, self.notice_by, self.refund_open_at, self.end_at):
            _require_offset(moment)
        if self.runoff_until is not None:
            _require_offset(self.runoff_until)

    @property
    def moments(self) -> Mapping[str, datetime]:
        """Every date by its name, but for the waves'."""
        found = {
            "sales_stop_at": self.sales_stop_at,
            "notice_by": self.notice_by,
            "refund_open_at": self.refund_open_at,
            "end_at": self.end_at,
        }
        return found if self.runoff_until is None else {**found, "runoff_until": self.runoff_until}

    @property
    def dated(self) -> Mapping[str, datetime]:
        """Every date by its address: `end_at`, `waves.0.at`."""
        waves = {f"waves.{index}.at": wave.at for index, wave in enumerate(self.waves)}
        return {**self.moments, **waves}

    @property
    def first_notice(self) -> datetime:
        """When people are told first, at the latest."""
        told = [wave.at for wave in self.waves if not wave.reminder]
        return min(told, default=self.notice_by)


def _require_offset(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset, for instance 2026-12-01T00:00:00-05:00")


class Wrong(StrEnum):
    """What terms must not say."""

    NOTICE_TOO_LATE = "notice_too_late"
    """A notice is dated after `notice_by`."""
    REMINDER_TOO_LATE = "reminder_too_late"
    REFUND_AFTER_END = "refund_after_end"
    NOTICE_AFTER_END = "notice_after_end"
    SALES_AFTER_END = "sales_after_end"
    RUNOFF_BEFORE_END = "runoff_before_end"
    OFFSET = "offset"
    """The offset is not the one the time zone has at that time."""


def wrongs(terms: Terms) -> Iterator[tuple[str, Wrong]]:
    """Everything the terms must not say, with the value's address: `end_at`, `waves.0.at`."""
    if terms.sales_stop_at > terms.end_at:
        yield "sales_stop_at", Wrong.SALES_AFTER_END
    if terms.notice_by > terms.end_at:
        yield "notice_by", Wrong.NOTICE_AFTER_END
    if terms.refund_open_at > terms.end_at:
        yield "refund_open_at", Wrong.REFUND_AFTER_END
    if terms.runoff_until is not None and terms.runoff_until <= terms.end_at:
        yield "runoff_until", Wrong.RUNOFF_BEFORE_END
    for index, wave in enumerate(terms.waves):
        if not wave.reminder and wave.at > terms.notice_by:
            yield f"waves.{index}.at", Wrong.NOTICE_TOO_LATE
        if wave.reminder and wave.at > terms.end_at:
            yield f"waves.{index}.at", Wrong.REMINDER_TOO_LATE
    zone = ZoneInfo(terms.time_zone)
    for address, moment in terms.dated.items():
        if moment.utcoffset() != moment.astimezone(zone).utcoffset():
            yield address, Wrong.OFFSET


class Concern(StrEnum):
    """What terms may say, and whoever confirms must have read."""

    SHORT_NOTICE = "short_notice"
    """People are told fewer days ahead than `least_notice_days`."""
    NO_WAVES = "no_waves"
    """Nobody is told ahead by us."""
    WAVE_PASSED = "wave_passed"
    """A notice was due before the run was made; it goes out as soon as the run is confirmed."""


def concerns(terms: Terms, *, now: datetime) -> tuple[Concern, ...]:
    """What the dry run must point out."""
    found = []
    zone = ZoneInfo(terms.time_zone)
    ahead = terms.end_at.astimezone(zone).date() - terms.first_notice.astimezone(zone).date()
    if ahead < timedelta(days=terms.least_notice_days):
        found.append(Concern.SHORT_NOTICE)
    if not terms.waves:
        found.append(Concern.NO_WAVES)
    if any(wave.at < now for wave in terms.waves):
        found.append(Concern.WAVE_PASSED)
    return tuple(found)


def sells(terms: Terms, at: datetime) -> bool:
    """Whether top-ups, renewals and new lines are still sold at this moment."""
    return at < terms.sales_stop_at


def activates(terms: Terms, at: datetime) -> bool:
    """Whether an unused card can still be activated at this moment.

    The day of the end is no day for it, whatever the hour.
    """
    zone = ZoneInfo(terms.time_zone)
    return at.astimezone(zone).date() < terms.end_at.astimezone(zone).date()


def line_ends_at(terms: Terms, cycle: Cycle) -> datetime:
    """When a line ends: a plan that was running when sales stopped may run off free of charge."""
    if terms.runoff_until is None or cycle.ends_at <= terms.sales_stop_at:
        return terms.end_at
    return terms.runoff_until


def under(policy: Policy, terms: Terms) -> Policy:
    """The brand's policy as it holds when the operator itself ends the line.

    Nothing is asked of the subscriber, nothing holds the end up, and no money is kept back: what
    is unpaid stays owed, the balance goes back unless its holder chose to move it.
    """
    kept = tuple(c for c in policy.balance.choices if c is BalanceChoice.MOVE)
    return replace(
        policy,
        operator_ends=True,
        unpaid_bills=Debt.OWE,
        open_orders=Debt.OWE,
        identity=IdentityRule.LOGIN,
        confirmation=ConfirmationRule(),
        review=ReviewRule(),
        effective=(EffectiveRule.AT_ONCE,),
        numbers=(NumberChoice.RELEASE,),
        balance=BalanceRule((BalanceChoice.REFUND, *kept)),
        fees=() if terms.fees_waived else policy.fees,
        proration=Proration.DAILY if terms.unused_back else policy.proration,
        restore_days=terms.restore_days,
        pause=None,
    )


def balance_choice(preparation: Preparation, policy: Policy) -> BalanceChoice:
    """What becomes of a balance: what its holder prepared, if that can be, else a refund."""
    chosen = preparation.balance
    if chosen is BalanceChoice.MOVE and not preparation.balance_to:
        return BalanceChoice.REFUND
    return chosen if chosen in policy.balance.choices else BalanceChoice.REFUND
