"""Writing many rows with one statement: insert and guarded update over columns as arrays."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model
from pydantic_core import to_json

Row = Mapping[str, Any]


class ReadyJson(bytes):
    """A JSON column's value that is UTF-8 text already."""


class MovedOn(Exception):
    """Somebody else has changed a row in the meantime; nothing was written."""


def insert_rows(model: type[Model], rows: Sequence[Row], *, conflict: str = "") -> int:
    """Insert rows that all name the same columns; says how many went in.

    `conflict` is an ON CONFLICT clause for keys that make a repetition harmless.
    """
    if not rows:
        return 0
    fields = {name: _field(model, name) for name in rows[0]}
    listed = list(fields.values())
    into = f'"{model._meta.db_table}" ({", ".join(_quoted(field) for field in listed)})'
    with connection.cursor() as cursor:
        if conflict:
            cursor.execute(
                f"INSERT INTO {into} SELECT {_casts(listed)} FROM {_arrays(listed)} "
                f"AS d({_aliases(listed)}) {conflict}",
                [_column(rows, name, field=field) for name, field in fields.items()],
            )
            return int(cursor.rowcount)
        # The fastest way in: nothing to plan, and each value is read once, as what it is.
        columns = [_copied(rows, name, field=field) for name, field in fields.items()]
        lines = map("\t".join, zip(*columns, strict=True))
        with (
            connection.wrap_database_errors,  # Django's wrapper does not know COPY
            cursor.copy(f"COPY {into} FROM STDIN") as copy,
        ):
            copy.write("".join(f"{line}\n" for line in lines))
    return len(rows)


def update_rows(
    model: type[Model], rows: Iterable[Row], *, key: str = "id", versioned: bool = False
) -> None:
    """Update rows by key; `versioned` ones only while their version is as given, and count it on.

    Rows may name different columns; those that name the same are written by one statement. Raises
    MovedOn where a row is gone or its version no longer held.
    """
    alike: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        alike.setdefault(tuple(sorted(row)), []).append(row)
    keys = (key, "version") if versioned else (key,)
    for names, group in sorted(alike.items()):
        # In one order everywhere: of two that change the same rows, one waits, none deadlocks.
        _update(model, sorted(group, key=lambda row: _rank(row[key])), names=names, keys=keys)


def _update(
    model: type[Model], rows: Sequence[Row], *, names: Sequence[str], keys: tuple[str, ...]
) -> None:
    fields = {name: _field(model, name) for name in names}
    listed = list(fields.values())
    positions = {name: f"d.c{index}" for index, name in enumerate(fields)}
    sets = ", ".join(
        f'"{field.column}" = {_cast(field, positions[name])}'
        for name, field in fields.items()
        if name not in keys
    )
    if "version" in keys:
        sets += ", version = t.version + 1"
    wheres = " AND ".join(
        f't."{fields[name].column}" = {_cast(fields[name], positions[name])}' for name in keys
    )
    sql = (
        f'UPDATE "{model._meta.db_table}" AS t SET {sets} '
        f"FROM {_arrays(listed)} AS d({_aliases(listed)}) WHERE {wheres}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [_column(rows, name, field=fields[name]) for name in fields])
        if cursor.rowcount != len(rows):
            raise MovedOn(model._meta.db_table)


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    field = model._meta.get_field(name)
    if not isinstance(field, Field):
        raise TypeError(f"{name} is no column of {model._meta.db_table}")
    return field


def _type(field: "Field[Any, Any]") -> str:
    return (field.rel_db_type if field.remote_field else field.cast_db_type)(connection) or "text"


def _is_json(field: "Field[Any, Any]") -> bool:
    return field.get_internal_type() == "JSONField"


def _arrays(fields: Sequence["Field[Any, Any]"]) -> str:
    """Every column as a set of its own, side by side.

    Columns travel as JSON text: as PostgreSQL arrays every value would be quoted one by one in
    Python, which takes longer than all the rest.
    """
    sets = ("jsonb_array_elements" if _is_json(f) else "json_array_elements_text" for f in fields)
    kinds = ("jsonb" if _is_json(field) else "json" for field in fields)
    each = (f"{name}(%s::{kind})" for name, kind in zip(sets, kinds, strict=True))
    return f"ROWS FROM ({', '.join(each)})"


def _aliases(fields: Sequence["Field[Any, Any]"]) -> str:
    return ", ".join(f"c{index}" for index in range(len(fields)))


def _casts(fields: Sequence["Field[Any, Any]"]) -> str:
    return ", ".join(_cast(field, f"d.c{index}") for index, field in enumerate(fields))


def _cast(field: "Field[Any, Any]", alias: str) -> str:
    return f"nullif({alias}, 'null')" if _is_json(field) else f"{alias}::{_type(field)}"


def _quoted(field: "Field[Any, Any]") -> str:
    return f'"{field.column}"'


def _column(rows: Sequence[Row], name: str, *, field: "Field[Any, Any]") -> str:
    """A column as one JSON text."""
    if _is_json(field):
        return f"[{','.join(_document(row[name]) for row in rows)}]"
    return to_json(_texts(rows, name, field=field)).decode()


def _copied(rows: Sequence[Row], name: str, *, field: "Field[Any, Any]") -> list[str]:
    """A column as COPY reads it. Raises ValueError for a text with a zero, as PostgreSQL does."""
    texts = _texts(rows, name, field=field)
    whole = "\0".join(text or "" for text in texts)
    for plain, escaped in _ESCAPES:
        whole = whole.replace(plain, escaped)
    pairs = zip(texts, whole.split("\0"), strict=True)
    return ["\\N" if text is None else escaped for text, escaped in pairs]


_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))


def _texts(rows: Sequence[Row], name: str, *, field: "Field[Any, Any]") -> list[str | None]:
    """A column's values as PostgreSQL reads them."""
    write = _WRITERS.get(field.get_internal_type(), str)
    known: dict[int, str | None] = {id(None): None}  # many rows share one time, one case
    texts = []
    for row in rows:
        value = row[name]
        if (text := known.get(id(value), "")) == "":
            text = known[id(value)] = write(value)
        texts.append(text)
    return texts


def _document(value: Any) -> str:
    return (value if isinstance(value, ReadyJson) else to_json(value)).decode()


def _rank(value: Any) -> Any:
    return value.int if isinstance(value, UUID) else value


def _identifier(value: object) -> str:
    return f"{value.int:032x}" if isinstance(value, UUID) else str(value)


_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "ArrayField": lambda values: f"{{{','.join(map(str, values))}}}",
    "BinaryField": lambda value: f"\\x{bytes(value).hex()}",
    "DateTimeField": lambda value: value.isoformat(),
    "JSONField": _document,
    "UUIDField": _identifier,
}
