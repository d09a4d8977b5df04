"""Plain SQL that writes, for a set of lines, the rows that a measured run wrote for them.

How often a row of each table was inserted, updated and deleted is the database's own count; what
the rows look like is one case of the run, kept in a schema called `pattern`. In the statements `g`
is a line's number and `t` a row of the pattern.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from signoff.cli.bench.tally import Tally

_SIZE = 12


def _case(line: str = "g") -> str:
    """The id of a line's case: ids stand in the order of lines."""
    return f"(lpad(to_hex({line}), {_SIZE}, '0') || '70008000000000000000')::uuid"


def _own(kind: str, *, line: str = "g", n: str = "t.n") -> str:
    """The id of a line's row of a kind, the n-th of them."""
    number = f"lpad(to_hex({n}), {_SIZE}, '0')"
    return f"(lpad(to_hex({line}), {_SIZE}, '0') || '7000' || '{kind}' || {number})::uuid"


_FIRST, _LAST = "%(a)s::bigint", "%(b)s::bigint"
_LINES = f"generate_series({_FIRST}, {_LAST}) g"
_BY_CASE = f"r.id BETWEEN {_case(_FIRST)} AND {_case(_LAST)}"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a table's rows differ from line to line; everything else is as in the pattern.

    `late` is what the last update fills in, `touched` what earlier ones set. `rows` says which
    pattern rows are this table's, `found` how the rows of a set of lines are found: by a range of
    an index, as no plain SQL could do better.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    late: Mapping[str, str] = field(default_factory=dict)
    touched: str = "version = r.version + 1"
    rows: str = "case_id = %(case)s"
    found: str = f"r.id BETWEEN {_FIRST} AND {_LAST}"
    left_out: tuple[str, ...] = ()


def _as_in_pattern(*columns: str) -> dict[str, str]:
    return {column: f't."{column}"' for column in columns}


SHAPES = {
    "records_account": Shape(
        late={**_as_in_pattern("facts"), "settled_case": _case("r.id")},
        rows="id = (SELECT account_id FROM records_case WHERE id = %(case)s)",
    ),
    "records_line": Shape(
        late={**_as_in_pattern("facts", "frozen_at", "state"), "case_id": _case("r.id")},
        touched="state = 'suspended'",
        rows="id = (SELECT line_id FROM records_case WHERE id = %(case)s)",
    ),
    "records_case": Shape(
        values={
            "id": _case(),
            "number": "'SO-' || lpad(g::text, 9, '0')",
            "account_id": "g",
            "line_id": "g",
        },
        late=_as_in_pattern("state", "last_seq", "proof", "final", "ended_at", "restore_until"),
        rows="id = %(case)s",
        found=_BY_CASE,
    ),
    "records_event": Shape(values={"case_id": _case()}, left_out=("id",)),
    "records_carrierintent": Shape(
        values={"id": _own("8001"), "case_id": _case(), "line_id": "g"},
        late=_as_in_pattern("state", "answered_at", "observed"),
        touched="attempts = r.attempts + 1",
        found=f"r.line_id BETWEEN {_FIRST} AND {_LAST} AND r.op = t.op",
    ),
    "records_journalentry": Shape(
        values={"key": _case() + "::text || ':' || t.n", "case_id": _case(), "account_id": "g"},
        left_out=("id",),
    ),
    "records_paymentintent": Shape(
        values={
            "id": _own("8002"),
            "key": "'refund:' || " + _case() + " || ':' || t.n",
            "case_id": _case(),
            "account_id": "g",
        },
    ),
    "records_notice": Shape(
        values={
            "id": _own("8003"),
            "case_id": _case(),
            "check_code": "upper(substr(md5(g || '-' || t.n), 1, 14))",
        },
    ),
    "records_certificate": Shape(
        values={"id": _own("8004"), "case_id": _case()},
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
        if _DUE in self._each and self._each[_DUE][2]:
            turns.append([_delete_due(self._each[_DUE][2])])
        return turns

    def _updates(self, name: str, columns: Sequence[str]) -> list[str]:
        inserted, updated, _, _ = self._each[name]
        times = round(updated / max(1, inserted))
        late = {column: v for column, v in SHAPES[name].late.items() if column in columns}
        return [_update(name, late=late if number == times - 1 else {}) for number in range(times)]

    def _dues(self) -> list[str]:
        if _DUE not in self._each:
            return []
        inserted, updated, _, _ = self._each[_DUE]
        return [_insert_due(inserted), *(_lease_due(n) for n in range(1, updated + 1))]


def _insert_due(times: int) -> str:
    return (
        "INSERT INTO records_due (subject, step, lane, due_at, attempts) "
        f"SELECT {_own('8005')}, 'step-' || t.n, 1, now(), 0 "
        f"FROM {_LINES}, generate_series(1, {times}) AS t(n)"
    )


_DUES = f"subject BETWEEN {_own('8005', line=_FIRST, n='0')} AND {_own('8006', line=_LAST, n='0')}"


def _lease_due(number: int) -> str:
    lease = "lease_until = now() + interval '2 minutes'"
    return f"UPDATE records_due SET {lease} WHERE {_DUES} AND step = 'step-{number}'"


def _delete_due(times: int) -> str:
    steps = ", ".join(f"'step-{n}'" for n in range(1, times + 1))
    return f"DELETE FROM records_due WHERE {_DUES} AND step IN ({steps})"


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
    wide = {"proof", "final", "ended_at", "restore_until", "answered_at", "observed"}
    return wide & SHAPES[name].late.keys()


def _update(name: str, *, late: Mapping[str, str]) -> str:
    shape = SHAPES[name]
    sets = ", ".join(f'"{column}" = {value}' for column, value in late.items())
    return f"UPDATE {name} r SET {sets or shape.touched} FROM pattern.{name} t WHERE {shape.found}"
