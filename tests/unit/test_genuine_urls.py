"""S1: what is found about each address of a table; and what holds for every text there is."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.genuine import Answer, Kind, Verdict
from signoff.usecases import official
from signoff.usecases.addresses import link
from signoff.usecases.genuine import check

FILE = Path(__file__).parent / "data" / "genuine_urls.toml"
TABLE = tomllib.loads(FILE.read_text(encoding="utf-8"))["address"]
LISTS = official.lists()

REFERENCE = {
    "official": {Verdict.CARRIER},
    "unusual": {Verdict.UNKNOWN},
    # Stricter where somebody else's address contains a whole official one: that serves to deceive.
    "not_listed": {Verdict.UNKNOWN, Verdict.DANGEROUS},
    "known_bad": {Verdict.DANGEROUS},
    "refuse": {Verdict.DANGEROUS},
    "lookalike": {Verdict.DANGEROUS},
    "unverified": {Verdict.UNKNOWN},
}


def answer(text: str | bytes, *, mail: bool = False) -> Answer:
    return check(text, lists=LISTS, codes=lambda codes: {}, mail=mail).answer


def reasons(found: Answer) -> set[str]:
    whys = [*found.whys, *(why for part in found.parts for why in part.whys)]
    return {why.reason.value for why in whys}


@pytest.mark.parametrize("row", TABLE, ids=[ascii(row["url"]) for row in TABLE])
def test_an_address_is_judged_as_the_table_says(row: dict[str, Any]) -> None:
    found = answer(row["url"])

    assert found.kind is Kind.LINK
    assert found.verdict == row["verdict"]
    assert set(row["reasons"]) <= reasons(found)


def test_the_table_holds_the_reference_and_much_more() -> None:
    vectors = [row for row in TABLE if "reference" in row]

    assert len(vectors) == 33
    assert len(TABLE) >= 233
    for row in vectors:
        assert row["verdict"] in REFERENCE[row["reference"]]


@pytest.mark.parametrize("row", TABLE, ids=[ascii(row["url"]) for row in TABLE])
def test_an_address_in_a_sentence_is_as_dangerous_as_alone(row: dict[str, Any]) -> None:
    """White space inside ends an address in a sentence, so those are left out."""
    alone = answer(row["url"]).verdict
    clean = row["url"].isascii() and row["url"].isprintable() and row["url"][0].isalnum()
    if alone is not Verdict.DANGEROUS or not clean or "'" in row["url"] or "[" in row["url"]:
        return

    found = answer(f"Please look at {row['url']} today")

    assert found.verdict is Verdict.DANGEROUS


_ODD = st.sampled_from(
    [
        "https://",
        "http:",
        "//",
        "\\",
        "@",
        "%2e",
        ".",
        "。",
        "t-mobile.com",
        "att",
        "xn--",
        "[::1]",
        "farwander.example",
        "\u200b",
        "\t",
        "\n",
        "evil",
        "?url=",
        "#",
        ":443",
        "javascript:",
        "data:",
        "From: a@b.c\n",
        "Subject: x\n\n",
        "ABCD-EFGH-JKMN",
        "+1",
        "877",
        "code",
        "send",
        "验证码",
        "\x00",
        "\ud800",
        "=?utf-8?b?",
        "Content-Type: multipart/mixed; boundary=a\n\n--a\n",
        "<a href=",
        '"',
        "：",
    ]
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(_ODD, max_size=14).map("".join))


@given(TEXTS)
def test_no_text_whatsoever_makes_it_fail(text: str) -> None:
    assert answer(text).verdict in Verdict
    assert answer(text, mail=True).verdict in Verdict


@given(st.binary(max_size=400))
def test_no_file_whatsoever_makes_it_fail(data: bytes) -> None:
    assert answer(data, mail=True).verdict in Verdict
    assert answer(data).verdict in Verdict


@given(TEXTS, st.sampled_from(["", " ", "\n", "\t ", "\u3000"]), st.sampled_from(["", " ", "\r\n"]))
def test_blanks_around_it_change_nothing(text: str, before: str, after: str) -> None:
    plain = answer(text.strip())

    found = answer(f"{before}{text.strip()}{after}")

    assert (found.kind, found.verdict) == (plain.kind, plain.verdict)


OURS = ("farwander.example", "boundlark.example", "bytebrook.example", "tellmagpie.example",
        "wavequill.example")  # fmt: skip


@given(st.one_of(TEXTS, st.sampled_from([row["url"] for row in TABLE])))
def test_only_a_listed_host_is_ever_ours(text: str) -> None:
    found = answer(text)
    if found.kind is not Kind.LINK or found.verdict is not Verdict.OURS:
        return

    address = link(text)
    assert address.host.endswith(OURS) or address.origin == "http://127.0.0.1:8000"
