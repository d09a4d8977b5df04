"""The JSON files of an evidence pack. Each is canonical JSON, its lists in the case's own order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signoff.domain.canonical import Json, encode, format_time
from signoff.domain.events import Code
from signoff.domain.evidence import event_content, personal_digest
from signoff.domain.statement import Statement
from signoff.records import models
from signoff.usecases.seal_log import prove_all

if TYPE_CHECKING:
    from signoff.usecases.evidence_pack import Gathered

DECISIONS = frozenset(
    {
        Code.REVIEW_ASKED, Code.INPUT_ASKED, Code.ANSWERED, Code.APPROVED, Code.DECLINED,
        Code.RESUBMITTED, Code.WITHDRAWN, Code.CONFIRMED, Code.CONFIRMATION_LAPSED, Code.RESTORED,
    }
)  # fmt: skip
"""The events that decide about a case."""


def _file(value: Json) -> bytes:
    return encode(value) + b"\n"


def declaration(found: Gathered) -> bytes:
    """What was declared, when, through which channel, and what was shown beforehand."""
    file, row = found.file, found.row
    told: dict[str, Json] = {
        "reference": file.number,
        "declared_at": format_time(file.declared_at),
        "effective_at": format_time(file.effective_at),
        "effective_rule": row.effective_rule,
        "channel": row.channel,
        "language": row.language,
        "holder": file.name,
        "line": {"msisdn": file.msisdn, "iccid": file.iccid, "carrier": file.carrier},
        "reason": row.reason,
        "words": row.words,
        "number": row.number_choice,
        "balance": row.balance_choice,
        "policy_sha256": file.policy_digest,
    }
    return _file(told)


def messages(found: Gathered) -> bytes:
    """The conversation; words that were erased are null."""
    return _file(
        [
            {
                "from": each.side,
                "at": format_time(each.at),
                "words": each.words,
                "document_sha256": each.document.sha256 if each.document else None,
            }
            for each in found.messages
        ]
    )


def decisions(found: Gathered) -> bytes:
    """Who decided what, with reasons and words."""
    return _file(
        [
            {
                "seq": event.seq,
                "code": event.code,
                "at": format_time(event.at),
                "by": event.actor,
                "facts": event.facts,
                "words": (event.personal or {}).get("words"),
            }
            for event in found.events
            if event.code in DECISIONS
        ]
    )


def carrier(found: Gathered) -> bytes:
    """Every order to the carrier with what came of it, and the proof that the line is off."""
    operations: list[Json] = [
        {
            "operation": intent.op,
            "carrier": intent.carrier,
            "intent": str(intent.id),
            "state": intent.state,
            "reference": intent.reference,
            "code": intent.code,
            "attempts": intent.attempts,
            "sent_at": format_time(intent.sent_at),
            "answered_at": format_time(intent.answered_at) if intent.answered_at else None,
            "read_back": intent.observed,
        }
        for intent in found.intents
    ]
    return _file({"operations": operations, "proof": found.file.proof})


def statements(found: Gathered) -> bytes:
    """The statement that was shown before the declaration, and the final one."""
    final = found.file.final
    return _file(
        {"shown": _statement(found.file.shown), "final": _statement(final) if final else None}
    )


def _statement(statement: Statement) -> Json:
    return {
        "currency": statement.currency,
        "owed_minor": statement.owed.minor,
        "refund_minor": statement.refund.minor,
        "lines": [
            {
                "code": line.code.value,
                "minor": line.amount.minor,
                "rule": line.rule,
                "source": line.source,
            }
            for line in statement.lines
        ],
    }


def refunds(found: Gathered) -> bytes:
    """Every payment and refund of the case."""
    return _file(
        [
            {
                "kind": each.kind,
                "state": each.state,
                "minor": each.minor,
                "currency": each.currency,
                "key": each.key,
                "reference": each.reference,
                "at": format_time(each.at),
                "answered_at": format_time(each.answered_at) if each.answered_at else None,
            }
            for each in found.payments
        ]
    )


def notices(found: Gathered) -> bytes:
    """The mails that were sent about the case, each with the code that proves it is ours."""
    return _file(
        [
            {
                "notice": each.name,
                "medium": each.medium,
                "state": each.state,
                "at": format_time(each.at),
                "sent_at": format_time(each.sent_at) if each.sent_at else None,
                "check_code": each.check_code,
            }
            for each in found.notices
        ]
    )


def documents(found: Gathered) -> bytes:
    """Which documents were handed in: their digests, never their pictures."""
    return _file(
        [
            {
                "id": str(each.id),
                "media_type": each.media_type,
                "size": each.size,
                "sha256": each.sha256,
                "at": format_time(each.at),
                "shredded_at": format_time(each.shredded_at) if each.shredded_at else None,
            }
            for each in found.documents
        ]
    )


def log(found: Gathered) -> bytes:
    """Every event with what is needed to find it in the log, and the checkpoint over it.

    Of a note of the staff, nothing but its digest is told to anybody else.
    """
    proofs = prove_all([event.id for event in found.events])
    shown = {event.seq for event in found.shown}
    events: list[Json] = []
    for event in found.events:
        inclusion = proofs.inclusions.get(event.id) if proofs else None
        told = _told(event) if event.seq in shown else {"digest": bytes(event.digest).hex()}
        proof: Json = None
        if inclusion:
            proof = {
                "leaf_index": inclusion.leaf_index,
                "tree_size": inclusion.tree_size,
                "hashes": [each.hex() for each in inclusion.hashes],
            }
        events.append({**told, "proof": proof})
    return _file({"events": events, "checkpoint": proofs.note if proofs else None})


def _told(event: models.Event) -> dict[str, Json]:
    content = event_content(
        actor=event.actor,
        at=format_time(event.at),
        case=str(event.case_id),
        code=event.code,
        facts=event.facts,
        seq=event.seq,
    )
    salt, kept = bytes(event.salt), event.personal_hash
    hidden = bytes(kept).hex() if kept else personal_digest(event.personal, salt=salt)
    return {"content": content, "salt": salt.hex(), "personal_sha256": hidden}
