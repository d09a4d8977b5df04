"""T2: a genuine certificate verifies with the public key alone; an altered one fails, named."""

import json
from dataclasses import replace
from pathlib import Path
from runpy import run_path
from typing import Any, cast

import pytest

from signoff.domain.canonical import encode
from signoff.domain.sealed_pdf import seal, split
from signoff.testing.certificates import BODY, specimen
from signoff.testing.signing import MemorySigner
from signoff.usecases.verify_certificate import MAX_JSON, Part, State, verify
from signoff.wording.catalogue import LANGUAGES, shipped
from signoff.wording.pdf import certificate_pdf

SIGNER = MemorySigner("worked example")
KEYS = SIGNER.trusted_keys()
FILE = specimen(SIGNER)
PDF = seal(
    certificate_pdf(FILE, language="en"),
    certificate=FILE, key_id=SIGNER.key_id, sign=SIGNER.sign,
)  # fmt: skip
DOCS = Path(__file__).parents[2] / "docs/reference"
INDEPENDENT = run_path(str(Path(__file__).with_name("independent_verifier.py")))


def holds_for_a_stranger(data: bytes) -> bool:
    """What the verifier written from the documentation says."""
    try:
        INDEPENDENT["verify"](data)
    except INDEPENDENT["InvalidError"]:
        return False
    return True


def altered(**changes: dict[str, Any]) -> bytes:
    """The file with some fields changed, written canonically again."""
    file = cast(dict[str, Any], json.loads(FILE))
    for path, change in changes.items():
        part = file
        for name in path.split("__"):
            part = part[name]
        part.update(change)
    return encode(file) + b"\n"


@pytest.mark.parametrize("data", [FILE, PDF], ids=["json", "pdf"])
def test_a_genuine_certificate_is_ok_and_trusted(data: bytes) -> None:
    verdict = verify(data, trusted_keys=KEYS)

    assert verdict.ok
    assert verdict.trusted
    assert verdict.failed == ()
    assert verdict.facts is not None
    assert verdict.facts["id"] == BODY.id
    assert verdict.key_id == SIGNER.key_id
    assert holds_for_a_stranger(data)


def test_without_known_keys_the_verdict_is_ok_but_never_trusted() -> None:
    verdict = verify(FILE, trusted_keys=None)

    assert verdict.ok
    assert not verdict.trusted
    assert verdict.checks[-1].state is State.UNKNOWN
    assert SIGNER.public_key.hex() in verdict.checks[-1].detail


def test_another_issuers_certificate_is_not_trusted() -> None:
    impostor = MemorySigner("impostor")

    verdict = verify(specimen(impostor), trusted_keys=KEYS)

    assert [check.code for check in verdict.failed] == ["key_not_trusted"]


@pytest.mark.parametrize("size", [1, 2, 7, 1024, 1025, 3001])
def test_a_certificate_verifies_wherever_it_stands_in_the_log(size: int) -> None:
    for index in {0, size // 2, size - 1}:
        data = specimen(SIGNER, index=index, size=size)
        assert verify(data, trusted_keys=KEYS).trusted
        assert holds_for_a_stranger(data)


@pytest.mark.parametrize(
    ("_case", "data", "parts"),
    [
        ("another number", altered(body__line={"msisdn": "+12025550144"}),
         {Part.BODY_DIGEST, Part.BODY_SIGNATURE}),
        ("another issue date", altered(body={"issued_at": "2026-03-14T09:26:53.590Z"}),
         {Part.BODY_DIGEST, Part.BODY_SIGNATURE, Part.EVENT_FACTS}),
        ("another event", altered(event={"seq": 10}), {Part.LEAF}),
        ("another kind of event", altered(event={"code": "case.closed"}),
         {Part.LEAF, Part.EVENT_FACTS}),
        ("another certificate's event", altered(event__facts={"certificate": BODY.case_id}),
         {Part.LEAF, Part.EVENT_FACTS}),
        ("another recorded body", altered(event__facts={"body_sha256": "00" * 32}),
         {Part.LEAF, Part.BODY_DIGEST}),
        ("another leaf", altered(proof={"leaf_hash": "00" * 32}), {Part.LEAF, Part.INCLUSION}),
        ("another place", altered(proof={"leaf_index": 3}), {Part.INCLUSION}),
        ("another size", altered(proof={"tree_size": 8}), {Part.CHECKPOINT}),
        ("no proof", altered(proof={"hashes": []}), {Part.INCLUSION}),
        ("another signature", altered(signature={"value": "00" * 64}), {Part.BODY_SIGNATURE}),
        ("another key id", altered(signature={"key_id": "0" * 16}), {Part.KEY_ID}),
        ("another key", altered(signature={"public_key": MemorySigner("x").public_key.hex()}),
         {Part.KEY_ID, Part.BODY_SIGNATURE, Part.CHECKPOINT_SIGNATURE, Part.KEY_TRUSTED}),
        ("a key that is no key", altered(signature={"public_key": "ff" * 32}),
         {Part.KEY_ID, Part.BODY_SIGNATURE, Part.CHECKPOINT_SIGNATURE, Part.KEY_TRUSTED}),
        ("an unknown field", altered(body={"more": 1}), {Part.LAYOUT}),
        ("hex in capitals", FILE.replace(BODY.policy_sha256.encode(),
                                         BODY.policy_sha256.upper().encode()), {Part.LAYOUT}),
        ("a space", FILE.replace(b'"body":', b'"body": '), {Part.CANONICAL}),
        ("no line feed", FILE[:-1], {Part.CANONICAL}),
        ("two line feeds", FILE + b"\n", {Part.CANONICAL}),
        ("nothing", b"", {Part.FILE}),
        ("too much", FILE + b" " * MAX_JSON, {Part.FILE}),
        ("a picture", b"\x89PNG\r\n", {Part.CANONICAL}),
        ("another JSON", b"[]\n", {Part.LAYOUT}),
        ("another PDF", b"%PDF-1.4\n%%EOF\n", {Part.PDF_SEAL}),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(_case: str, data: bytes, parts: set[Part]) -> None:
    verdict = verify(data, trusted_keys=KEYS)

    assert {check.part for check in verdict.failed} == parts
    assert all(check.detail for check in verdict.failed)
    assert not verdict.trusted
    assert not holds_for_a_stranger(data)


def test_a_checkpoint_of_another_log_or_of_two_signers_is_refused() -> None:
    text = cast(str, json.loads(FILE)["checkpoint"])
    for wrong in (
        text.replace("signoff.example\n", "other.example\n"),
        text + text.partition("\n\n")[2],
        "no checkpoint",
    ):
        file = {**json.loads(FILE), "checkpoint": wrong}
        verdict = verify(encode(file) + b"\n", trusted_keys=KEYS)
        assert Part.CHECKPOINT in {check.part for check in verdict.failed}
        assert not holds_for_a_stranger(encode(file) + b"\n")


def test_a_flipped_bit_in_any_byte_of_the_file_is_found() -> None:
    unnoticed = [
        at
        for at, byte in enumerate(FILE)
        if verify(FILE[:at] + bytes([byte ^ 1]) + FILE[at + 1 :], trusted_keys=None).ok
    ]

    assert unnoticed == []


@pytest.mark.slow
def test_every_altered_byte_of_the_file_is_found() -> None:
    """Each byte in turn: three flips, a deletion, a doubling, a space put in."""
    for at, byte in enumerate(FILE):
        before, after = FILE[:at], FILE[at + 1 :]
        changed = [bytes([byte ^ flip]) for flip in (0x01, 0x20, 0x80)]
        for middle in [*changed, b"", bytes([byte, byte]), b" " + bytes([byte])]:
            assert not verify(before + middle + after, trusted_keys=None).ok, (at, middle)


@pytest.mark.slow
def test_a_stranger_finds_every_altered_byte_too() -> None:
    for at, byte in enumerate(FILE):
        assert not holds_for_a_stranger(FILE[:at] + bytes([byte ^ 1]) + FILE[at + 1 :]), at


def unnoticed_in_the_pdf(places: list[int], *, flip: int) -> list[int]:
    """Where a flipped bit goes unnoticed; a flip of 0 takes the byte out."""
    return [
        at
        for at in places
        for middle in (bytes([PDF[at] ^ flip]) if flip else b"",)
        if verify(PDF[:at] + middle + PDF[at + 1 :], trusted_keys=None).ok
    ]


@pytest.mark.parametrize("flip", [0x01, 0x20, 0])
def test_altered_bytes_of_the_pdf_are_found(flip: int) -> None:
    end = len(PDF) - 300
    places = [*range(40), *range(40, end, 211), *range(end, len(PDF))]

    assert unnoticed_in_the_pdf(places, flip=flip) == []


@pytest.mark.slow
def test_every_altered_byte_of_the_pdf_is_found() -> None:
    assert unnoticed_in_the_pdf([*range(len(PDF))], flip=0x01) == []


def test_an_altered_page_is_named() -> None:
    at = PDF.index(b"stream\n") + 40
    data = PDF[:at] + bytes([PDF[at] ^ 1]) + PDF[at + 1 :]

    verdict = verify(data, trusted_keys=KEYS)

    assert [check.part for check in verdict.failed] == [Part.PDF_SIGNATURE]


def test_a_pdf_sealed_by_another_key_is_refused() -> None:
    impostor, parts = MemorySigner("impostor"), split(PDF)
    page = certificate_pdf(FILE, language="en")

    named = seal(page, certificate=FILE, key_id=impostor.key_id, sign=impostor.sign)
    lying = seal(page, certificate=parts.certificate, key_id=SIGNER.key_id, sign=impostor.sign)
    broken = seal(page, certificate=FILE[:-2], key_id=SIGNER.key_id, sign=SIGNER.sign)

    failed = [
        [check.part for check in verify(data, trusted_keys=KEYS).failed]
        for data in (named, lying, broken)
    ]
    assert failed[:2] == [[Part.PDF_SEAL, Part.PDF_SIGNATURE], [Part.PDF_SIGNATURE]]
    assert failed[2] == [Part.CANONICAL]


def test_the_worked_example_of_the_documentation_is_true() -> None:
    page = (DOCS / "certificate.md").read_text()
    file = json.loads(FILE)

    assert (DOCS / "examples/certificate.json").read_bytes() == FILE
    for value in (
        file["signature"]["public_key"], file["signature"]["key_id"], file["signature"]["value"],
        file["event"]["salt"], file["proof"]["leaf_hash"], file["event"]["facts"]["body_sha256"],
        file["checkpoint"].strip(), f"{len(encode(file['body']))} bytes",
        encode({k: v for k, v in file["event"].items() if k != "salt"}).decode(),
    ):  # fmt: skip
        assert value in page


def test_every_field_and_check_is_documented() -> None:
    page = (DOCS / "certificate.md").read_text()

    fields = [f"{group}.{name}" if isinstance(inner, dict) else group
              for group, inner in BODY.to_json().items()
              for name in (inner if isinstance(inner, dict) else [""])]  # fmt: skip
    assert [name for name in [*fields, *Part] if f"`{name}`" not in page] == []


def test_every_check_has_words_in_every_language() -> None:
    texts = shipped("verify")

    for language in LANGUAGES:
        for part in Part:
            assert texts.say(f"verify.part.{part}", language)
        for state in State:
            assert texts.say(f"verify.state.{state}", language)


def test_a_personal_part_and_missing_values_verify() -> None:
    body = replace(
        BODY, line_msisdn=None, times_restorable_until=None, carrier_proof_sha256=None,
        statement_sha256=None, holder_name="𠮷野 e\u0301",
    )  # fmt: skip

    data = specimen(SIGNER, body=body)

    assert verify(data, trusted_keys=KEYS).trusted
    assert holds_for_a_stranger(data)
