"""Q5: a missing or uneven sentence is refused when the catalogue is read."""

import pickle
from pathlib import Path

import pytest

from signoff.wording.catalogue import (
    LANGUAGES,
    Catalogue,
    CatalogueError,
    UnknownSentence,
    WrongValues,
    shipped,
)

GOOD = """
[bills.unpaid]
en = "{number} is unpaid {{now}}"
zh-Hans = "{number} 未支付"
zh-Hant = "{number} 未支付"

[bills.count.one]
en = "One bill of {owner}"
[bills.count.other]
en = "{count} bills of {owner}"
zh-Hans = "{owner} 有 {count} 张账单"
zh-Hant = "{owner} 有 {count} 張帳單"
"""


def load(text: str, folder: Path) -> Catalogue:
    path = folder / "texts.toml"
    path.write_text(text, encoding="utf-8")
    return Catalogue.load(path)


def test_a_sentence_is_said_in_each_language(tmp_path: Path) -> None:
    catalogue = load(GOOD, tmp_path)

    assert catalogue.say("bills.unpaid", "en", number="N-1") == "N-1 is unpaid {now}"
    assert catalogue.say("bills.unpaid", "zh-Hans", number=7) == "7 未支付"
    assert "bills.unpaid" in catalogue
    assert sorted(catalogue.keys()) == ["bills.count", "bills.unpaid"]
    assert catalogue.placeholders("bills.count") == {"count", "owner"}


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("en", 1, "One bill of Li"),
        ("en", 0, "0 bills of Li"),
        ("en", 2, "2 bills of Li"),
        ("zh-Hans", 1, "Li 有 1 张账单"),
        ("zh-Hant", 2, "Li 有 2 張帳單"),
    ],
)
def test_a_count_chooses_the_form(language: str, count: int, said: str, tmp_path: Path) -> None:
    catalogue = load(GOOD, tmp_path)

    assert catalogue.say("bills.count", language, count=count, owner="Li") == said


def test_values_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    catalogue = load(GOOD, tmp_path)

    with pytest.raises(WrongValues, match="number"):
        catalogue.say("bills.unpaid", "en")
    with pytest.raises(WrongValues):
        catalogue.say("bills.unpaid", "en", number=1, more=2)
    with pytest.raises(UnknownSentence, match=r"bills\.paid"):
        catalogue.say("bills.paid", "en")
    with pytest.raises(UnknownSentence):
        catalogue.say("bills.unpaid", "fr", number=1)


def three(text: str) -> str:
    return "\n".join(f'{language} = "{text}"' for language in LANGUAGES)


@pytest.mark.parametrize(
    ("_case", "text", "problem"),
    [
        ("a language is missing", '[a]\nen = "x"\nzh-Hans = "x"', "zh-Hant"),
        ("an unknown language", f'[a]\n{three("x")}\nfr = "x"', "fr"),
        ("an empty text", f"[a]\n{three('')}", "empty"),
        ("space at the end", f"[a]\n{three('x ')}", "space"),
        ("a number", "[a]\nen = 1\nzh-Hans = 1\nzh-Hant = 1", "not a text"),
        ("an empty table", "[a]", "missing"),
        ("different placeholders", '[a]\nen = "{x}"\nzh-Hans = "{y}"\nzh-Hant = "{x}"', "differ"),
        ("a nameless placeholder", f"[a]\n{three('{}')}", "no plain name"),
        ("a format", f"[a]\n{three('{x:.2f}')}", "no plain name"),
        ("an attribute", f"[a]\n{three('{x.y}')}", "no plain name"),
        ("an open brace", f"[a]\n{three('{x')}", "expected"),
        ("a plural without one", f"[a.other]\n{three('{count}')}", "one and other"),
        ("a plural with more", f'[a]\nx = 1\n[a.one]\nen = "x"\n[a.other]\n{three("{count}")}',
         "one and other"),
        ("a plural without count", f'[a.one]\nen = "x"\n[a.other]\n{three("x")}', "count"),
        ("a plural whose forms differ", f'[a.one]\nen = "{{y}}"\n[a.other]\n{three("{count}")}',
         "different placeholders"),
        ("one of something in Chinese", f"[a.one]\n{three('x')}\n[a.other]\n{three('{count}')}",
         "not expected"),
        ("no TOML", "[a", "Expected"),
    ],
)  # fmt: skip
def test_an_uneven_catalogue_is_refused(
    _case: str, text: str, problem: str, tmp_path: Path
) -> None:
    with pytest.raises(CatalogueError, match=problem) as refused:
        load(text, tmp_path)

    assert str(refused.value).startswith("texts.toml: ")
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)


def test_a_key_stands_in_one_file_only(tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    for path in (one, two):
        path.write_text(f"[a]\n{three('x')}")

    with pytest.raises(CatalogueError, match="twice"):
        Catalogue.load(one, two)


def test_every_shipped_catalogue_is_even() -> None:
    assert "pdf.certificate.title" in shipped()
    assert shipped("pdf") is shipped("pdf")
