"""Whether everything happened to every line, once, and nothing else did: counted, not believed."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from signoff.domain.events import Code
from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases import papers
from signoff.usecases.certify import SIGNER
from signoff.usecases.verify_certificate import verify

REFUND = 2350
"""Cents a seeded account has left to pay back."""

_SAMPLE = 100
_EVENTS = (
    Code.DECLARED,
    Code.APPROVED,
    Code.LINE_BLOCKED,
    Code.LINE_CUT,
    Code.LINE_VERIFIED,
    Code.SETTLED,
    Code.REFUND_DUE,
    Code.ENDED,
    Code.CERTIFIED,
)
"""Events no line ends without; others there are come to every line as well."""

_ENDED = """
SELECT
  (SELECT count(*) FROM records_case),
  (SELECT count(*) FROM records_case WHERE state = 'ended'),
  (SELECT count(*) FROM records_line WHERE state = 'terminated'),
  (SELECT count(*) FROM records_account WHERE settled_case IS NOT NULL),
  (SELECT count(*) FROM records_certificate c JOIN records_event e
     ON e.case_id = c.case_id AND e.seq = c.seq
   WHERE e.id <= (SELECT max(last_event_id) FROM records_evidencechunk)),
  (SELECT coalesce(sum(size), 0) FROM records_evidencechunk) - (SELECT count(*) FROM records_event),
  (SELECT count(DISTINCT case_id) FROM records_journalentry),
  (SELECT coalesce(sum(minor), 0) FROM records_journalentry, unnest(minors) AS minor),
  (SELECT count(*) FROM records_paymentintent WHERE kind = 'refund'),
  (SELECT coalesce(sum(minor), 0) FROM records_paymentintent WHERE kind = 'refund'),
  (SELECT count(*) FROM records_attention)
"""
_NAMES = (
    "cases",
    "cases ended",
    "lines terminated",
    "accounts settled",
    "certificates sealed into the log",
    "events the log lacks",
    "cases with postings",
    "sum of all postings",
    "refund intents",
    "cents to pay back",
    "steps put before a person",
)


def ended(lines: int, *, sandbox: SandboxAdmin, declared: int = 0) -> list[str]:
    """What is not as it must be once so many lines have ended and nothing was paid or sent yet.

    `declared` is how many of them people declared, who get a receipt.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ENDED)
        found: dict[str, object] = dict(zip(_NAMES, map(int, cursor.fetchone()), strict=True))
    wanted: dict[str, object] = dict.fromkeys(_NAMES, lines)
    wanted |= {"events the log lacks": 0, "sum of all postings": 0, "steps put before a person": 0}
    wanted["cents to pay back"] = lines * REFUND
    events, notices = _each("event"), _each("notice")
    found |= {"events of each code": events, "notices of each name": notices}
    wanted["events of each code"] = dict.fromkeys({*events, *_EVENTS}, lines)
    receipts = {"declared": declared} if declared else {}
    wanted["notices of each name"] = {"certificate": lines, **receipts}
    found["owed"] = _owed()
    wanted["owed"] = {
        Step.PAY.value: lines,
        Step.PURGE.value: lines,
        Step.SEND_NOTICE.value: lines + declared,
    }
    found |= _carried_out(sandbox)
    wanted |= {"executed": {"block": lines, "cut": lines}, "at the carrier": {"deactivated": lines}}
    found["certificates that verify, of a sample"] = sum(map(_verifies, sample()))
    wanted["certificates that verify, of a sample"] = min(_SAMPLE, lines)
    return differences(wanted, found)


def paid(lines: int, *, sandbox: SandboxAdmin) -> list[str]:
    """What is not as it must be once every refund was paid and every notice sent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, count(*) FROM records_paymentintent GROUP BY state")
        payments = dict(cursor.fetchall())
        cursor.execute(
            "SELECT concat_ws(' ', name, state, nullif(code, '')) AS what, count(*) "
            "FROM records_notice GROUP BY what"
        )
        notices = dict(cursor.fetchall())
    found = {"payments": payments, "notices": notices, "refunds": _refunds(sandbox)}
    sent = [f"{name} sent" for name in ("certificate", "refund_paid")]
    wanted = {"payments": {"done": lines}, "notices": dict.fromkeys(sent, lines), "refunds": lines}
    return differences(wanted, found)


def differences(wanted: Mapping[str, object], found: Mapping[str, object]) -> list[str]:
    """One sentence a count that is wrong; nothing where all are right."""
    return [
        f"{name}: {found.get(name)!r} instead of {count!r}"
        for name, count in wanted.items()
        if found.get(name) != count
    ]


def _each(what: str) -> dict[str, int]:
    column = {"event": "code", "notice": "name"}[what]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column}, count(*) FROM records_{what} GROUP BY {column}")
        return dict(cursor.fetchall())


def _owed() -> dict[str, int]:
    with connection.cursor() as cursor:
        # A run looks at its parts until its refunds are paid, which happens later; who ended a line
        # of their own is reminded of what is left to do, which takes no part in the ending.
        cursor.execute(
            "SELECT step, count(*) FROM records_due WHERE NOT starts_with(step, 'sunset_') "
            "AND step <> %s GROUP BY step",
            [Step.REMIND.value],
        )
        return dict(cursor.fetchall())


def _carried_out(sandbox: SandboxAdmin) -> dict[str, object]:
    counts: dict[str, list[dict[str, Any]]] = sandbox.counts()
    executed: dict[str, int] = {}
    states: dict[str, int] = {}
    for row in counts["executions"]:
        executed[row["op"]] = executed.get(row["op"], 0) + row["executions"]
    for row in counts["lines"]:
        states[row["state"]] = states.get(row["state"], 0) + row["lines"]
    return {"executed": executed, "at the carrier": states}


def _refunds(sandbox: SandboxAdmin) -> int:
    """How many the provider paid, each under a key of its own, read page by page."""
    count, after = 0, 0
    while rows := sandbox.get(f"/admin/pay-ledger?after={after}&limit=20000")["ledger"]:
        count += len({row["key"] for row in rows if row["kind"] == "refund"})
        after = rows[-1]["id"]
    return count


def sample(most: int = _SAMPLE) -> list[Any]:
    """So many cases, evenly spread."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records_case")
        apart = max(1, cursor.fetchone()[0] // most)
        cursor.execute(
            "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM records_case) c "
            "WHERE n %% %s = 0 LIMIT %s",
            [apart, most],
        )
        return [row[0] for row in cursor.fetchall()]


def _verifies(case_id: Any) -> bool:
    keys = registry.signers[SIGNER].trusted_keys()
    try:
        verdict = verify(papers.certificate_json(case_id), trusted_keys=keys)
    except (papers.NotYet, ValueError):  # not sealed, or nothing a certificate can be made of
        return False
    return verdict.ok and verdict.trusted
