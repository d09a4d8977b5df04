"""O1: whatever a sunset may say has words in three languages, and nothing else is kept."""

from collections.abc import Iterable
from enum import Enum

import pytest

from signoff.domain.sunset import PEOPLE, Block, Objection, Row, Selection, Stage
from signoff.domain.sunset_terms import Concern
from signoff.usecases.sunsets.reading import ListUnusable, Unusable
from signoff.wording.catalogue import LANGUAGES, shipped

FAMILIES: dict[str, Iterable[Enum]] = {
    "sunset.stage": Stage,
    "sunset.act": PEOPLE,
    "sunset.acted": PEOPLE,
    "sunset.objection": Objection,
    "sunset.selection": Selection,
    "sunset.row": Row,
    "sunset.block": Block,
    "sunset.concern": Concern,
    "sunset.unusable": Unusable,
}
KEYS = {f"{family}.{each.value}" for family, codes in FAMILIES.items() for each in codes}
KEYS |= {"sunset.acted.create"}


def test_every_code_has_words_and_no_words_are_left_over() -> None:
    kept = {key for key in shipped("sunset").keys() if key.startswith("sunset.")}  # noqa: SIM118

    assert kept == KEYS


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unusable_list_says_where_and_what_to_do(language: str) -> None:
    for code in Unusable:
        of_a_line = code in (Unusable.NOT_UTF8, Unusable.LONG_LINE)
        told = ListUnusable(code, 7 if of_a_line else None).said(language)

        assert ("7" in told) is of_a_line
