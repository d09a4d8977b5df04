"""Lists of what is official, and of what cheats use, as files (S1).

policies/official/*.toml has a company each; policies/cheats/links.toml and words.toml what cheats
are known by. A folder of policies without them has those that come with Signoff.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from signoff.domain.genuine import Reason
from signoff.domain.genuine_lists import (
    CheatLinks,
    CheatWords,
    Company,
    CompanyKind,
    Lists,
    OfficialHost,
    OfficialNumber,
    OfficialSender,
    Scope,
)
from signoff.usecases.policies.book import SHIPPED
from signoff.usecases.policies.brands import Finding, name_findings
from signoff.usecases.policies.problems import PolicyProblems, Problem
from signoff.usecases.policies.reading import Document, Shape, T, read_document

OFFICIAL = "official"
CHEATS = "cheats"

_COMPANY = Shape(Company)
_LINKS = Shape(CheatLinks)
_WORDS = Shape(CheatWords)

_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,10}")
_NUMBER = re.compile(r"\+[1-9]\d{6,14}|\*?\d{3,6}")
_SENDER = re.compile(r"[^@\s]{0,64}@(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,10}")
_WORD = re.compile(r"[a-z0-9]{3,30}")
_SHARED = frozenset({"google.com", "zendesk.com", "helpdocs.io", "facebook.com", "weixin.qq.com"})


def load_lists(folder: Path) -> Lists:
    """The lists of a policy folder. Raises PolicyProblems."""
    companies, problems = [], []
    for file in sorted(_folder(folder, OFFICIAL).glob("*.toml")):
        built = _built(read_document(file), _COMPANY)
        if isinstance(built, list):
            problems += built
            continue
        company, document = built
        problems += _told(document, company_findings(company, file=file))
        companies.append(company)
    links = _one(_folder(folder, CHEATS) / "links.toml", _LINKS, problems=problems)
    words = _one(_folder(folder, CHEATS) / "words.toml", _WORDS, problems=problems)
    if words:
        problems += _told(words[1], _cue_findings(words[0]))
    if problems or links is None or words is None:
        raise PolicyProblems(problems)
    return Lists(companies=tuple(companies), links=links[0], words=words[0])


def _folder(folder: Path, name: str) -> Path:
    own = folder / name
    return own if own.is_dir() else SHIPPED / name


def _one(file: Path, shape: Shape[T], *, problems: list[Problem]) -> tuple[T, Document] | None:
    built = _built(read_document(file), shape)
    if isinstance(built, list):
        problems += built
        return None
    return built


def _built(document: Document | Problem, shape: Shape[T]) -> tuple[T, Document] | list[Problem]:
    if isinstance(document, Problem):
        return [document]
    value = shape.build(document)
    return value if isinstance(value, list) else (value, document)


def _told(document: Document, findings: Iterator[Finding]) -> list[Problem]:
    return [document.problem(at, what, instead=instead) for at, what, instead in findings]


def company_findings(company: Company, *, file: Path) -> Iterator[Finding]:
    """Everything wrong with a company's file that has the right shape."""
    if company.id != file.stem:
        yield ("id",), "id must be the file's name", f'id = "{file.stem}"'
    yield from name_findings(company.names)
    if company.checked < date(2020, 1, 1):
        yield ("checked",), "is too long ago to be a day of checking", "checked = 2026-11-20"
    for at, word in enumerate(company.words):
        if not _WORD.fullmatch(word):
            yield ("words", at), "is no word of an address", "3 to 30 small letters and digits"
    for at, host in enumerate(company.hosts):
        if not _HOST.fullmatch(host.name):
            yield ("hosts", at, "name"), "is no host", '"www.brand.example", without https://'
        elif host.scope is Scope.ALL and host.name in _SHARED:
            what = "is shared by many companies"
            yield ("hosts", at, "name"), what, 'the exact host, with scope = "exact" and a path'
        if host.path and (not host.path.startswith("/") or host.path.endswith("/")):
            yield ("hosts", at, "path"), "is no path", '"/fi", with a slash before and none behind'
    for at, number in enumerate(company.numbers):
        if not _NUMBER.fullmatch(number.number):
            yield ("numbers", at, "number"), "cannot be read", '"+12025550111", or "611"'
    for at, sender in enumerate(company.senders):
        if not _SENDER.fullmatch(sender.address):
            yield (
                ("senders", at, "address"),
                "cannot be read",
                '"care@brand.example", "@brand.example"',
            )
    yield from _sourced(company)


def _sourced(company: Company) -> Iterator[Finding]:
    facts: tuple[tuple[str, Sequence[OfficialHost | OfficialNumber | OfficialSender]], ...] = (
        ("hosts", company.hosts),
        ("numbers", company.numbers),
        ("senders", company.senders),
    )
    for name, several in facts:
        for at, fact in enumerate(several):
            if not fact.source.strip() and fact.tier.verified:
                yield (name, at, "source"), "is empty", 'where it was read, or tier = "M"'
    if company.kind is CompanyKind.OURS and not any(several for _, several in facts):
        yield ("kind",), "there is nothing of ours in it", "[[hosts]], [[numbers]] or [[senders]]"


def _cue_findings(words: CheatWords) -> Iterator[Finding]:
    known = {reason.value for reason in Reason}
    for at, cue in enumerate(words.cues):
        if cue.reason not in known:
            yield (
                ("cues", at, "reason"),
                "is no finding",
                "a name of docs/reference/official-lists.md",
            )
        if not cue.all or not all(cue.all):
            yield ("cues", at, "all"), "has an empty group", "one phrase or more in each group"
        for phrase in (*(each for group in cue.all for each in group), *cue.none):
            if phrase != phrase.casefold().strip() or not phrase:
                yield ("cues", at), f"{phrase!r} is not in small letters", phrase.casefold().strip()
