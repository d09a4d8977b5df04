"""Loading cases as the rules need them: a whole set with one query."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from signoff.domain.account import BalanceChoice, NumberChoice, Snapshot
from signoff.domain.case import OPEN, TRANSITIONS, Act, Standing, State
from signoff.domain.checklist import blockers
from signoff.domain.policy import Confirmation, Policy
from signoff.domain.reasons import Refusal
from signoff.domain.statement import Statement
from signoff.records import codec
from signoff.records.models import PolicyVersion
from signoff.records.rows import MovedOn


@dataclass(slots=True)
class CaseFile:
    """A case with its line, account and policy at one moment; `state`, `version` and `last_seq`
    follow what Changes collects."""

    id: UUID
    number: str
    brand: str
    place: str
    language: str
    lane: int
    state: State
    version: int
    last_seq: int
    policy_digest: str
    policy: Policy
    snapshot: Snapshot
    shown: Statement
    number_choice: NumberChoice
    balance_choice: BalanceChoice | None
    balance_to: str
    declared_at: datetime
    effective_at: datetime
    line_id: int
    msisdn: str
    iccid: str
    imsi: str
    carrier: str
    carrier_account: str
    generation: int
    account_id: int
    account_version: int
    documents: int
    checking: int
    """Documents a virus scanner has yet to see; `documents` are those without them."""
    alone: bool
    """The only line of its account: nobody else's case can change what it is settled with."""
    confirm_until: datetime | None = None
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    restore_until: datetime | None = None
    proof: dict[str, Any] | None = None
    final: Statement | None = None
    ref: str = field(init=False)
    """The id as text, which every event carries."""

    def __post_init__(self) -> None:
        self.ref = str(self.id)

    @property
    def name(self) -> str:
        return self.snapshot.account.details.name

    @property
    def email(self) -> str:
        return self.snapshot.account.details.email

    @property
    def blockers(self) -> tuple[Refusal, ...]:
        return blockers(
            self.snapshot, self.policy, documents=self.documents, checking=self.checking
        )

    @property
    def standing(self) -> Standing:
        """What the transition rules read."""
        return Standing(
            state=self.state,
            # Nothing but an approval asks for them, and finding them means the whole checklist.
            blockers=self.blockers if (self.state, Act.APPROVE) in TRANSITIONS else (),
            confirmed_at=self.confirmed_at,
            confirm_until=self.confirm_until,
            needs_confirmation=self.policy.confirmation.by is not Confirmation.NONE,
            effective_at=self.effective_at,
            restore_until=self.restore_until,
            proven=self.proof is not None,
        )


_SQL = """
SELECT c.id, c.number, c.brand, c.place, c.language, c.lane, c.state, c.version, c.last_seq,
       c.policy_digest, c.shown::text, c.number_choice, c.balance_choice, c.balance_to,
       c.declared_at, c.effective_at, c.confirm_until, c.confirmed_at, c.ended_at,
       c.restore_until, c.proof::text, l.id, l.msisdn, l.iccid, l.imsi, l.carrier,
       l.carrier_account, l.generation, l.facts::text, l.preparation::text,
       l.frozen_at IS NOT NULL, a.id, a.version,
       a.facts::text, c.final::text,
       (SELECT count(*) FROM records_document d
        WHERE d.line_id = l.id AND NOT d.checking
          AND (d.shredded_at IS NULL OR d.case_id = c.id AND d.shredded_for = 'retention')),
       a.settled_case IS NULL AND NOT EXISTS (SELECT 1 FROM records_line o
           WHERE o.account_id = a.id AND o.id <> l.id AND o.state <> 'terminated'),
       NOT EXISTS (SELECT 1 FROM records_line o WHERE o.account_id = a.id AND o.id <> l.id),
       (SELECT count(*) FROM records_document d
        WHERE d.line_id = l.id AND d.shredded_at IS NULL AND d.checking)
FROM records_case c
JOIN records_line l ON l.id = c.line_id
JOIN records_account a ON a.id = c.account_id
WHERE c.id = ANY(%s) ORDER BY c.id {lock}
"""


def load(ids: Sequence[UUID], *, lock: bool = True) -> list[CaseFile]:
    """The cases of these ids in id order; locked, in that order, until the transaction ends.

    Raises MovedOn where one of them does not exist.
    """
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(lock="FOR UPDATE OF c" if lock else ""), [list(ids)])
        rows = cursor.fetchall()
    if len(rows) != len(set(ids)):
        raise MovedOn("records_case")
    policies = policies_by_digest({row[9] for row in rows})
    return [_file(row, policies[row[9]]) for row in rows]


_LAST_WORDS = """
SELECT DISTINCT ON (c.account_id) c.account_id, c.balance_choice, c.balance_to, c.shown::text
FROM records_case c
WHERE c.account_id = ANY(%s) AND c.state IN ('ending', 'ended', 'closed') AND EXISTS (
    SELECT 1 FROM records_line o WHERE o.account_id = c.account_id AND o.id <> c.line_id)
ORDER BY c.account_id, c.declared_at DESC, c.id DESC
"""


def last_words(account_ids: Sequence[int]) -> list[tuple[int, str, str, Statement]]:
    """Of accounts with several lines, what their newest ending case chose and was shown."""
    if not account_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LAST_WORDS, [list(account_ids)])
        return [
            (account_id, choice, to, codec.STATEMENT.validate_json(shown))
            for account_id, choice, to, shown in cursor.fetchall()
        ]


def ending_by_another(file: CaseFile) -> bool:
    """Whether a later case is ending the line of a case that was taken back.

    That case is locked, so that it cannot begin before the transaction ends.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.state FROM records_line l JOIN records_case c ON c.id = l.case_id "
            "WHERE l.id = %s AND c.id <> %s FOR UPDATE OF c",
            [file.line_id, file.id],
        )
        return any(State(row[0]) in _BEGUN for row in cursor.fetchall())


_BEGUN = (State.ENDING, State.ENDED, State.CLOSED)

_ACCOUNTS_OVER = """
SELECT a.id FROM unnest(%(accounts)s) AS a(id)
WHERE NOT EXISTS (SELECT 1 FROM records_line l
                  WHERE l.account_id = a.id AND l.state <> 'terminated')
  AND NOT EXISTS (SELECT 1 FROM records_case c WHERE c.account_id = a.id
                  AND c.id <> ALL(%(closing)s) AND c.state = ANY(%(open)s))
"""


def accounts_over(account_ids: Sequence[int], closing: Sequence[UUID]) -> set[int]:
    """Of these accounts, locked, those with neither a living line nor an open case.

    Cases that are `closing` in this transaction count as closed.
    """
    if not account_ids:
        return set()
    accounts = sorted(set(account_ids))
    with connection.cursor() as cursor:
        # Locked first: of two that close an account's last two cases, the second sees the first.
        cursor.execute(
            "SELECT id FROM records_account WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [accounts]
        )
        open_states = [state.value for state in OPEN]
        cursor.execute(
            _ACCOUNTS_OVER, {"accounts": accounts, "closing": list(closing), "open": open_states}
        )
        return {row[0] for row in cursor.fetchall()}


_POLICIES: dict[str, Policy] = {}


def policies_by_digest(digests: set[str]) -> dict[str, Policy]:
    """The policies cases were opened under; each is read once, as a digest never changes."""
    missing = digests - _POLICIES.keys()
    if missing:
        found = PolicyVersion.objects.filter(digest__in=missing)
        _POLICIES.update({v.digest: codec.POLICY.validate_python(v.content) for v in found})
    return {digest: _POLICIES[digest] for digest in digests}


def _file(row: Sequence[Any], policy: Policy) -> CaseFile:
    file = CaseFile(
        id=row[0],
        number=row[1],
        brand=row[2],
        place=row[3],
        language=row[4],
        lane=row[5],
        state=State(row[6]),
        version=row[7],
        last_seq=row[8],
        policy_digest=row[9],
        policy=policy,
        snapshot=_snapshot(row, policy),
        shown=codec.STATEMENT.validate_json(row[10]),
        number_choice=NumberChoice(row[11]),
        balance_choice=BalanceChoice(row[12]) if row[12] else None,
        balance_to=row[13],
        declared_at=row[14],
        effective_at=row[15],
        line_id=row[21],
        msisdn=row[22],
        iccid=row[23],
        imsi=row[24],
        carrier=row[25],
        carrier_account=row[26],
        generation=row[27],
        account_id=row[31],
        account_version=row[32],
        documents=row[35],
        alone=row[37],
        checking=row[38],
    )
    file.confirm_until, file.confirmed_at, file.ended_at, file.restore_until = row[16:20]
    file.proof = json.loads(row[20]) if row[20] else None
    file.final = codec.STATEMENT.validate_json(row[34]) if row[34] else None
    return file


def _snapshot(row: Sequence[Any], policy: Policy) -> Snapshot:
    return Snapshot(
        kind=policy.kind,
        carrier=row[25],
        account=codec.ACCOUNT.validate_json(row[33]),
        line=codec.LINE.validate_json(row[28]),
        preparation=codec.PREPARATION.validate_json(row[29]),
        frozen=row[30],
        last_line=row[36],
    )
