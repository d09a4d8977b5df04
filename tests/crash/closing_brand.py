"""A brand of many lines that closes while things break: rows in the book and at the sandbox (O1).

`closing` makes the run and starts it; what breaks in between is the test's own. `require_all_once`
says what must be true afterwards, whatever broke.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import stage
from signoff.domain.account import AccountFacts, Cycle
from signoff.domain.case import State
from signoff.domain.sunset import Stage
from signoff.ports import registry
from signoff.records import codec, models
from signoff.testing import facts
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases.sunsets.verifying import verify_report
from signoff.workflows import sunsets
from usecases.sunset_scenes import BRAND, SILENT, Scene, scene

_SET = 1_000
_SLOW = 50
"""Every fiftieth line is at a carrier that takes one at a time, and has money to be paid back."""


@dataclass
class Closing:
    """A run under way, and what it is about."""

    scene: Scene
    sandbox: SandboxAdmin
    iccids: Sequence[str]
    refunds: int

    @property
    def stage(self) -> Stage:
        return self.scene.stage

    @property
    def ended(self) -> int:
        return models.Case.objects.filter(state__in=(State.ENDED, State.CLOSED)).count()


@contextmanager
def closing(lines: int) -> Iterator[Closing]:
    """A started run over so many lines; the sandbox is wired in this process too."""
    with stage.sandbox() as sandbox:
        found = scene(sandbox)
        iccids, refunds = _lines(lines, holder=found.holder, sandbox=sandbox)
        found.create()
        found.started()
        yield Closing(found, sandbox, iccids, refunds)


def _lines(count: int, *, holder: models.User, sandbox: SandboxAdmin) -> tuple[list[str], int]:
    now = datetime.now(UTC)
    cycle = Cycle(now - timedelta(days=10), now + timedelta(days=20))
    plain = facts.travel(account={**SILENT, "balance": facts.usd(0), "top_ups": (), "orders": ()})
    line = codec.LINE.dump_python(replace(plain.line, cycle=cycle), mode="json")
    iccids: list[str] = []
    refunds: list[dict[str, object]] = []
    for start in range(0, count, _SET):
        numbers = range(start, min(start + _SET, count))
        accounts = [_account(number, holder, refunds, plain=plain.account) for number in numbers]
        models.Account.objects.bulk_create(accounts)
        made = [
            models.Line(
                account=account, brand=BRAND, external_id=account.external_id,
                msisdn=f"+1303{number:07d}", iccid=f"8901261{number:012d}",
                carrier=_carrier(number), carrier_account=_carrier(number), facts=line,
            )
            for number, account in zip(numbers, accounts, strict=True)
        ]  # fmt: skip
        models.Line.objects.bulk_create(made)
        for carrier in ("wholesale", "tmobile"):
            known = [
                {"iccid": each.iccid, "msisdn": each.msisdn}
                for each in made
                if each.carrier == carrier
            ]
            sandbox.provision(carrier, known)
        iccids += [each.iccid for each in made]
    sandbox.seed_payments(refunds)
    return iccids, len(refunds)


def _carrier(number: int) -> str:
    return "tmobile" if number % _SLOW == 0 else "wholesale"


def _account(
    number: int,
    holder: models.User,
    refunds: list[dict[str, object]],
    *,
    plain: AccountFacts,
) -> models.Account:
    if number % _SLOW == 0:
        paid = facts.top_up(f"t{number}", 500, reference=f"bulk-{number}")
        plain = replace(plain, balance=facts.usd(500), top_ups=(paid,))
        refunds.append({"reference": f"bulk-{number}", "minor": 500, "currency": "USD"})
    return models.Account(
        brand=BRAND, external_id=f"bulk{number}", holder=holder, place="us-default",
        language="en", facts=codec.ACCOUNT.dump_python(plain, mode="json"),
    )  # fmt: skip


def leases_run_out() -> None:
    """What the dead held is free; the living notice that theirs are gone, and read back."""
    models.Due.objects.exclude(lease_until=None).update(lease_until=None)


def require_all_once(run: Closing) -> None:
    """Every line was ended once, paid once, certified once, and the report says so."""
    ops = Counter((row["iccid"], row["op"]) for row in run.sandbox.ledger())
    assert {ops[iccid, "cut"] for iccid in run.iccids} == {1}
    assert {ops[iccid, "block"] for iccid in run.iccids} == {1}
    assert models.Case.objects.count() == run.ended == len(run.iccids)
    assert models.Certificate.objects.count() == len(run.iccids)
    paid = Counter(row["key"] for row in run.sandbox.pay_ledger() if row["kind"] == "refund")
    assert (len(paid), set(paid.values())) == (run.refunds, {1})
    _require_report(run)


def _require_report(run: Closing) -> None:
    by = run.scene.auditor.id
    summary = sunsets.report_json(run.scene.id, by=by)
    digest = sha256()
    for piece in sunsets.report_csv(run.scene.id, by=by):
        digest.update(piece)
    keys = registry.signers["installation"].trusted_keys()
    assert verify_report(summary, csv_sha256=digest.hexdigest(), trusted=keys) == ()
    report = json.loads(summary)["report"]
    assert report["outcomes"] == {"ended": len(run.iccids)}
    assert report["refunds"]["USD"] == {"decided": 500 * run.refunds, "done": 500 * run.refunds}
