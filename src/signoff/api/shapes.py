"""The shapes of what the API answers; /api/v1/openapi.json is made from them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict, PlainSerializer, WithJsonSchema

from signoff.domain import genuine
from signoff.domain.account import BalanceChoice, CardKind, NumberChoice
from signoff.domain.canonical import format_time
from signoff.domain.case import State
from signoff.domain.genuine import Kind, Reason, Weight
from signoff.domain.policy import EffectiveRule
from signoff.domain.reasons import LeavingReason
from signoff.domain.statement import LineCode
from signoff.usecases.verify_certificate import Part

Time = Annotated[
    datetime,
    PlainSerializer(format_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment as certificates write it: UTC, three digits of a second."""


class Amount(Schema):
    """An exact amount in the currency's smallest unit."""

    minor: int
    currency: str


class StatementLine(Schema):
    """Above zero the subscriber owes it, below zero it is given back."""

    code: LineCode
    amount: Amount
    rule: str
    source: str


class Statement(Schema):
    """What ending costs and gives back. Until `final` it is what the subscriber was shown."""

    currency: str
    final: bool
    lines: list[StatementLine]
    owed: Amount
    refund: Amount


class Entered(Schema):
    """A state and the moment the case entered it."""

    name: State
    at: Time


class Proof(Schema):
    """The carrier's own state, read back after the cut: without it no case ends."""

    carrier: str
    state: str
    verified_at: str
    carrier_time: str | None
    reference: str


class Need(Schema):
    """What a case waits for, from whom, and until when where there is a date."""

    who: Literal["subscriber", "agent", "operator"]
    what: Literal["confirm", "answer", "decide", "look"]
    reason: str | None
    until: Time | None


class Case(Schema):
    """One wish to end one line."""

    number: str
    id: UUID
    kind: CardKind
    brand: str
    carrier: str
    line: str
    state: State
    states: list[Entered]
    declared_at: Time
    effective_at: Time
    ended_at: Time | None
    restore_until: Time | None
    statement: Statement
    proof: Proof | None
    certificate: str | None
    certificate_pdf: str | None
    needs: list[Need]


class CaseOfLine(Schema):
    """The newest case of a line; `url` leads to it."""

    id: UUID
    state: State
    url: str


class Line(Schema):
    """A line of one's own."""

    line: str
    kind: CardKind
    brand: str
    carrier: str
    state: str
    case: CaseOfLine | None


class Lines(Schema):
    """All lines of who asks."""

    lines: list[Line]


Language = Literal["zh-Hans", "zh-Hant", "en"]


class LineWish(Schema):
    """One line to end. What is left out is the first its policy offers."""

    model_config = ConfigDict(extra="forbid")

    line: str
    number: NumberChoice | None = None
    effective: EffectiveRule | None = None


class Wishes(Schema):
    """Lines of one account to end, all of them or none.

    `balance` is asked for where the account closes with these lines and has one; `agreed` where the
    place of the account asks for a tick; `shown` is that of a statement that was shown.
    """

    model_config = ConfigDict(extra="forbid")

    lines: list[LineWish] = Field(min_length=1, max_length=500)
    reason: LeavingReason
    words: str = Field(default="", max_length=2000)
    balance: BalanceChoice | None = None
    balance_to: str = ""
    agreed: bool = False
    language: Language = "en"
    shown: str | None = None


class LineQuote(Schema):
    """When a line would end if declared now, and its own part of what that comes to."""

    line: str
    number: NumberChoice
    effective: EffectiveRule
    ends_at: Time
    statement: Statement


class Quote(Schema):
    """What ending these lines comes to: line by line, the account where it closes, and in all."""

    shown: str
    closes_account: bool
    lines: list[LineQuote]
    account: Statement
    total: Statement


class DeclaredLine(Schema):
    """A line of a declaration, with the case that ends it."""

    line: str
    id: UUID
    number: str
    state: State
    effective_at: Time
    url: str


class Declared(Schema):
    """A declaration that is received. `again`: it had been before, under the same key."""

    id: UUID
    number: str
    closes_account: bool
    again: bool
    lines: list[DeclaredLine]


class Key(Schema):
    """A public key certificates are signed with; the current one signs, older ones did."""

    key_id: str
    algorithm: Literal["Ed25519"]
    public_key: str
    current: bool


class Keys(Schema):
    """The keys of this installation, under the name its certificates carry."""

    installation: str
    keys: list[Key]


class Check(Schema):
    """One check of a certificate, named."""

    part: Part
    state: Literal["ok", "failed", "unknown"]
    code: str
    detail: str


class CheckedCertificate(Schema):
    """`ok`: nothing is altered. `trusted`: and this installation signed it."""

    ok: bool
    trusted: bool
    kind: Literal["json", "pdf"]
    key_id: str | None
    public_key: str | None
    checks: list[Check]
    facts: dict[str, Any] | None


WEIGHTS: dict[int, Literal["good", "note", "caution", "danger"]] = {
    Weight.GOOD: "good",
    Weight.NOTE: "note",
    Weight.CAUTION: "caution",
    Weight.DANGER: "danger",
}


class Finding(Schema):
    """One thing that was found, in words of the language asked for; danger decides alone."""

    code: Reason
    weight: Literal["good", "note", "caution", "danger"]
    about: str
    text: str


class GenuinePart(Schema):
    """A link, address, number, file or code; `shown` is safe to show and not to be opened."""

    kind: Kind
    shown: str
    verdict: genuine.Verdict
    company: str | None
    findings: list[Finding]


class SentNotice(Schema):
    """A notice of ours whose code was found; nothing of the person but an end of the address."""

    code: str
    notice: str
    brand: str
    at: Time
    sent: bool
    ending: str


class Genuine(Schema):
    """As good as its worst part; `findings` are about the whole as such."""

    kind: Kind
    verdict: genuine.Verdict
    findings: list[Finding]
    parts: list[GenuinePart]
    notices: list[SentNotice]


class Wrong(Schema):
    """A value that does not fit, and where it stands."""

    where: str
    what: str


class ProblemShape(Schema):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Wrong] | None = None
