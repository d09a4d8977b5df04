"""Holds answers to a served OpenAPI description. Knows what our descriptions use, and no more: a
keyword it has not met is an error, not a pass."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

_TOLD = {"title", "description", "default", "readOnly"}
_KNOWN = _TOLD | {
    "$ref", "anyOf", "type", "format", "enum", "const", "items", "properties", "required",
    "additionalProperties",
}  # fmt: skip
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def misfits(value: Any, schema: dict[str, Any], *, of: dict[str, Any], at: str = "$") -> list[str]:
    """Where the value is not what the schema says. `of` is the whole description."""
    unknown = schema.keys() - _KNOWN
    if unknown:
        raise NotImplementedError(f"{at}: {sorted(unknown)}")
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        return misfits(value, of["components"]["schemas"][name], of=of, at=at)
    if "anyOf" in schema:
        found = [misfits(value, each, of=of, at=at) for each in schema["anyOf"]]
        return [] if not all(found) else [f"{at}: fits none of {found}"]
    return [f"{at}: {wrong}" for wrong in _plain(value, schema)] or list(
        _inside(value, schema, of=of, at=at)
    )


def _plain(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    wanted = schema.get("type")
    if wanted and not isinstance(value, _TYPES[wanted]):
        yield f"{value!r} is no {wanted}"
    elif wanted == "integer" and isinstance(value, bool):
        yield "a boolean is no integer"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{value!r} is none of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{value!r} is not {schema['const']!r}"
    if not isinstance(value, str):
        return
    try:
        match schema.get("format"):
            case "uuid":
                UUID(value)
            case "date-time":
                assert datetime.fromisoformat(value).tzinfo is not None
            case None:
                pass
            case other:
                raise NotImplementedError(other)
    except (ValueError, AssertionError):
        yield f"{value!r} is no {schema['format']}"


def _inside(value: Any, schema: dict[str, Any], *, of: dict[str, Any], at: str) -> Iterator[str]:
    if isinstance(value, list):
        for place, each in enumerate(value):
            yield from misfits(each, schema.get("items", {}), of=of, at=f"{at}[{place}]")
    if isinstance(value, dict):
        yield from (f"{at}.{name} is missing" for name in schema.get("required", ())
                    if name not in value)  # fmt: skip
        described = schema.get("properties")
        for name, each in value.items():
            if described is None or schema.get("additionalProperties"):
                continue
            if name not in described:
                yield f"{at}.{name} is not described"
            else:
                yield from misfits(each, described[name], of=of, at=f"{at}.{name}")
