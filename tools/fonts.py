"""Make the fonts of `signoff.wording`: `python tools/fonts.py SC_FOLDER TC_FOLDER`.

The folders are the unpacked npm packages named in src/signoff/wording/fonts/README.md. Needs
fonttools. The same input gives the same bytes.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

OUT = Path(__file__).parents[1] / "src/signoff/wording/fonts"
TABLES = ["GSUB", "GPOS", "GDEF", "BASE", "STAT", "vhea", "vmtx", "gasp", "prep"]
SECOND_BYTES = range(0x30, 0xFF)


def charset(codec: str, first_bytes: range) -> set[int]:
    """The code points of the two-byte characters of `codec` with these first bytes."""
    found = set()
    for first in first_bytes:
        for second in SECOND_BYTES:
            text = bytes([first, second]).decode(codec, errors="ignore")
            if len(text) == 1 and ord(text) > 0x7F:
                found.add(ord(text))
    return found


def is_han(code: int) -> bool:
    return 0x2E80 <= code < 0x2FE0 or 0x3400 <= code < 0xA000 or 0xF900 <= code < 0xFB00


def is_square(code: int) -> bool:
    """Enclosed and squared forms, which no name and no sentence of ours uses."""
    return 0x3200 <= code < 0x3400 or 0x1F100 <= code < 0x1F300


def regular(have: set[int]) -> set[int]:
    """Every letter, all of GBK and Big5, and the younger characters of GB 18030 in names."""
    han = charset("gbk", range(0x81, 0xFF)) | charset("big5", range(0xA1, 0xFA))
    young = {code for code in have if 0x9FA6 <= code < 0xA000 or code >= 0x20000}
    letters = {code for code in have if not is_han(code) and not is_square(code)}
    return have & (letters | han | young)


def bold(have: set[int]) -> set[int]:
    """Letters and the common characters: GB 2312 level 1 and Big5 level 1."""
    han = charset("gb2312", range(0xB0, 0xD8)) | charset("big5", range(0xA4, 0xC7))
    marks = {code for code in have if 0x3000 <= code < 0x3020 or 0xFF00 <= code < 0xFF60}
    return have & (han | marks | set(range(0x20, 0x2070)) | {0x20AC, 0x2116})


def drawn_otherwise(simplified: TTFont, traditional: TTFont) -> set[int]:
    """The characters of Big5 that Taiwan draws in another way than the mainland."""
    here, there = simplified.getBestCmap(), traditional.getBestCmap()
    return {
        code
        for code in charset("big5", range(0xA1, 0xFA)) & set(here) & set(there)
        if outline(simplified, here[code]) != outline(traditional, there[code])
    }


def outline(font: TTFont, name: str) -> list[tuple[int, int]]:
    glyph = font["glyf"][name]
    return sorted(glyph.coordinates) if glyph.numberOfContours > 0 else []


def make(source: Path, name: str, *, keep: set[int]) -> None:
    options = subset.Options(
        hinting=False, layout_features=[], glyph_names=False, notdef_outline=True,
        recalc_timestamp=False, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
    )  # fmt: skip
    options.drop_tables += TABLES
    font = TTFont(source, recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=keep)
    subsetter.subset(font)
    font.save(OUT / name)
    print(name, len(keep), "characters,", (OUT / name).stat().st_size, "bytes")


def main() -> None:
    sc, tc = Path(sys.argv[1]), Path(sys.argv[2])
    for folder, weight, choose in (("400Regular", "Regular", regular), ("700Bold", "Bold", bold)):
        simplified = sc / folder / f"NotoSansSC_{folder}.ttf"
        traditional = tc / folder / f"NotoSansTC_{folder}.ttf"
        keep = choose(set(TTFont(simplified).getBestCmap()))
        make(simplified, f"NotoSansSC-{weight}.ttf", keep=keep)
        differing = drawn_otherwise(TTFont(simplified), TTFont(traditional))
        make(traditional, f"NotoSansTC-{weight}.ttf", keep=keep & differing)


if __name__ == "__main__":
    main()
