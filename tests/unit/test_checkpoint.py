"""T1: checkpoints in the C2SP form."""

from base64 import b64encode
from hashlib import sha256

import pytest

from signoff.domain import checkpoint
from signoff.domain.checkpoint import BadCheckpoint, Checkpoint

ROOT = sha256(b"root").digest()
POINT = Checkpoint("signoff.example", 7, ROOT)
KEY = bytes(range(32))


def fake_sign(message: bytes) -> bytes:
    return sha256(KEY + message).digest() * 2


def fake_check(signature: bytes, message: bytes) -> bool:
    return signature == fake_sign(message)


NOTE = checkpoint.sign(POINT, name="signoff.example", public_key=KEY, sign=fake_sign)


def test_the_note_reads_as_the_standard_says() -> None:
    root = b64encode(ROOT).decode()
    hint = sha256(b"signoff.example\n\x01" + KEY).digest()[:4]
    body = f"signoff.example\n7\n{root}\n"
    line = b64encode(hint + fake_sign(body.encode())).decode()

    assert f"{body}\n\u2014 signoff.example {line}\n" == NOTE


def test_the_standards_own_example_is_read() -> None:
    example = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurm"
        "RDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    )

    note = checkpoint.parse(example)

    assert (note.checkpoint.origin, note.checkpoint.size) == (
        "example.com/behind-the-sofa", 20852163
    )  # fmt: skip
    assert note.signatures[0].key_hash.hex() == "033de0ae"


def test_a_note_comes_back_and_verifies() -> None:
    note = checkpoint.parse(NOTE)

    assert note.checkpoint == POINT
    assert checkpoint.verify(note, name="signoff.example", public_key=KEY, check=fake_check)


def test_another_name_key_or_signature_does_not_verify() -> None:
    note = checkpoint.parse(NOTE)

    assert not checkpoint.verify(note, name="other", public_key=KEY, check=fake_check)
    assert not checkpoint.verify(note, name="signoff.example", public_key=ROOT, check=fake_check)
    assert not checkpoint.verify(
        note, name="signoff.example", public_key=KEY, check=lambda signature, message: False
    )


def test_lines_of_other_signers_are_left_alone() -> None:
    other = checkpoint.sign(POINT, name="witness.example", public_key=ROOT, sign=fake_sign)
    note = checkpoint.parse(NOTE + other.partition("\n\n")[2])

    assert len(note.signatures) == 2
    assert checkpoint.verify(note, name="signoff.example", public_key=KEY, check=fake_check)


_HEAD, _, _LINES = NOTE.partition("\n\n")
_ORIGIN, _SIZE, _B64 = _HEAD.split("\n")


_OTHER = f"{_B64[:-2]}{chr(ord(_B64[-2]) + 1)}="


@pytest.mark.parametrize(
    ("_case", "text"),
    [
        ("empty", ""),
        ("no signature", _HEAD + "\n"),
        ("no line feed at the end", NOTE[:-1]),
        ("an extension line", f"{_HEAD}\nmore\n\n{_LINES}"),
        ("a leading zero", f"{_ORIGIN}\n07\n{_B64}\n\n{_LINES}"),
        ("a size beyond any", f"{_ORIGIN}\n9999999999999999\n{_B64}\n\n{_LINES}"),
        ("no base64", f"{_ORIGIN}\n7\n!{_B64[1:]}\n\n{_LINES}"),
        ("base64 of another spelling", f"{_ORIGIN}\n7\n{_OTHER}\n\n{_LINES}"),
        ("a short root", f"{_ORIGIN}\n7\nAAAA\n\n{_LINES}"),
        ("a hyphen for the dash", NOTE.replace("\u2014", "-")),
        ("a short signature", f"{_HEAD}\n\n\u2014 signoff.example AAAA\n"),
        ("an empty line behind", NOTE + "\n"),
        ("a name with a plus", f"a+b\n7\n{_B64}\n\n{_LINES}"),
    ],
)  # fmt: skip
def test_another_spelling_is_refused(_case: str, text: str) -> None:
    with pytest.raises(BadCheckpoint):
        checkpoint.parse(text)


@pytest.mark.parametrize(
    "point",
    [
        Checkpoint("two words", 1, ROOT),
        Checkpoint("", 1, ROOT),
        Checkpoint("a\nb", 1, ROOT),
        Checkpoint("x", -1, ROOT),
        Checkpoint("x", 1, ROOT[:31]),
    ],
)
def test_what_would_frame_another_note_is_not_signed(point: Checkpoint) -> None:
    with pytest.raises(BadCheckpoint):
        checkpoint.sign(point, name="x", public_key=KEY, sign=fake_sign)


def test_a_name_with_a_space_cannot_sign() -> None:
    with pytest.raises(BadCheckpoint):
        checkpoint.sign(POINT, name="two words", public_key=KEY, sign=fake_sign)


def test_a_key_is_named_by_its_hash() -> None:
    assert checkpoint.key_id(KEY) == sha256(KEY).hexdigest()[:16]
