"""Reads links, e-mail addresses and phone numbers as browsers and phones do; nothing is asked.

The address of a link is parsed by Ada, which follows the URL standard (WHATWG) as browsers do; what
part of a host somebody registered comes from the public suffix list that tldextract carries. No
network at any time.
"""

import re
from functools import cache

import ada_url
import phonenumbers
import tldextract

from signoff.domain.genuine_links import Address, HostKind
from signoff.domain.genuine_mail import Mailbox
from signoff.domain.genuine_phones import Number
from signoff.domain.genuine_text import SCHEMES

_LONGEST = 8192
_DEPTH = 2
_MOST_TARGETS = 3
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_TARGET = re.compile(r"(?:https?:)?[/\\]{2}[^/\\]", re.IGNORECASE)
_CHINESE_MOBILE = re.compile(r"1[3-9]\d{9}")
_COSTLY = frozenset(
    {phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST}
)


@cache
def _suffixes() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(
        suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True
    )


def registered(host: str) -> str:
    """The part of a host that somebody registered; empty for a public ending alone.

    An ending that is not on the list counts as one label, as browsers do.
    """
    found = _suffixes()(host)
    if found.suffix:
        return found.top_domain_under_public_suffix
    return ".".join(host.split(".")[-2:])


def link(raw: str, *, depth: int = _DEPTH) -> Address:
    """Where a browser goes with an address; without a scheme it is taken for https."""
    text = raw.strip()[:_LONGEST]
    with_scheme = text if _scheme(text) else f"https://{text.lstrip('/')}"
    try:
        url = ada_url.URL(with_scheme)
    except (ValueError, UnicodeEncodeError):
        return Address(raw=text)
    host = url.hostname.rstrip(".")
    kind = HostKind.NAME if url.host_type == ada_url.HostType.DEFAULT else HostKind.NUMBER
    name = bool(host) and kind is HostKind.NAME
    return Address(
        raw=text,
        scheme=url.protocol.removesuffix(":"),
        host=host,
        shown=_shown(host) if name else host,
        base=registered(host) if name else "",
        kind=kind if host else HostKind.NONE,
        port=int(url.port) if url.port else None,
        path=url.pathname,
        targets=_targets(url, depth=depth),
    )


def _scheme(text: str) -> bool:
    """Whether an address names its scheme; `host:8443` and a bare host do not."""
    bare = re.sub(r"[\t\r\n]", "", text)
    found = _SCHEME.match(bare)
    if not found:
        return False
    behind = bare[found.end() :]
    if found[0][:-1].lower() in SCHEMES or behind.startswith(("/", "\\")):
        return True
    return "." not in found[0] and not behind[:1].isdigit()


def _targets(url: ada_url.URL, *, depth: int) -> tuple[Address, ...]:
    """Addresses that stand in the address: what an open redirect would lead to."""
    if depth <= 0:
        return ()
    try:
        values = list(ada_url.URLSearchParams(url.search).values())
    except (ValueError, UnicodeError):
        values = []
    values += [url.pathname[1:], url.hash.removeprefix("#")]
    found = [value for value in values if _TARGET.match(value)]
    whole = [value if ":" in value[:6] else f"https:{value}" for value in found]
    parsed = (link(value, depth=depth - 1) for value in whole[:_MOST_TARGETS])
    return tuple(each for each in parsed if each.host)


def _shown(host: str) -> str:
    """A host with its own letters instead of `xn--`."""
    try:
        return ada_url.idna_to_unicode(host) or host
    except (ValueError, UnicodeError):
        return host


def mailbox(address: str, *, name: str = "") -> Mailbox:
    """An e-mail address with its domain as a browser would read it."""
    domain = link(address.rpartition("@")[2], depth=0) if "@" in address else Address(raw="")
    return Mailbox(name=name, address=address, domain=domain)


def number(text: str) -> Number:
    """A phone number: American unless it says otherwise or is a Chinese mobile's."""
    bare = re.sub(r"[^\d+*#]", "", text)
    region = "CN" if _CHINESE_MOBILE.fullmatch(bare) and not bare.startswith("1800") else "US"
    try:
        parsed = phonenumbers.parse(bare, region)
    except phonenumbers.NumberParseException:
        return Number(shown=text.strip(), number=bare)
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if len(str(parsed.national_number)) < 7:
        return Number(shown=text.strip(), number=bare)
    return Number(
        shown=phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL),
        number=e164,
        valid=phonenumbers.is_valid_number(parsed),
        premium=phonenumbers.number_type(parsed) in _COSTLY,
        region=phonenumbers.region_code_for_number(parsed) or "",
    )
