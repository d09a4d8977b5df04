"""When a line ends and until when it can come back (E1, X2). Dates are computed, never decided."""

from datetime import datetime, timedelta

from signoff.domain.account import Cycle
from signoff.domain.policy import EffectiveRule, Policy


class DateNotOffered(ValueError):
    """The policy does not offer this way of choosing the end."""


def effective_at(
    policy: Policy, cycle: Cycle, *, declared_at: datetime, wish: EffectiveRule | None = None
) -> datetime:
    """The moment the line is to end, from the declaration alone: slowness of ours never moves it.

    `wish` is one of the policy's rules; the first is taken where the subscriber names none. A
    period that is over already cannot be waited for: the line then ends at once.
    Raises DateNotOffered where the policy does not list the wish.
    """
    rule = wish or policy.effective[0]
    if rule not in policy.effective:
        raise DateNotOffered(rule)
    if rule is EffectiveRule.AT_ONCE:
        return declared_at
    return max(declared_at, cycle.ends_at)


def restore_until(*, ended_at: datetime, policy_days: int, carrier_days: int | None) -> datetime:
    """The end of the restore window: the shorter of the brand's and the carrier's clock (X2).

    `carrier_days` is None where the carrier sets no limit of its own.
    """
    days = policy_days if carrier_days is None else min(policy_days, carrier_days)
    return ended_at + timedelta(days=days)


def business_days_later(start: datetime, days: int) -> datetime:
    """`days` working days (Monday to Friday) after `start`, at the same time of day.

    Days are those of `start`'s own time zone: pass it in the brand's.
    """
    moment = start
    left = days
    while left > 0:
        moment += timedelta(days=1)
        if moment.weekday() < 5:
            left -= 1
    return moment
