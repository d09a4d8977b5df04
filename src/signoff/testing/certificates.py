"""Specimens: true certificates about a line that never was."""

from dataclasses import replace
from hashlib import sha256

from signoff.domain import checkpoint
from signoff.domain.certificate import ISSUED, CertificateBody
from signoff.domain.certificate_file import BodySignature, Inclusion, IssuedEvent, assemble
from signoff.domain.checkpoint import Checkpoint
from signoff.domain.evidence import event_content
from signoff.domain.merkle import Tree, leaf_hash
from signoff.ports.signing import Signer

BODY = CertificateBody(
    id="5d6c9d0e-4d67-4f0b-9a3e-0c6c1f0e9b21",
    issued_at="2026-03-14T09:26:53.589Z",
    language="zh-Hans",
    issuer_operator="Specimen Mobile LLC",
    issuer_installation="signoff.example",
    issuer_key_id="0" * 16,
    issuer_verify_url="https://signoff.example/verify/5d6c9d0e-4d67-4f0b-9a3e-0c6c1f0e9b21",
    brand_id="farwander",
    brand_name="遥程",
    brand_name_en="Farwander",
    case_id="0b2a7b1e-6c1f-4c55-8f5d-2f2f7c1f8a90",
    case_reference="FW-2026-0314-7",
    holder_name="欧阳明珠",
    line_kind="travel",
    line_product="遥程远游卡 30 天",
    line_product_en="Farwander Travel 30",
    line_msisdn="+12025550143",
    line_iccid="8901260123456789016",
    line_carrier="tmobile",
    line_carrier_name="T-Mobile",
    times_declared="2026-03-14T08:00:00.000Z",
    times_charging_stopped="2026-03-14T08:00:00.000Z",
    times_effective="2026-03-14T09:20:00.000Z",
    times_ended="2026-03-14T09:26:12.004Z",
    times_restorable_until="2026-04-13T09:26:12.004Z",
    number_outcome="released",
    carrier_proof_method="read_back",
    carrier_proof_state="deactivated",
    carrier_proof_observed_at="2026-03-14T09:26:12.004Z",
    carrier_proof_reference="076f7ea9-2b6f-4e7c-9d0a-6a4a0c6a1b11",
    carrier_proof_sha256=sha256(b"the carrier's answer").hexdigest(),
    statement_currency="USD",
    statement_total=-1250,
    statement_refund=1250,
    statement_owed=0,
    statement_sha256=sha256(b"the statement").hexdigest(),
    policy_sha256=sha256(b"the policy").hexdigest(),
)


def specimen(
    signer: Signer, *, body: CertificateBody = BODY, index: int = 4, size: int = 7
) -> bytes:
    """A certificate of `body` by `signer`, its leaf at `index` of a log of `size` leaves."""
    body = replace(body, issuer_key_id=signer.key_id, issuer_installation=signer.name)
    content = event_content(
        actor="system",
        at=body.issued_at,
        case=body.case_id,
        code=ISSUED,
        facts=body.event_facts(),
        seq=9,
    )
    event = IssuedEvent(content, salt=sha256(b"salt").digest()[:16])
    leaves = [leaf_hash(b"another event %d" % number) for number in range(size)]
    leaves[index] = event.leaf()
    tree = Tree(leaves)
    note = checkpoint.sign(
        Checkpoint(signer.name, size, tree.root),
        name=signer.name,
        public_key=signer.public_key,
        sign=signer.sign,
    )
    signature = BodySignature(signer.key_id, signer.public_key, signer.sign(body.signed_bytes()))
    return assemble(
        body=body,
        event=event,
        proof=Inclusion(index, size, tuple(tree.proof(index))),
        checkpoint=note,
        signature=signature,
    )
