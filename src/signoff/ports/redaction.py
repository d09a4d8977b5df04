"""Redaction for adapters: what may be kept of an answer is named; everything else is dropped."""

from collections.abc import Collection, Mapping

_LENGTH_MAX = 200


def redact(
    raw: Mapping[str, object], *, keep: Collection[str]
) -> dict[str, str | int | bool | None]:
    """Keep the named flat values of an answer. A list of what to drop would forget something."""
    kept: dict[str, str | int | bool | None] = {}
    for name in keep:
        value = raw.get(name)
        if isinstance(value, str):
            kept[name] = value[:_LENGTH_MAX]
        elif isinstance(value, bool | int):
            kept[name] = value
    return kept
