"""A5: foreign files become pictures of our own; what cannot be read, or should not, is refused."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from reportlab.pdfgen import canvas

from signoff import wording
from signoff.domain.files import MOST_PAGES, FileKind, FileProblem
from signoff.integrations.documents.reading import ForeignFiles
from signoff.ports.documents import FileUnreadable
from signoff.testing.documents import photo

READER = ForeignFiles(Path(wording.__file__).parent / "fonts" / "NotoSansSC-Regular.ttf")
CANARY = b"GPS-CANARY-31.2304N-121.4737E"


def opened(page: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(page))
    image.load()
    return image


def refused(content: bytes, kind: FileKind) -> FileProblem:
    with pytest.raises(FileUnreadable) as error:
        READER.pages(content, kind)
    return error.value.problem


def pdf(pages: int = 1) -> bytes:
    out = io.BytesIO()
    page = canvas.Canvas(out)
    for number in range(pages):
        page.drawString(100, 700, f"Page {number}")
        page.showPage()
    page.save()
    return out.getvalue()


def png_bomb(side: int = 30_000) -> bytes:
    """A picture of a gigabyte, in some bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(9999)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_a_photo_was_taken_is_gone(kind: str) -> None:
    """A5: GPS, time, camera, comments and profiles stay behind; the pixels come along."""
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    exif.get_ifd(0x8825)[29] = CANARY.decode()
    more: dict[str, Any] = {"comment": CANARY} if kind == "JPEG" else {}
    out = io.BytesIO()
    Image.open(io.BytesIO(photo())).save(
        out,
        kind,
        exif=exif,
        icc_profile=CANARY * 9,
        **more,
    )
    content = out.getvalue() + CANARY
    assert CANARY in content

    (page,) = READER.pages(content, FileKind(f"image/{kind.lower()}"))

    assert CANARY not in page
    assert not opened(page).getexif()
    assert opened(page).size == (640, 400)


def test_a_photo_that_lies_on_its_side_stands_up() -> None:
    """A5: its orientation is applied before it is forgotten."""
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGB", (400, 200), "white").save(out, "JPEG", exif=exif)

    (page,) = READER.pages(out.getvalue(), FileKind.JPEG)

    assert opened(page).size == (200, 400)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGBA"])
def test_every_mode_of_a_picture_is_read(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (50, 40)).save(out, "PNG")

    (page,) = READER.pages(out.getvalue(), FileKind.PNG)

    assert opened(page).mode == "RGB"


def test_a_picture_is_kept_no_larger_than_it_is_read() -> None:
    out = io.BytesIO()
    Image.new("RGB", (8000, 6000)).save(out, "JPEG")

    (page,) = READER.pages(out.getvalue(), FileKind.JPEG)

    assert max(opened(page).size) == 3000


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (photo()[:-900], FileProblem.DAMAGED),
        (photo()[:40], FileProblem.DAMAGED),
        (b"\xff\xd8\xff" + bytes(5000), FileProblem.DAMAGED),
    ],
    ids=["end missing", "head alone", "noise"],
)
def test_a_broken_photo_is_refused(content: bytes, problem: FileProblem) -> None:
    assert refused(content, FileKind.JPEG) is problem


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    """A5: 900 million pixels in a hundred bytes."""
    assert refused(png_bomb(), FileKind.PNG) is FileProblem.TOO_LARGE


def test_a_text_that_unpacks_without_end_is_refused() -> None:
    """A5: a zip bomb in a picture's remarks."""
    data = b"Comment\0\0" + zlib.compress(bytes(80_000_000))
    chunk = struct.pack(">I", len(data)) + b"zTXt" + data
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + data))
    good = photo(kind="PNG")

    assert refused(good[:33] + chunk + good[33:], FileKind.PNG) is FileProblem.DAMAGED


def test_each_page_of_a_pdf_becomes_a_picture_without_what_is_written_about_it() -> None:
    """A5: document information, XMP, scripts and files inside stay behind."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf(3)))
    writer.add_metadata({"/Author": CANARY.decode()})
    writer.xmp_metadata = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + CANARY + b"</x:xmpmeta>"
    script = DictionaryObject()
    script[NameObject("/S")] = NameObject("/JavaScript")
    script[NameObject("/JS")] = TextStringObject("app.alert('GPS-CANARY');")
    writer.root_object[NameObject("/OpenAction")] = script
    writer.add_attachment("tracker.exe", CANARY)
    out = io.BytesIO()
    writer.write(out)
    assert CANARY in out.getvalue()

    pages = READER.pages(out.getvalue(), FileKind.PDF)

    assert [opened(page).format for page in pages] == ["JPEG"] * 3
    assert not any(b"CANARY" in page or b"JavaScript" in page for page in pages)


def test_a_locked_pdf_is_told_from_a_broken_one() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.encrypt("secret", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)

    assert refused(out.getvalue(), FileKind.PDF) is FileProblem.LOCKED
    assert refused(pdf()[:300], FileKind.PDF) is FileProblem.DAMAGED
    assert refused(b"%PDF-1.7\n" + bytes(3000), FileKind.PDF) is FileProblem.DAMAGED


def test_a_pdf_of_many_pages_is_refused() -> None:
    assert len(READER.pages(pdf(MOST_PAGES), FileKind.PDF)) == MOST_PAGES
    assert refused(pdf(MOST_PAGES + 1), FileKind.PDF) is FileProblem.TOO_MANY_PAGES


def test_a_page_as_large_as_a_field_is_drawn_small() -> None:
    """A5: a page of a million points asks for terabytes."""
    writer = PdfWriter()
    page = writer.add_blank_page(14_000, 14_000)
    page[NameObject("/Marker")] = TextStringObject("large")
    out = io.BytesIO()
    writer.write(out)

    (drawn,) = READER.pages(out.getvalue(), FileKind.PDF)

    assert max(opened(drawn).size) <= 3000


def test_who_looks_is_written_over_the_page() -> None:
    """A5: a photographed screen tells who leaked it."""
    (page,) = READER.pages(photo(), FileKind.JPEG)

    marked = READER.marked(page, "王小明 · 2026-11-21 10:33 UTC")

    before, after = opened(page).tobytes(), opened(marked).tobytes()
    changed = sum(abs(a - b) > 20 for a, b in zip(before, after, strict=True))
    assert opened(marked).size == opened(page).size
    assert changed > len(before) // 100
