"""Everything that can be written down about a case: each code once, with what it carries.

`facts` are hashed into the log and stay for ever: codes, ids, amounts and times, never anything
personal. `personal` may be erased later (X5, T4). Texts for people live in wording.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    DECLARED = "case.declared"
    FROZEN = "line.frozen"
    CHARGING_STOPPED = "charging.stopped"
    CONFIRMATION_ASKED = "case.confirmation-asked"
    CONFIRMED = "case.confirmed"
    CONFIRMATION_LAPSED = "case.confirmation-lapsed"
    REVIEW_ASKED = "case.review-asked"
    CLAIMED = "case.claimed"
    RELEASED = "case.released"
    INPUT_ASKED = "case.input-asked"
    ANSWERED = "case.answered"
    APPROVED = "case.approved"
    DECLINED = "case.declined"
    WITHDRAWN = "case.withdrawn"
    ENDING_BEGUN = "case.ending-begun"
    LINE_BLOCKED = "line.blocked"
    LINE_CUT = "line.cut"
    LINE_VERIFIED = "line.cut-verified"
    LINE_RESTORED = "line.restored"
    LINE_PURGED = "line.purged"
    CARRIER_NEEDS_HUMAN = "carrier.needs-human"
    SETTLED = "settlement.closed"
    BALANCE_MOVED = "balance.moved"
    REFUND_DUE = "refund.due"
    REFUND_PAID = "refund.paid"
    REFUND_FAILED = "refund.failed"
    CERTIFIED = "certificate.issued"
    ENDED = "case.ended"
    RESTORED = "case.restored"
    CLOSED = "case.closed"
    CHARGE_DISPUTED = "charge.disputed"
    DISPUTE_DECIDED = "dispute.decided"
    NOTICE_SENT = "notice.sent"
    NOTICE_FAILED = "notice.failed"
    NOTICE_UNSURE = "notice.unsure"
    DOCUMENT_RECEIVED = "document.received"
    DOCUMENT_VIEWED = "document.viewed"
    DOCUMENT_SCANNED = "document.scanned"
    DOCUMENT_INFECTED = "document.infected"
    DOCUMENT_SHREDDED = "document.shredded"
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_SENT = "message.sent"
    NOTE_WRITTEN = "note.written"
    RESUBMITTED = "case.resubmitted"


class Erase(StrEnum):
    """What erasure does to the personal part: there is none to keep, or it goes."""

    KEEP = "keep"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Kind:
    """What an event of a code carries: the names of its hashed facts and of its personal part."""

    facts: frozenset[str]
    personal: frozenset[str] = frozenset()

    @property
    def erase(self) -> Erase:
        return Erase.DROP if self.personal else Erase.KEEP


def _kind(*facts: str, personal: tuple[str, ...] = ()) -> Kind:
    return Kind(frozenset(facts), frozenset(personal))


KINDS: Mapping[Code, Kind] = {
    Code.DECLARED: _kind(
        "channel",
        "effective_at",
        "effective_rule",
        "number",
        "balance",
        "policy",
        "statement",
        "proof",
        "reason",
        "acting",
        "request",
        personal=("name", "email", "msisdn", "iccid", "words"),
    ),
    Code.FROZEN: _kind(),
    # What was stopped is kept beside it, to be put back where the line goes on after all.
    Code.CHARGING_STOPPED: _kind("add_ons", "plan", personal=("stopped",)),
    Code.CONFIRMATION_ASKED: _kind("until"),
    Code.CONFIRMED: _kind("method"),
    Code.CONFIRMATION_LAPSED: _kind(),
    Code.REVIEW_ASKED: _kind("promised_by"),
    Code.CLAIMED: _kind(),
    Code.RELEASED: _kind(),
    Code.INPUT_ASKED: _kind("reason", personal=("words",)),
    Code.ANSWERED: _kind("documents", personal=("words",)),
    Code.APPROVED: _kind("effective_at", "by_policy"),
    Code.DECLINED: _kind("reason", personal=("words",)),
    Code.WITHDRAWN: _kind("channel"),
    Code.ENDING_BEGUN: _kind("carrier"),
    Code.LINE_BLOCKED: _kind("carrier", "intent", "state"),
    Code.LINE_CUT: _kind("carrier", "intent", "state"),
    Code.LINE_VERIFIED: _kind("carrier", "intent", "state", "observed_at", "reference"),
    Code.LINE_RESTORED: _kind("carrier", "intent", "state"),
    Code.LINE_PURGED: _kind("carrier", "intent", "state"),
    Code.CARRIER_NEEDS_HUMAN: _kind("carrier", "op", "code"),
    Code.SETTLED: _kind("owed", "refund", "currency", "statement"),
    Code.BALANCE_MOVED: _kind("amount", "currency", personal=("to",)),
    Code.REFUND_DUE: _kind("amount", "currency", "key", "way"),
    Code.REFUND_PAID: _kind("amount", "currency", "key"),
    Code.REFUND_FAILED: _kind("amount", "currency", "key", "code"),
    Code.CERTIFIED: _kind("body_sha256", "certificate"),
    Code.ENDED: _kind("restore_until"),
    Code.RESTORED: _kind(),
    Code.CLOSED: _kind("number_aging_from"),
    Code.CHARGE_DISPUTED: _kind("charge", "amount", "currency"),
    Code.DISPUTE_DECIDED: _kind("charge", "verdict", "amount", "currency"),
    Code.NOTICE_SENT: _kind("notice", "medium", "code"),
    Code.NOTICE_FAILED: _kind("notice", "medium", "code"),
    Code.NOTICE_UNSURE: _kind("notice", "medium", "code"),
    Code.DOCUMENT_RECEIVED: _kind("document", "sha256"),
    Code.DOCUMENT_VIEWED: _kind("document"),
    Code.DOCUMENT_SCANNED: _kind("document", "scanner"),
    Code.DOCUMENT_INFECTED: _kind("sha256", "signature"),
    Code.DOCUMENT_SHREDDED: _kind("document", "because"),
    Code.MESSAGE_RECEIVED: _kind("channel", "document", "message", personal=("words",)),
    Code.MESSAGE_SENT: _kind("channel", "message", personal=("words",)),
    Code.NOTE_WRITTEN: _kind("message", personal=("words",)),
    Code.RESUBMITTED: _kind("documents", personal=("words",)),
}


class UnknownFact(ValueError):
    """An event carries something its code does not declare."""


def require_declared(
    code: Code, facts: Mapping[str, object], *, personal: Mapping[str, object] | None
) -> None:
    """Refuse parts that the code does not declare, so that erasure cannot forget one.

    Raises UnknownFact.
    """
    kind = KINDS[code]
    held = personal.keys() if personal is not None else frozenset()
    if not (facts.keys() <= kind.facts and held <= kind.personal):
        unknown = {*(facts.keys() - kind.facts), *(held - kind.personal)}
        raise UnknownFact(f"{code}: {sorted(unknown)}")
