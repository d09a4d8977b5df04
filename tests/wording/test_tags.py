"""Amounts, times, names and hours as pages write them, and nobody's text as HTML."""

from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template
from django.utils import translation

from signoff.domain.money import Money
from signoff.domain.policy import Names

AT = datetime(2026, 11, 21, 12, 5, tzinfo=UTC)


def page(source: str, *, language: str = "en", **context: object) -> str:
    with translation.override(language):
        return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "US$12.50"), ("zh-hans", "12.50 美元"), ("zh-hant", "12.50 美元")],
)
def test_an_amount_says_its_currency(language: str, words: str) -> None:
    assert page("{{ a|money }}", language=language, a=Money(1250, "USD")) == words


def test_a_moment_stands_in_the_brands_zone_with_its_distance() -> None:
    shown = page("{{ at|moment:'America/New_York' }}", at=AT)

    assert "November 21, 2026, 07:05 (UTC-5)" in shown
    assert shown.startswith('<time datetime="2026-11-21T12:05:00+00:00">')


def test_a_day_is_the_day_of_the_zone() -> None:
    late = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

    assert "November 21, 2026" in page("{{ at|day:'America/Denver' }}", at=late)
    assert "2026年11月22日" in page("{{ on|day }}", language="zh-hans", on=date(2026, 11, 22))


def test_values_of_a_sentence_are_escaped() -> None:
    shown = page('{% say "source.bill" id=bad %}', bad="<script>alert(1)</script>")

    assert shown == "Bill &lt;script&gt;alert(1)&lt;/script&gt;"


def test_safe_html_may_stand_in_a_sentence() -> None:
    shown = page('{% say "bills.due" on=on|day %}', on=date(2026, 11, 22))

    assert shown == 'due on <time datetime="2026-11-22">November 22, 2026</time>'


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError, match="time zone"):
        page('{% say "bills.due" on=at %}', at=AT)


@pytest.mark.parametrize(
    ("hours", "language", "words"),
    [
        ("Mo-Fr 09:00-18:00", "en", "Monday to Friday 09:00–18:00"),
        (
            "Mo-Fr 08:00-20:00; Sa 09:00-17:00",
            "zh-hans",
            "周一至周五 08:00–20:00；周六 09:00–17:00",
        ),
        ("Mo-Su 00:00-24:00", "zh-hant", "全天 24 小時，每天"),
    ],
)
def test_opening_hours_are_words(hours: str, language: str, words: str) -> None:
    assert page("{{ hours|hours }}", language=language, hours=hours) == words


def test_a_name_is_the_one_its_readers_know() -> None:
    names = Names("Far", "远", "遠")

    assert [
        page("{{ n|named }}", language=each, n=names) for each in ("en", "zh-hans", "zh-hant")
    ] == ["Far", "远", "遠"]


def test_numbers_are_grouped_and_masked() -> None:
    assert page("{{ n|phone }}", n="+12025550170") == "+1 202-555-0170"
    assert page("{{ n|phone }}", n="not a number") == "not a number"
    assert page("{{ n|masked }}{{ none|masked }}", n="8901260000000012345", none="") == "··· 2345"


@pytest.mark.parametrize(
    ("language", "words"), [("en", "-US$1,052,875.00"), ("zh-hans", "-1,052,875.00 美元")]
)
def test_large_amounts_have_their_thousands_apart(language: str, words: str) -> None:
    shown = page("{{ a|total }}", language=language, a=Money(-105_287_500, "USD"))

    assert shown == words
    assert page("{{ a|total }} {{ n|grouped }}", a=Money(99, "JPY"), n=1_240_000) == (
        "99 JPY 1,240,000"
    )
