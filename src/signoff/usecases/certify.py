"""Certificates of line termination: facts fixed and signed at the end, file made when asked for.

The `certificate.issued` event ties the body's fingerprint to the log; the file carries the proof
(docs/reference/certificate.md).
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from uuid import UUID

from django.conf import settings

from signoff.domain.canonical import encode, format_time
from signoff.domain.certificate import CertificateBody, parse_body, plain_text
from signoff.domain.certificate_file import BodySignature, IssuedEvent, assemble
from signoff.domain.closing import erase_at
from signoff.domain.events import Code
from signoff.domain.evidence import event_content
from signoff.domain.money import Money
from signoff.domain.policy import Names
from signoff.domain.statement import Statement
from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.records import models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.records.rows import ReadyJson
from signoff.usecases.declare import statement_digest
from signoff.usecases.notify import tell, text
from signoff.usecases.seal_log import prove, sealed_until

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
    """Fix what is certified about an ended case, sign it, and write its fingerprint into the log.

    The file can be had once the log is sealed over that event (`certificate_file`).
    """
    body = _body(file, final, changes=changes)
    signed = body.signed_bytes()
    seq = changes.event(
        file,
        Code.CERTIFIED,
        actor="signoff",
        body_sha256=sha256(signed).hexdigest(),
        certificate=body.id,
    )
    changes.insert(
        models.Certificate,
        id=body.id,
        case_id=file.id,
        seq=seq,
        issued_at=changes.now,
        body=ReadyJson(signed),
        signature=registry.signers[SIGNER].sign(signed),
    )
    changes.call_for(Step.SEAL)
    tell_certified(file, final, changes=changes)


def certify(files: Sequence[CaseFile], *, changes: Changes) -> None:
    """Sign certificates that an earlier release fixed and left unsigned, and send them (0016)."""
    unsigned = models.Certificate.objects.filter(
        case_id__in=[file.id for file in files], signature=b""
    )
    waiting = {certificate.case_id: certificate for certificate in unsigned}
    for file in files:
        if certificate := waiting.get(file.id):
            _sign(file, certificate, changes=changes)
            tell_certified(file, file.final or file.shown, changes=changes)


def _sign(file: CaseFile, certificate: models.Certificate, *, changes: Changes) -> None:
    body, signer = parse_body(certificate.body), registry.signers[SIGNER]
    columns: dict[str, object] = {}
    if body.issuer_key_id != signer.key_id:
        # The key it names was replaced before it was used: the one in use issues it, from now on.
        body = replace(
            body,
            issued_at=format_time(changes.now),
            issuer_installation=signer.name,
            issuer_key_id=signer.key_id,
        )
        seq = changes.event(
            file,
            Code.CERTIFIED,
            actor="signoff",
            body_sha256=body.sha256(),
            certificate=body.id,
        )
        columns = {"seq": seq, "issued_at": changes.now, "body": body.to_json()}
    signature = signer.sign(body.signed_bytes())
    changes.update(models.Certificate, id=certificate.id, signature=signature, **columns)
    changes.call_for(Step.SEAL)


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


def _signed(case_id: UUID) -> models.Certificate | None:
    return models.Certificate.objects.filter(case_id=case_id).exclude(signature=b"").first()


def is_issued(case_id: UUID) -> bool:
    """Whether a case's certificate can be had: the log is sealed over it."""
    found = _signed(case_id)
    if found is None:
        return False
    event = models.Event.objects.filter(case_id=case_id, seq=found.seq)
    return event.filter(id__lte=sealed_until()).exists()


def certificate_file(case_id: UUID) -> bytes | None:
    """A case's certificate as a file; None until the log is sealed over it.

    It is put together anew each time, and is the same bytes each time: its checkpoint is the first
    that was signed over its event.
    """
    certificate = _signed(case_id)
    if certificate is None:
        return None
    event = models.Event.objects.get(case_id=case_id, seq=certificate.seq)
    proof = prove(event.id)
    if proof is None:
        return None
    content = event_content(
        actor=event.actor,
        at=format_time(event.at),
        case=str(event.case_id),
        code=event.code,
        facts=event.facts,
        seq=event.seq,
    )
    body = parse_body(certificate.body)
    keys = registry.signers[SIGNER].trusted_keys()
    return assemble(
        body=body,
        event=IssuedEvent(content=content, salt=bytes(event.salt)),
        proof=proof.inclusion,
        checkpoint=proof.note,
        signature=BodySignature(
            key_id=body.issuer_key_id,
            public_key=keys[body.issuer_key_id],
            value=bytes(certificate.signature),
        ),
    )


def _erase_at(file: CaseFile) -> str:
    """From when the account's data is erased, where this line was its only one; else nothing."""
    if not (file.alone and file.snapshot.last_line and file.restore_until):
        return ""
    return format_time(erase_at(file.policy, restorable_until=file.restore_until))


def tell_certified(file: CaseFile, final: Statement, *, changes: Changes) -> None:
    """Send the certificate, with what is paid back and until when the line can return."""
    # No window at all: nothing is said about a way back that there never was.
    until = file.restore_until if file.policy.restore_days else None
    facts = {
        "restore_until": format_time(until) if until else "",
        "refund": str(Money(final.refund.minor, final.currency)),
        "owed": str(Money(final.owed.minor, final.currency)),
    }
    erase = _erase_at(file)
    tell(file, "certificate", changes=changes, attachment="certificate", erase_at=erase, **facts)
    text(file, "ended", changes=changes, **facts)
