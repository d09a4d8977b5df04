"""Template tags, built into every template: sentences, amounts and times in the page's language.

    {% say "leave.title" %}                    a sentence
    {% say "cases.count" count=rows|length %}  with values; what is no safe HTML is escaped
    {% say_of "state" case.state %}            the sentence of a code: state.ended
    {% say_with "why" item.reason item.values %}   the same, with those of the values it asks for
    {{ amount|money }}  {{ sum|total }}  {{ count|grouped }}  {{ iccid|masked }}
    {{ at|moment:zone }}  {{ at|day:zone }}

The language is the one Django has active; texts stand in wording/*.toml.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum

import phonenumbers
from django import template
from django.utils import translation
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from signoff.domain.money import Money
from signoff.domain.policy import Names
from signoff.wording.catalogue import shipped
from signoff.wording.moments import day_words, moment_words, money_words
from signoff.wording.opening import hours_words

register = template.Library()

_LANGUAGES = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}
_THOUSANDS = re.compile(r"[0-9]{4,}")
_OPEN, _CLOSE = "\ue000", "\ue001"


def language() -> str:
    """The active language as the catalogue names it."""
    return _LANGUAGES.get(translation.get_language() or "", "zh-Hans")


def sentence(key: str, **values: object) -> SafeString:
    """A sentence as HTML: its text and values are escaped, but for values that are safe HTML."""
    held: dict[str, SafeString] = {}
    plain: dict[str, str | int] = {}
    for name, value in values.items():
        if isinstance(value, SafeString):
            mark = f"{_OPEN}{name}{_CLOSE}"
            held[mark], plain[name] = value, mark
        else:
            plain[name] = _words(value)
    text = str(conditional_escape(shipped().say(key, language(), **plain)))
    for mark, html in held.items():
        text = text.replace(mark, html)
    return mark_safe(text)


def _words(value: object) -> str | int:
    if isinstance(value, Money):
        return money_words(value, language())
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, datetime):
        raise TypeError("a moment needs a time zone: use the filter moment or day")
    if isinstance(value, date):
        return _date_words(value)
    return str(value.value if isinstance(value, Enum) else value)


@register.simple_tag
def say(key: str, **values: object) -> SafeString:
    """A sentence of the catalogue."""
    return sentence(key, **values)


@register.simple_tag
def say_of(family: str, code: object, **values: object) -> SafeString:
    """The sentence of a code: the family's name, a dot, the code."""
    return sentence(f"{family}.{_words(code)}", **values)


@register.simple_tag
def say_with(family: str, code: object, values: Mapping[str, object]) -> SafeString:  # noqa: PLR0917
    """The sentence of a code, with those of the values that it shows."""
    key = f"{family}.{_words(code)}"
    wanted = shipped().placeholders(key)
    return sentence(key, **{name: values[name] for name in wanted})


@register.simple_tag
def page_language() -> str:
    """The language for <html lang>: zh-Hans, zh-Hant or en."""
    return language()


@register.filter
def money(amount: Money) -> str:
    """An amount with its currency."""
    return money_words(amount, language())


@register.filter
def total(amount: Money) -> str:
    """A large amount with its currency, its thousands apart: US$52,875.00."""
    return _THOUSANDS.sub(lambda found: f"{int(found[0]):,}", money_words(amount, language()), 1)


@register.filter
def grouped(count: int) -> str:
    """A count people can read: 1,240,000."""
    return f"{count:,}"


@register.filter
def moment(at: datetime, zone: str) -> SafeString:
    """Day and time in a zone, with that zone's distance from UTC: readers are elsewhere."""
    return _time(at, moment_words(at, language(), zone=zone))


@register.filter
def day(at: date, zone: str = "UTC") -> SafeString:
    """A date, or the day a moment has in a zone."""
    if isinstance(at, datetime):
        return _time(at, day_words(at, language(), zone=zone))
    return _time(at, _date_words(at))


def _time(at: date, words: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), words)


def _date_words(on: date) -> str:
    noon = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    return day_words(noon, language(), zone="UTC")


@register.filter
def phone(number: str) -> str:
    """A phone number as people read it: +1 202-555-0170."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@register.filter
def masked(number: str) -> str:
    """A number of which only the last four digits show."""
    return f"··· {number[-4:]}" if number else ""


@register.filter
def named(names: Names) -> str:
    """A name in three languages, in the page's."""
    by_language = {"zh-Hans": names.zh_hans, "zh-Hant": names.zh_hant}
    return by_language.get(language(), names.en)


@register.filter
def hours(opening: str) -> str:
    """Opening hours in words."""
    return hours_words(opening, language())


@register.filter
def value_of(code: object) -> str:
    """The bare value of an enum member, for form fields."""
    return str(code.value if isinstance(code, Enum) else code)
