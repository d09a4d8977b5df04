"""Links in the documentation lead somewhere, and every page of it can be reached."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
IDS = [str(page.relative_to(ROOT)) for page in PAGES]


def links(page: Path) -> list[tuple[Path, str]]:
    """The files and headings of this repository that a page links to."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    found = re.findall(r"\]\(([^)\s]+)\)", text)
    inside = [link.partition("#") for link in found if "://" not in link]
    return [(page.parent / path if path else page, heading) for path, _, heading in inside]


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line[:1] == "#"]
    plain = (re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower()) for line in lines)
    return {text.replace(" ", "-") for text in plain}


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page: Path) -> None:
    broken = [
        f"{target}#{heading}"
        for target, heading in links(page)
        if not target.exists() or (heading and heading not in headings(target))
    ]

    assert not broken


def test_every_page_can_be_reached_from_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    told = {target.resolve() for target, _ in links(index)}

    left = [
        page
        for page in (ROOT / "docs").rglob("*.md")
        if page != index and page.resolve() not in told and page.parent.resolve() not in told
    ]

    assert not left
