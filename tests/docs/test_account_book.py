"""The page on the import format names every field and every column there is."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from signoff.domain.book import AccountRecord, LineRecord, UsageRecord
from signoff.domain.money import Money
from signoff.usecases.importing.columns import SHAPES, Shape

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "account-book.md").read_text("utf-8")
WORDS = {word for code in re.findall(r"`([^`]+)`", PAGE) for word in re.findall(r"\w+", code)}


def names(kind: Any) -> set[str]:
    """Every field name of a dataclass, and of the dataclasses in it."""
    if not is_dataclass(kind):
        return set().union(*(names(each) for each in get_args(kind)))
    if kind is Money:
        return set()
    found = {each.name for each in fields(kind)}
    return found.union(*(names(each) for each in get_type_hints(kind).values()))


@pytest.mark.parametrize("record", [AccountRecord, LineRecord, UsageRecord])
def test_every_field_is_named(record: type) -> None:
    assert not names(record) - WORDS - {"type"}


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.type for shape in SHAPES])
def test_every_column_is_named(shape: Shape) -> None:
    assert not set(shape.columns) - WORDS
