"""Terms of sunsets as files: policies/sunsets/*.toml, or any file or text of that form (O1)."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from zoneinfo import ZoneInfo

from signoff.domain.sunset_terms import Terms, Wrong, wrongs
from signoff.usecases.policies.brands import MOST_RESTORE_DAYS, Finding
from signoff.usecases.policies.problems import PolicyProblems, Problem
from signoff.usecases.policies.reading import Document, Shape, read_document, read_text
from signoff.usecases.policies.toml_lines import Path as At

FOLDER = "sunsets"

_TERMS = Shape(Terms)
_MOST_BYTES = 64 * 1024

_INSTEAD = {
    Wrong.NOTICE_TOO_LATE: (
        "comes after notice_by",
        "a time up to notice_by, or reminder = true for a second notice",
    ),
    Wrong.REMINDER_TOO_LATE: ("reminds of an end that is past", "a time before end_at"),
    Wrong.REFUND_AFTER_END: ("lies after end_at", "a time up to end_at"),
    Wrong.NOTICE_AFTER_END: ("lies after end_at", "a time well before end_at"),
    Wrong.SALES_AFTER_END: ("lies after end_at", "a time up to end_at"),
    Wrong.RUNOFF_BEFORE_END: ("does not lie after end_at", "a later time, or leave it out"),
}


def load_all_terms(folder: Path) -> dict[str, Terms]:
    """The terms of a policy folder by file name, without ending; none where it has no such folder.

    Raises PolicyProblems.
    """
    found, problems = {}, []
    for file in sorted((folder / FOLDER).glob("*.toml")):
        terms = _built(read_document(file))
        if isinstance(terms, Terms):
            found[file.stem] = terms
        else:
            problems += terms
    if problems:
        raise PolicyProblems(problems)
    return found


def load_terms(file: Path) -> Terms:
    """The terms of one file. Raises PolicyProblems."""
    return _or_raise(_built(read_document(file)))


def terms_of_text(text: bytes, *, name: str) -> Terms:
    """The terms of an uploaded file. Raises PolicyProblems, which name it `name`."""
    return _or_raise(_built(read_text(Path(name), text[: _MOST_BYTES + 1])))


def _or_raise(terms: Terms | list[Problem]) -> Terms:
    if isinstance(terms, Terms):
        return terms
    raise PolicyProblems(terms)


def _built(document: Document | Problem) -> Terms | list[Problem]:
    if isinstance(document, Problem):
        return [document]
    terms = _TERMS.build(document)
    if not isinstance(terms, Terms):
        return terms
    found = list(_findings(terms))
    if found:
        return [document.problem(at, what, instead=instead) for at, what, instead in found]
    return terms


def _findings(terms: Terms) -> Iterator[Finding]:
    """Everything wrong with terms that have the right shape."""
    try:
        zone = ZoneInfo(terms.time_zone)
    except (KeyError, ValueError, OSError):  # not there, malformed, a folder
        yield ("time_zone",), f"there is no {terms.time_zone!r}", '"America/New_York"'
        return
    if not terms.name.strip():
        yield ("name",), "is empty", "what people will know it by"
    yield from _numbers(terms)
    yield from _evidence(terms.evidence)
    for address, wrong in wrongs(terms):
        at: At = tuple(int(part) if part.isdecimal() else part for part in address.split("."))
        if wrong is Wrong.OFFSET:
            moment = terms.dated[address]
            offset = moment.astimezone(zone).isoformat()[-6:]
            yield at, f"has not the offset of {terms.time_zone} at that time", f"...{offset}"
        else:
            yield (at, *_INSTEAD[wrong])


def _numbers(terms: Terms) -> Iterator[Finding]:
    ranges = (
        ("least_notice_days", terms.least_notice_days, 365),
        ("restore_days", terms.restore_days, MOST_RESTORE_DAYS),
    )
    for name, value, most in ranges:
        if not 0 <= value <= most:
            yield (name,), f"{value} is out of range", f"a number from 0 to {most}"


def _evidence(evidence: Mapping[str, object]) -> Iterator[Finding]:
    known = {each.name for each in fields(Terms)}
    for name in evidence:
        if name not in known:
            yield ("evidence", name), "is no value of these terms", "the name of a value above"
