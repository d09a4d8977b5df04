"""Setting mixed Chinese and Latin text on PDF pages, with fonts of our own.

`Page` draws at points counted from the upper left corner of an A4 sheet. A character that the bold
font lacks is set in regular; one that no font has is shown as [U+XXXX], never left out.
"""

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from segno import make as make_qr

WIDTH, HEIGHT = A4
MARGIN = 56.0
INNER = WIDTH - 2 * MARGIN

INK = HexColor(0x1B2430)
SOFT = HexColor(0x5D6876)
FAINT = HexColor(0xD9DEE4)
TINT = HexColor(0xF1F6F5)
ACCENT = HexColor(0x0B6B61)

_FONTS = Path(__file__).parent / "fonts"
_NEVER_FIRST = frozenset("，。、；：！？）】》〉」』”’…—·,.;:!?)]}%")
_NEVER_LAST = frozenset("（【《〈「『“‘([{")
_REGULAR, _BOLD = "NotoSansSC-Regular", "NotoSansSC-Bold"
# Characters that Taiwan draws in another way come from fonts that hold only those.
_REGULAR_TC, _BOLD_TC = "NotoSansTC-Regular", "NotoSansTC-Bold"


@lru_cache(maxsize=1)
def _glyphs() -> dict[str, frozenset[int]]:
    """Register the fonts, once; which characters each has."""
    found = {}
    for name in (_REGULAR, _BOLD, _REGULAR_TC, _BOLD_TC):
        font = TTFont(name, str(_FONTS / f"{name}.ttf"))
        pdfmetrics.registerFont(font)
        found[name] = frozenset(font.face.charToGlyph)
    return found


@lru_cache(maxsize=4)
def _choice(*, bold: bool, language: str) -> tuple[str, ...]:
    """The fonts to try, the best one first."""
    if language == "zh-Hant":
        return (_BOLD_TC, _BOLD, _REGULAR_TC, _REGULAR) if bold else (_REGULAR_TC, _REGULAR)
    return (_BOLD, _REGULAR) if bold else (_REGULAR,)


def shown(text: str) -> str:
    """`text` as it can be drawn: on one line, composed, a missing character as its code."""
    regular = _glyphs()[_REGULAR]
    composed = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(c if ord(c) in regular else f"[U+{ord(c):04X}]" for c in composed)


def runs(text: str, *, bold: bool, language: str = "") -> list[tuple[str, str]]:
    """`text` cut into (font name, piece)."""
    glyphs, choice = _glyphs(), _choice(bold=bold, language=language)
    found: list[tuple[str, str]] = []
    for char in text:
        name = next((name for name in choice if ord(char) in glyphs[name]), _REGULAR)
        if found and found[-1][0] == name:
            found[-1] = (name, found[-1][1] + char)
        else:
            found.append((name, char))
    return found


def width_of(text: str, *, size: float, bold: bool = False) -> float:
    """How wide `text` is when drawn: in every language the same."""
    return sum(pdfmetrics.stringWidth(piece, name, size) for name, piece in runs(text, bold=bold))


def fitted(text: str, *, width: float, size: float, bold: bool = False) -> str:
    """`text`, cut with an ellipsis where it is wider than `width`."""
    text = shown(text)
    if width_of(text, size=size, bold=bold) <= width:
        return text
    return text[: _fitting("…" + text, width=width, size=size, bold=bold) - 1] + "…"


def lines_of(text: str, *, width: float, size: float, bold: bool = False) -> list[str]:
    """`text` broken into lines: Chinese between any two characters, Latin between words."""
    lines, line = [], ""
    for token in _tokens(shown(text)):
        if width_of((line + token).rstrip(), size=size, bold=bold) <= width:
            line += token
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = token.lstrip()
        while width_of(line.rstrip(), size=size, bold=bold) > width and len(line) > 1:
            fits = _fitting(line, width=width, size=size, bold=bold)
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _fitting(word: str, *, width: float, size: float, bold: bool) -> int:
    fits = 1
    while width_of(word[: fits + 1], size=size, bold=bold) <= width:
        fits += 1
    return fits


def _tokens(text: str) -> list[str]:
    """The pieces between which a line may be broken."""
    tokens: list[str] = []
    for char in text:
        if not tokens or _may_break(tokens[-1][-1], char):
            tokens.append(char)
        else:
            tokens[-1] += char
    return tokens


def _may_break(before: str, after: str) -> bool:
    if after in _NEVER_FIRST or before in _NEVER_LAST or after == " ":
        return False
    return before == " " or _is_wide(before) or _is_wide(after)


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


class Page:
    """The sheets of one PDF and a pen on the last of them."""

    def __init__(self, *, language: str, title: str, author: str) -> None:
        _glyphs()
        self._language = language
        self._buffer = BytesIO()
        # Without a font of ours to begin with, the PDF would name Helvetica and not embed it.
        begin: Callable[..., Canvas] = Canvas
        self._canvas = begin(
            self._buffer,
            pagesize=A4,
            invariant=True,
            pageCompression=1,
            lang=language,
            initialFontName=_REGULAR,
        )
        self._canvas.setTitle(shown(title))
        self._canvas.setAuthor(shown(author))
        self._canvas.setCreator("Signoff")

    def text(
        self, text: str, *, x: float, y: float, size: float = 10, bold: bool = False,
        color: Color = INK, align: str = "left",
    ) -> float:  # fmt: skip
        """Draw one line with its base line at `y`; returns where it ends."""
        text = shown(text)
        if align == "right":
            x -= width_of(text, size=size, bold=bold)
        line = self._canvas.beginText(x, HEIGHT - y)
        line.setFillColor(color)
        for name, piece in runs(text, bold=bold, language=self._language):
            line.setFont(name, size)
            line.textOut(piece)
        self._canvas.drawText(line)
        return x + width_of(text, size=size, bold=bold)

    def paragraph(
        self, text: str, *, x: float, y: float, width: float, size: float = 10,
        leading: float = 0, bold: bool = False, color: Color = INK,
    ) -> float:  # fmt: skip
        """Draw `text` over as many lines as it needs, the first base line at `y`.

        Returns the base line of the line that would follow.
        """
        for line in lines_of(text, width=width, size=size, bold=bold):
            self.text(line, x=x, y=y, size=size, bold=bold, color=color)
            y += leading or size * 1.5
        return y

    def rule(
        self, *, x: float, y: float, width: float, color: Color = FAINT, weight: float = 0.6
    ) -> None:
        """A horizontal line."""
        self._canvas.setStrokeColor(color)
        self._canvas.setLineWidth(weight)
        self._canvas.line(x, HEIGHT - y, x + width, HEIGHT - y)

    def box(self, *, x: float, y: float, width: float, height: float, color: Color = TINT) -> None:
        """A filled box with its upper left corner at x, y."""
        self._canvas.setFillColor(color)
        self._canvas.rect(x, HEIGHT - y - height, width, height, stroke=0, fill=1)

    def qr(self, data: str, *, x: float, y: float, side: float) -> None:
        """A QR code with its upper left corner at x, y, without quiet zone."""
        matrix = make_qr(data, micro=False, error="m").matrix
        cell = side / len(matrix)
        self._canvas.setFillColor(INK)
        path = self._canvas.beginPath()
        for row, modules in enumerate(matrix):
            for column, dark in enumerate(modules):
                if dark:
                    path.rect(x + column * cell, HEIGHT - y - (row + 1) * cell, cell, cell)
        self._canvas.drawPath(path, stroke=0, fill=1)

    def link(self, url: str, *, x: float, y: float, width: float, height: float) -> None:
        """Make a place open `url`."""
        place = (x, HEIGHT - y - height, x + width, HEIGHT - y)
        self._canvas.linkURL(url, place, relative=0)

    @property
    def number(self) -> int:
        """The number of the sheet, from 1."""
        return int(self._canvas.getPageNumber())

    def turn(self) -> None:
        """Begin a new sheet."""
        self._canvas.showPage()

    def finish(self) -> bytes:
        """The PDF."""
        self._canvas.showPage()
        self._canvas.save()
        return self._buffer.getvalue()
