"""A signer that lives in memory and is the same every time."""

from collections.abc import Mapping
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from signoff.domain.checkpoint import key_id


class MemorySigner:
    """Signs with the key made of `seed`; of no worth outside tests, anyone can make it."""

    def __init__(self, seed: str = "test", *, name: str = "signoff.example") -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(sha256(seed.encode()).digest())
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    @property
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def key_id(self) -> str:
        return key_id(self.public_key)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def trusted_keys(self) -> Mapping[str, bytes]:
        return {self.key_id: self.public_key}
