"""O1: terms of sunsets are checked like policies: file, line, what is wrong, what to write."""

from pathlib import Path

import pytest

from signoff.usecases.policies import (
    SHIPPED,
    PolicyProblems,
    load_all_terms,
    load_terms,
    terms_of_text,
)

FILE = SHIPPED / "sunsets" / "lanternlink-us.toml"
GOOD = FILE.read_text()


def told(text: str) -> list[str]:
    with pytest.raises(PolicyProblems) as problems:
        terms_of_text(text.encode(), name="mine.toml")
    return [str(each) for each in problems.value.problems]


def test_the_shipped_terms_load_alone_and_together() -> None:
    assert load_all_terms(SHIPPED)["lanternlink-us"] == load_terms(FILE)
    assert terms_of_text(GOOD.encode(), name="mine.toml") == load_terms(FILE)


def test_a_folder_without_sunsets_has_none(tmp_path: Path) -> None:
    assert load_all_terms(tmp_path) == {}


@pytest.mark.parametrize(
    ("_case", "written", "instead", "said"),
    [
        ("a notice too late", "2021-12-03T10", "2021-12-05T10",
         "mine.toml:16: waves[0].at: comes after notice_by"),
        ("another offset", "2022-01-03T23:59:59-05:00", "2022-01-03T23:59:59-04:00",
         "mine.toml:9: end_at: has not the offset of America/New_York at that time "
         "(write instead: ...-05:00)"),
        ("a date without time", "2022-01-03T23:59:59-05:00", "2022-01-03",
         "mine.toml:9: end_at: \"2022-01-03\" is not a date and time with its offset"),
        ("no such zone", "America/New_York", "America/Nowhere",
         "mine.toml:5: time_zone: there is no 'America/Nowhere'"),
        ("days out of range", "restore_days = 0", "restore_days = 46",
         "mine.toml:13: restore_days: 46 is out of range (write instead: a number from 0 to 45)"),
        ("a value misspelt", "fees_waived", "fee_waived",
         "mine.toml:11: fee_waived: is not known here (write instead: fees_waived)"),
        ("evidence of nothing", "[evidence]", "[evidence]\nend = { tier = \"R\" }",
         "mine.toml:23: evidence.end: is no value of these terms"),
        ("an unknown tier", 'tier = "R"', 'tier = "rumour"',
         "mine.toml:24: evidence.notice_by.tier: \"rumour\" is none of the choices"),
        ("an empty name", "Lanternlink US closes", " ", "mine.toml:4: name: is empty"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(_case: str, written: str, instead: str, said: str) -> None:
    assert written in GOOD

    (problem, *_) = told(GOOD.replace(written, instead, 1))

    assert problem.startswith(said)
