"""Files to hand in as documents: pictures of a card nobody is on, and what people get wrong."""

import io
from functools import lru_cache

from PIL import Image, ImageDraw


@lru_cache
def photo(words: str = "IDENTITY CARD", *, kind: str = "JPEG") -> bytes:
    """A photo of a card, as JPEG, PNG or WEBP; other words make another file."""
    image = Image.new("RGB", (640, 400), "#d8d4c8")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((40, 40, 600, 360), radius=24, fill="#f6f3ea", outline="#888")
    draw.rectangle((70, 90, 210, 270), fill="#b9c4cc")
    draw.text((240, 100), words, fill="#222")
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The string every virus scanner knows for a virus, and which does nothing (eicar.org)."""


def infected_photo() -> bytes:
    """A photo that opens, with the test virus in its comment."""
    image = Image.open(io.BytesIO(photo()))
    out = io.BytesIO()
    image.save(out, "JPEG", comment=EICAR)
    return out.getvalue()
