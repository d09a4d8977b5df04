"""Receipts and other papers as PDF, from plain building blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from signoff.wording.catalogue import shipped
from signoff.wording.typeset import (
    ACCENT,
    HEIGHT,
    INK,
    INNER,
    MARGIN,
    SOFT,
    WIDTH,
    Page,
    fitted,
    lines_of,
)

_LAST_LINE = HEIGHT - 84
_LABEL = 150.0
_AMOUNT = 96.0


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside the paper."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with their values."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of text; the last one holds amounts and stands to the right. `total` ends it."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """Numbered items."""

    items: Sequence[str]


Block: TypeAlias = Heading | Paragraph | Facts | Table | Steps


def receipt_pdf(
    *,
    language: str,
    issuer: str,
    reference: str,
    title: str,
    subtitle: str,
    blocks: Sequence[Block],
    footer: str,
    verify_url: str | None = None,
) -> bytes:
    """A paper of as many A4 pages as it needs. The same values give the same bytes."""
    paper = _Paper(language=language, issuer=issuer, reference=reference, title=title)
    paper.footer, paper.verify_url = footer, verify_url
    paper.head(subtitle)
    for block in blocks:
        paper.add(block)
    return paper.finish()


class _Paper:
    """A paper being set, from the top down."""

    footer: str
    verify_url: str | None

    def __init__(self, *, language: str, issuer: str, reference: str, title: str) -> None:
        self._language = language
        self._issuer, self._reference, self._title = issuer, reference, title
        self._page = Page(language=language, title=f"{title} {reference}", author=issuer)
        self._y = 0.0

    def head(self, subtitle: str) -> None:
        self._top()
        page = self._page
        self._y = page.paragraph(
            self._title, x=MARGIN, y=94, width=INNER, size=21, leading=28, bold=True
        )
        if subtitle:
            self._y = page.paragraph(
                subtitle, x=MARGIN, y=self._y - 6, width=INNER, size=11, leading=17, color=SOFT
            )
        self._y += 8

    def add(self, block: Block) -> None:
        if isinstance(block, Heading):
            self._heading(block.text)
        elif isinstance(block, Paragraph):
            self._paragraph(block.text)
        elif isinstance(block, Facts):
            self._facts(block.rows)
        elif isinstance(block, Table):
            self._table(block)
        else:
            self._steps(block.items)

    def finish(self) -> bytes:
        self._bottom()
        return self._page.finish()

    def _top(self) -> None:
        page = self._page
        page.box(x=0, y=0, width=WIDTH, height=7, color=ACCENT)
        half = INNER / 2 - 10
        issuer = fitted(self._issuer, width=half, size=10.5, bold=True)
        page.text(issuer, x=MARGIN, y=50, size=10.5, bold=True, color=ACCENT)
        reference = fitted(self._reference, width=half, size=9)
        page.text(reference, x=WIDTH - MARGIN, y=50, size=9, color=SOFT, align="right")

    def _bottom(self) -> None:
        page, texts, y = self._page, shipped("pdf"), HEIGHT - 56
        page.rule(x=MARGIN, y=y - 14, width=INNER)
        number = texts.say("pdf.page", self._language, number=page.number)
        page.text(number, x=WIDTH - MARGIN, y=y, size=7.5, color=SOFT, align="right")
        y = page.paragraph(
            self.footer, x=MARGIN, y=y, width=INNER - 60, size=7.5, leading=10.5, color=SOFT
        )
        if self.verify_url:
            note = texts.say("pdf.verify_receipt", self._language, url=self.verify_url)
            page.paragraph(
                note, x=MARGIN, y=y, width=INNER - 60, size=7.5, leading=10.5, color=SOFT
            )

    def _room(self, height: float) -> None:
        """Go on to a new sheet unless so much fits on this one."""
        if self._y + height > _LAST_LINE:
            self._bottom()
            self._page.turn()
            self._top()
            self._y = 84

    def _heading(self, text: str) -> None:
        self._room(60)
        self._y = self._page.paragraph(
            text, x=MARGIN, y=self._y + 12, width=INNER, size=12, bold=True, color=ACCENT
        )
        self._page.rule(x=MARGIN, y=self._y - 10, width=INNER)
        self._y += 6

    def _paragraph(self, text: str, *, indent: float = 0, number: str = "") -> None:
        for count, line in enumerate(lines_of(text, width=INNER - indent, size=10)):
            self._room(16)
            if number and count == 0:
                self._page.text(number, x=MARGIN, y=self._y, bold=True, color=ACCENT)
            self._page.text(line, x=MARGIN + indent, y=self._y)
            self._y += 16.5
        self._y += 5

    def _facts(self, rows: Sequence[tuple[str, str]]) -> None:
        for label, value in rows:
            width = INNER - _LABEL - 12
            height = 15 * max(
                len(lines_of(label, width=_LABEL, size=9)),
                len(lines_of(value, width=width, size=10)),
            )
            self._room(height)
            self._page.paragraph(
                label, x=MARGIN, y=self._y, width=_LABEL, size=9, leading=15, color=SOFT
            )
            self._page.paragraph(value, x=MARGIN + _LABEL + 12, y=self._y, width=width, leading=15)
            self._y += height + 4
        self._y += 6

    def _table(self, table: Table) -> None:
        self._row(table.heads, bold=True, size=8.5)
        self._page.rule(x=MARGIN, y=self._y - 14, width=INNER, color=SOFT)
        for row in table.rows:
            self._row(row)
            self._page.rule(x=MARGIN, y=self._y - 14, width=INNER)
        if table.total is not None:
            self._row(table.total, bold=True)
            self._page.rule(x=MARGIN, y=self._y - 14, width=INNER, color=ACCENT, weight=1.2)
        self._y += 10

    def _row(self, cells: Sequence[str], *, bold: bool = False, size: float = 9.5) -> None:
        """One row: the first column takes two parts of the width, the others one each."""
        share = (INNER - _AMOUNT) / len(cells)
        widths = [2 * share, *[share] * (len(cells) - 2)]
        height = 13.5 * max(
            [len(lines_of(cell, width=width - 12, size=size, bold=bold))
             for cell, width in zip(cells, widths, strict=False)] or [1]
        )  # fmt: skip
        self._room(height)
        x = MARGIN
        for cell, width in zip(cells[:-1], widths, strict=True):
            self._page.paragraph(
                cell, x=x, y=self._y, width=width - 12, size=size, leading=13.5, bold=bold,
                color=INK,
            )  # fmt: skip
            x += width
        self._page.text(cells[-1], x=WIDTH - MARGIN, y=self._y, size=size, bold=bold, align="right")
        self._y += height + 8

    def _steps(self, items: Sequence[str]) -> None:
        for number, item in enumerate(items, start=1):
            self._paragraph(item, indent=20, number=f"{number}.")
        self._y += 4
