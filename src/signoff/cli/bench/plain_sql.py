"""Plain SQL that writes, for a set of lines, the rows that a measured run wrote for them.

How often a row of each table was inserted, updated and deleted is the database's own count; what
the rows look like is one case of the run, kept in a schema called `pattern`. In the statements `g`
is a line's number and `t` a row of the pattern.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from signoff.cli.bench.tally import Tally

_CASE = "(lpad(to_hex(g), 12, '0') || '70008000000000000000')::uuid"
_OWN = "(lpad(to_hex(g), 12, '0') || '7000' || {kind} || lpad(to_hex(t.n), 12, '0'))::uuid"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a table's rows differ from line to line; everything else is as in the pattern.

    `late` are the columns that the last update fills in; `touched` is what earlier ones set.
    `rows` says which pattern rows are this table's, `found` how the line's rows are found again.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    late: tuple[str, ...] = ()
    touched: str = "version = r.version + 1"
    rows: str = "case_id = %(case)s"
    found: str = "r.case_id = " + _CASE
    left_out: tuple[str, ...] = ()


def _own(kind: str) -> str:
    return _OWN.format(kind=f"'{kind}'")


SHAPES = {
    "records_account": Shape(
        values={"settled_case": _CASE},
        late=("facts", "settled_case"),
        rows="id = (SELECT account_id FROM records_case WHERE id = %(case)s)",
        found="r.id = g",
    ),
    "records_line": Shape(
        values={"case_id": _CASE},
        late=("facts", "frozen_at", "state", "case_id"),
        touched="state = 'suspended'",
        rows="id = (SELECT line_id FROM records_case WHERE id = %(case)s)",
        found="r.id = g",
    ),
    "records_case": Shape(
        values={
            "id": _CASE,
            "number": "'SO-' || lpad(g::text, 9, '0')",
            "account_id": "g",
            "line_id": "g",
        },
        late=("state", "last_seq", "proof", "final", "ended_at", "restore_until"),
        rows="id = %(case)s",
        found="r.id = " + _CASE,
    ),
    "records_event": Shape(values={"case_id": _CASE}, left_out=("id",)),
    "records_carrierintent": Shape(
        values={"id": _own("8001"), "case_id": _CASE, "line_id": "g"},
        late=("state", "answered_at", "observed"),
        touched="attempts = r.attempts + 1",
        found="r.id = " + _own("8001"),
    ),
    "records_journalentry": Shape(
        values={"key": _CASE + "::text || ':' || t.n", "case_id": _CASE, "account_id": "g"},
        left_out=("id",),
    ),
    "records_paymentintent": Shape(
        values={
            "id": _own("8002"),
            "key": "'refund:' || " + _CASE + " || ':' || t.n",
            "case_id": _CASE,
            "account_id": "g",
        },
    ),
    "records_notice": Shape(
        values={
            "id": _own("8003"),
            "case_id": _CASE,
            "check_code": "upper(substr(md5(g || '-' || t.n), 1, 14))",
        },
    ),
    "records_certificate": Shape(
        values={"id": _own("8004"), "case_id": _CASE},
        late=("content",),
        touched="seq = r.seq",
        found="r.id = " + _own("8004"),
    ),
}
"""The tables a line's way writes. One that is missing here is named in the result."""

_DUE = "records_due"


class Plan:
    """Which statements write, for a set of lines, what the measured run wrote for them."""

    def __init__(self, wrote: Tally, *, lines: int) -> None:
        self._each = {
            name: tuple(round(n / lines) for n in counts)
            for name, counts in wrote.rows.items()
            if name.startswith("records_") and sum(counts[:3]) >= lines / 2
        }
        self.tables = [name for name in SHAPES if name in self._each]
        self.left_out = sorted(self._each.keys() - SHAPES.keys() - {_DUE})

    def turns(self, columns: Mapping[str, Sequence[str]]) -> list[list[str]]:
        """The statements, turn by turn: first every insert, then update after update, then
        deletes."""
        inserts = [_insert(name, columns[name]) for name in self.tables if self._each[name][0]]
        turns = [[*inserts, *self._dues()]]
        updates = {name: self._updates(name, columns[name]) for name in self.tables}
        for number in range(max(map(len, updates.values()), default=0)):
            turns.append([found[number] for found in updates.values() if number < len(found)])
        if _DUE in self._each:
            turns.append([_delete_due(self._each[_DUE][2])])
        return turns

    def _updates(self, name: str, columns: Sequence[str]) -> list[str]:
        inserted, updated, _, _ = self._each[name]
        times = round(updated / max(1, inserted))
        late = [column for column in SHAPES[name].late if column in columns]
        return [_update(name, late=late if number == times - 1 else ()) for number in range(times)]

    def _dues(self) -> list[str]:
        if _DUE not in self._each:
            return []
        inserted, updated, _, _ = self._each[_DUE]
        return [_insert_due(inserted), *(_lease_due(n) for n in range(1, updated + 1))]


_LINES = "generate_series(%(a)s::bigint, %(b)s) g"
_SUBJECT = _own("8005")


def _insert_due(times: int) -> str:
    return (
        "INSERT INTO records_due (subject, step, lane, due_at, attempts) "
        f"SELECT {_SUBJECT}, 'step-' || t.n, 1, now(), 0 "
        f"FROM {_LINES}, generate_series(1, {times}) AS t(n)"
    )


def _lease_due(number: int) -> str:
    return (
        "UPDATE records_due SET lease_until = now() + interval '2 minutes' "
        f"WHERE step = 'step-{number}' AND subject IN "
        f"(SELECT {_SUBJECT} FROM {_LINES}, (SELECT {number} AS n) t)"
    )


def _delete_due(times: int) -> str:
    return (
        f"DELETE FROM records_due WHERE subject IN "
        f"(SELECT {_SUBJECT} FROM {_LINES}, generate_series(1, {times}) AS t(n))"
    )


def _insert(name: str, columns: Sequence[str]) -> str:
    shape = SHAPES[name]
    given = [column for column in columns if column not in shape.left_out]
    values = [
        "NULL" if column in _empty_at_first(name) else shape.values.get(column, f't."{column}"')
        for column in given
    ]
    names = ", ".join(f'"{column}"' for column in given)
    return (
        f"INSERT INTO {name} ({names}) SELECT {', '.join(values)} FROM {_LINES}, pattern.{name} t"
    )


def _empty_at_first(name: str) -> set[str]:
    """Columns that only the last update fills in."""
    wide = {"proof", "final", "ended_at", "restore_until", "answered_at", "observed", "content"}
    return wide & set(SHAPES[name].late)


def _update(name: str, *, late: Sequence[str]) -> str:
    shape = SHAPES[name]
    sets = ", ".join(f'"{column}" = {shape.values.get(column, f"t.{column}")}' for column in late)
    return (
        f"UPDATE {name} r SET {sets or shape.touched} "
        f"FROM {_LINES}, pattern.{name} t WHERE {shape.found}"
    )
