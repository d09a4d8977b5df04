"""A text message on the air: which alphabet it needs, and into how many parts it falls.

Facts from 3GPP TS 23.038 (6.2.1: the 7-bit default alphabet and its extension) and TS 23.040
(9.2.3.24.1: concatenation). A part has room for 140 octets: 160 septets or 70 UTF-16 units; a part
of several gives six octets of them to a header, and holds 153 or 67.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

ESCAPE = 0x1B
"""Before each character of the extension table: such a character costs two septets."""

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F,
    "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
_CODES = {
    **{char: bytes([code]) for code, char in enumerate(_BASIC) if code != ESCAPE},
    **{char: bytes([ESCAPE, code]) for char, code in _EXTENSION.items()},
}
_EXTENDED = {code: char for char, code in _EXTENSION.items()}

_PLAIN = str.maketrans(
    {
        "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u3000": " ", "\t": " ",
        "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00ab": '"', "\u00bb": '"',
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
        "\u2026": "...", "\u00b7": ".", "\u2022": "*", "\u200b": "", "\u00ad": "",
    }
)  # fmt: skip
"""One of these alone would make a whole text cost more than twice."""


class Alphabet(StrEnum):
    """What the characters of a text are sent as."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


_ROOM = {Alphabet.GSM7: (160, 153), Alphabet.UCS2: (70, 67)}
"""In a message of one part, and in each part of several."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A text as it goes out: `texts` are its parts in order, one at least."""

    alphabet: Alphabet
    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)


def parts(text: str) -> Parts:
    """How a text falls into parts; no character is ever cut in two."""
    alphabet = Alphabet.GSM7 if all(char in _CODES for char in text) else Alphabet.UCS2
    whole, each = _ROOM[alphabet]
    if sum(_cost(char, alphabet) for char in text) <= whole:
        return Parts(alphabet, (text,))
    return Parts(alphabet, tuple(_cut(text, each, alphabet=alphabet)))


def plain(text: str) -> str:
    """The text with typographic marks made plain, where that spares it the costly alphabet.

    A Chinese text needs that alphabet anyway and keeps its own marks.
    """
    made = text.translate(_PLAIN)
    return made if all(char in _CODES for char in made) else text


def encoded(text: str, alphabet: Alphabet) -> bytes:
    """The octets of a part: a septet an octet, or UTF-16 with the high octet first.

    Raises KeyError where the alphabet lacks a character.
    """
    if alphabet is Alphabet.UCS2:
        return text.encode("utf-16-be", "surrogatepass")
    return b"".join(_CODES[char] for char in text)


def from_gsm7(octets: bytes) -> str:
    """The text of septets, one an octet; what the alphabet does not have reads as `?`."""
    made, escaped = [], False
    for octet in octets:
        if escaped:
            # A phone without the extension shows the basic character (TS 23.038, 6.2.1.1).
            made.append(_EXTENDED.get(octet) or _basic(octet))
        elif octet != ESCAPE:
            made.append(_basic(octet))
        escaped = octet == ESCAPE and not escaped
    return "".join(made)


def _basic(octet: int) -> str:
    return _BASIC[octet] if octet < len(_BASIC) and octet != ESCAPE else "?"


def _cost(char: str, alphabet: Alphabet) -> int:
    if alphabet is Alphabet.GSM7:
        return len(_CODES[char])
    return 2 if ord(char) > 0xFFFF else 1


def _cut(text: str, room: int, *, alphabet: Alphabet) -> Iterator[str]:
    start, used = 0, 0
    for at, char in enumerate(text):
        cost = _cost(char, alphabet)
        if used + cost > room:
            yield text[start:at]
            start, used = at, 0
        used += cost
    yield text[start:]
