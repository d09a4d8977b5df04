"""What is known to be official, and what cheats are known to use: the shapes of the lists (S1).

Written as TOML in policies/official and policies/cheats. A fact has a source and a tier
(carrier-policies 2): what is only remembered (M) or stands on undated pages (X) answers
"not verified" and never "genuine".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from signoff.domain.policy import Names

_STRICT = {"extra": "forbid"}


class CompanyKind(StrEnum):
    OURS = "ours"
    CARRIER = "carrier"
    SELLER = "seller"


class Tier(StrEnum):
    """How sure a fact is: the company's own page, its partner, a regulator, a dated document..."""

    OWN = "O"
    OWN_PARTNER = "OI"
    REGULATOR = "R"
    PARTNER = "P"
    SECONDARY = "S"
    UNDATED = "X"
    MEMORY = "M"

    @property
    def verified(self) -> bool:
        """Whether it may be told as true."""
        return self not in {Tier.UNDATED, Tier.MEMORY}


class Scope(StrEnum):
    """A host with everything below it, or the host alone."""

    ALL = "all"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class OfficialHost:
    """A host of a company; `path` narrows it, `internal` marks one that is not for customers."""

    __pydantic_config__ = _STRICT
    name: str
    tier: Tier
    source: str
    scope: Scope = Scope.ALL
    path: str = ""
    internal: bool = False

    def holds(self, host: str, path: str) -> bool:
        """Whether an address lies here."""
        below = self.scope is Scope.ALL and host.endswith(f".{self.name}")
        if host != self.name and not below:
            return False
        return not self.path or path == self.path or path.startswith(f"{self.path}/")


@dataclass(frozen=True, slots=True)
class OfficialNumber:
    """A phone number as E.164, or a short code as it is dialled."""

    __pydantic_config__ = _STRICT
    number: str
    tier: Tier
    source: str


@dataclass(frozen=True, slots=True)
class OfficialSender:
    """An e-mail address, or `@domain` for every address of a domain."""

    __pydantic_config__ = _STRICT
    address: str
    tier: Tier
    source: str


@dataclass(frozen=True, slots=True)
class Company:
    """A company and what is officially its own.

    `words` are the names cheats would use in addresses of theirs; `common` says that these are
    ordinary words too, so that a likeness alone proves nothing. `checked` is when the sources were
    last read.
    """

    __pydantic_config__ = _STRICT
    id: str
    kind: CompanyKind
    names: Names
    checked: date
    words: tuple[str, ...] = ()
    common: bool = False
    hosts: tuple[OfficialHost, ...] = ()
    numbers: tuple[OfficialNumber, ...] = ()
    senders: tuple[OfficialSender, ...] = ()


@dataclass(frozen=True, slots=True)
class BadHost:
    """A host that cheated, or lives on paid "help", and where that is told."""

    __pydantic_config__ = _STRICT
    name: str
    source: str
    paid_helper: bool = False


@dataclass(frozen=True, slots=True)
class CheatLinks:
    """Hosts and words that addresses of cheats are made with."""

    __pydantic_config__ = _STRICT
    checked: date
    bad: tuple[BadHost, ...]
    shorteners: tuple[str, ...]
    free_hosts: tuple[str, ...]
    free_mail: tuple[str, ...]
    bait: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cue:
    """A sign in a text: one phrase of every group of `all` in one sentence, and none of `none`."""

    __pydantic_config__ = _STRICT
    reason: str
    all: tuple[tuple[str, ...], ...]
    none: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheatWords:
    """The signs that texts of cheats give."""

    __pydantic_config__ = _STRICT
    checked: date
    cues: tuple[Cue, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A listed host and the company it is of."""

    company: Company
    host: OfficialHost


@dataclass(frozen=True)
class Lists:
    """Everything that is known, ready to be asked.

    `origins` are addresses of this installation whatever their host looks like, as
    scheme://host:port: a demo on this machine has no better one.
    """

    companies: tuple[Company, ...]
    links: CheatLinks
    words: CheatWords
    origins: frozenset[str] = frozenset()
    _hosts: Mapping[str, tuple[Listed, ...]] = field(init=False)
    _numbers: Mapping[str, tuple[tuple[Company, OfficialNumber], ...]] = field(init=False)

    def __post_init__(self) -> None:
        hosts: dict[str, list[Listed]] = {}
        numbers: dict[str, list[tuple[Company, OfficialNumber]]] = {}
        for company in self.companies:
            for host in company.hosts:
                hosts.setdefault(host.name, []).append(Listed(company, host))
            for number in company.numbers:
                numbers.setdefault(number.number, []).append((company, number))
        object.__setattr__(self, "_hosts", {name: tuple(each) for name, each in hosts.items()})
        object.__setattr__(self, "_numbers", {name: tuple(each) for name, each in numbers.items()})

    def listed(self, host: str, path: str = "/") -> Listed | None:
        """The nearest listed host an address lies in."""
        for name in (host, *parents(host)):
            for each in self._hosts.get(name, ()):
                if each.host.holds(host, path):
                    return each
        return None

    def hosts(self) -> Iterable[Listed]:
        """Every listed host."""
        return (each for several in self._hosts.values() for each in several)

    def holders(self, number: str) -> tuple[tuple[Company, OfficialNumber], ...]:
        """The companies that have a number."""
        return self._numbers.get(number, ())

    def numbers(self) -> Iterable[str]:
        """Every listed number that may be told as true."""
        return (
            number
            for number, holders in self._numbers.items()
            if any(held.tier.verified for _, held in holders)
        )

    def sender(self, address: str) -> tuple[Company, OfficialSender] | None:
        """The company whose list names an address or its domain."""
        domain = address.rpartition("@")[2]
        for company in self.companies:
            for sender in company.senders:
                if sender.address in (address, f"@{domain}"):
                    return company, sender
        return None


def parents(host: str) -> list[str]:
    """The hosts above a host, the nearest first."""
    labels = host.split(".")
    return [".".join(labels[at:]) for at in range(1, len(labels))]


def within(host: str, names: Iterable[str]) -> str:
    """The one of these names that a host is, or lies below; empty where none is."""
    wanted = {host, *parents(host)}
    return next((name for name in names if name in wanted), "")
