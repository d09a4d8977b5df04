"""Whether a whole e-mail is really ours or a known carrier's (S1).

Who may be believed: nobody by the From line alone, for anybody writes there what they like; the
receiver's own checks (Authentication-Results) only as a hint, for who pasted the mail may have been
sent these lines, too. What decides is where the mail leads, and the code of ours it carries.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from signoff.domain.genuine import Kind, Part, Reason, Verdict, Why, part
from signoff.domain.genuine_links import Address, HostKind, as_shown, standing
from signoff.domain.genuine_lists import Company, Lists, Scope, within
from signoff.domain.genuine_names import likeness, pretends
from signoff.domain.genuine_shapes import hidden

_RUNS = frozenset(
    {
        "exe", "scr", "com", "pif", "bat", "cmd", "ps1", "vbs", "vbe", "js", "jse", "wsf", "hta",
        "lnk", "msi", "msix", "jar", "apk", "xapk", "ipa", "mobileconfig", "html", "htm", "xhtml",
        "shtml", "svg", "iso", "img", "vhd", "vhdx", "dll", "cpl", "reg", "docm", "xlsm", "pptm",
        "one", "url", "webloc",
    }
)  # fmt: skip
_PACKED = frozenset({"zip", "rar", "7z", "tar", "gz", "tgz", "bz2", "xz", "cab", "ace", "arj"})


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address of a header: the name shown with it, and its domain as a browser reads it."""

    name: str
    address: str
    domain: Address


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link of a mail: where it goes, and what is written on it where that is an address."""

    address: Address
    text: Address | None = None


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What a mail says of itself. `checks` are the receiver's, by method: spf, dkim, dmarc."""

    senders: tuple[Mailbox, ...]
    reply_to: tuple[Mailbox, ...] = ()
    return_path: tuple[Mailbox, ...] = ()
    checks: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    anchors: tuple[Anchor, ...] = ()


def judge_sender(box: Mailbox, *, lists: Lists) -> Part:
    """An e-mail address as it may be shown, with everything found about it."""
    company, whys = _owner(box, lists=lists)
    if company is None:
        whys += _unlisted(box, lists=lists)
    if hidden(box.address):
        whys.append(Why(Reason.HIDDEN_CHARACTERS))
    said = pretends(box.name, lists=lists) if box.name else None
    if said and (company is None or said.names != company.names):
        whys.append(Why(said.reason, as_shown(box.name), said.names))
    shown = as_shown(box.address)
    return part(Kind.SENDER, shown, whys=whys, names=company.names if company else None)


def _owner(box: Mailbox, *, lists: Lists) -> tuple[Company | None, list[Why]]:
    """The company an address is of, and how sure that is."""
    found = lists.sender(box.address.casefold())
    if found:
        company, verified = found[0], found[1].tier.verified
    else:
        listed = lists.listed(box.domain.host)
        if listed is None or listed.host.scope is Scope.EXACT or listed.host.path:
            return None, []
        company, verified = listed.company, listed.host.tier.verified
    why = standing(company, verified=verified, about=box.domain.shown)
    return company, [why, Why(Reason.FROM_CAN_BE_FORGED)]


def _unlisted(box: Mailbox, *, lists: Lists) -> Iterator[Why]:
    host = box.domain
    if not host.host or host.kind is not HostKind.NAME:
        yield Why(Reason.UNREADABLE)
        return
    yield Why(Reason.NOT_LISTED, host.shown)
    if within(host.host, lists.links.free_mail):
        yield Why(Reason.FREE_MAIL, host.shown)
        if said := pretends(box.address.partition("@")[0], lists=lists):
            yield Why(said.reason, as_shown(box.address), said.names)
    for bad in lists.links.bad:
        if within(host.host, (bad.name,)):
            yield Why(Reason.PAID_HELPER if bad.paid_helper else Reason.KNOWN_BAD, bad.name)
    yield from likeness(host.shown, host.base, lists=lists)


def judge_head(facts: MailFacts, *, lists: Lists) -> Iterator[Why]:
    """What the lines above a mail tell."""
    owners = [_owner(box, lists=lists)[0] for box in facts.senders]
    owner = owners[0] if owners else None
    if not facts.senders:
        yield Why(Reason.NO_SENDER)
    if len({box.domain.base for box in facts.senders}) > 1:
        yield Why(Reason.SEVERAL_SENDERS)
    bases = {box.domain.base for box in facts.senders}
    for box in facts.reply_to:
        same = box.domain.base in bases or (owner and _owner(box, lists=lists)[0] is owner)
        if facts.senders and not same:
            reason = Reason.REPLY_ELSEWHERE if owner else Reason.REPLY_OTHER
            yield Why(reason, as_shown(box.address))
    for box in facts.return_path:
        if facts.senders and box.domain.base not in bases:
            yield Why(Reason.RETURN_ELSEWHERE, box.domain.shown)
    yield from _checked(dict(facts.checks), claimed=owner)


def _checked(checks: dict[str, str], *, claimed: Company | None) -> Iterator[Why]:
    """The receiver's checks. A pass may be written by anybody; nobody forges a failure."""
    failed = checks.get("dmarc") == "fail" or (
        "pass" not in checks.values() and "fail" in {checks.get("spf"), checks.get("dkim")}
    )
    if failed:
        names = claimed.names if claimed else None
        yield Why(Reason.FORGED_SENDER if claimed else Reason.CHECKS_FAILED, names=names)
    elif checks.get("dmarc") == "pass":
        yield Why(Reason.CHECKS_PASSED)


def text_differs(anchor: Anchor, *, lists: Lists) -> Why | None:
    """A link on which the address of a known company is written, and that leads elsewhere."""
    said = lists.listed(anchor.text.host, anchor.text.path) if anchor.text else None
    there = lists.listed(anchor.address.host, anchor.address.path)
    if said is None or (there and there.company is said.company):
        return None
    return Why(Reason.TEXT_DIFFERS, said.host.name, said.company.names)


def judge_file(name: str) -> Part:
    """An attachment by its name, which alone is looked at."""
    ending = name.rstrip(" .").rpartition(".")[2].casefold()
    reason = Reason.FILE_NOT_OPENED
    if ending in _RUNS or hidden(name.replace(" ", "")):
        reason = Reason.RISKY_FILE
    elif ending in _PACKED:
        reason = Reason.PACKED_FILE
    return part(Kind.FILE, as_shown(name), whys=[Why(reason)])


def judged(parts: list[Part], whys: list[Why]) -> list[Why]:
    """What is said of the mail as such, once its parts are known: a name alone proves nothing."""
    good = {Verdict.OURS, Verdict.CARRIER}
    proved = any(each.verdict in good and each.kind is not Kind.SENDER for each in parts)
    if not proved and any(each.verdict in good for each in parts):
        whys.append(Why(Reason.ONLY_SENDER))
    return whys
