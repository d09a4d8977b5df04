"""A5: what a file is, is told by its content; what may hide in it is noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.files import FileKind, FileProblem, kind_of, packed, unpacked

JPEG = b"\xff\xd8\xff\xe0" + bytes(40)
ZIP_END = b"PK\x05\x06" + bytes(18)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (JPEG, FileKind.JPEG),
        (b"\x89PNG\r\n\x1a\n" + bytes(9), FileKind.PNG),
        (b"RIFF\x10\0\0\0WEBPVP8 ", FileKind.WEBP),
        (b"%PDF-1.7\n%PDF-", FileKind.PDF),
        (b"", FileProblem.EMPTY),
        (b"RIFF\x10\0\0\0WAVEfmt ", FileProblem.WRONG_TYPE),
        (b"\0\0\0\x18ftypheic", FileProblem.HEIC),
        (b"\0\0\0\x18ftypmif1", FileProblem.HEIC),
        (b"\0\0\0\x18ftypmp42", FileProblem.WRONG_TYPE),
        (b"PK\x03\x04 an archive", FileProblem.WRONG_TYPE),
        (b" %PDF-1.7", FileProblem.WRONG_TYPE),
        (b"<svg onload=alert(1)>", FileProblem.WRONG_TYPE),
        (JPEG + ZIP_END, FileProblem.TWO_IN_ONE),
        (b"%PDF-1.7 and an archive" + ZIP_END + b"remark", FileProblem.TWO_IN_ONE),
        (JPEG + b"%PDF-1.4", FileProblem.TWO_IN_ONE),
        (JPEG + bytes(1024) + b"%PDF-1.4", FileKind.JPEG),
        (JPEG + b"ftypmp42, the film of a live photo", FileKind.JPEG),
    ],
)
def test_a_kind_is_told_by_content(content: bytes, kind: FileKind | FileProblem) -> None:
    assert kind_of(content) == kind


@given(st.lists(st.binary()))
def test_pages_come_back_as_they_went(pages: list[bytes]) -> None:
    assert unpacked(packed(pages)) == tuple(pages)


@pytest.mark.parametrize("lost", [1, 5, 11])
def test_a_page_that_is_cut_off_is_noticed(lost: int) -> None:
    with pytest.raises(ValueError, match="cut off"):
        unpacked(packed([b"one", b"sixteen bytes...."])[:-lost])
