"""Foreign files turned into pictures by a process of their own, and pictures marked for viewing."""

import io
import subprocess
import sys
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from threading import BoundedSemaphore

from PIL import Image, ImageDraw, ImageFont

from signoff.domain.files import FileKind, FileProblem, unpacked
from signoff.integrations.documents.reader import REFUSED
from signoff.ports.documents import FileUnreadable

_AT_ONCE = BoundedSemaphore(2)
"""Each takes up to 1.5 GB for a moment: more than two in a process would harm its neighbours."""

_SECONDS = 40


class ForeignFiles:
    """A ports.documents.FileReader."""

    def __init__(self, font: Path) -> None:
        self._font = font

    def pages(self, content: bytes, kind: FileKind) -> Sequence[bytes]:
        command = [sys.executable, "-I", "-m", "signoff.integrations.documents.reader", kind.value]
        with _AT_ONCE:
            try:
                done = subprocess.run(
                    command,
                    input=content,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env={"LC_ALL": "C"},
                    timeout=_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise FileUnreadable(FileProblem.DAMAGED) from error
            except OSError as error:
                raise FileUnreadable(FileProblem.BUSY) from error
        if done.returncode == REFUSED:
            raise FileUnreadable(FileProblem(done.stdout.decode()))
        if done.returncode:  # out of its memory or time, or brought down by the file
            raise FileUnreadable(FileProblem.DAMAGED)
        return unpacked(done.stdout)

    def marked(self, page: bytes, words: str) -> bytes:
        with Image.open(io.BytesIO(page), formats=["JPEG"]) as opened:
            image = opened.convert("RGB")
        size = max(14, max(image.size) // 45)
        font = ImageFont.truetype(self._font, size)
        image.paste(0x808080, mask=_pattern(words, image.size, font=font))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=85)
        return out.getvalue()


def _pattern(words: str, size: tuple[int, int], *, font: ImageFont.FreeTypeFont) -> Image.Image:
    """How strongly each pixel is covered: the words in rows, slanting over the whole page."""
    step_x = ceil(font.getlength(words)) + 4 * int(font.size)
    step_y = 6 * int(font.size)
    side = ceil((size[0] ** 2 + size[1] ** 2) ** 0.5)
    mask = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(mask)
    for row, y in enumerate(range(0, side, step_y)):
        for x in range(-(row % 2) * step_x // 2, side, step_x):
            draw.text((x, y), words, fill=150, font=font)
    turned = mask.rotate(28, resample=Image.Resampling.BILINEAR)
    at = ((side - size[0]) // 2, (side - size[1]) // 2)
    return turned.crop((*at, at[0] + size[0], at[1] + size[1]))
