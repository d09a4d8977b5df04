"""P9: address books that every phone takes (RFC 6350)."""

from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.vcard import Person, vcards


def test_a_card_is_a_vcard_4() -> None:
    """P9."""
    card = vcards([Person("林晓雨", ("+8613800138000", "+12025550170"), ("lin@example.com",))])

    assert card == (
        "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:林晓雨\r\nTEL:+8613800138000\r\nTEL:+12025550170\r\n"
        "EMAIL:lin@example.com\r\nEND:VCARD\r\n"
    )


def test_nothing_in_a_name_ends_it_or_adds_a_line() -> None:
    """P9, Q3."""
    card = vcards([Person("A;B,C\\D\r\nTEL:+1900", ("1",))])

    assert "FN:A\\;B\\,C\\\\D\\nTEL:+1900\r\n" in card


def test_a_card_without_a_name_is_called_its_number() -> None:
    """P9: FN is needed."""
    assert "FN:+1202\r\n" in vcards([Person("", ("+1202",))])
    assert "FN:?\r\n" in vcards([Person("")])


def test_a_long_chinese_name_is_folded_between_characters() -> None:
    """RFC 6350, 3.2: 75 octets, and no character cut in two."""
    lines = vcards([Person("林" * 60)]).split("\r\n")[2:5]

    assert [len(line.encode()) for line in lines] == [75, 73, 37]
    assert "".join(line.removeprefix(" ") for line in lines) == "FN:" + "林" * 60


def test_no_people_are_no_cards() -> None:
    assert vcards([]) == ""


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=200))
def test_folding_loses_nothing_and_keeps_to_the_length(name: str) -> None:
    """RFC 6350, 3.2."""
    card = vcards([Person(name)])

    assert all(len(line.encode()) <= 75 for line in card.split("\r\n"))
    called = card.replace("\r\n ", "").split("\r\n")[2].removeprefix("FN:")
    plain = called.replace("\\;", ";").replace("\\,", ",").replace("\\\\", "\\")
    assert plain == (name or "?")
