"""Whether a host's name imitates one that is listed: for the eye, by the letter, by its words."""

from collections.abc import Iterator
from dataclasses import dataclass

from signoff.domain.genuine import Reason, Why
from signoff.domain.genuine_lists import Company, Listed, Lists, Scope
from signoff.domain.genuine_shapes import holds_word, mixed, one_off, plain, run_of, shape

_LONG = 7
"""From this length on, a name that differs in one letter is no accident."""
_SHORT = 4
"""Up to this length, many names are alike by accident."""
_WORD = 6
"""From this length on, a brand's word is looked for inside other words."""


@dataclass(frozen=True, slots=True)
class _Name:
    """A host taken apart once: `label` is the registered name, `ending` the public part behind."""

    label: str
    ending: str
    plain: str
    shape: str
    tokens: list[str]


def likeness(host: str, base: str, *, lists: Lists) -> Iterator[Why]:
    """What a host that is not listed has of those that are, with its own letters given.

    `base` is the part somebody registered (ASCII), of which the first label is the name.
    """
    if not host.isascii():
        yield Why(Reason.MIXED_SCRIPTS if _any_mixed(host) else Reason.FOREIGN_LETTERS, host)
    name = _apart(host, base)
    for listed in lists.hosts():
        if why := _like(name, listed):
            yield why
            return
    yield from _worded(host, name, lists=lists)


def _apart(host: str, base: str) -> _Name:
    labels = host.split(".")
    size = base.count(".") + 1 if base else len(labels)
    label, ending = labels[-size], ".".join(labels[len(labels) - size + 1 :])
    front = plain(host.removesuffix(ending).strip("."))
    return _Name(label, ending, plain(label), shape(label), _tokens(front))


def _any_mixed(host: str) -> bool:
    return any(mixed(label) for label in host.split("."))


def _tokens(host: str) -> list[str]:
    return host.replace("-", ".").split(".")


def _like(name: _Name, listed: Listed) -> Why | None:
    host, names = listed.host.name, listed.company.names
    if run_of(_tokens(host), name.tokens):
        return Why(Reason.LISTED_INSIDE, host, names)
    own = host.partition(".")[0]
    if listed.host.scope is Scope.EXACT:
        return None
    if name.label == own:
        return _elsewhere(name.ending, own, listed=listed)
    return _imitates(name, own, listed=listed)


def _elsewhere(ending: str, own: str, *, listed: Listed) -> Why:
    """The very name under another ending: a country's may well be the company's sister."""
    country = len(ending.rpartition(".")[2]) == 2
    weak = country or listed.company.common or len(own) <= _SHORT
    reason = Reason.OTHER_ENDING if weak else Reason.WRONG_ENDING
    return Why(reason, listed.host.name, listed.company.names)


def _imitates(name: _Name, own: str, *, listed: Listed) -> Why | None:
    """A name that looks like a listed one, or is a slip of the finger away from it."""
    host, names = listed.host.name, listed.company.names
    if name.shape == shape(own):
        return Why(Reason.SAME_SHAPE, host, names)
    if len(own) <= _SHORT:
        return None
    if name.label.replace("-", "") != own.replace("-", "") and not one_off(name.plain, own):
        return None
    weak = len(own) < _LONG or listed.company.common
    return Why(Reason.NEAR_LISTED if weak else Reason.ONE_LETTER_OFF, host, names)


def _worded(host: str, name: _Name, *, lists: Lists) -> Iterator[Why]:
    """A brand's word in somebody else's name, with or without a word that lures."""
    labels = plain(host.removesuffix(name.ending)).split(".")
    joined = [*name.tokens, *(label.replace("-", "") for label in labels)]
    for company in lists.companies:
        least = len(host) + 1 if company.common else _WORD
        if word := holds_word(joined, company.words, least=least):
            lured = holds_word(name.tokens, lists.links.bait, least=_SHORT)
            reason = Reason.BRAND_AND_BAIT if lured else Reason.BRAND_INSIDE
            yield Why(reason, word, company.names)
            return


def pretends(name: str, *, lists: Lists) -> Why | None:
    """What a sender's display name has of a company's: its words, its host, its own name."""
    text = plain(name)
    words = _words(text)
    joined = [*words, *(each.replace("-", "") for each in text.split())]
    lured = holds_word(words, lists.links.bait, least=_SHORT)
    for company in lists.companies:
        least = len(text) + 1 if company.common else _WORD
        worded = holds_word(joined, company.words, least=least)
        worded = worded if lured or not company.common else ""
        if worded or _named(name, text, company=company):
            return Why(Reason.NAME_PRETENDS, name, company.names)
    return None


def _words(text: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in text).split()


def _named(name: str, text: str, *, company: Company) -> bool:
    """Whether a display name has the company's name, or a host of it."""
    names = company.names
    if any(host.name in text for host in company.hosts):
        return True
    if any(each in name for each in (names.zh_hans, names.zh_hant) if not each.isascii()):
        return True
    own, said = _words(names.en.casefold()), _words(text)
    return said == own if company.common else run_of(own, said)
