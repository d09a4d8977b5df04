"""docs/reference/states.md says what the code does."""

import re
from pathlib import Path

from signoff.domain.case import FINAL, TRANSITIONS, Act, State
from signoff.domain.reasons import Refusal

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "states.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def code(cell: str) -> str:
    found = re.match(r"`([^`]+)`", cell)
    assert found, cell
    return found[1]


def test_every_state_is_explained_in_order() -> None:
    assert [code(row[0]) for row in rows("What each state means")] == [each.value for each in State]


def test_the_table_is_the_code() -> None:
    table = {
        (State(code(row[0])), Act(code(row[1]))): State(code(row[2]))
        for row in rows("What may follow what")
    }

    assert table == TRANSITIONS


def test_final_states_are_named() -> None:
    sentence = PAGE.split("are final")[0].rsplit("\n\n", 1)[1]

    assert {State(name) for name in re.findall(r"`(\w+)`", sentence)} == FINAL


def test_reasons_and_acts_are_known() -> None:
    for row in rows("What holds up an act that the table allows"):
        Act(code(row[0]))
        Refusal(code(row[2]))
