"""Dates, amounts and phone numbers as people write them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import phonenumbers

from signoff.domain.money import Money

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def day_words(at: datetime, language: str, *, zone: str) -> str:
    """The day of a moment in a time zone: "November 24, 2026"."""
    local = at.astimezone(ZoneInfo(zone))
    if language == "en":
        return f"{_MONTHS[local.month - 1]} {local.day}, {local.year}"
    return f"{local.year}年{local.month}月{local.day}日"


def moment_words(at: datetime, language: str, *, zone: str) -> str:
    """A moment in a time zone, to the minute, and which zone it was: readers are elsewhere."""
    local = at.astimezone(ZoneInfo(zone))
    behind = local.utcoffset()
    seconds = int(behind.total_seconds()) if behind else 0
    hours, minutes = divmod(abs(seconds) // 60, 60)
    sign = "-" if seconds < 0 else "+"
    offset = f"UTC{sign}{hours}{f':{minutes:02d}' if minutes else ''}" if seconds else "UTC"
    if language == "en":
        return f"{day_words(at, language, zone=zone)}, {local:%H:%M} ({offset})"
    return f"{day_words(at, language, zone=zone)} {local:%H:%M}（{offset}）"


def money_words(amount: Money, language: str) -> str:
    """An amount with its currency: "US$12.50", in Chinese "12.50 美元"."""
    digits, _, currency = str(amount).partition(" ")
    if currency != "USD":
        return str(amount)
    if language == "en":
        return f"-US${digits[1:]}" if digits.startswith("-") else f"US${digits}"
    return f"{digits} 美元"


def number_words(msisdn: str) -> str:
    """A phone number as it is written internationally; one that is none stays as it is."""
    try:
        parsed = phonenumbers.parse(msisdn)
    except phonenumbers.NumberParseException:
        return msisdn
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
