"""docs/reference/policy-files.md names every value a policy file may have, and no other."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from signoff.domain.policy import (
    BalanceRule,
    ConfirmationRule,
    Contact,
    DocumentTerms,
    Fee,
    Jurisdiction,
    NoticeRule,
    PauseOffer,
    Policy,
    ReviewRule,
    Source,
)
from signoff.domain.sunset_terms import Evidence, Terms, Wave
from signoff.usecases.policies import CARRIERS, SHIPPED, load_policy_book

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "policy-files.md").read_text()


def table(heading: str) -> list[str]:
    section = PAGE.split(f"{heading}\n")[1].split("\n#")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


@pytest.mark.parametrize(
    ("heading", "shape"),
    [
        ("## A brand", Policy),
        ("### `[balance]`", BalanceRule),
        ("### `[documents]`", DocumentTerms),
        ("### `[[fees]]`", Fee),
        ("## A place", Jurisdiction),
        ("## A sunset", Terms),
    ],
)
def test_every_value_has_its_row(heading: str, shape: type) -> None:
    assert sorted(table(heading)) == sorted(each.name for each in fields(shape))


@pytest.mark.parametrize(
    "shape", [ConfirmationRule, ReviewRule, PauseOffer, NoticeRule, Contact, Source, Wave, Evidence]
)
def test_smaller_tables_are_described(shape: type) -> None:
    for each in fields(shape):
        assert re.search(rf"[`{{ ]{each.name}[` ]", PAGE), each.name


def test_carriers_are_named() -> None:
    assert all(f"`{name}`" in PAGE for name in CARRIERS)


def test_the_example_works() -> None:
    policy, digest = load_policy_book(SHIPPED).held("boundlark", "us-ca")

    assert policy.brand == "boundlark"
    assert re.fullmatch(r"[0-9a-f]{64}", digest)
