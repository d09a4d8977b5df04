"""T2: a PDF that carries its certificate and signature."""

import pytest

from signoff.domain.sealed_pdf import BadSeal, is_pdf, seal, split

PDF = b"%PDF-1.4\nbody\nstartxref\n9\n%%EOF\n"
SEALED = seal(PDF, certificate=b"{}\n", key_id="0123456789abcdef", sign=lambda data: b"s" * 64)


def test_the_parts_come_back() -> None:
    parts = split(SEALED)

    assert (parts.certificate, parts.key_id, parts.signature) == (
        b"{}\n", "0123456789abcdef", b"s" * 64
    )  # fmt: skip
    assert SEALED.startswith(parts.signed)
    assert is_pdf(SEALED)


def test_the_end_mark_stays_within_the_last_kilobyte() -> None:
    assert b"startxref\n9\n%%EOF\n" in SEALED[-1024:]


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.4\n%%EOF\n", b"startxref\n9\n%%EOF"])
def test_what_is_no_whole_pdf_is_not_sealed(pdf: bytes) -> None:
    with pytest.raises(BadSeal):
        seal(pdf, certificate=b"{}", key_id="0" * 16, sign=lambda data: b"")


@pytest.mark.parametrize(
    ("_case", "data"),
    [
        ("no signature", PDF),
        ("something behind", SEALED + b"\n"),
        ("a line feed less", SEALED[:-1]),
        ("another hex case", SEALED.replace(b"737373", b"7373AA")),
        ("no end mark", SEALED.replace(b"%%EOF", b"%%EOG")),
        ("no certificate", SEALED.replace(b"%signoff-certificate", b"%signoff-certificat3")),
        ("no startxref", SEALED.replace(b"startxref", b"startxxxx")),
        ("no base64", SEALED.replace(b"e30K", b"e3!K")),
        ("a broken base64", SEALED.replace(b"e30K", b"e30")),
        ("base64 of another spelling", SEALED.replace(b"e30K", b"e31=")),
    ],
)
def test_another_form_is_refused(_case: str, data: bytes) -> None:
    with pytest.raises(BadSeal):
        split(data)
