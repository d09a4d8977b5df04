"""How names look to the eye: letters of other scripts, and pairs that read like one letter (S1)."""

import unicodedata
from collections.abc import Iterable

# Unicode's confusables (UTS 39) that read like an ASCII letter or digit, without those that
# compatibility forms and taking accents off already turn into it.
_LIKE = {
    "a": "ɑαаᎪᗅ⍺ꓮ𐊠𖽀",
    "b": "ƅβвьᏏᏴᑲᖯᗷꓐꞵ𐊂𐊡𐌁",
    "c": "сᏟᴄⲥꓚ𐊢𐌂𐐽𐔜",
    "d": "ԁᎠᏧᑯᗞᗪꓒꓓ",
    "e": "εеҽᎬ℮⋿ⴹꓰꬲ𐊆",
    "f": "ϝքᖴẝꓝꞙꬵ𐊇𐊥",
    "g": "ƍɡԍցᏀᏳᶃꓖ",
    "h": "нһհᎻᏂᕼⲏꓧ𐋏",
    "i": "ıɩɪιіӏᎥ⍳ꙇ",
    "j": "ʝϳјᎫᒍꓙ",
    "k": "κкᏦᛕⲕꓗ",
    "l": "ǀ۱Ꮮᒪᛁ∣⏽│ⲓⳑⵏꓡꓲ𐊊𐌉𐌠",
    "m": "μϻмᎷᗰᛖⲙꓟ𐊰𐌑",
    "n": "ηոռⲛꓠ",
    "o": "οσоօ۵०੦૦௦౦೦൦๐໐၀ჿዐᴏᴑⲟⵔ〇ꓳꬽ𐊒𐊫𐐬",
    "p": "ρрᏢᑭ⍴ⲣꓑ𐊕",
    "q": "ԛգզⵕ",
    "r": "ʀгᎡᎱᏒᖇᴦⲅꓣꭇꭈ",
    "s": "ѕտᏕᏚꓢꜱ𐊖𐑈",
    "t": "τтᎢ⊤⟙ⲧꓔ𐊗𐊱𐌕",
    "u": "ʋυսሀᑌᴜ∪⋃ꓴꞟꭎꭒ",
    "v": "νѵ۷Ꮩᐯᴠ∨⋁ⴸꓦꛟ",
    "w": "ɯѡԝաᎳᏔᴡꓪ",
    "x": "×χхᕁᕽ᙭᙮ᚷ╳⤫⤬⨯ⲭⵝꓫꭓ𐊐𐊴𐌗",
    "y": "ɣʏγуүყᎩᎽᶌỿⲩꓬꭚ𐊲",
    "z": "ζᏃᴢꓜ",
    "3": "ȝɜʒзӡⳍ",
    "6": "бᏮⳓ",
    "8": "ȣ৪੪",
    "9": "৭੧୨",
    "-": "‐‑‒–—−ー",
}
_TO_ASCII = {ord(like): letter for letter, several in _LIKE.items() for like in several}
_SAME = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "5": "s"})
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "GEORGIAN")


def plain(text: str) -> str:
    """A text in small letters of the common form, accents taken off, look-alikes replaced."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return bare.translate(_TO_ASCII)


def shape(name: str) -> str:
    """What a name looks like at a glance: two names with one shape are taken for each other."""
    text = plain(name).translate(_SAME)
    for pair, letter in _PAIRS:
        text = text.replace(pair, letter)
    return text


def mixed(label: str) -> bool:
    """Whether letters of scripts stand in one word that no language writes together."""
    return len(scripts(label)) > 1


def scripts(text: str) -> set[str]:
    """The alphabets of a text, of those whose letters look alike."""
    found = (unicodedata.name(char, "").partition(" ")[0] for char in text if char.isalpha())
    return {script for script in found if script in _SCRIPTS}


def hidden(text: str) -> bool:
    """Whether there are control, direction or zero-width characters, or blanks."""
    return any(char.isspace() or unicodedata.category(char) in {"Cc", "Cf"} for char in text)


def one_off(first: str, second: str) -> bool:
    """Whether one letter was changed, added, left out, or two neighbours were swapped."""
    if first == second or abs(len(first) - len(second)) > 1:
        return False
    short, long = sorted((first, second), key=len)
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[:at] + short[at : at + 2][::-1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped == long


def run_of(wanted: list[str], tokens: list[str]) -> bool:
    """Whether some tokens follow each other within others."""
    size = len(wanted)
    return any(tokens[at : at + size] == wanted for at in range(len(tokens) - size + 1))


def holds_word(tokens: Iterable[str], words: Iterable[str], *, least: int) -> str:
    """The word that is a token, or stands inside one where it is `least` letters long."""
    found = list(tokens)
    for word in words:
        if word in found or (len(word) >= least and any(word in token for token in found)):
            return word
    return ""
