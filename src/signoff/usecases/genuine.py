"""Check what somebody received: a link, an address, a number, a text, a mail, a code (S1, S2).

Nothing that is given is kept, logged or visited.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from signoff.domain.genuine import Answer, Kind, Part, Reason, Verdict, Why, part, whole
from signoff.domain.genuine_links import judge_link
from signoff.domain.genuine_lists import Lists
from signoff.domain.genuine_mail import (
    MailFacts,
    judge_file,
    judge_head,
    judge_sender,
    judged,
    text_differs,
)
from signoff.domain.genuine_phones import judge_number
from signoff.domain.genuine_text import MOST_WORDS, code_of, cues_in, found_in, kind_of
from signoff.usecases.addresses import link, mailbox, number
from signoff.usecases.mail_source import MOST_BYTES, MOST_LINKS, UnreadableMail, read_mail
from signoff.usecases.notice_codes import KnownNotice

MOST = MOST_BYTES
"""Bytes that may be given at once."""

Codes = Callable[[Collection[str]], Mapping[str, KnownNotice]]
"""Who knows the codes of our notices."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer, and the notices of ours whose codes were found."""

    answer: Answer
    notices: tuple[KnownNotice, ...]


def check(given: str | bytes, *, lists: Lists, codes: Codes, mail: bool = False) -> Checked:
    """What was given, judged; `mail` says that it is the source of a mail whatever it looks like.

    Never raises, whatever was given.
    """
    if isinstance(given, bytes):
        data, text = given, given[:MOST].decode("utf-8", "replace").strip()
    else:
        text = given.strip()
        data = text.encode("utf-8", "replace")
    checking = _Checking(lists, codes)
    kind = Kind.MAIL if mail else kind_of(text)
    return Checked(checking.whole(kind, text, data=data), checking.notices)


class _Checking:
    """One check: the lists it asks, and the notices it came upon."""

    def __init__(self, lists: Lists, codes: Codes) -> None:
        self._lists = lists
        self._codes = codes
        self.notices: tuple[KnownNotice, ...] = ()

    def whole(self, kind: Kind, text: str, *, data: bytes) -> Answer:
        match kind:
            case Kind.CODE:
                return whole(kind, self._coded([code_of(text)]))
            case Kind.MAIL:
                return self._mail(data, text)
            case Kind.MESSAGE:
                return self._message(text)
            case _:
                single = self._single(kind, text)
                return whole(single.kind, [single])

    def _single(self, kind: Kind, text: str) -> Part:
        """A link, an address or a number that stands alone."""
        scheme, _, rest = text.partition(":")
        target = unquote(rest.partition("?")[0])[:400]
        if kind is Kind.SENDER or scheme.casefold() == "mailto":
            return judge_sender(mailbox(text if kind is Kind.SENDER else target), lists=self._lists)
        if kind is Kind.PHONE or scheme.casefold() in {"tel", "sms", "smsto"}:
            wanted = number(text if kind is Kind.PHONE else target)
            return judge_number(wanted, lists=self._lists)
        return judge_link(link(text), lists=self._lists)

    def _coded(self, codes: Iterable[str]) -> list[Part]:
        wanted = list(codes)
        known = self._codes(wanted)
        self.notices = tuple(known.values())
        return [
            part(
                Kind.CODE,
                code,
                whys=[Why(Reason.CODE_KNOWN if code in known else Reason.CODE_UNKNOWN, code)],
            )
            for code in wanted
        ]

    def _parts(self, text: str, *, without: Collection[str] = ()) -> list[Part]:
        """Everything in a text that leads somewhere, each once."""
        found = found_in(text, most=MOST_LINKS)
        parts = self._coded(found.codes) if found.codes else []
        parts += [self._single(Kind.LINK, each) for each in found.links]
        addresses = [each for each in found.addresses if each not in without]
        parts += [self._single(Kind.SENDER, each) for each in addresses]
        for each in map(number, found.numbers):
            if each.valid or self._lists.holders(each.number):
                parts.append(judge_number(each, lists=self._lists))
        return list(dict.fromkeys(parts))

    def _message(self, text: str, *, more: Iterable[Why] = ()) -> Answer:
        parts = self._parts(text)
        whys = [*more, *cues_in(text, words=self._lists.words)]
        if any(each.verdict in {Verdict.OURS, Verdict.CARRIER} for each in parts):
            whys.append(Why(Reason.MESSAGE_CAN_BE_FORGED))
        if len(text) > MOST_WORDS:
            whys.append(Why(Reason.NOT_ALL_READ))
        if not parts and not whys:
            whys.append(Why(Reason.NOTHING_NAMED))
        return whole(Kind.MESSAGE, parts, whys=whys)

    def _mail(self, data: bytes, text: str) -> Answer:
        try:
            mail = read_mail(data)
        except UnreadableMail:
            return self._message(text, more=[Why(Reason.UNREADABLE)])
        facts, lists = mail.facts, self._lists
        parts = [judge_sender(box, lists=lists) for box in facts.senders]
        parts += self._anchors(facts)
        parts += self._parts(mail.text, without=mail.recipients)
        parts += map(judge_file, facts.files)
        parts = list(dict.fromkeys(parts))
        whys = [*judge_head(facts, lists=lists), *cues_in(mail.text, words=lists.words)]
        if not mail.whole:
            whys.append(Why(Reason.NOT_ALL_READ))
        return whole(Kind.MAIL, parts, whys=judged(parts, whys))

    def _anchors(self, facts: MailFacts) -> list[Part]:
        parts = []
        for anchor in facts.anchors:
            said = text_differs(anchor, lists=self._lists)
            found = self._single(Kind.LINK, anchor.address.raw)
            if said:
                found = part(found.kind, found.shown, whys=[*found.whys, said], names=found.names)
            parts.append(found)
        return parts
