"""The policies of an installation: every brand's and every place's, read once and never changed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from signoff.domain.canonical import Json, encode
from signoff.domain.policy import Jurisdiction, Policy, effective
from signoff.usecases.policies.brands import Finding, brand_findings
from signoff.usecases.policies.places import place_findings
from signoff.usecases.policies.problems import PolicyProblems, Problem
from signoff.usecases.policies.reading import Document, Shape, read_document

SHIPPED = Path(__file__).resolve().parents[2] / "policies"
"""The folder that comes with Signoff."""

CARRIERS = ("tmobile", "att", "verizon", "wholesale")
"""Carriers a policy may name; an installation with plug-ins passes its own list."""

_POLICY = Shape(Policy)
_PLACE = Shape(Jurisdiction)
# Maps merge key by key over the profile a file extends; the rest is replaced whole (law.md 1).
_MERGED = frozenset({"sources", "door"})
_NEVER_INHERITED = frozenset({"id", "names", "checked_on", "extends"})


class UnknownBrand(LookupError):
    """No policy file has this brand."""


class UnknownPlace(LookupError):
    """No profile has this id."""


class Held(NamedTuple):
    """A policy as it holds in a place, and its digest: what a case is opened under."""

    policy: Policy
    digest: str


@dataclass(frozen=True)
class PolicyBook:
    """All policies and profiles. Cheap to ask: everything was merged and hashed at load."""

    _policies: Mapping[str, Policy]
    _places: Mapping[str, Jurisdiction]
    _held: Mapping[tuple[str, str], Held]
    _digests: Mapping[str, str]

    def brands(self) -> tuple[str, ...]:
        """The brands' ids, sorted."""
        return tuple(sorted(self._policies))

    def places(self) -> tuple[str, ...]:
        """The profiles' ids, sorted."""
        return tuple(sorted(self._places))

    def policy(self, brand: str) -> Policy:
        """The brand's policy as its file says. Raises UnknownBrand."""
        if brand not in self._policies:
            raise UnknownBrand(brand)
        return self._policies[brand]

    def place(self, place: str) -> Jurisdiction:
        """A place's profile. Raises UnknownPlace."""
        if place not in self._places:
            raise UnknownPlace(place)
        return self._places[place]

    def held(self, brand: str, place: str) -> Held:
        """The merged policy of a brand's lines in a place. Raises UnknownBrand, UnknownPlace."""
        if (brand, place) not in self._held:
            self.policy(brand)
            self.place(place)
        return self._held[brand, place]

    def digest(self, brand: str) -> str:
        """Hex SHA-256 of the brand's policy as its file says. Raises UnknownBrand."""
        self.policy(brand)
        return self._digests[brand]


def policy_json(policy: Policy) -> Json:
    """A policy as plain JSON values: what `policy_digest` hashes and a case keeps."""
    return _POLICY.dump(policy)


def policy_digest(policy: Policy) -> str:
    """Hex SHA-256 of a policy's canonical JSON."""
    return sha256(encode(policy_json(policy))).hexdigest()


def load_policy_book(folder: Path, *, carriers: Collection[str] = CARRIERS) -> PolicyBook:
    """Every file of `folder`/brands and `folder`/jurisdictions, checked.

    Raises PolicyProblems with all that is wrong, in the order of files and lines.
    """
    brands, wrong_brands = _brands(folder / "brands", carriers=carriers)
    places, wrong_places = _places(folder / "jurisdictions")
    problems = [*wrong_brands, *wrong_places]
    if problems:
        raise PolicyProblems(sorted(problems, key=lambda each: (str(each.file), each.line)))
    held = {
        (brand, place.id): Held(merged, policy_digest(merged))
        for brand, policy in brands.items()
        for place in places.values()
        for merged in (effective(policy, place),)
    }
    digests = {brand: policy_digest(policy) for brand, policy in brands.items()}
    return PolicyBook(
        MappingProxyType(brands),
        MappingProxyType(places),
        MappingProxyType(held),
        MappingProxyType(digests),
    )


@cache
def policy_book(folder: Path) -> PolicyBook:
    """The folder's book, loaded at the first question: what a running process asks.

    Raises PolicyProblems. A changed file is seen by the next process.
    """
    return load_policy_book(folder)


def _documents(folder: Path) -> tuple[list[Document], list[Problem]]:
    read = [read_document(file) for file in sorted(folder.glob("*.toml"))]
    problems = [each for each in read if isinstance(each, Problem)]
    if not read:
        problems.append(Problem(folder, 1, "", "has no policy files", "one NAME.toml or more"))
    return [each for each in read if isinstance(each, Document)], problems


def _brands(folder: Path, *, carriers: Collection[str]) -> tuple[dict[str, Policy], list[Problem]]:
    documents, problems = _documents(folder)
    found = {}
    for document in documents:
        policy = _POLICY.build(document)
        if isinstance(policy, list):
            problems += policy
            continue
        findings = brand_findings(policy, file=document.file, carriers=carriers)
        problems += _told(document, findings)
        found[policy.brand] = policy
    return found, problems


def _places(folder: Path) -> tuple[dict[str, Jurisdiction], list[Problem]]:
    documents, problems = _documents(folder)
    by_id = {document.file.stem: document for document in documents}
    found = {}
    for document in documents:
        merged = _merged(document, by_id)
        if isinstance(merged, Problem):
            problems.append(merged)
            continue
        place = _PLACE.build(merged)
        if isinstance(place, list):
            problems += _own(place, document)
            continue
        findings = place_findings(place, file=document.file, own=document.values)
        problems += _told(document, findings)
        found[place.id] = place
    return found, problems


def _merged(document: Document, by_id: Mapping[str, Document]) -> Document | Problem:
    """The document over the ones it extends, the nearest winning."""
    values, step = dict(document.values), document
    seen = {document.file.stem}
    while parent := step.values.get("extends"):
        if not isinstance(parent, str) or parent not in by_id or parent in seen:
            what = f"there is no profile {parent!r} to extend, or it extends this one"
            instead = " or ".join(f'"{name}"' for name in sorted(by_id.keys() - seen))
            return document.problem(("extends",), what, instead=instead)
        seen.add(parent)
        step = by_id[parent]
        for name, value in step.values.items():
            if name not in values and name not in _NEVER_INHERITED:
                values[name] = value
            elif name in _MERGED and isinstance(value, dict) and isinstance(values[name], dict):
                values[name] = {**value, **values[name]}
    return Document(document.file, values, document.lines)


def _own(problems: Iterable[Problem], document: Document) -> list[Problem]:
    """The problems of this file; those inherited are told once, at the profile that has them."""
    return [
        problem
        for problem in problems
        if problem.where in _NEVER_INHERITED
        or problem.where.partition(".")[0].partition("[")[0] in document.values
    ]


def _told(document: Document, findings: Iterable[Finding]) -> list[Problem]:
    return [document.problem(at, what, instead=instead) for at, what, instead in findings]
