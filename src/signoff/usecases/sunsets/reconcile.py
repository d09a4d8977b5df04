"""The reconciliation of a run: every row accounted for, money in equal to money out, signed (O1).

The CSV is made from rows nothing changes any more, so it has the same bytes every time; the report
holds their digest and is signed as a whole.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import connection

from signoff.domain.canonical import Json, format_time
from signoff.domain.sunset import OVER, Stage
from signoff.domain.sunset_report import adds_up, document, signed_bytes
from signoff.ports import registry
from signoff.records import models, sunset_outcomes
from signoff.usecases.certify import SIGNER


class NotYet(LookupError):
    """The run is not over: there is no report of it."""


def signed_report(run: models.Sunset, *, stage: Stage | None, now: datetime) -> Json:
    """The report of a run that ends in this stage, signed by the installation."""
    report = _report(run, stage=stage or Stage(run.stage), now=now)
    signer = registry.signers[SIGNER]
    return document(
        report,
        key_id=signer.key_id,
        public_key=signer.public_key,
        value=signer.sign(signed_bytes(report)),
    )


def report_json(run: models.Sunset) -> bytes:
    """The signed report as a file. Raises NotYet."""
    if run.report is None or Stage(run.stage) not in OVER:
        raise NotYet(run.id)
    return json.dumps(run.report, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"


def report_csv(run: models.Sunset) -> Iterator[bytes]:
    """Every row and what came of it, piece by piece. Raises NotYet before the first."""
    if run.report is None or Stage(run.stage) not in OVER:
        raise NotYet(run.id)
    return _csv(run)


def _csv(run: models.Sunset) -> Iterator[bytes]:
    yield ",".join(sunset_outcomes.COLUMNS).encode() + b"\n"
    yield from sunset_outcomes.csv_pieces((run.first_key + 1, _last(run)))


def _last(run: models.Sunset) -> int:
    parts = models.SunsetPart.objects.filter(sunset=run).order_by("-number")
    return parts.values_list("last", flat=True).first() or run.first_key


def _report(run: models.Sunset, *, stage: Stage, now: datetime) -> dict[str, Json]:
    digest, size = sha256(), 0
    for piece in _csv(run):
        digest.update(piece)
        size += len(piece)
    outcomes = _outcomes(run)
    ledger, refunds = _ledger(run), _refunds(run)
    return {
        "run": str(run.id),
        "brand": run.brand,
        "title": run.title,
        "selection": run.selection,
        "plan": run.plan,
        "terms": run.terms,
        "stage": stage.value,
        "confirmed_by": [each for each in (run.first_by_id, run.second_by_id) if each],
        "created_by": run.created_by_id,
        "created_at": format_time(run.created_at),
        "acts": _acts(run),
        "started_at": format_time(run.started_at) if run.started_at else None,
        "ended_at": format_time(now),
        "rows": run.rows,
        "outcomes": outcomes,
        "failed": _by_reason(run, "failed"),
        "blocked": _by_reason(run, "blocked"),
        "carrier_states": _carrier_states(run),
        "ledger": ledger,
        "refunds": refunds,
        "owed": _owed(run),
        "adds_up": adds_up(rows=run.rows, outcomes=outcomes, ledger=ledger, refunds=refunds),
        "csv": {"sha256": digest.hexdigest(), "size": size, "rows": run.rows},
    }


def _acts(run: models.Sunset) -> list[Json]:
    """Who did what about the run, in order; people by their number, as everywhere in a report."""
    return [
        {
            "act": each.act,
            "at": format_time(each.at),
            "by": each.by_id,
            "lines": each.lines,
            "step": each.step,
            "code": each.code,
        }
        for each in models.SunsetAct.objects.filter(sunset=run).order_by("id")
    ]


def _grouped(sql: str, run: models.Sunset, *more: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [run.first_key + 1, _last(run), *more])
        return list(cursor.fetchall())


def _outcomes(run: models.Sunset) -> dict[str, int]:
    sql = (
        "SELECT code, count(*) FROM records_sunsetline WHERE id BETWEEN %s AND %s "
        "GROUP BY 1 ORDER BY 1"
    )
    return dict(_grouped(sql, run))


def _by_reason(run: models.Sunset, code: str, /) -> dict[str, int]:
    sql = (
        "SELECT why, count(*) FROM records_sunsetline WHERE id BETWEEN %s AND %s "
        "AND code = %s GROUP BY 1 ORDER BY 1"
    )
    return dict(_grouped(sql, run, code))


def _carrier_states(run: models.Sunset) -> dict[str, int]:
    """What the carriers' own answers said last, of the lines that were ended."""
    sql = (
        "SELECT carrier_state, count(*) FROM records_sunsetline WHERE id BETWEEN %s AND %s "
        "AND certificate_id IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    return dict(_grouped(sql, run))


def _ledger(run: models.Sunset) -> dict[str, dict[str, int]]:
    """What was posted for the run's cases, by currency and ledger account."""
    sql = (
        "SELECT j.currency, leg.account, sum(leg.minor)::bigint FROM records_sunsetline s "
        "JOIN records_journalentry j ON j.case_id = s.case_id, "
        "unnest(j.accounts, j.minors) AS leg(account, minor) "
        "WHERE s.id BETWEEN %s AND %s GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return _nested(_grouped(sql, run))


def _refunds(run: models.Sunset) -> dict[str, dict[str, int]]:
    """What was decided to be paid back, and what became of it by the payments' state."""
    sql = (
        "SELECT currency, 'decided', sum(refund)::bigint FROM records_sunsetline "
        "WHERE id BETWEEN %s AND %s AND certificate_id IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    paid = (
        "SELECT p.currency, p.state, sum(p.minor)::bigint FROM records_sunsetline s "
        "JOIN records_paymentintent p ON p.case_id = s.case_id AND p.kind = 'refund' "
        "WHERE s.id BETWEEN %s AND %s GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return _nested([*_grouped(sql, run), *_grouped(paid, run)])


def _owed(run: models.Sunset) -> dict[str, int]:
    """What subscribers still owe, by currency."""
    sql = (
        "SELECT currency, sum(owed)::bigint FROM records_sunsetline WHERE id BETWEEN %s AND %s "
        "AND certificate_id IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    return dict(_grouped(sql, run))


def _nested(rows: list[tuple[Any, ...]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for currency, name, minor in rows:
        found.setdefault(currency, {})[name] = minor
    return found
