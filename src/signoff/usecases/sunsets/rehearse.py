"""The dry run: what ending every line would come to, by the rules of the real run (O1).

A part at a time, so that a million lines are a thousand short transactions; nothing but the run's
own rows changes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from signoff.domain.checklist import blockers
from signoff.domain.statement import LineCode, Statement, statement
from signoff.domain.steps import Step
from signoff.domain.sunset import Block, Row, RunAct
from signoff.domain.sunset_pace import Pace, requests_needed, seconds_for
from signoff.domain.sunset_terms import Terms, balance_choice, line_ends_at
from signoff.ports import registry
from signoff.ports.carrier import Op
from signoff.records import linefiles, models, sunset_rows
from signoff.records.changes import Changes
from signoff.records.linefiles import LineFile
from signoff.usecases.sunsets import stages
from signoff.usecases.sunsets.gather import LANE
from signoff.usecases.sunsets.holding import NO_POLICY, Policies, terms_of

_LIVE = (Row.READY, Row.BLOCKED, Row.OWN_CASE, Row.ALREADY_ENDED)
"""Rows that have a line, whose standing may change until the run starts."""

_PART = models.SunsetPart.State


@dataclass
class Tally:
    """What was counted so far; kept with the run between two parts."""

    codes: Counter[str] = field(default_factory=Counter)
    blocked: Counter[str] = field(default_factory=Counter)
    carriers: Counter[str] = field(default_factory=Counter)
    money: dict[str, Counter[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> "Tally":
        """As it was kept; None is nothing yet."""
        kept = kept or {}
        return cls(
            codes=Counter(kept.get("codes", {})),
            blocked=Counter(kept.get("blocked", {})),
            carriers=Counter(kept.get("carriers", {})),
            money={each: Counter(of) for each, of in kept.get("money", {}).items()},
        )

    def kept(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "codes": dict(self.codes),
            "blocked": dict(self.blocked),
            "carriers": dict(self.carriers),
            "money": {each: dict(of) for each, of in self.money.items()},
        }

    def add(self, line: LineFile, shown: Statement) -> None:
        """Count a line that will be ended."""
        self.carriers[line.carrier] += 1
        fees = sum(each.amount.minor for each in shown.lines if each.code is LineCode.LEAVING_FEE)
        of = self.money.setdefault(shown.currency, Counter())
        of["owed"] += shown.owed.minor
        of["refund"] += shown.refund.minor
        of["fees"] += fees
        of["owing_lines"] += bool(shown.owed)
        of["refunded_lines"] += bool(shown.refund)


def rehearse(run_id: UUID, *, changes: Changes) -> None:
    """Work through the next part of a run's dry run; after the last one its totals are there."""
    run = stages.locked(run_id)
    verdict = stages.verdict(run, RunAct.REHEARSED, now=changes.now)
    if not verdict.allowed:
        return
    tally = Tally.of(run.totals)
    part = models.SunsetPart.objects.filter(sunset=run, state=_PART.GATHERED).order_by("number")
    now = part.first()
    if now is not None:
        _rehearse_part(now, terms_of(run), tally=tally, changes=changes)
        run.totals = tally.kept()
        run.save(update_fields=["totals"])
        changes.owe(Step.SUNSET_REHEARSE, run.id, lane=LANE)
        return
    run.totals = {**tally.kept(), "estimates": _estimates(tally.carriers, terms_of(run))}
    run.lines = tally.codes[Row.READY.value]
    run.rehearsed_at = changes.now
    stages.move(run, verdict, "totals", "lines", "rehearsed_at")


def anew(run: models.Sunset) -> None:
    """Forget what was counted and confirmed: the dry run begins again."""
    run.totals, run.lines, run.rehearsed_at = None, 0, None
    run.first_by_id, run.first_at = None, None
    models.SunsetPart.objects.filter(sunset=run).update(state=_PART.GATHERED)


def _rehearse_part(
    part: models.SunsetPart, terms: Terms, *, tally: Tally, changes: Changes
) -> None:
    keys, policies = (part.first, part.last), Policies(terms)
    rows = {row.line_id: row for row in sunset_rows.rows_of(keys, _LIVE)}
    # What was counted at the gathering holds for the rows without a line.
    counts = Counter({code: n for code, n in part.counts.items() if code not in _LIVE})
    for line in linefiles.load(list(rows), policy_of=policies.of):
        code, why, shown = _judged(line, terms, closes=rows[line.id].closes)
        if shown is not None:
            tally.add(line, shown)
        counts[code.value] += 1
        tally.blocked.update([why] if why else [])
        changes.update(
            models.SunsetLine,
            id=rows[line.id].key,
            code=code.value,
            why=why,
            owed=shown.owed.minor if shown else None,
            refund=shown.refund.minor if shown else None,
            currency=shown.currency if shown else "",
        )
    tally.codes.update(counts)
    part.counts, part.state = dict(counts), _PART.WAITING.value
    part.save(update_fields=["state", "counts"])


def _judged(line: LineFile, terms: Terms, *, closes: bool) -> tuple[Row, str, Statement | None]:
    """What is to become of a line, why it is left out, and what its end would come to.

    One that `closes` its account is the last of several that the run ends.
    """
    if line.state == models.Line.State.TERMINATED:
        return Row.ALREADY_ENDED, "", None
    if line.case_id is not None:
        return Row.OWN_CASE, "", None
    block = _block(line)
    if block:
        return Row.BLOCKED, block, None
    snapshot = replace(line.snapshot, last_line=True) if closes else line.snapshot
    shown = statement(
        snapshot,
        line.policy,
        ends_at=line_ends_at(terms, snapshot.line.cycle),
        choice=balance_choice(snapshot.preparation, line.policy),
    )
    return Row.READY, "", shown


def _block(line: LineFile) -> str:
    """What is in the way of ending a line; empty where nothing is."""
    if line.policy_digest == NO_POLICY:
        return Block.NO_POLICY
    if not line.policy.fits(line.snapshot.currency):
        return Block.CURRENCY
    if line.carrier not in registry.carriers:
        return Block.NO_CARRIER
    if not registry.carriers[line.carrier].capabilities.supports(Op.CUT):
        return Block.CANNOT_CUT
    found: Sequence[str] = blockers(line.snapshot, line.policy, documents=line.documents)
    return found[0] if found else ""


def _estimates(carriers: Mapping[str, int], terms: Terms) -> dict[str, dict[str, int]]:
    """Requests and seconds at each carrier, at the pace it says it takes."""
    found = {}
    for name, lines in carriers.items():
        able = registry.carriers[name].capabilities
        pace = Pace(able.batch_max, able.rate_rps, able.concurrency)
        requests = requests_needed(lines, pace, purged=not terms.restore_days)
        found[name] = {
            "lines": lines,
            "requests": requests,
            "seconds": round(seconds_for(requests, pace)),
        }
    return found
