"""What there must be when a brand has closed, and what there is (closing_day.py)."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection

from signoff.cli.bench import checks
from signoff.cli.bench.ground import Ground
from signoff.cli.bench.report import Figures
from signoff.ports import registry
from signoff.usecases import papers
from signoff.usecases.audit_log import audit
from signoff.usecases.certify import SIGNER
from signoff.usecases.sunsets.verifying import verify_report
from signoff.usecases.verify_certificate import verify
from signoff.workflows import sunsets

_AUDITED = 50_000
"""Up to so many lines the whole log is recomputed; above, its order is counted by SQL."""

_COUNTS = """
SELECT 'rows ' || code, count(*) FROM records_sunsetline GROUP BY 1 UNION ALL
SELECT 'cases ' || state, count(*) FROM records_case GROUP BY 1 UNION ALL
SELECT 'lines ' || state, count(*) FROM records_line GROUP BY 1 UNION ALL
SELECT 'lines with a case', count(DISTINCT line_id) FROM records_case UNION ALL
SELECT concat_ws(' ', 'orders', op, state), count(*) FROM records_carrierintent
    GROUP BY 1 UNION ALL
SELECT 'certificates', count(*) FROM records_certificate UNION ALL
SELECT 'events ' || code, count(*) FROM records_event GROUP BY 1 UNION ALL
SELECT 'events twice in a case', count(*) FROM (
    SELECT FROM records_event GROUP BY case_id, code HAVING count(*) > 1) e UNION ALL
SELECT 'cases whose events have a gap', count(*) FROM records_case c FULL JOIN (
    SELECT case_id, min(seq) AS first, max(seq) AS last, count(*) AS size
    FROM records_event GROUP BY 1) e ON e.case_id = c.id
    WHERE (e.first, e.last, e.size) IS DISTINCT FROM (1, c.last_seq, c.last_seq) UNION ALL
SELECT 'events the log lacks', (SELECT count(*) FROM records_event)
    - (SELECT coalesce(sum(size), 0) FROM records_evidencechunk) UNION ALL
SELECT 'cents posted', coalesce(sum(m), 0) FROM records_journalentry, unnest(minors) m UNION ALL
SELECT 'entries that do not sum to zero', count(*) FROM records_journalentry
    WHERE (SELECT sum(m) FROM unnest(minors) AS m) <> 0 UNION ALL
SELECT concat_ws(' ', 'payments', kind, state), count(*) FROM records_paymentintent
    GROUP BY 1 UNION ALL
SELECT 'cases with a payment', count(DISTINCT case_id) FROM records_paymentintent UNION ALL
SELECT 'cents paid back', sum(minor) FROM records_paymentintent UNION ALL
SELECT 'matters for a person', count(*) FROM records_attention UNION ALL
SELECT concat_ws(' ', 'owed', CASE WHEN due_at <= now() THEN 'now' ELSE 'later' END, step), count(*)
    FROM records_due GROUP BY 1
"""
_EVENTS = (
    *("case.declared", "line.frozen", "case.approved", "case.ending-begun", "line.blocked"),
    *("line.cut", "line.cut-verified", "settlement.closed", "refund.due", "case.ended"),
    *("certificate.issued", "refund.paid"),
)
_EACH = (
    *("rows ended", "cases ended", "lines terminated", "lines with a case", "certificates"),
    *("orders block confirmed", "orders cut confirmed", "at the carriers deactivated"),
    *("lines with one block", "lines with one cut", "lines with one refund"),
    *("payments refund done", "cases with a payment", "owed later purge"),
    *("report: rows", "report: ended", "report: deactivated"),
    *(f"events {code}" for code in _EVENTS),
)
"""What there is one of for every line."""

_CENTS = ("cents paid back", "report: USD decided", "report: USD done")
"""What comes to what every line has to pay back."""


def wanted(counts: Figures, *, lines: int) -> Figures:
    """What each count must come to; of what is not named here there must be nothing."""
    found = dict.fromkeys(counts, 0) | dict.fromkeys(_EACH, lines)
    found |= dict.fromkeys(_CENTS, lines * checks.REFUND)
    return found | {"owed now send_notice": 2 * lines}


def counted(place: Ground, *, lines: int, run: UUID, by: int) -> Figures:
    """Everything there is, by its name: in the database, at the carriers, in report and log."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        counts = {name: int(count) for name, count in cursor.fetchall()}
    return counts | _at_the_carriers(place, lines=lines) | _report(run, by=by) | _proofs(lines)


def _at_the_carriers(place: Ground, *, lines: int) -> Figures:
    """How often each line was blocked, cut and paid back, by the ledgers of those who did it."""
    counts: Counter[str] = Counter()
    for row in place.admin.counts()["lines"]:
        counts[f"at the carriers {row['state']}"] += row["lines"]
    times: dict[str, bytearray] = defaultdict(lambda: bytearray(lines + 1))
    for row in _pages(place, "ledger"):
        times[row["op"]][int(row["iccid"][7:])] += 1
    for row in _pages(place, "pay-ledger"):
        times[row["kind"]][int(row["original"][4:13])] += 1
    for op, each in times.items():
        counts[f"lines with one {op}"] = each.count(1)
        counts[f"lines with more than one {op}"] = sum(n > 1 for n in each)
    return dict(counts)


def _pages(place: Ground, ledger: str) -> Iterator[dict[str, Any]]:
    after = 0
    while rows := place.admin.get(f"/admin/{ledger}?after={after}&limit=20000")["ledger"]:
        yield from rows
        after = rows[-1]["id"]


def _report(run: UUID, *, by: int) -> Figures:
    """What the run's own signed report says, and whether it is genuine."""
    content, digest = sunsets.report_json(run, by=by), sha256()
    for piece in sunsets.report_csv(run, by=by):
        digest.update(piece)
    keys = registry.signers[SIGNER].trusted_keys()
    flaws = verify_report(content, csv_sha256=digest.hexdigest(), trusted=keys)
    report = json.loads(content)["report"]
    said = {"flaws": len(flaws), "rows": report["rows"], "owed": sum(report["owed"].values())}
    said |= report["outcomes"] | report["carrier_states"]
    for currency, of in report["refunds"].items():
        said |= {f"{currency} {state}": cents for state, cents in of.items()}
    return {f"report: {name}": count for name, count in said.items()}


def _proofs(lines: int) -> Figures:
    """Certificates of a sample hold; so does the whole log, where that does not take hours."""
    keys, cases = registry.signers[SIGNER].trusted_keys(), checks.sample()
    good = sum(verify(papers.certificate_json(each), trusted_keys=keys).ok for each in cases)
    counts = {"sampled certificates that do not verify": len(cases) - good}
    return counts | ({"log: flaws": len(audit(trusted_keys=keys))} if lines <= _AUDITED else {})
