"""What a jurisdiction profile must also fulfil, beyond having the right shape (L1, law.md 3)."""

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from signoff.domain.policy import Confidence, DebtRule, DocumentRule, Jurisdiction, SaveOffer
from signoff.usecases.policies.brands import MOST_RESTORE_DAYS, Finding, name_findings

# A debt may not hold up the end here (law.md 3); the states while their auto-renewal law applies.
_OWED = frozenset({"de", "eu-default", "uk"})
_OWED_BY_RENEWAL_LAW = frozenset({"us-ca", "us-ny", "us-ma", "us-mn"})
_OFFER_ONLY_AFTER = frozenset({"us-mn"})
_NO_DOCUMENT = frozenset({"de"})
_NOT_A_RULE = frozenset({"id", "extends", "names", "checked_on", "binding", "sources"})
_DOORS = {"de": ("Verträge hier kündigen", "jetzt kündigen")}


def place_findings(
    place: Jurisdiction, *, file: PurePath, own: Mapping[str, Any]
) -> Iterator[Finding]:
    """Everything wrong with a profile that has the right shape; `own` is what its file sets."""
    if place.id != file.stem:
        yield ("id",), "id must be the file's name", f'id = "{file.stem}"'
    yield from name_findings(place.names)
    yield from _law(place)
    yield from _sources(place, own)
    ranges = (
        ("refund_days", place.refund_days, 1, 60),
        ("acknowledge_seconds", place.acknowledge_seconds, 1, 60),
        ("number_age_days", place.number_age_days, MOST_RESTORE_DAYS, 365),
    )
    for name, value, least, most in ranges:
        if not least <= value <= most:
            yield (name,), f"{value} is out of range", f"a number from {least} to {most}"


def _law(place: Jurisdiction) -> Iterator[Finding]:
    must_owe = place.id in _OWED or (place.id in _OWED_BY_RENEWAL_LAW and place.renewal_law)
    if must_owe and place.debt is not DebtRule.OWED:
        yield ("debt",), "a debt may not hold up the end here", 'debt = "owed"'
    if place.id in _NO_DOCUMENT and place.documents is not DocumentRule.NEVER:
        yield ("documents",), "no document may be asked for here", 'documents = "never"'
    if place.id in _OFFER_ONLY_AFTER and place.save_offer is SaveOffer.SIMULTANEOUS:
        what = "offers are allowed only after the line was cancelled"
        yield ("save_offer",), what, 'save_offer = "after"'
    if not place.reasons:
        yield ("reasons",), "is empty", "leave it out for all reasons"
    door = place.door
    if bool(door.step1) != bool(door.step2):
        yield ("door",), "one of the two labels is missing", 'both step1 = "..." and step2 = "..."'
    wanted = _DOORS.get(place.id)
    if wanted and (door.step1, door.step2) != wanted:
        yield ("door",), "these are not the labels of the law", " and ".join(wanted)


def _sources(place: Jurisdiction, own: Mapping[str, Any]) -> Iterator[Finding]:
    sourced = own.get("sources", {})
    for name in own:
        if name not in _NOT_A_RULE and name not in sourced:
            instead = f'{name} = {{ confidence = "policy" }} under [sources]'
            yield (name,), "has no entry under [sources]", instead
    rules = [name for name in Jurisdiction.__dataclass_fields__ if name not in _NOT_A_RULE]
    for name in sourced:
        source = place.sources[name]
        if name not in rules:
            yield ("sources", name), "is no value of a profile", f"one of {', '.join(rules)}"
        elif (source.confidence is Confidence.VERIFIED) != bool(source.refs):
            what = "verified needs the numbers of its sources, and only verified has them"
            instead = '{ confidence = "verified", refs = [17] } or { confidence = "policy" }'
            yield ("sources", name), what, instead
