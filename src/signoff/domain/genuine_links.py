"""Whether a web address is really ours or a known carrier's (S1).

What the raw text hides is seen here, before any parsing: browsers drop tabs and line breaks, take a
backslash for a slash, and go to what stands behind an @. Where a browser would really go is told by
whoever calls, as an Address made by a parser that follows the URL standard.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from signoff.domain import genuine_names
from signoff.domain.genuine import Kind, Part, Reason, Verdict, Why, part, verdict_of
from signoff.domain.genuine_lists import Company, CompanyKind, Listed, Lists, within
from signoff.domain.genuine_shapes import hidden

_MOST_SHOWN = 200
_WEB = frozenset({"http", "https"})
_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class HostKind(StrEnum):
    NAME = "name"
    NUMBER = "number"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a browser goes: `host` as ASCII without a last dot, `shown` with its own letters.

    `base` is the part of the host that somebody registered, empty where there is none. `targets`
    are addresses that stand as values in the address itself. A text that no browser opens has the
    scheme "" and no host.
    """

    raw: str
    scheme: str = ""
    host: str = ""
    shown: str = ""
    base: str = ""
    kind: HostKind = HostKind.NONE
    port: int | None = None
    path: str = "/"
    targets: tuple["Address", ...] = field(default=())

    @property
    def origin(self) -> str:
        """scheme://host:port, the port always written."""
        return f"{self.scheme}://{self.host}:{self.port or _PORTS.get(self.scheme, 0)}"


def judge_link(address: Address, *, lists: Lists) -> Part:
    """A link as it may be shown, with everything found about it."""
    listed = lists.listed(address.host, address.path) if address.scheme in _WEB else None
    whys = [*_tricks(address)]
    if address.origin in lists.origins:
        whys.append(Why(Reason.LISTED_OURS, address.host))
    elif address.scheme in _WEB:
        whys += _place(address, listed, lists=lists)
    elif address.scheme:
        whys.append(Why(Reason.NOT_WEB, address.scheme))
    else:
        whys.append(Why(Reason.UNREADABLE))
    whys += _leads(address, listed, lists=lists)
    shown = as_shown(address.raw)
    return part(Kind.LINK, shown, whys=whys, names=listed.company.names if listed else None)


def as_shown(text: str) -> str:
    """A text that may stand on a page: no hidden characters, not endless."""
    clean = "".join("\ufffd" if hidden(char) and char != " " else char for char in text.strip())
    return clean if len(clean) <= _MOST_SHOWN else f"{clean[:_MOST_SHOWN]}…"


def authority(raw: str) -> str:
    """What stands between the scheme and the first /, ? or # of a raw address."""
    text = raw.strip()
    scheme = _SCHEME.match(text)
    if scheme and not text[scheme.end() :][:1].isdigit():
        text = text[scheme.end() :]
    return re.split(r"[/?#]", text.lstrip("/\\"), maxsplit=1)[0]


def _tricks(address: Address) -> Iterator[Why]:
    """What the raw text does to deceive its reader."""
    raw = address.raw.strip()
    where = authority(raw)
    if address.scheme and address.scheme not in _WEB:
        return
    if "\\" in re.split(r"[?#]", raw, maxsplit=1)[0]:
        yield Why(Reason.BACKSLASH, address.host)
    if hidden(raw):
        yield Why(Reason.HIDDEN_CHARACTERS)
    if "@" in where:
        yield Why(Reason.USERINFO, address.host)
    if "%" in where:
        yield Why(Reason.ENCODED_HOST, address.host)


def _place(address: Address, listed: Listed | None, *, lists: Lists) -> Iterator[Why]:
    """Whose place a web address leads to, and whether by a safe way."""
    if address.scheme == "http":
        yield Why(Reason.PLAIN_HTTP, address.host)
    if address.port is not None and address.port != _PORTS[address.scheme]:
        yield Why(Reason.ODD_PORT, str(address.port))
    if address.kind is HostKind.NUMBER:
        yield Why(Reason.IP_ADDRESS, address.host)
    elif listed:
        yield from _listed(address, listed)
    elif address.host:
        yield from _unlisted(address, lists=lists)
    else:
        yield Why(Reason.UNREADABLE)


def _listed(address: Address, listed: Listed) -> Iterator[Why]:
    if not authority(address.raw).isascii():
        yield Why(Reason.DISGUISED, address.host)
    yield standing(listed.company, verified=listed.host.tier.verified, about=listed.host.name)
    if listed.host.internal:
        yield Why(Reason.INTERNAL, listed.host.name, listed.company.names)


def standing(company: Company, *, verified: bool, about: str) -> Why:
    """That something is a company's own, or is only said to be."""
    if not verified:
        return Why(Reason.UNVERIFIED, about, company.names)
    ours = company.kind is CompanyKind.OURS
    reason = Reason.LISTED_OURS if ours else Reason.LISTED_CARRIER
    return Why(reason, about, company.names)


def _unlisted(address: Address, *, lists: Lists) -> Iterator[Why]:
    yield Why(Reason.NOT_LISTED, address.shown)
    if address.base and address.base != address.host:
        yield Why(Reason.BELONGS_TO, address.base)
    for bad in lists.links.bad:
        if within(address.host, (bad.name,)):
            yield Why(Reason.PAID_HELPER if bad.paid_helper else Reason.KNOWN_BAD, bad.name)
    if name := within(address.host, lists.links.shorteners):
        yield Why(Reason.SHORTENER, name)
    if name := within(address.host, lists.links.free_hosts):
        yield Why(Reason.FREE_HOST, name)
    yield from genuine_names.likeness(address.shown, address.base, lists=lists)
    path = f".{address.path.casefold().replace('/', '.')}."
    for each in lists.hosts():
        if f".{each.host.name}." in path:
            yield Why(Reason.BRAND_IN_PATH, each.host.name, each.company.names)
            return


def _leads(address: Address, listed: Listed | None, *, lists: Lists) -> Iterator[Why]:
    """Where the address sends on to, as far as it says so itself."""
    for target in address.targets:
        there = lists.listed(target.host, target.path)
        if listed and there and there.company is listed.company:
            continue
        found = judge_link(target, lists=lists)
        danger = verdict_of(found.whys) is Verdict.DANGEROUS
        yield Why(Reason.LEADS_TO_DANGER if danger else Reason.LEADS_ELSEWHERE, target.shown)
