"""Opening the cases of a part: one declaration a line, by the operator, all at once (O1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from signoff.domain.account import NumberChoice
from signoff.domain.reasons import LeavingReason
from signoff.domain.sunset import Row
from signoff.domain.sunset_terms import Terms, balance_choice, line_ends_at
from signoff.records import linefiles, models, sunset_rows
from signoff.records.changes import Changes
from signoff.records.linefiles import LineFile
from signoff.records.sunset_rows import Live
from signoff.usecases.declare import Declaration, declare
from signoff.usecases.sunsets.gather import LANE
from signoff.usecases.sunsets.holding import Policies, terms_of

CHANNEL = "sunset"


@dataclass
class _Sorted:
    """The lines of a part: those to be opened now, and when the others are looked at again."""

    due: list[LineFile] = field(default_factory=list)
    later: list[datetime] = field(default_factory=list)


def open_part(
    part: models.SunsetPart,
    run: models.Sunset,
    *,
    changes: Changes,
    new_number: Callable[[], str],
) -> bool:
    """Open the cases of the rows whose time has come; says whether there were any."""
    rows = sunset_rows.rows_of((part.first, part.last), (Row.READY,))
    if not rows:
        return False
    terms = terms_of(run)
    policies = Policies(terms)
    by_line = {row.line_id: row for row in rows}
    lines = linefiles.load(list(by_line), policy_of=policies.of, lock=True)
    found = _sorted(lines, by_line, terms=terms, run=run, changes=changes)
    part.not_before = min(found.later, default=None)
    if found.due:
        policies.keep()
        _declare(found.due, by_line, terms=terms, changes=changes, new_number=new_number)
    part.opened_at = part.opened_at or changes.now
    part.counts = {
        **part.counts,
        Row.READY.value: len(found.later),
        Row.OPEN.value: part.counts.get(Row.OPEN.value, 0) + len(found.due),
    }
    part.save(update_fields=["not_before", "opened_at", "counts"])
    return bool(found.due)


def _sorted(
    lines: Sequence[LineFile],
    by_line: Mapping[int, Live],
    *,
    terms: Terms,
    run: models.Sunset,
    changes: Changes,
) -> _Sorted:
    """Put lines among those to be opened now, or later; leave those out that have moved on."""
    found, waiting = _Sorted(), _waiting(lines, by_line, run=run)
    for line in lines:
        row, ends_at = by_line[line.id], line_ends_at(terms, line.snapshot.line.cycle)
        if line.state == models.Line.State.TERMINATED:
            _leave(row, Row.ALREADY_ENDED, changes=changes)
        elif line.case_id is not None:
            _leave(row, Row.OWN_CASE, changes=changes)
        elif ends_at > changes.now:
            found.later.append(ends_at)
        elif row.closes and line.account_id in waiting:
            # Declared after the account's other lines, so that its statement settles the account.
            found.later.append(changes.now)
        else:
            found.due.append(line)
    return found


def _waiting(
    lines: Sequence[LineFile], by_line: Mapping[int, Live], *, run: models.Sunset
) -> set[int]:
    """The accounts of which other lines are still to be opened by the run."""
    here = {line.account_id for line in lines if not by_line[line.id].closes}
    asked = [
        line.account_id
        for line in lines
        if by_line[line.id].closes and not line.snapshot.last_line and line.account_id not in here
    ]
    return here | sunset_rows.accounts_waiting((run.first_key, run.last_key), asked)


def _leave(row: Live, code: Row, *, changes: Changes) -> None:
    changes.update(
        models.SunsetLine, id=row.key, code=code.value, owed=None, refund=None, currency=""
    )


def _declare(
    lines: Sequence[LineFile],
    by_line: Mapping[int, Live],
    *,
    terms: Terms,
    changes: Changes,
    new_number: Callable[[], str],
) -> None:
    made = [_declaration(line, terms, changes=changes, number=new_number()) for line in lines]
    whole = [_with_account(line, by_line[line.id]) for line in lines]
    for line, declared in zip(lines, declare(made, whole, changes=changes), strict=True):
        if declared.again:
            _leave(by_line[line.id], Row.OWN_CASE, changes=changes)
            continue
        changes.update(
            models.SunsetLine,
            id=by_line[line.id].key,
            code=Row.OPEN.value,
            case_id=declared.case_id,
        )


def _with_account(line: LineFile, row: Live) -> LineFile:
    """The line that closes an account shows what belongs to the account."""
    if not row.closes or line.snapshot.last_line:
        return line
    return replace(line, snapshot=replace(line.snapshot, last_line=True))


def _declaration(line: LineFile, terms: Terms, *, changes: Changes, number: str) -> Declaration:
    return Declaration(
        case_id=changes.new_id(),
        number=number,
        line_id=line.id,
        user_id=None,
        channel=CHANNEL,
        receipt=False,
        language=line.language,
        reason=LeavingReason.OTHER,
        number_choice=NumberChoice.RELEASE,
        balance_choice=balance_choice(line.snapshot.preparation, line.policy),
        ends_at=line_ends_at(terms, line.snapshot.line.cycle),
        lane=LANE,
    )
