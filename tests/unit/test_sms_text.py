"""What a text costs on the air, held against the numbers of the standard (C6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.sms_text import Alphabet, encoded, from_gsm7, parts, plain


@pytest.mark.parametrize(
    ("text", "alphabet", "count"),
    [
        ("", Alphabet.GSM7, 1),
        ("a" * 160, Alphabet.GSM7, 1),
        ("a" * 161, Alphabet.GSM7, 2),
        ("a" * 306, Alphabet.GSM7, 2),
        ("a" * 307, Alphabet.GSM7, 3),
        ("€" * 80, Alphabet.GSM7, 1),
        ("€" * 81, Alphabet.GSM7, 2),
        ("注" * 70, Alphabet.UCS2, 1),
        ("注" * 71, Alphabet.UCS2, 2),
        ("注" * 134, Alphabet.UCS2, 2),
        ("注" * 135, Alphabet.UCS2, 3),
        ("😀" * 35, Alphabet.UCS2, 1),
        ("😀" * 36, Alphabet.UCS2, 2),
        ("a" * 100 + "’", Alphabet.UCS2, 2),
        ("`", Alphabet.UCS2, 1),
        ("ñ à Ü ß Δ @ £ ¥ § ¿", Alphabet.GSM7, 1),
    ],
)
def test_parts_are_as_many_as_the_standard_says(text: str, alphabet: Alphabet, count: int) -> None:
    """C6: 160 and 153 septets, 70 and 67 units; the extension table costs two."""
    made = parts(text)

    assert (made.alphabet, len(made)) == (alphabet, count)


def test_an_escaped_character_is_not_cut_in_two() -> None:
    """C6: 152 septets and a euro sign do not fit into 153."""
    made = parts("a" * 152 + "€" + "b" * 20)

    assert made.texts == ("a" * 152, "€" + "b" * 20)


def test_a_pair_of_surrogates_is_not_cut_in_two() -> None:
    """C6."""
    made = parts("注" * 66 + "😀" + "注" * 20)

    assert made.texts == ("注" * 66, "😀" + "注" * 20)


@given(st.text(max_size=400))
def test_no_part_is_too_long_and_nothing_is_lost(text: str) -> None:
    """C6: for every text."""
    made = parts(text)
    sizes = [len(encoded(each, made.alphabet)) for each in made.texts]

    assert "".join(made.texts) == text
    assert max(sizes) <= {Alphabet.GSM7: 160, Alphabet.UCS2: 140}[made.alphabet]
    if len(made) > 1:
        assert max(sizes) <= {Alphabet.GSM7: 153, Alphabet.UCS2: 134}[made.alphabet]


@given(st.text(alphabet="aZ@€[]^{}~|\\Δñ09 \n\f", max_size=200))
def test_septets_read_back(text: str) -> None:
    """C6."""
    assert from_gsm7(encoded(text, Alphabet.GSM7)) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [(b"\x1b", ""), (b"\x1b\x1bA", "?A"), (b"\x1bA", "A"), (b"\xff", "?"), (b"\x1b\x65", "€")],
)
def test_septets_nobody_should_send_still_read(octets: bytes, text: str) -> None:
    """C6: what the extension table lacks reads as the basic character."""
    assert from_gsm7(octets) == text


@pytest.mark.parametrize(
    ("given_", "made"),
    [
        ("line ··· 0142 — it’s “off”…", 'line ... 0142 - it\'s "off"...'),
        ("US$\u00a05", "US$ 5"),
        ("您的线路 ··· 0142 已终止…", "您的线路 ··· 0142 已终止…"),
    ],
)
def test_marks_are_made_plain_only_where_it_saves(given_: str, made: str) -> None:
    """C6."""
    assert plain(given_) == made
