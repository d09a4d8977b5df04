"""Whether a report of a sunset and its CSV are as they were signed: nothing but them is needed."""

import json
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from signoff.domain.canonical import NotCanonical
from signoff.domain.sunset_report import Flaw, Signed, flaws, parsed


def verify_report(
    content: bytes, *, csv_sha256: str, trusted: Mapping[str, bytes] | None
) -> tuple[Flaw, ...]:
    """What is wrong with a report, given the digest of its CSV; nothing where both are genuine.

    `trusted` are the public keys known by key id; None takes the report's own.
    """
    try:
        signed = parsed(json.loads(content))
        if signed is None:
            return (Flaw.NOT_A_REPORT,)
        return flaws(signed, csv_sha256=csv_sha256, trusted=trusted, verify=_fits)
    except (NotCanonical, ValueError, RecursionError):
        return (Flaw.NOT_A_REPORT,)


def _fits(signed: Signed) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(signed.public_key)
        key.verify(signed.signature, signed.message)
    except (InvalidSignature, ValueError):
        return False
    return True
