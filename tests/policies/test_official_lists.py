"""S1: lists of what is official are data, checked with file and line; unsure facts prove none."""

import shutil
from pathlib import Path

import pytest

from signoff.domain.genuine_lists import Tier
from signoff.usecases.policies import SHIPPED, PolicyProblems
from signoff.usecases.policies.official import load_lists

LISTS = load_lists(SHIPPED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("official", "cheats"):
        shutil.copytree(SHIPPED / name, tmp_path / name)
    return tmp_path


def told(folder: Path) -> list[str]:
    with pytest.raises(PolicyProblems) as problems:
        load_lists(folder)
    return [str(each) for each in problems.value.problems]


def test_every_fact_has_a_source_or_is_said_to_be_unsure() -> None:
    for company in LISTS.companies:
        facts = [(each.source, each.tier) for each in company.hosts]
        facts += [(each.source, each.tier) for each in company.numbers]
        facts += [(each.source, each.tier) for each in company.senders]
        assert all(source.strip() or not tier.verified for source, tier in facts)


def test_numbers_that_are_only_remembered_are_on_no_list_of_true_ones() -> None:
    """What stands on undated pages or in memory must never be told as official."""
    unsure = {"+15059983793", "+18009378997", "+18777460909", "+13149256925", "+19085594899"}

    assert not unsure & set(LISTS.numbers())
    assert all(
        held.tier in {Tier.MEMORY, Tier.UNDATED}
        for number in unsure
        for _, held in LISTS.holders(number)
    )


def test_a_number_of_companies_in_two_countries_is_given_to_none() -> None:
    assert LISTS.holders("+18773319871") == ()


def test_a_folder_without_lists_has_those_that_are_shipped(tmp_path: Path) -> None:
    assert load_lists(tmp_path).companies == LISTS.companies


def test_a_folder_with_lists_has_its_own_alone(folder: Path) -> None:
    for file in (folder / "official").glob("*.toml"):
        if file.stem != "tello":
            file.unlink()

    assert [company.id for company in load_lists(folder).companies] == ["tello"]


@pytest.mark.parametrize(
    ("file", "written", "instead", "said"),
    [
        ("official/tello.toml", 'id = "tello"', 'id = "tela"', ":2: id: id must be"),
        ("official/tello.toml", '"tello.com"', '"https://tello.com"', "hosts[0].name: is no host"),
        ("official/tello.toml", '"tello.com"', '"zendesk.com"', "is shared by many companies"),
        ("official/tello.toml", 'tier = "O"', 'tier = "Q"', '"Q" is none of the choices'),
        ("official/tello.toml", "2026-11-20", "1999-01-01", ":4: checked: is too long ago"),
        ("official/tello.toml", '["tello"]', '["Tello!"]', "words[0]: is no word of an address"),
        ("official/tello.toml", "https://tello.com/help_center/how-can-i-cancel-my-service?"
         "_language=en", " ", "hosts[0].source: is empty"),
        ("official/tello.toml", 'en = "Tello"', 'en = " "', "names.en: is empty"),
        ("official/tello.toml", 'kind = "carrier"', "kind = 1", "kind: 1 is none of the choices"),
        ("official/att.toml", '"+18003310500"', '"800 331"', "numbers[0].number: cannot be read"),
        ("official/google-fi.toml", '"/fi"', '"fi/"', "hosts[0].path: is no path"),
        ("official/holafly.toml", '"help@holafly.com"', '"help"', "senders[0].address: cannot be"),
        ("cheats/words.toml", '"asks_code"', '"asks_codes"', "cues[0].reason: is no finding"),
        ("cheats/words.toml", '"anydesk"', '"AnyDesk"', "is not in small letters"),
        ("cheats/links.toml", "checked", "chekced", "checked"),
        ("cheats/links.toml", "bait = [", "bait = ", "is not TOML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_file(
    folder: Path, file: str, written: str, instead: str, said: str
) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert written in text

    path.write_text(text.replace(written, instead, 1), encoding="utf-8")

    assert any(file in problem and said in problem for problem in told(folder))


def test_a_file_of_ours_names_something(folder: Path) -> None:
    (folder / "official" / "mine.toml").write_text(
        'id = "mine"\nkind = "ours"\nchecked = 2026-11-20\n'
        '[names]\nen = "M"\nzh_hans = "M"\nzh_hant = "M"\n',
        encoding="utf-8",
    )

    assert any("there is nothing of ours in it" in problem for problem in told(folder))


def test_an_empty_group_of_words_is_refused(folder: Path) -> None:
    path = folder / "cheats" / "words.toml"
    path.write_text(
        'checked = 2026-11-20\n[[cues]]\nreason = "pressure"\nall = [[]]\n', encoding="utf-8"
    )

    assert any("has an empty group" in problem for problem in told(folder))
