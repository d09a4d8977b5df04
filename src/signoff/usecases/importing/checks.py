"""What libraries and policies say of a record: numbers, SIMs, brands, places, carriers."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from stdnum import imei, imsi, luhn

from signoff.domain.book import (
    AccountRecord,
    ContactRecord,
    Finding,
    LineRecord,
    Person,
    Record,
    UsageRecord,
    implausible,
)
from signoff.domain.policy import Policy
from signoff.usecases.policies import PolicyBook

_ID = re.compile(r"[!-~]{1,80}")
_ICCID = re.compile(r"89\d{17,18}")
_PEER = re.compile(r"[+\w *#.-]{0,20}")


class Checker:
    """Checks records against the policies that hold; `brand` is for those that name none."""

    def __init__(self, policies: PolicyBook, *, brand: str = "") -> None:
        self._brand = brand
        self._brands = {name: policies.policy(name) for name in policies.brands()}
        self._places = policies.places()
        # All amounts of a policy have one currency; a brand without any takes every currency.
        amounts = {name: policy.amounts for name, policy in self._brands.items()}
        self._currency = {name: each[0].currency for name, each in amounts.items() if each}

    def check(self, record: Record) -> tuple[Record, tuple[Finding, ...]]:
        """The record in its kept form (numbers as E.164, e-mail in small letters), and its faults.

        With faults the form is of no use.
        """
        wrong = [*implausible(record), *self._of_brand(record)]
        if not _ID.fullmatch(record.external_id):
            what = "is no id: 1 to 80 letters, digits and signs, without spaces"
            wrong.append(Finding("external_id", what, "the id it has where it comes from"))
        if wrong:
            return record, tuple(wrong)
        record = record if record.brand else replace(record, brand=self._brand)
        policy = self._brands[record.brand]
        if isinstance(record, AccountRecord):
            return self._account(record)
        if isinstance(record, ContactRecord):
            return record, ()
        return _line(record, policy) if isinstance(record, LineRecord) else _usage(record)

    def _of_brand(self, record: Record) -> Iterator[Finding]:
        if self._brand and record.brand not in ("", self._brand):
            yield Finding("brand", f"is not {self._brand}, which was asked for", self._brand)
        elif not record.brand and not self._brand:
            yield Finding("brand", "is missing", _nearest("", list(self._brands)))
        elif record.brand and record.brand not in self._brands:
            what = f"{record.brand[:40]!r} is no brand of this installation"
            yield Finding("brand", what, _nearest(record.brand, list(self._brands)))

    def _account(self, record: AccountRecord) -> tuple[AccountRecord, tuple[Finding, ...]]:
        wrong = [*_email(record.holder.email, "holder.email")]
        if record.facts.details.email != record.holder.email:
            wrong += _email(record.facts.details.email, "facts.details.email")
        if record.place not in self._places:
            what = f"{record.place[:40]!r} is no place that is known"
            wrong.append(Finding("place", what, _nearest(record.place, self._places)))
        currency = self._currency.get(record.brand, record.facts.currency)
        if currency != record.facts.currency:
            what = f"{record.facts.currency} is not the currency of {record.brand}'s fees"
            wrong.append(Finding("facts.currency", what, f'"{currency}"'))
        if len(record.holder.name) > 150:
            wrong.append(Finding("holder.name", "is longer than 150 characters", "the name alone"))
        small = record.holder.email.lower()
        if small != record.holder.email:
            record = replace(record, holder=replace(record.holder, email=small))
        wrong += _people(record.people)
        return replace(record, people=_small(record.people)), tuple(wrong)


def _line(record: LineRecord, policy: Policy) -> tuple[LineRecord, tuple[Finding, ...]]:
    msisdn, wrong = _msisdn(record.msisdn)
    wrong += [*_iccid(record.iccid)]
    if record.imsi and not imsi.is_valid(record.imsi):
        wrong.append(Finding("imsi", "is no IMSI", "15 digits, the country's first, or leave out"))
    if record.carrier not in policy.carriers:
        what = f"{record.carrier[:40]!r} is no carrier of {record.brand}"
        wrong.append(Finding("carrier", what, _nearest(record.carrier, policy.carriers)))
    if len(record.carrier_account) > 80:
        wrong.append(Finding("carrier_account", "is longer than 80 characters", "its id"))
    device = record.facts.device
    if device and device.imei and not (len(device.imei) == 15 and imei.is_valid(device.imei)):
        what = "is no IMEI: 15 digits of which the last checks the others"
        wrong.append(Finding("facts.device.imei", what, "as *#06# shows it, or leave it out"))
    wrong += _people(record.people)
    if msisdn != record.msisdn or record.people:
        record = replace(record, msisdn=msisdn, people=_small(record.people))
    return record, tuple(wrong)


def _people(people: Sequence[Person]) -> Iterator[Finding]:
    for index, person in enumerate(people):
        yield from _email(person.email, f"people[{index}].email")
        if len(person.name) > 150:
            at = f"people[{index}].name"
            yield Finding(at, "is longer than 150 characters", "the name alone")


def _small(people: tuple[Person, ...]) -> tuple[Person, ...]:
    return tuple(replace(person, email=person.email.lower()) for person in people)


def _usage(record: UsageRecord) -> tuple[UsageRecord, tuple[Finding, ...]]:
    wrong = []
    if not _PEER.fullmatch(record.peer):
        what = "is neither a number nor a sender's name of at most 20 characters"
        wrong.append(Finding("peer", what, '"+12025550170", or "" where it was withheld'))
    if record.seconds and record.kind == "message":
        wrong.append(Finding("seconds", "is above zero for a message", "0"))
    return record, tuple(wrong)


def _msisdn(text: str) -> tuple[str, list[Finding]]:
    """The number as E.164. It is never quoted: a number is a person."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return text, [Finding("msisdn", "is no number with its country", '"+12025550170"')]
    if not phonenumbers.is_valid_number(number):
        what = "is a number that no country gives out"
        return text, [Finding("msisdn", what, "all its digits: +1 and ten more in the US")]
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), []


def _iccid(text: str) -> Iterator[Finding]:
    if not _ICCID.fullmatch(text):
        what = "is no ICCID: 19 or 20 digits that begin with 89"
        yield Finding("iccid", what, "all digits as printed on the SIM; spreadsheets shorten them")
    elif not luhn.is_valid(text):
        fits = luhn.calc_check_digit(text[:-1])
        what = "has a wrong check digit: a digit was mistyped"
        yield Finding("iccid", what, f"the printed one; if the rest is right it ends in {fits}")


def _email(text: str, at: str) -> Iterator[Finding]:
    try:
        validate_email(text)
    except ValidationError:
        yield Finding(at, "is no e-mail address", '"name@example.com"')
    else:
        if len(text) > 254:
            yield Finding(at, "is longer than 254 characters", "a shorter address")


def _nearest(value: str, choices: Sequence[str]) -> str:
    near = get_close_matches(value, choices, n=1, cutoff=0.7)
    return f'"{near[0]}"' if near else " or ".join(f'"{each}"' for each in choices)
