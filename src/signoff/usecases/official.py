"""What is officially ours and the known carriers': from the brands' policies and the lists (S1)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from signoff.domain.genuine_links import HostKind
from signoff.domain.genuine_lists import (
    Company,
    CompanyKind,
    Lists,
    OfficialHost,
    OfficialNumber,
    OfficialSender,
    Scope,
    Tier,
)
from signoff.domain.policy import Names, Policy
from signoff.usecases import rules
from signoff.usecases.addresses import link
from signoff.usecases.policies.official import load_lists

_OWN = Names(en="Signoff", zh_hans="Signoff", zh_hant="Signoff")


def lists() -> Lists:
    """Everything that is known, ours first. Raises PolicyProblems."""
    return _lists(
        settings.SIGNOFF_POLICIES, settings.SIGNOFF_BASE_URL, mail_from=settings.DEFAULT_FROM_EMAIL
    )


@cache
def _lists(folder: Path, base_url: str, *, mail_from: str) -> Lists:
    known = load_lists(folder)
    book = rules.book()
    ours = [_installation(base_url, mail_from)]
    ours += [_brand(book.policy(brand)) for brand in book.brands()]
    return replace(
        known,
        companies=(*ours, *known.companies),
        origins=frozenset({link(base_url).origin}),
    )


def _installation(base_url: str, mail_from: str) -> Company:
    here = link(base_url)
    source = "SIGNOFF_BASE_URL, SIGNOFF_MAIL_FROM"
    host = OfficialHost(here.host, Tier.OWN, source, scope=Scope.EXACT)
    sender = OfficialSender(mail_from.casefold(), Tier.OWN, source)
    return Company(
        id="signoff",
        kind=CompanyKind.OURS,
        names=_OWN,
        checked=date.max,
        hosts=(host,) if here.kind is HostKind.NAME and "." in here.host else (),
        senders=(sender,),
    )


def _brand(policy: Policy) -> Company:
    """A brand's own policy says what its official site, address and number are."""
    contact, source = policy.contact, f"policies/brands/{policy.brand}.toml"
    return Company(
        id=policy.brand,
        kind=CompanyKind.OURS,
        names=policy.names,
        checked=date.fromisoformat(policy.version[:10]),
        words=(policy.brand.replace("-", ""),),
        hosts=tuple(_hosts(contact.site, source=source)),
        numbers=(OfficialNumber(contact.phone, Tier.OWN, source),),
        senders=(OfficialSender(contact.email.casefold(), Tier.OWN, source),),
    )


def _hosts(site: str, *, source: str) -> Iterator[OfficialHost]:
    """A site's host with all below it; one that is a page of somebody else's site stays that."""
    path = urlsplit(site).path.rstrip("/")
    host = link(site).host
    if path:
        yield OfficialHost(host, Tier.OWN, source, scope=Scope.EXACT, path=path)
    else:
        yield OfficialHost(host.removeprefix("www."), Tier.OWN, source)
