"""The reconciliation report of a sunset as a signed document: its parts, its bytes, what is wrong.

    {"format": "signoff-sunset-report/1", "report": {...}, "signature": {...}}

The signature covers the canonical JSON of `report`, which holds the digest of the CSV with every
row: who holds the public key can check both, offline.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from signoff.domain.canonical import Json, encode

FORMAT = "signoff-sunset-report/1"


class Flaw(StrEnum):
    """What does not fit in a report, or between it and its CSV."""

    NOT_A_REPORT = "not_a_report"
    WRONG_SIGNATURE = "wrong_signature"
    UNKNOWN_KEY = "unknown_key"
    WRONG_CSV = "wrong_csv"
    DOES_NOT_ADD_UP = "does_not_add_up"


@dataclass(frozen=True, slots=True)
class Signed:
    """A report taken apart."""

    report: Mapping[str, Json]
    key_id: str
    public_key: bytes
    signature: bytes

    @property
    def message(self) -> bytes:
        """What the signature covers. Raises NotCanonical."""
        return signed_bytes(self.report)


def signed_bytes(report: Mapping[str, Json]) -> bytes:
    """What the signature covers. The format stands first: it can pass for nothing else of ours."""
    return FORMAT.encode() + b"\n" + encode(dict(report))


def document(report: Mapping[str, Json], *, key_id: str, public_key: bytes, value: bytes) -> Json:
    """The file: the report and the signature of `signed_bytes` over it."""
    return {
        "format": FORMAT,
        "report": dict(report),
        "signature": {
            "algorithm": "Ed25519",
            "key_id": key_id,
            "public_key": public_key.hex(),
            "value": value.hex(),
        },
    }


def parsed(value: Json) -> Signed | None:
    """A report taken apart; None where it is not built as one."""
    if not isinstance(value, dict) or value.get("format") != FORMAT or len(value) != 3:
        return None
    report, signature = value.get("report"), value.get("signature")
    if not isinstance(report, dict) or not isinstance(signature, dict):
        return None
    try:
        return Signed(
            report,
            key_id=str(signature["key_id"]),
            public_key=bytes.fromhex(str(signature["public_key"])),
            signature=bytes.fromhex(str(signature["value"])),
        )
    except (KeyError, ValueError):
        return None


def flaws(
    signed: Signed,
    *,
    csv_sha256: str,
    trusted: Mapping[str, bytes] | None,
    verify: Callable[[Signed], bool],
) -> tuple[Flaw, ...]:
    """What is wrong with a report and its CSV; `verify` says whether the signature fits.

    `trusted` are the keys known by key id; None takes the report's own. Raises NotCanonical.
    """
    found = []
    if not verify(signed):
        found.append(Flaw.WRONG_SIGNATURE)
    named = sha256(signed.public_key).hexdigest()[:16]
    if signed.key_id != named or (trusted is not None and trusted.get(named) != signed.public_key):
        found.append(Flaw.UNKNOWN_KEY)
    csv = signed.report.get("csv")
    if not isinstance(csv, dict) or csv.get("sha256") != csv_sha256:
        found.append(Flaw.WRONG_CSV)
    if signed.report.get("adds_up") is not True:
        found.append(Flaw.DOES_NOT_ADD_UP)
    return tuple(found)


def adds_up(
    *,
    rows: int,
    outcomes: Mapping[str, int],
    ledger: Mapping[str, Mapping[str, int]],
    refunds: Mapping[str, Mapping[str, int]],
) -> bool:
    """Whether every row is accounted for and the books are even, currency by currency.

    `ledger` holds the postings' sums by account. `refunds` holds what was `decided`, and what
    became of it by the payments' state. Money that is on its way or with an operator is accounted
    for; money nobody asked for, or that nobody wrote down, is not.
    """
    if sum(outcomes.values()) != rows:
        return False
    for accounts in ledger.values():
        if sum(accounts.values()) != 0:
            return False
    for currency, of in refunds.items():
        states = sum(minor for state, minor in of.items() if state != "decided")
        payable = ledger.get(currency, {}).get("refunds_payable", 0)
        if of.get("decided", 0) != states or -payable != states - of.get("done", 0):
            return False
    return True
