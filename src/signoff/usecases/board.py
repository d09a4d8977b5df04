"""The checklist of a line as its page shows it: what `look` knows, and what is going on around it.

Everything is read by a fixed number of questions, however much the account holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection

from signoff.domain.rights import speaks_for_account
from signoff.domain.settling import Settled
from signoff.records.linefiles import LineFile
from signoff.usecases import disputes, entitled, look
from signoff.usecases.look import Preparing
from signoff.usecases.receivers import points_lines


@dataclass(frozen=True, slots=True)
class Disputed:
    """A dispute as its subscriber sees it; days are those of the brand."""

    charge_id: str
    state: str
    opened_on: date
    decided_on: date | None
    unpaid: bool
    words: str


@dataclass(frozen=True, slots=True)
class Late:
    """Usage on record from after the freeze (P10)."""

    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Board:
    """A line being prepared, with what else its page shows. `standing` changes with all of it."""

    found: Preparing
    disputes: tuple[Disputed, ...]
    points_to: Sequence[LineFile]
    late: Late | None
    standing: str


def board(line_id: int, *, user_id: int, now: datetime) -> Board:
    """All the checklist's page shows. Raises NotYours."""
    found = look.preparing(line_id, user_id=user_id, now=now)
    line = found.line
    whole = speaks_for_account(line.right)
    return Board(
        found=found,
        disputes=_disputes(line) if whole else (),
        points_to=points_lines(line, found.other_lines) if whole else (),
        late=_late(line_id) if line.snapshot.frozen else None,
        standing=_standing(line_id),
    )


def standing(line_id: int, *, user_id: int) -> str:
    """What tells one state of a line's checklist from another. Raises NotYours."""
    entitled.seen_line(line_id, user_id=user_id)
    return _standing(line_id)


def proofs(line_id: int, *, user_id: int) -> tuple[LineFile, tuple[Settled, ...]]:
    """A line with the proofs of what was settled on it (P6). Raises NotYours."""
    line = entitled.acting_line(line_id, user_id=user_id)
    return line, line.snapshot.preparation.settled


def _disputes(line: LineFile) -> tuple[Disputed, ...]:
    zone = ZoneInfo(line.policy.time_zone)
    held = {
        charge.id: bool(bill.held)
        for bill in line.snapshot.account.bills
        for charge in bill.charges
        if charge.disputed
    }
    return tuple(
        Disputed(
            charge_id=charge_id,
            state=each.state,
            opened_on=each.opened_at.astimezone(zone).date(),
            decided_on=each.decided_at.astimezone(zone).date() if each.decided_at else None,
            unpaid=held.get(charge_id, False),
            words=each.words,
        )
        for charge_id, each in disputes.of_account(line.account_id).items()
    )


_LATE = """
SELECT count(*), max(u.at) FROM records_usagerecord u JOIN records_line l ON l.id = u.line_id
WHERE u.line_id = %s AND u.at > l.frozen_at
"""


def _late(line_id: int) -> Late | None:
    with connection.cursor() as cursor:
        cursor.execute(_LATE, [line_id])
        count, last_at = cursor.fetchone()
    return Late(count, last_at) if count else None


_STANDING = """
SELECT md5(concat_ws('|', l.state, l.case_id, l.frozen_at, md5(l.facts::text),
    md5(l.preparation::text), a.version, md5(a.facts::text),
    (SELECT string_agg(d.state || d.id, ',' ORDER BY d.id) FROM records_dispute d
     WHERE d.account_id = a.id),
    (SELECT string_agg(p.state || p.id, ',' ORDER BY p.id) FROM records_paymentintent p
     WHERE p.account_id = a.id),
    (SELECT string_agg(d.id || coalesce(d.shredded_at::text, ''), ',' ORDER BY d.id)
     FROM records_document d WHERE d.line_id = l.id),
    (SELECT count(*) FROM records_usagerecord u WHERE u.line_id = l.id AND u.at > l.frozen_at)))
FROM records_line l JOIN records_account a ON a.id = l.account_id WHERE l.id = %s
"""


def _standing(line_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [line_id])
        return str(cursor.fetchone()[0])
