"""Loading lines before they have a case: what the checklist and a declaration need."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from signoff.domain.account import CardKind, Right, Snapshot
from signoff.domain.policy import Policy
from signoff.records import codec


@dataclass(slots=True)
class LineFile:
    """A line with its account, holder and the policy that holds for it now.

    It is the account's last where every other line is leaving already: the page it is declared on
    must show what belongs to the account (E8).
    """

    id: int
    brand: str
    place: str
    language: str
    msisdn: str
    iccid: str
    imsi: str
    carrier: str
    carrier_account: str
    state: str
    case_id: UUID | None
    generation: int
    version: int
    account_id: int
    account_version: int
    holder_id: int | None
    documents: int
    checking: int
    """Documents a virus scanner has yet to see; `documents` are those without them."""
    alone: bool
    policy: Policy
    policy_digest: str
    snapshot: Snapshot
    right: Right = Right.HOLDER
    """Of whoever asks; set where somebody does."""


_SQL = """
SELECT l.id, l.brand, a.place, a.language, l.msisdn, l.iccid, l.imsi, l.carrier, l.carrier_account,
       l.state, l.case_id, l.generation, l.version, a.id, a.version, a.holder_id,
       (SELECT count(*) FROM records_document d
        WHERE d.line_id = l.id AND d.shredded_at IS NULL AND NOT d.checking),
       a.facts::text, l.facts::text, l.preparation::text, l.frozen_at IS NOT NULL,
       a.settled_case IS NULL AND NOT EXISTS (SELECT 1 FROM records_line o
           WHERE o.account_id = a.id AND o.id <> l.id AND o.state <> 'terminated'
           AND o.case_id IS NULL),
       NOT EXISTS (SELECT 1 FROM records_line o WHERE o.account_id = a.id AND o.id <> l.id),
       (SELECT count(*) FROM records_document d
        WHERE d.line_id = l.id AND d.shredded_at IS NULL AND d.checking)
FROM records_line l JOIN records_account a ON a.id = l.account_id
WHERE {where} ORDER BY l.id
"""

# Lines first, then accounts, each in order: of two at lines of one account, one waits, and what it
# reads afterwards is what the other left.
_LOCK = (
    "SELECT id FROM records_line WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
    "SELECT id FROM records_account WHERE id IN (SELECT account_id FROM records_line "
    "WHERE id = ANY(%s)) ORDER BY id FOR UPDATE",
)

PolicyOf = Callable[[str, str], tuple[Policy, str]]
"""The policy of a brand at a place, merged, and its digest."""


def load(ids: Sequence[int], *, policy_of: PolicyOf, lock: bool = False) -> list[LineFile]:
    """The lines of these ids, in id order; missing ones are left out."""
    if lock:
        lock_lines(ids)
    return _load("l.id = ANY(%s)", list(ids), policy_of=policy_of)


def lock_lines(ids: Sequence[int]) -> None:
    """Lock lines and their accounts until the transaction ends."""
    with connection.cursor() as cursor:
        for sql in _LOCK:
            cursor.execute(sql, [list(ids)])


def of_holder(user_id: int, *, policy_of: PolicyOf) -> list[LineFile]:
    """Every line of a holder's accounts."""
    return _load("a.holder_id = %s", user_id, policy_of=policy_of)


def of_account(account_id: int, *, policy_of: PolicyOf) -> list[LineFile]:
    """Every line of an account."""
    return _load("a.id = %s", account_id, policy_of=policy_of)


def of_person(user_id: int, *, policy_of: PolicyOf) -> list[LineFile]:
    """Every line a person has any right on, as holder or beside one."""
    found = (
        "l.id IN (SELECT o.id FROM records_line o JOIN records_account h ON h.id = o.account_id "
        "WHERE h.holder_id = %(user)s UNION "
        "SELECT o.id FROM records_entitlement e JOIN records_line o ON o.account_id = e.account_id "
        "WHERE e.user_id = %(user)s AND e.ended_at IS NULL "
        "AND (e.line_id IS NULL OR e.line_id = o.id))"
    )
    return _load(found, {"user": user_id}, policy_of=policy_of)


def _load(where: str, value: Any, *, policy_of: PolicyOf) -> list[LineFile]:
    values = value if isinstance(value, dict) else [value]
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(where=where), values)
        return [_file(row, policy_of) for row in cursor.fetchall()]


def _file(row: Sequence[Any], policy_of: PolicyOf) -> LineFile:
    policy, digest = policy_of(row[1], row[2])
    snapshot = Snapshot(
        kind=CardKind(policy.kind),
        carrier=row[7],
        account=codec.ACCOUNT.validate_json(row[17]),
        line=codec.LINE.validate_json(row[18]),
        preparation=codec.PREPARATION.validate_json(row[19]),
        frozen=row[20],
        last_line=row[21],
    )
    return LineFile(
        id=row[0],
        brand=row[1],
        place=row[2],
        language=row[3],
        msisdn=row[4],
        iccid=row[5],
        imsi=row[6],
        carrier=row[7],
        carrier_account=row[8],
        state=row[9],
        case_id=row[10],
        generation=row[11],
        version=row[12],
        account_id=row[13],
        account_version=row[14],
        holder_id=row[15],
        documents=row[16],
        alone=row[22],
        checking=row[23],
        policy=policy,
        policy_digest=digest,
        snapshot=snapshot,
    )
