"""Signing: what makes a checkpoint, a certificate or a PDF ours."""

from collections.abc import Mapping
from typing import Protocol


class SigningError(Exception):
    """The signing key cannot be used; nothing was signed."""


class Signer(Protocol):
    """One Ed25519 key with the name it signs under.

    Called by the use cases that issue certificates and checkpoints. Signing moves nothing and has
    no state: the same bytes give the same signature (Ed25519 is deterministic), so a repeated
    step yields the identical document.
    """

    @property
    def name(self) -> str:
        """The name in the signature line of a checkpoint, e.g. `signoff.example.com`."""
        ...

    @property
    def public_key(self) -> bytes:
        """The 32 raw bytes of the public key."""
        ...

    @property
    def key_id(self) -> str:
        """The first 16 hex digits of SHA-256 of the public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature. Raises SigningError when the key is unusable."""
        ...

    def trusted_keys(self) -> Mapping[str, bytes]:
        """Every public key ever used here, by key id, so that old documents still verify."""
        ...
