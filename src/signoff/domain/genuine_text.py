"""What a text that was pasted is, what it holds, and the signs of a cheat in its words (S1, S3).

Everything here is linear in the length of the text, whatever is in it: literal searches, and
patterns that cannot begin again inside what they have read.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.domain.genuine import Kind, Reason, Why
from signoff.domain.genuine_lists import CheatWords, Cue

MOST_WORDS = 50_000
"""Characters of a text whose words are looked at; links and numbers are found in these, too."""

_MOST_SENTENCES = 3000
_LONGEST_WORD = 4000
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_SIZE = 12

_CODE = re.compile(rf"[{_ALPHABET}]{{{CODE_SIZE}}}")
_CODE_INSIDE = re.compile(
    rf"(?<![\w-])[{_ALPHABET}]{{4}}(?:-[{_ALPHABET}]{{4}}){{2}}(?![\w-])", re.A
)
_HEADER = re.compile(
    r"(?:from|to|subject|date|received|return-path|reply-to|message-id|delivered-to|"
    r"mime-version|content-type|cc|list-[a-z]{1,20}|dkim-signature|authentication-results|"
    r"received-spf|x-[a-z-]{1,40}|arc-[a-z-]{1,40})\s?:",
    re.IGNORECASE,
)
SCHEMES = frozenset(
    {
        "http", "https", "ftp", "ftps", "ws", "wss", "file", "javascript", "data", "vbscript",
        "blob", "about", "intent", "weixin", "alipays", "mailto", "tel", "sms", "smsto",
        "view-source", "chrome", "market",
    }
)  # fmt: skip
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):")
_MAIL = re.compile(r"[^\s@<>()\[\]\",;:/?#]{1,64}@[^\s@<>()\[\]\",;:/?#]{1,253}")
_PHONE = re.compile(r"(?<![\w.])[+*#(]{0,2}\d[\d ().·*#-]{1,24}")
_DATE = re.compile(r"\d{4}[-/.年] ?\d{1,2}[-/.月] ?\d{1,2}")
_DOTS = re.compile(r"[.。．｡]")
_HAN = re.compile(r"[\u3400-\u9fff，。；！？：]")
_WRAPPED = re.compile(r"(?<=[^\n]{50})\n(?=\S)")
_ENDS = re.compile(r"[.!?。！？;；\n]+")
_TRAILING = ".,;:!?)]}>'\"，。；：！？）】》」』、”’"


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in a text: links, e-mail addresses, phone numbers, codes of ours."""

    links: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


def kind_of(text: str) -> Kind:
    """What a text that somebody pasted is."""
    bare = text.strip()
    if code_of(bare):
        return Kind.CODE
    if _is_mail(bare):
        return Kind.MAIL
    if _is_link(bare):
        return Kind.LINK
    if len(bare) <= 320 and _MAIL.fullmatch(bare):
        return Kind.SENDER
    if _is_phone(bare):
        return Kind.PHONE
    return Kind.LINK if looks_like_host(bare) else Kind.MESSAGE


def code_of(text: str) -> str:
    """A code as it was sent, however it was typed; empty where it can be none."""
    if len(text) > 40:
        return ""
    typed = unicodedata.normalize("NFKC", text).upper()
    typed = re.sub(r"[\s‐-―−-]+", "-", typed.strip())
    bare = typed.replace("-", "")
    if len(bare) != CODE_SIZE or not _CODE.fullmatch(bare):
        return ""
    # Twelve digits in a row are a number to call, unless they are parted as a code is.
    if bare.isdigit() and not re.fullmatch(r"\d{4}-\d{4}-\d{4}", typed):
        return ""
    return f"{bare[:4]}-{bare[4:8]}-{bare[8:]}"


def _is_mail(text: str) -> bool:
    """Whether the first lines are headers, two of them known ones."""
    known = 0
    for line in text[:4000].splitlines()[:12]:
        known += bool(_HEADER.match(line))
    return known >= 2 and bool(_HEADER.match(text) or text[:5] == "From ")


def _is_link(text: str) -> bool:
    """One address with its scheme; a tab or a line break in it is a trick, a blank ends it."""
    scheme = _SCHEME.match(re.sub(r"[\t\r\n]", "", text[:200]))
    if not scheme or scheme[1].lower() not in SCHEMES:
        return "://" in text[:40] and not re.search(r"\s", text)
    return " " not in text and (text.count("\n") <= 2 or len(text) <= 300)


def _is_phone(text: str) -> bool:
    if len(text) > 40:
        return False
    plain = unicodedata.normalize("NFKC", text)
    whole = 7 <= sum(char.isdigit() for char in plain) <= 18 and _PHONE.fullmatch(plain)
    return bool(whole or re.fullmatch(r"[*#]?\d{3,6}#?", plain))


def found_in(text: str, *, most: int) -> Found:
    """What a text holds, each once and in order, at most `most` of a kind."""
    text = text[:MOST_WORDS]
    links, addresses = _links_and_addresses(text)
    rest = text
    codes = dict.fromkeys(match[0] for match in _CODE_INSIDE.finditer(text))
    for each in [*links, *addresses, *codes][: 3 * most]:
        rest = rest.replace(each, " ")
    numbers = dict.fromkeys(_numbers(rest))
    return Found(
        links=tuple(links)[:most],
        addresses=tuple(addresses)[:most],
        numbers=tuple(numbers)[:most],
        codes=tuple(codes)[:most],
    )


def _links_and_addresses(text: str) -> tuple[dict[str, None], dict[str, None]]:
    links: dict[str, None] = {}
    addresses: dict[str, None] = {}
    for word in text.split():
        for piece in _pieces(word[:_LONGEST_WORD]):
            if _SCHEME.match(piece) and _is_link(piece):
                links[piece] = None
            elif _MAIL.fullmatch(piece):
                addresses[piece] = None
            elif looks_like_host(piece):
                links[piece] = None
    return links, addresses


def _pieces(word: str) -> Iterator[str]:
    """The addresses within a word: Chinese writes on without a blank, before and behind."""
    for chunk in re.split(r"[<>()\[\]\"'“”‘’（）【】《》「」，、；！]+", word):
        begin = chunk.lower().find("http")
        scheme = _SCHEME.match(chunk, begin) if begin > 0 else None
        if scheme and not chunk[:begin].isascii():
            chunk = chunk[begin:]
        piece = chunk.strip(_TRAILING)
        if "://" in piece:
            host = _HAN.split(piece.partition("://")[2], maxsplit=1)[0]
            yield piece[: piece.index("://") + 3] + host if host else piece
        else:
            yield from filter(None, re.split(r"[\u3000-\u30ff\u3400-\u9fff：]+", piece))


def looks_like_host(piece: str) -> bool:
    """A word with a dot that could be an address; `e.g.` and `3.50` are none."""
    if re.search(r"\s", piece):
        return False
    host, _, path = piece.removeprefix("//").partition("/")
    if path or piece.endswith("/"):
        host = host.rpartition("@")[2]
    labels = _DOTS.split(re.split(r"[?#:\\]", host, maxsplit=1)[0].rstrip("."))
    ending = labels[-1]
    fits = all(0 < len(label) <= 63 and "@" not in label for label in labels)
    return fits and 2 <= len(labels) <= 12 and len(ending) >= 2 and not ending[0].isdigit()


def _numbers(text: str) -> Iterator[str]:
    for match in _PHONE.finditer(_DATE.sub(" ", unicodedata.normalize("NFKC", text))):
        number = match[0].strip(" ().·-")
        if 7 <= sum(char.isdigit() for char in number) <= 15:
            yield number


def cues_in(text: str, *, words: CheatWords) -> Iterator[Why]:
    """The signs of a cheat in a text's sentences, each once."""
    flat = _flat(text[:MOST_WORDS])
    left = [cue for cue in words.cues if all(any(map(flat.__contains__, g)) for g in cue.all)]
    sentences = [part for part in _ENDS.split(flat) if part.strip()] if left else []
    for sentence in sentences[:_MOST_SENTENCES]:
        padded = f" {' '.join(sentence.split())} "
        for cue in [cue for cue in left if _shows(padded, cue)]:
            left.remove(cue)
            yield Why(Reason(cue.reason))
    if len(sentences) > _MOST_SENTENCES:
        yield Why(Reason.NOT_ALL_READ)


def _shows(sentence: str, cue: Cue) -> bool:
    said = all(any(_says(sentence, phrase) for phrase in group) for group in cue.all)
    return said and not any(_says(sentence, phrase) for phrase in cue.none)


def _flat(text: str) -> str:
    """A text in small letters, hidden characters left out, lines that were wrapped joined again."""
    common = unicodedata.normalize("NFKC", text)
    seen = "".join(char for char in common if unicodedata.category(char) != "Cf")
    return _WRAPPED.sub(" ", seen.replace("\r\n", "\n")).casefold()


def _says(sentence: str, phrase: str) -> bool:
    """Whether a phrase stands in a sentence; Latin words stand whole, Chinese anywhere."""
    at = sentence.find(phrase)
    if at < 0 or not phrase.isascii():
        return at >= 0
    while at >= 0:
        behind = at + len(phrase)
        if not sentence[at - 1].isalnum() and not sentence[behind].isalnum():
            return True
        at = sentence.find(phrase, at + 1)
    return False
