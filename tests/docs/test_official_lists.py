"""The page of official lists names every value of the files and every finding, and no other."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from signoff.domain.genuine import Reason
from signoff.domain.genuine_lists import (
    BadHost,
    CheatLinks,
    CheatWords,
    Company,
    Cue,
    OfficialHost,
    OfficialNumber,
    OfficialSender,
    Tier,
)

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "official-lists.md").read_text()


def table(heading: str) -> list[str]:
    section = PAGE.split(f"{heading}\n")[1].split("\n#")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.M)


@pytest.mark.parametrize(
    ("heading", "shape"), [("## A company", Company), ("## Links of cheats", CheatLinks)]
)
def test_every_value_has_its_row(heading: str, shape: type) -> None:
    assert sorted(table(heading)) == sorted(each.name for each in fields(shape))


@pytest.mark.parametrize(
    "shape", [OfficialHost, OfficialNumber, OfficialSender, BadHost, CheatWords, Cue]
)
def test_smaller_tables_are_described(shape: type) -> None:
    for each in fields(shape):
        assert re.search(rf"`{each.name}[` ]", PAGE), each.name


def test_every_tier_is_described() -> None:
    assert all(f"`{tier.value}`" in PAGE for tier in Tier)


def test_every_finding_has_its_row_with_its_weight() -> None:
    told = re.findall(r"^\| `(\w+)` \| (good|note|caution|danger) \|", PAGE, re.M)

    assert told == [(reason.value, reason.weight.name.lower()) for reason in Reason]
