"""T2: `signoff verify` says what does not fit, offline and without a database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from signoff.cli.main import main
from signoff.domain.sealed_pdf import seal
from signoff.integrations.signing.disk import DiskSigner
from signoff.testing.certificates import specimen
from signoff.wording.pdf import certificate_pdf


@pytest.fixture
def signer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DiskSigner:
    """An installation with its key; the command looks for the keys there."""
    monkeypatch.setenv("SIGNOFF_HOME", str(tmp_path / "home"))
    return DiskSigner(tmp_path / "home/keys", name="signoff.example")


@pytest.fixture
def file(signer: DiskSigner, tmp_path: Path) -> Path:
    path = tmp_path / "certificate.json"
    path.write_bytes(specimen(signer))
    return path


def test_our_own_certificate_is_trusted(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(file)]) == 0

    assert "Genuine: nothing is altered, and the issuer's key is a known one." in (
        capsys.readouterr().out
    )


def test_a_pdf_is_taken_too(
    file: Path, signer: DiskSigner, capsys: pytest.CaptureFixture[str]
) -> None:
    data = file.read_bytes()
    page = certificate_pdf(data, language="en")
    file.write_bytes(seal(page, certificate=data, key_id=signer.key_id, sign=signer.sign))

    assert main(["verify", "--json", str(file)]) == 0

    assert json.loads(capsys.readouterr().out)["kind"] == "pdf"


def test_an_altered_certificate_fails_and_the_part_is_named(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(file.read_bytes().replace(b"+12025550143", b"+12025550144"))

    assert main(["verify", "--json", str(file)]) == 1

    shown = json.loads(capsys.readouterr().out)
    failed = [check["part"] for check in shown["checks"] if check["state"] == "failed"]
    assert (shown["ok"], shown["trusted"]) == (False, False)
    assert failed == ["body_digest", "body_signature"]


def test_a_failed_check_is_explained_to_people(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(file.read_bytes().replace(b'"seq":9', b'"seq":8'))

    assert main(["verify", str(file)]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert "Not valid" in lines[0]
    assert "  failed   The event hashes to the leaf of the log" in lines
    assert any("event_not_leaf: the event hashes to " in line for line in lines)


def test_without_known_keys_the_key_is_shown_for_comparison(
    file: Path, signer: DiskSigner, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.setenv("SIGNOFF_HOME", str(tmp_path / "elsewhere"))

    assert main(["verify", str(file)]) == 0

    out = capsys.readouterr().out
    assert "compare it with the key the issuer publishes" in out
    assert signer.public_key.hex() in out


def test_a_key_can_be_given_as_hex_as_pem_or_as_hex_in_a_file(
    file: Path, signer: DiskSigner, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "key.txt"
    text.write_text(signer.public_key.hex() + "\n")
    pem = tmp_path / f"home/keys/public-{signer.key_id}.pem"

    for key in (signer.public_key.hex(), str(pem), str(text)):
        assert main(["verify", str(file), "--json", "--key", key]) == 0
        assert json.loads(capsys.readouterr().out)["trusted"]


def test_another_issuers_key_is_not_enough(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(file), "--key", "ab" * 32]) == 1

    assert "key_not_trusted" in capsys.readouterr().out


def test_what_cannot_be_read_is_said_in_one_line(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "ec.pem"
    other.write_bytes(
        generate_private_key(SECP256R1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    for words, said in (
        ([str(tmp_path / "missing.json")], "cannot read"),
        ([str(tmp_path)], "cannot read"),
        ([str(file), "--key", "nokey"], "cannot read the key nokey"),
        ([str(file), "--key", str(file)], "neither a PEM public key nor 64 hex digits"),
        ([str(file), "--key", str(other)], "no Ed25519 key"),
    ):
        assert main(["verify", *words]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1


def test_the_command_needs_neither_settings_nor_database(file: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}

    done = subprocess.run(
        [sys.executable, "-m", "signoff", "verify", str(file)],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
