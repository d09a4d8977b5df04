"""T1: the signing key is made once, kept, and never replaced silently."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from signoff.domain.checkpoint import key_id
from signoff.integrations.signing.disk import DiskSigner, KeyUnusable
from signoff.ports.signing import Signer, SigningError
from signoff.testing.signing import MemorySigner

Make = Callable[[Path], Signer]


def on_disk(folder: Path) -> Signer:
    return DiskSigner(folder / "keys", name="signoff.example")


def in_memory(_folder: Path) -> Signer:
    return MemorySigner()


@pytest.mark.parametrize("make", [on_disk, in_memory])
def test_a_signer_signs_with_the_key_it_names(make: Make, tmp_path: Path) -> None:
    signer = make(tmp_path)

    Ed25519PublicKey.from_public_bytes(signer.public_key).verify(signer.sign(b"x"), b"x")
    assert signer.key_id == key_id(signer.public_key)
    assert signer.trusted_keys() == {signer.key_id: signer.public_key}
    assert signer.name == "signoff.example"


@pytest.mark.parametrize("make", [on_disk, in_memory])
def test_the_same_bytes_give_the_same_signature(make: Make, tmp_path: Path) -> None:
    assert make(tmp_path).sign(b"x") == make(tmp_path).sign(b"x")


def test_the_private_key_is_for_its_owner_only(tmp_path: Path) -> None:
    on_disk(tmp_path)

    folder = tmp_path / "keys"
    assert (folder.stat().st_mode & 0o777, (folder / "signing.pem").stat().st_mode & 0o777) == (
        0o700, 0o600
    )  # fmt: skip


def test_many_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: on_disk(tmp_path).key_id, range(32)))

    assert len(found) == 1
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == [
        f"public-{found.pop()}.pem", "signing.pem"
    ]  # fmt: skip


def test_a_damaged_key_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    on_disk(tmp_path)
    path = tmp_path / "keys/signing.pem"
    path.write_bytes(path.read_bytes()[:-40])
    damaged = path.read_bytes()

    with pytest.raises(SigningError, match=r"signing\.pem: it is damaged"):
        on_disk(tmp_path)
    assert path.read_bytes() == damaged


def test_a_lost_key_is_not_replaced(tmp_path: Path) -> None:
    on_disk(tmp_path)
    (tmp_path / "keys/signing.pem").unlink()

    with pytest.raises(KeyUnusable, match="restore it from the backup"):
        on_disk(tmp_path)
    assert not (tmp_path / "keys/signing.pem").exists()


def test_a_retired_key_still_verifies(tmp_path: Path) -> None:
    old = on_disk(tmp_path)
    keys = tmp_path / "keys"
    (keys / "retired").mkdir()
    (keys / "signing.pem").unlink()
    name = f"public-{old.key_id}.pem"
    (keys / name).rename(keys / "retired" / name)

    new = on_disk(tmp_path)

    assert new.key_id != old.key_id
    assert new.trusted_keys() == {
        new.key_id: new.public_key, old.key_id: old.public_key
    }  # fmt: skip


def test_a_key_others_can_read_is_refused(tmp_path: Path) -> None:
    on_disk(tmp_path)
    (tmp_path / "keys/signing.pem").chmod(0o640)

    with pytest.raises(KeyUnusable, match="chmod 600"):
        on_disk(tmp_path)


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys/signing.pem"
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o600)
    pem = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    path.write_bytes(pem)

    with pytest.raises(KeyUnusable, match="no Ed25519 key"):
        on_disk(tmp_path)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PUBLIC KEY-----\n"])
def test_a_damaged_public_key_is_named(content: bytes, tmp_path: Path) -> None:
    signer = on_disk(tmp_path)
    (tmp_path / "keys/public-0000000000000000.pem").write_bytes(content)

    with pytest.raises(KeyUnusable, match=r"public-0000000000000000\.pem"):
        signer.trusted_keys()


def test_a_public_key_under_another_name_is_refused(tmp_path: Path) -> None:
    signer = on_disk(tmp_path)
    keys = tmp_path / "keys"
    (keys / f"public-{signer.key_id}.pem").rename(keys / "public-0000000000000000.pem")

    with pytest.raises(KeyUnusable, match="that its name says"):
        signer.trusted_keys()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")

    with pytest.raises(KeyUnusable, match="keys"):
        on_disk(tmp_path)
