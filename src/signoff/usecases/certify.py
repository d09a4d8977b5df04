"""Certificates of line termination: facts fixed at the end, file assembled once the log is sealed.

The `certificate.issued` event ties the body's fingerprint to the log; the file carries the proof
(docs/reference/certificate.md).
"""

from collections.abc import Sequence
from functools import partial
from hashlib import sha256

from django.conf import settings

from signoff.domain.canonical import encode, format_time
from signoff.domain.certificate import CertificateBody, parse_body, plain_text
from signoff.domain.certificate_file import BodySignature, Inclusion, IssuedEvent, assemble
from signoff.domain.events import Code
from signoff.domain.evidence import event_content
from signoff.domain.money import Money
from signoff.domain.policy import Names
from signoff.domain.statement import Statement
from signoff.ports import registry
from signoff.ports.signing import Signer
from signoff.records import models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.usecases.declare import statement_digest
from signoff.usecases.notify import tell
from signoff.usecases.seal_log import Sealed, seal

SIGNER = "installation"
_CARRIERS = {
    "tmobile": "T-Mobile",
    "att": "AT&T",
    "verizon": "Verizon",
    "wholesale": "Wholesale network",
}
_NUMBER = {"release": "released", "park": "parked", "port": "ported_out"}


def carrier_name(carrier: str) -> str:
    """A carrier as people know it."""
    return _CARRIERS.get(carrier, carrier)


def named(names: Names, language: str) -> str:
    """A name in one of the three languages."""
    return {"zh-Hans": names.zh_hans, "zh-Hant": names.zh_hant}.get(language, names.en)


def certified(file: CaseFile, final: Statement, *, changes: Changes) -> None:
    """Fix what will be certified about an ended case, and write its fingerprint into the log."""
    body = _body(file, final, changes=changes)
    seq = changes.event(
        file,
        Code.CERTIFIED,
        actor="signoff",
        body_sha256=body.sha256(),
        certificate=body.id,
    )
    changes.insert(
        models.Certificate,
        id=body.id,
        case_id=file.id,
        seq=seq,
        issued_at=changes.now,
        body=body.to_json(),
        content=None,
    )


def _body(file: CaseFile, final: Statement, *, changes: Changes) -> CertificateBody:
    proof, now = file.proof or {}, format_time(changes.now)
    return _issued(file, now=now, changes=changes)(
        case_id=str(file.id),
        case_reference=file.number,
        holder_name=plain_text(file.name),
        line_kind=file.policy.kind.value,
        line_product=plain_text(file.snapshot.line.plan.name),
        line_product_en=plain_text(file.snapshot.line.plan.name),
        line_msisdn=file.msisdn,
        line_iccid=file.iccid,
        line_carrier=file.carrier,
        line_carrier_name=carrier_name(file.carrier),
        times_declared=format_time(file.declared_at),
        times_charging_stopped=format_time(file.declared_at),
        times_effective=format_time(file.effective_at),
        times_ended=now,
        times_restorable_until=format_time(file.restore_until) if file.restore_until else None,
        number_outcome=_NUMBER[file.number_choice.value],
        carrier_proof_method="read_back",
        carrier_proof_state=str(proof["state"]),
        carrier_proof_observed_at=str(proof["verified_at"]),
        carrier_proof_reference=str(proof["reference"]),
        carrier_proof_sha256=sha256(encode(proof)).hexdigest(),
        statement_currency=final.currency,
        statement_total=final.balance.minor,
        statement_refund=final.refund.minor,
        statement_owed=final.owed.minor,
        statement_sha256=statement_digest(final),
        policy_sha256=file.policy_digest,
    )


def _issued(file: CaseFile, *, now: str, changes: Changes) -> "partial[CertificateBody]":
    """A certificate of which only the issuer is known."""
    signer, names = registry.signers[SIGNER], file.policy.names
    return partial(
        CertificateBody,
        id=str(changes.new_id()),
        issued_at=now,
        language=file.language,
        issuer_operator=plain_text(file.policy.operator),
        issuer_installation=signer.name,
        issuer_key_id=signer.key_id,
        issuer_verify_url=f"{settings.SIGNOFF_BASE_URL}/verify",
        brand_id=file.brand,
        brand_name=named(names, file.language),
        brand_name_en=names.en,
    )


def certify(files: Sequence[CaseFile], *, changes: Changes) -> None:
    """Seal the log over the cases' events and assemble every certificate that waits for it."""
    signer = registry.signers[SIGNER]
    waiting = {
        certificate.case_id: certificate
        for certificate in models.Certificate.objects.filter(
            case_id__in=[file.id for file in files], content=None
        )
    }
    if not waiting:
        return
    sealed = seal(now=changes.now, signer=signer)
    events = _events(list(waiting.values()))
    proofs = sealed.prove([event.id for event in events.values()])
    for file in files:
        certificate = waiting.get(file.id)
        if certificate is None:
            continue
        event = events[file.id]
        content = _file(certificate, event, sealed=sealed, proof=proofs[event.id], signer=signer)
        changes.update(models.Certificate, id=certificate.id, content=content)
        tell_certified(file, changes=changes)


def _events(certificates: Sequence[models.Certificate]) -> dict[object, models.Event]:
    places = {(certificate.case_id, certificate.seq) for certificate in certificates}
    found = models.Event.objects.filter(
        case_id__in=[case_id for case_id, _ in places], code=Code.CERTIFIED.value
    )
    return {event.case_id: event for event in found if (event.case_id, event.seq) in places}


def _file(
    certificate: models.Certificate,
    event: models.Event,
    *,
    sealed: Sealed,
    proof: Inclusion,
    signer: Signer,
) -> bytes:
    body = parse_body(certificate.body)
    content = event_content(
        actor=event.actor,
        at=format_time(event.at),
        case=str(event.case_id),
        code=event.code,
        facts=event.facts,
        seq=event.seq,
    )
    return assemble(
        body=body,
        event=IssuedEvent(content=content, salt=bytes(event.salt)),
        proof=proof,
        checkpoint=sealed.note,
        signature=BodySignature(
            key_id=signer.key_id,
            public_key=signer.public_key,
            value=signer.sign(body.signed_bytes()),
        ),
    )


def tell_certified(file: CaseFile, *, changes: Changes) -> None:
    """Send the certificate, with what is paid back and until when the line can return."""
    final = file.final or file.shown
    tell(
        file,
        "certificate",
        changes=changes,
        attachment="certificate",
        restore_until=format_time(file.restore_until) if file.restore_until else "",
        refund=str(Money(final.refund.minor, final.currency)),
        owed=str(Money(final.owed.minor, final.currency)),
    )
