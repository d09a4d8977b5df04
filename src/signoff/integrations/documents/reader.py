"""Reads one foreign file, in a process of its own: `python -m ...reader KIND < file > pages`.

What a file can do here is bounded: little memory, little time, no other file, and nothing of ours
in the environment. Pages go out packed (domain.files); a file that cannot be taken ends with
status 3 and its domain.files.FileProblem in their place.
"""

import io
import resource
import sys
import warnings
from collections.abc import Iterator

from signoff.domain.files import MOST_PAGES, MOST_PIXELS, FileKind, FileProblem, packed

REFUSED = 3
LONGEST = 3000
"""Pixels of a page's longer side: enough to read small print, little enough to keep."""

_MEMORY = 1536 * 1024 * 1024
_SECONDS = 30
_QUALITY = 88
_DPI, _POINTS = 220, 72
_PASSWORD = 4
"""FPDF_ERR_PASSWORD of pdfium's fpdfview.h."""
_FORMATS = {FileKind.JPEG: "JPEG", FileKind.PNG: "PNG", FileKind.WEBP: "WEBP"}


class Refused(Exception):
    """The file cannot be taken."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def main() -> int:
    """Read the file on standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    content, kind = sys.stdin.buffer.read(), FileKind(sys.argv[1])
    try:
        pages = list(pdf_pages(content) if kind is FileKind.PDF else [picture(content, kind)])
    except Refused as refused:
        sys.stdout.write(refused.problem.value)
        return REFUSED
    sys.stdout.buffer.write(packed(pages))
    return 0


def picture(content: bytes, kind: FileKind) -> bytes:
    """A photo as a JPEG of nothing but its pixels, upright. Raises Refused."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # the bound is ours, and told before anything is unpacked
    try:
        with Image.open(io.BytesIO(content), formats=[_FORMATS[kind]]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Refused(FileProblem.TOO_LARGE)
            image.draft("RGB", (LONGEST, LONGEST))  # JPEG alone: unpacked at about that size
            image.load()
            return jpeg(ImageOps.exif_transpose(image))
    except (Refused, MemoryError):
        raise
    except Exception as error:  # decoders of broken files raise whatever comes
        raise Refused(FileProblem.DAMAGED) from error


def pdf_pages(content: bytes) -> Iterator[bytes]:
    """Each page of a PDF as a JPEG; scripts in it are not run. Raises Refused."""
    import pypdfium2 as pdfium

    try:
        pdf = pdfium.PdfDocument(content)  # type: ignore[no-untyped-call]
        count = len(pdf)
    except pdfium.PdfiumError as error:
        locked = error.err_code == _PASSWORD
        raise Refused(FileProblem.LOCKED if locked else FileProblem.DAMAGED) from error
    if count > MOST_PAGES:
        raise Refused(FileProblem.TOO_MANY_PAGES)
    if not count:
        raise Refused(FileProblem.DAMAGED)
    try:
        pdf.init_forms()  # type: ignore[no-untyped-call]  # what was typed is to be seen too
        for number in range(count):
            page = pdf[number]
            longest = max(page.get_size())
            scale = min(_DPI / _POINTS, LONGEST / max(longest, 1))
            yield jpeg(page.render(scale=scale).to_pil())
            page.close()
    except pdfium.PdfiumError as error:
        raise Refused(FileProblem.DAMAGED) from error


def jpeg(image: "Image.Image") -> bytes:  # type: ignore[name-defined]  # noqa: F821
    """A new picture with an image's pixels, on white."""
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits a pixel
        image = image.point(lambda value: value / 256).convert("L")
    image.thumbnail((LONGEST, LONGEST))
    clean = Image.new("RGB", image.size, "white")
    seen = image.convert("RGBA")
    clean.paste(seen, mask=seen)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
