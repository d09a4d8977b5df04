"""A PDF that carries its certificate and a signature over its own bytes.

Both are PDF comments, which every reader skips. The certificate stands before `startxref`, the
signature behind `%%EOF`, so that the end mark stays where readers look for it, in the last
kilobyte:

    %signoff-certificate <base64 of the JSON file>
    startxref ... %%EOF
    %signoff-signature <key id> <signature in hex over every byte before this line>
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass

_CERTIFICATE = b"%signoff-certificate "
_SIGNATURE = b"%signoff-signature "
_SIGNATURE_LINE = re.compile(rb"%signoff-signature ([0-9a-f]{16}) ([0-9a-f]{128})\n")
_LINE_SIZE = len(_SIGNATURE) + 16 + 1 + 128 + 1
_START = b"startxref\n"


class BadSeal(ValueError):
    """The PDF is not sealed as `seal` does it."""


@dataclass(frozen=True, slots=True)
class SealedPdf:
    """The parts of a sealed PDF: what is signed, the certificate inside, and the signature."""

    signed: bytes
    certificate: bytes
    key_id: str
    signature: bytes


def is_pdf(data: bytes) -> bool:
    """Whether `data` claims to be a PDF."""
    return data.startswith(b"%PDF-")


def seal(pdf: bytes, *, certificate: bytes, key_id: str, sign: Callable[[bytes], bytes]) -> bytes:
    """`pdf` with the certificate inside and the signature at its end."""
    before, start, after = pdf.rpartition(_START)
    if not start or not after.endswith(b"%%EOF\n"):
        raise BadSeal("the PDF does not end with startxref and %%EOF")
    signed = before + _CERTIFICATE + b64encode(certificate) + b"\n" + start + after
    return signed + _SIGNATURE + f"{key_id} {sign(signed).hex()}\n".encode()


def split(data: bytes) -> SealedPdf:
    """The parts of a sealed PDF."""
    signed = data[:-_LINE_SIZE]
    line = _SIGNATURE_LINE.fullmatch(data[-_LINE_SIZE:])
    if line is None or not signed.endswith(b"%%EOF\n"):
        raise BadSeal("the last line is no %signoff-signature behind %%EOF")
    head, start, _ = signed.rpartition(_START)
    _, mark, encoded = head.rpartition(b"\n" + _CERTIFICATE)
    if not start or not mark or not encoded.endswith(b"\n"):
        raise BadSeal("no %signoff-certificate line before startxref")
    try:
        certificate = b64decode(encoded[:-1], validate=True)
    except ValueError as error:
        raise BadSeal("the %signoff-certificate line is not base64") from error
    if b64encode(certificate) != encoded[:-1]:
        raise BadSeal("the %signoff-certificate line is not canonical base64")
    return SealedPdf(signed, certificate, line[1].decode(), bytes.fromhex(line[2].decode()))
