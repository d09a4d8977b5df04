"""The same building blocks as a PDF's, as one HTML file that can be read offline and printed."""

from collections.abc import Iterable, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from signoff.wording.receipt import Block, Facts, Heading, Paragraph, Steps, Table

_STYLE = mark_safe(
    ":root{color-scheme:light dark;--soft:#5b6470;--rule:#c9ced6;--accent:#0b5c4d}"
    "@media(prefers-color-scheme:dark){:root{--soft:#a3acb8;--rule:#454c57;--accent:#6fd3bd}}"
    "body{margin:0 auto;max-width:48rem;padding:1.5rem 1rem 4rem;line-height:1.65;"
    "font-family:system-ui,'PingFang SC','PingFang TC','Microsoft YaHei','Noto Sans CJK SC',"
    "sans-serif;overflow-wrap:anywhere}"
    "h1{font-size:1.7rem;line-height:1.3;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem;"
    "padding-bottom:.25rem;border-bottom:1px solid var(--rule);color:var(--accent)}"
    ".soft,dt,th,footer{color:var(--soft);font-weight:400}dl{display:grid;gap:.25rem 1.25rem;"
    "grid-template-columns:minmax(8rem,14rem) 1fr}dd{margin:0}table{border-collapse:collapse;"
    "width:100%}th,td{text-align:start;vertical-align:top;padding:.35rem .75rem .35rem 0;"
    "border-bottom:1px solid var(--rule)}tfoot td{font-weight:600}code{font-size:.85em}"
    "a{color:var(--accent)}footer{margin-top:3rem;font-size:.9rem}"
    "@media(max-width:34rem){dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}"
)


def paper_html(
    *,
    language: str,
    issuer: str,
    title: str,
    subtitle: str,
    blocks: Sequence[Block],
    files: tuple[str, Sequence[tuple[str, str]]],
    footer: str,
) -> bytes:
    """One whole page. `files` are a heading and (path, label) pairs, linked relatively."""
    heading, listed = files
    body = _joined(map(_block, blocks))
    links = format_html_join(
        "", '<li><a href="{}">{}</a> <code>{}</code></li>', ((p, label, p) for p, label in listed)
    )
    page = format_html(
        '<!doctype html>\n<html lang="{}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>{}</title><style>{}</style></head><body><header>"
        '<p class="soft">{}</p><h1>{}</h1><p>{}</p></header><main>{}<h2>{}</h2><ul>{}</ul></main>'
        "<footer><p>{}</p></footer></body></html>\n",
        language, title, _STYLE, issuer, title, subtitle, body, heading, links, footer,
    )  # fmt: skip
    return page.encode()


def _block(block: Block) -> SafeString:
    match block:
        case Heading(text):
            return format_html("<h2>{}</h2>", text)
        case Paragraph(text):
            return format_html("<p>{}</p>", _lines(text))
        case Facts(rows):
            return format_html(
                "<dl>{}</dl>", format_html_join("", "<dt>{}</dt><dd>{}</dd>", _pairs(rows))
            )
        case Table(heads, rows, total):
            foot = format_html("<tfoot>{}</tfoot>", _row(total, "td")) if total else ""
            return format_html(
                "<table><thead>{}</thead><tbody>{}</tbody>{}</table>",
                _row(heads, "th"),
                _joined(_row(row, "td") for row in rows),
                foot,
            )
        case Steps(items):
            return format_html("<ol>{}</ol>", format_html_join("", "<li>{}</li>", _ones(items)))


def _row(cells: Sequence[str], tag: str) -> SafeString:
    name = mark_safe(tag)  # one of ours
    joined = format_html_join("", "<{}>{}</{}>", ((name, _lines(cell), name) for cell in cells))
    return format_html("<tr>{}</tr>", joined)


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def _pairs(rows: Iterable[tuple[str, str]]) -> Iterable[tuple[str, SafeString]]:
    return ((label, _lines(value)) for label, value in rows)


def _ones(items: Iterable[str]) -> Iterable[tuple[str]]:
    return ((item,) for item in items)


def _lines(text: str) -> SafeString:
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in text.split("\n")))
