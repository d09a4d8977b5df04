"""Who it is that wants in: an e-mail address or a phone number, as people write them (A1)."""

from datetime import datetime

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from signoff.domain import assurance
from signoff.domain.assurance import Proof
from signoff.records import people
from signoff.records.people import Person

REGIONS = ("US", "CN", "HK", "TW")
"""Where numbers written without a country code may be at home, the most likely first."""

MOST = 254
"""The longest log-in name that is looked at."""


class Unreadable(ValueError):
    """What was typed is neither an e-mail address nor a phone number."""


def emails(typed: str) -> tuple[str, ...]:
    """The spellings of an address to look for; none where it is no address."""
    text = typed.strip()
    try:
        validate_email(text)
    except ValidationError:
        return ()
    return tuple(dict.fromkeys((text, text.lower())))


def numbers(typed: str) -> tuple[str, ...]:
    """The E.164 numbers that may be meant, the most likely first.

    131 0555 0101 is a number in China and, with its leading 1, one in the United States: both are
    looked for, and whoever has one of them is meant.
    """
    found = []
    for region in (None, *REGIONS):
        try:
            number = phonenumbers.parse(typed, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            found.append(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
        if typed.strip().startswith("+"):
            break
    return tuple(dict.fromkeys(found))


def key(typed: str) -> str:
    """One spelling of whatever was typed, for counting tries. Raises Unreadable."""
    for spelling in (*emails(typed[:MOST])[-1:], *numbers(typed[:MOST])):
        return spelling
    raise Unreadable


def find(typed: str) -> Person | None:
    """Whoever logs in with this. One query, whether anybody does or not (A2). Raises Unreadable."""
    if addresses := emails(typed[:MOST]):
        return people.by_email(addresses)
    if candidates := numbers(typed[:MOST]):
        return people.by_phone(candidates)
    raise Unreadable


def find_by_phone(typed: str) -> Person | None:
    """Whoever logs in with this number."""
    candidates = numbers(typed[:MOST])
    return people.by_phone(candidates) if candidates else None


def is_number(typed: str) -> bool:
    """Whether a phone number was typed."""
    return not emails(typed[:MOST]) and bool(numbers(typed[:MOST]))


def may_text(person: Person, *, now: datetime) -> bool:
    """Whether a code texted to a person's number would prove them (A8)."""
    counts = assurance.accepted(sim_changed_at=person.sim_changed_at, now=now)
    return bool(person.phone) and Proof.SMS_CODE in counts
