"""docs/reference/events.md names every event and what it carries, and no other."""

import re
from pathlib import Path

from signoff.domain.events import KINDS, Code

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "events.md").read_text()


def test_the_table_is_the_code() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("| `")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]

    table = {
        Code(code.strip("`")): (names(facts), names(hidden)) for code, _, facts, hidden in rows
    }

    assert table == {code: (kind.facts, kind.personal) for code, kind in KINDS.items()}
    assert all(len(row[1]) > 10 for row in rows)


def names(cell: str) -> frozenset[str]:
    return frozenset(re.findall(r"`([^`]+)`", cell))
