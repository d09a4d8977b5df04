"""Where a balance may move (P2, M3)."""

from signoff.records import linefiles
from signoff.records.linefiles import LineFile
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
