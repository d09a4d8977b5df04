"""T1: what is hashed has one form only."""

import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.canonical import (
    MAX_DEPTH,
    MAX_INT,
    Fault,
    Json,
    NotCanonical,
    decode,
    encode,
    format_time,
    parse_time,
    require_canonical,
)

_keys = st.text(st.characters(max_codepoint=127), max_size=8)
_texts = st.text(st.characters(codec="utf-8"), max_size=8)
_leaves = st.none() | st.booleans() | st.integers(-MAX_INT, MAX_INT) | _texts
_values = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=4)
)


@given(_values)
def test_a_value_comes_back_from_its_only_form(value: Json) -> None:
    data = encode(value)

    assert decode(data) == value
    require_canonical(data, value)


def test_keys_are_sorted_and_text_stays_as_it_is() -> None:
    assert (
        encode({"b": 1, "a": ["é\n\x7f", None, True]})
        == '{"a":["é\\n\x7f",null,true],"b":1}'.encode()
    )


def test_control_characters_are_written_as_rfc_8785_says() -> None:
    assert encode('\x00\x1f"\\\b\t\f\r') == b'"\\u0000\\u001f\\"\\\\\\b\\t\\f\\r"'


@pytest.mark.parametrize(
    ("_case", "data", "fault"),
    [
        ("two keys alike", b'{"a":1,"a":2}', Fault.DUPLICATE_KEY),
        ("two keys alike in another spelling", b'{"a":1,"\\u0061":2}', Fault.DUPLICATE_KEY),
        ("a fraction", b"1.0", Fault.FRACTION),
        ("an exponent", b"1e2", Fault.FRACTION),
        ("no number", b"NaN", Fault.FRACTION),
        ("a key in Chinese", '{"键":1}'.encode(), Fault.KEY_NOT_ASCII),
        ("too large", b"9007199254740992", Fault.INT_OUT_OF_RANGE),
        ("very much too large", b"9" * 9000, Fault.INT_OUT_OF_RANGE),
        ("half a character", b'"\\ud800"', Fault.LONE_SURROGATE),
        ("half a character in a key", b'{"\\ud800":1}', Fault.KEY_NOT_ASCII),
        ("no UTF-8", b'"\xff"', Fault.NOT_UTF8),
        ("a byte order mark", b"\xef\xbb\xbf1", Fault.NOT_JSON),
        ("nothing", b"", Fault.NOT_JSON),
        ("two values", b"1 2", Fault.NOT_JSON),
        ("nested deeper than any", b"[" * 100_000, Fault.TOO_DEEP),
        ("nested too deep", b"[" * 34 + b"]" * 34, Fault.TOO_DEEP),
    ],
)  # fmt: skip
def test_ambiguous_bytes_are_refused(_case: str, data: bytes, fault: Fault) -> None:
    with pytest.raises(NotCanonical) as refused:
        decode(data)

    assert refused.value.fault is fault


@pytest.mark.parametrize(
    ("_case", "value", "fault"),
    [
        ("a float", 1.5, Fault.FRACTION),
        ("bytes", b"x", Fault.UNSUPPORTED_TYPE),
        ("a set", {1}, Fault.UNSUPPORTED_TYPE),
        ("a number as key", {1: 1}, Fault.KEY_NOT_ASCII),
        ("too large", MAX_INT + 1, Fault.INT_OUT_OF_RANGE),
        ("half a character", "\ud800", Fault.LONE_SURROGATE),
    ],
)
def test_values_without_a_form_are_refused(_case: str, value: object, fault: Fault) -> None:
    with pytest.raises(NotCanonical) as refused:
        encode(cast(Json, value))

    assert refused.value.fault is fault


def test_a_list_that_holds_itself_is_refused() -> None:
    value: list[Json] = []
    value.append(value)

    with pytest.raises(NotCanonical, match="too_deep"):
        encode(value)


def test_the_deepest_allowed_value_has_a_form() -> None:
    data = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH

    assert encode(decode(data)) == data


@pytest.mark.parametrize(
    ("data", "at"),
    [(b'{"a": 1}', 5), (b' {"a":1}', 0), (b'{"a":1} ', 7), (b'{"\\u0061":1}', 2), (b"-0", 0)],
)
def test_the_first_strange_byte_is_named(data: bytes, at: int) -> None:
    with pytest.raises(NotCanonical) as refused:
        require_canonical(data, decode(data))

    assert (refused.value.fault, refused.value.at) == (Fault.NOT_CANONICAL, at)


def test_a_refusal_survives_pickling() -> None:
    error = NotCanonical(Fault.NOT_JSON, "what", at=7)

    again = pickle.loads(pickle.dumps(error))

    assert (str(again), again.at) == (str(error), 7)


def test_a_refusal_without_more_says_its_code() -> None:
    assert str(NotCanonical(Fault.TOO_DEEP)) == "too_deep"


def test_time_is_utc_with_three_digits_cut_off() -> None:
    east = timezone(timedelta(hours=8))

    assert (
        format_time(datetime(2024, 2, 29, 7, 59, 59, 999_999, east)) == "2024-02-28T23:59:59.999Z"
    )
    assert format_time(datetime(7, 1, 2, tzinfo=UTC)) == "0007-01-02T00:00:00.000Z"


@given(st.datetimes(timezones=st.just(UTC)))
def test_time_comes_back_to_the_millisecond(moment: datetime) -> None:
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    assert parse_time(format_time(moment)) == cut


def test_naive_time_is_refused() -> None:
    with pytest.raises(NotCanonical, match="time zone"):
        format_time(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    "text",
    ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000+00:00", "2026-02-30T00:00:00.000Z",
     "2026-01-01 00:00:00.000Z", "2026-01-01T00:00:60.000Z", "２026-01-01T00:00:00.000Z", ""],
)  # fmt: skip
def test_another_spelling_of_time_is_refused(text: str) -> None:
    with pytest.raises(NotCanonical):
        parse_time(text)
