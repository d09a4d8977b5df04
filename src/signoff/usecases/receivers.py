"""Where a balance and points may move (P2, P8, M3)."""

from collections.abc import Iterable, Sequence

from django.db import OperationalError

from signoff.domain.remedies import NotOffered
from signoff.records import linefiles, models
from signoff.records.linefiles import LineFile
from signoff.records.rows import MovedOn
from signoff.usecases.rules import policy_of


def may_receive(line: LineFile, to: str) -> bool:
    """A balance moves only to another living line of the same person, in the same currency."""
    if line.holder_id is None:
        return False
    others = linefiles.of_holder(line.holder_id, policy_of=policy_of)
    return any(
        other.msisdn == to
        and other.id != line.id
        and other.state == "active"
        and other.snapshot.currency == line.snapshot.currency
        for other in others
    )


def points_lines(line: LineFile, others: Iterable[LineFile]) -> Sequence[LineFile]:
    """Of a person's lines, those of other accounts at the same brand, one for each account."""
    found: dict[int, LineFile] = {}
    for other in others:
        alike = other.brand == line.brand and other.snapshot.currency == line.snapshot.currency
        if alike and other.account_id != line.account_id and other.state == "active":
            found.setdefault(other.account_id, other)
    return tuple(found.values())


def points_receiver(line: LineFile, to: str) -> LineFile:
    """The line whose account takes the points of `line`, its account locked.

    Raises NotOffered where no such line is the same person's, MovedOn where somebody works on its
    account just now: waiting for it could be waiting for each other.
    """
    if line.holder_id is None:
        raise NotOffered(to)
    mine = linefiles.of_holder(line.holder_id, policy_of=policy_of)
    if not any(each.msisdn == to for each in points_lines(line, mine)):
        raise NotOffered(to)
    (target,) = (each for each in points_lines(line, mine) if each.msisdn == to)
    try:
        found = models.Account.objects.select_for_update(nowait=True)
        found.values_list("version").get(id=target.account_id, version=target.account_version)
    except (OperationalError, models.Account.DoesNotExist) as error:
        raise MovedOn("records_account") from error
    return target
