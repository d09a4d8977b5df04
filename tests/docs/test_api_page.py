"""docs/reference/api.md names every address and every problem, and no other."""

import json
import re
from pathlib import Path

from signoff.api.problems import KINDS
from signoff.api.shapes import Case
from signoff.api.urls import api

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "api.md").read_text()


def test_the_addresses_are_those_of_the_description() -> None:
    told = set(re.findall(r"^\| `([A-Z]+ /api/v1/[^`]*)`", PAGE, re.M))

    described = {
        f"{method.upper()} {path}"
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
    }

    assert told == described


def test_the_problems_are_those_of_the_code() -> None:
    told = re.findall(r"^\| `/api/problems/([\w-]+)` \| (\d+) \|", PAGE, re.M)

    assert told == [(kind.slug, str(kind.status)) for kind in KINDS.values()]


def test_the_example_of_a_case_has_its_fields() -> None:
    example = PAGE.split("```json\n")[1].split("```")[0].replace("}, ...]", "}]")

    assert list(json.loads(example)) == list(Case.model_fields)
