"""What a certificate of line termination says.

It is given to the subscriber, who may show it to a bank, a regulator or a landlord. So it names
what such a reader has to match: the holder, the whole number and SIM, who ended it and when, since
when nothing may be charged, what the carrier itself answered, what money is left. It says nothing
that a stranger does not need: no address, birth date, e-mail, document number, reason or usage.

`CertificateBody` takes plain values, refuses wrong ones, and has exactly one JSON form.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from hashlib import sha256

from signoff.domain.canonical import MAX_INT, Json, NotCanonical, encode, parse_time

FORMAT = "signoff-certificate/1"
ISSUED = "certificate.issued"

_HIDES = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff"
"""Characters that show nothing, or turn the direction of what follows."""

_PATTERNS = {
    "code": r"[a-z][a-z0-9_]{0,63}",
    "name": r"[!-*,-~]{1,120}",
    "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "sha256": r"[0-9a-f]{64}",
    "key_id": r"[0-9a-f]{16}",
    "msisdn": r"\+[1-9][0-9]{6,14}",
    "iccid": r"[0-9]{18,20}",
    "currency": r"[A-Z]{3}",
    "url": r"https?://[!-~]{1,400}",
    "language": r"zh-Hans|zh-Hant|en",
    "method": r"read_back|agent_evidence",
    "outcome": r"released|parked|ported_out|none",
    "format": re.escape(FORMAT),
    "text": rf"[^{_HIDES}]{{1,200}}",
}
_FORMS = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
_HIDDEN = re.compile(f"[{_HIDES}]")


class Flaw(StrEnum):
    """In what way a certificate is not built as one."""

    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    WRONG_FORM = "wrong_form"
    CONTRADICTION = "contradiction"


class BadCertificate(ValueError):
    """A certificate is not built as the format says."""

    def __init__(self, flaw: Flaw, path: str, *, wanted: str = "") -> None:
        super().__init__(flaw, path)
        self.flaw = flaw
        self.path = path
        self.wanted = wanted

    def __reduce__(self) -> tuple["partial[BadCertificate]", tuple[Flaw, str]]:
        return partial(type(self), wanted=self.wanted), (self.flaw, self.path)

    def __str__(self) -> str:
        wanted = f" (wanted: {self.wanted})" if self.wanted else ""
        return f"{self.flaw.value}: {self.path}{wanted}"


# Path in the JSON form -> form of the value; a question mark allows null. The attribute of
# CertificateBody is the path with underscores.
LAYOUT: Mapping[str, str] = {
    "format": "format",
    "id": "uuid",
    "issued_at": "time",
    "language": "language",
    "issuer.operator": "text",
    "issuer.installation": "name",
    "issuer.key_id": "key_id",
    "issuer.verify_url": "url",
    "brand.id": "name",
    "brand.name": "text",
    "brand.name_en": "text",
    "case.id": "uuid",
    "case.reference": "text",
    "holder.name": "text",
    "line.kind": "code",
    "line.product": "text",
    "line.product_en": "text",
    "line.msisdn": "msisdn?",
    "line.iccid": "iccid?",
    "line.carrier": "name",
    "line.carrier_name": "text",
    "times.declared": "time",
    "times.charging_stopped": "time",
    "times.effective": "time",
    "times.ended": "time",
    "times.restorable_until": "time?",
    "number.outcome": "outcome",
    "carrier_proof.method": "method",
    "carrier_proof.state": "code",
    "carrier_proof.observed_at": "time",
    "carrier_proof.reference": "text",
    "carrier_proof.sha256": "sha256?",
    "statement.currency": "currency",
    "statement.total": "int",
    "statement.refund": "count",
    "statement.owed": "count",
    "statement.sha256": "sha256?",
    "policy.sha256": "sha256",
}


_PLACES = tuple((path.replace(".", "_"), *path.partition(".")[::2]) for path in LAYOUT)
"""For each path: the attribute, and the members that lead to it; at the top the second is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateBody:
    """The certified facts. Times as `canonical.format_time` writes them, amounts in minor units.

    `statement_total` is what all lines of the final statement come to, positive when the
    subscriber owes; `statement_refund` is what is paid back, `statement_owed` what stays to pay.
    `carrier_proof_sha256` and `statement_sha256` tie the stored answer and statement to it.
    """

    id: str
    issued_at: str
    language: str
    issuer_operator: str
    issuer_installation: str
    issuer_key_id: str
    issuer_verify_url: str
    brand_id: str
    brand_name: str
    brand_name_en: str
    case_id: str
    case_reference: str
    holder_name: str
    line_kind: str
    line_product: str
    line_product_en: str
    line_msisdn: str | None
    line_iccid: str | None
    line_carrier: str
    line_carrier_name: str
    times_declared: str
    times_charging_stopped: str
    times_effective: str
    times_ended: str
    times_restorable_until: str | None
    number_outcome: str
    carrier_proof_method: str
    carrier_proof_state: str
    carrier_proof_observed_at: str
    carrier_proof_reference: str
    carrier_proof_sha256: str | None
    statement_currency: str
    statement_total: int
    statement_refund: int
    statement_owed: int
    statement_sha256: str | None
    policy_sha256: str
    format: str = FORMAT

    def __post_init__(self) -> None:
        for (path, form), (attribute, *_) in zip(LAYOUT.items(), _PLACES, strict=True):
            if not has_form(getattr(self, attribute), form):
                raise BadCertificate(Flaw.WRONG_FORM, f"body.{path}", wanted=form)
        if self.line_msisdn is None and self.line_iccid is None:
            raise BadCertificate(Flaw.CONTRADICTION, "body.line", wanted="a number or a SIM")
        times = (self.times_declared, self.times_ended, self.issued_at)
        if list(times) != sorted(times):
            raise BadCertificate(Flaw.CONTRADICTION, "body.times", wanted="declared, ended, issued")
        if self.carrier_proof_observed_at > self.issued_at:
            raise BadCertificate(
                Flaw.CONTRADICTION, "body.carrier_proof.observed_at", wanted="before it was issued"
            )

    def to_json(self) -> dict[str, Json]:
        """The body as it stands in the file."""
        body: dict[str, Json] = {}
        groups: dict[str, dict[str, Json]] = {}
        for attribute, group, name in _PLACES:
            value: Json = getattr(self, attribute)
            if name:
                groups.setdefault(group, {})[name] = value
            else:
                body[group] = value
        return {**body, **groups}

    def signed_bytes(self) -> bytes:
        """What the issuer signs: the canonical bytes of the body."""
        return encode(self.to_json())

    def sha256(self) -> str:
        """The fingerprint of the body."""
        return sha256(self.signed_bytes()).hexdigest()

    def event_facts(self) -> dict[str, Json]:
        """The facts of the `certificate.issued` event that ties the body to the log."""
        return {"body_sha256": self.sha256(), "certificate": self.id}


def parse_body(value: Json) -> CertificateBody:
    """The body in JSON, refusing unknown, missing and malformed fields."""
    names = dict.fromkeys(path.partition(".")[0] for path in LAYOUT)
    found: dict[str, Json] = {}
    for group, inner in fields(value, path="body", names=names).items():
        members = [path.partition(".")[2] for path in LAYOUT if path.startswith(group + ".")]
        if members:
            for name, item in fields(inner, path=f"body.{group}", names=members).items():
                found[f"{group}_{name}"] = item
        else:
            found[group] = inner
    build: Callable[..., CertificateBody] = CertificateBody
    return build(**found)


def plain_text(text: str) -> str:
    """`text` as a certificate may print it: composed, on one line, with no hidden direction.

    Nothing is kept of it: it may be a holder's name (X5).
    """
    words = " ".join(unicodedata.normalize("NFC", text).split())
    return " ".join(_HIDDEN.sub("", words).split())[:200].strip()


def fields(value: Json, *, path: str, names: Mapping[str, None] | list[str]) -> dict[str, Json]:
    """The members of an object that must have exactly these `names`."""
    if not isinstance(value, dict):
        raise BadCertificate(Flaw.WRONG_FORM, path, wanted="object")
    for name in value:
        if name not in names:
            raise BadCertificate(Flaw.UNKNOWN_FIELD, f"{path}.{name[:40]}")
    for name in names:
        if name not in value:
            raise BadCertificate(Flaw.MISSING_FIELD, f"{path}.{name}")
    return value


def has_form(value: object, form: str) -> bool:
    """Whether `value` is written as `form` says; `?` at its end allows null."""
    if form.endswith("?"):
        return value is None or has_form(value, form[:-1])
    if form in ("int", "count"):
        if not isinstance(value, int) or isinstance(value, bool):
            return False
        return (0 if form == "count" else -MAX_INT) <= value <= MAX_INT
    if not isinstance(value, str):
        return False
    if form == "time":
        return _is_time(value)
    return _FORMS[form].fullmatch(value) is not None


def _is_time(text: str) -> bool:
    try:
        parse_time(text)
    except NotCanonical:
        return False
    return True
