"""Starts workers that kill themselves, and tells what must be there afterwards, once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import F

import stage
from signoff.ports import registry
from signoff.records import models
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases import papers
from signoff.usecases.audit_log import audit
from signoff.usecases.verify_certificate import verify

PER_REFUND = {"refund.due", "refund.paid"}
LATER = ["purge", "erase", "remind"]
"""Steps of the weeks after an end."""


def environment(database_url: str, **more: str) -> dict[str, str]:
    """What a process of ours needs to work on the test's database, files and simulators."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "signoff.config.settings",
        "DATABASE_URL": database_url,
        "SIGNOFF_HOME": str(settings.SIGNOFF_HOME),
        "SIGNOFF_SECRET_KEY": settings.SECRET_KEY,
        "SIGNOFF_DEMO": "1",
        "SIGNOFF_MAIL_FROM": stage.SENDER,
        **more,
    }


class DyingWorkers:
    """The other end of dying_worker.py."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def die(
        self,
        step: str,
        boundary: str,
        *,
        sandbox: SandboxAdmin,
        box: stage.Mailbox,
        pay: Mapping[str, object] | None = None,
        carry: bool = False,
    ) -> None:
        """Let a worker work until it is killed at this boundary of this step.

        With `pay` it does what a web process does: it pays that bill. With `carry` it carries cases
        on from step to step, as workers do.
        """
        assert self._process.stdin and self._process.stdout
        place = {"step": step, "boundary": boundary, "carry": carry}
        order = {**place, "sandbox": sandbox.url, "smtp": box.url, "pay": pay}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert answer == {"signal": signal.SIGKILL}, f"never came to {boundary} of {step}"


@contextmanager
def dying_workers(database_url: str) -> Iterator[DyingWorkers]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("dying_worker.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(database_url),
    )
    with process:
        yield DyingWorkers(process)
        assert process.stdin
        process.stdin.close()


def let_time_pass(sandbox: SandboxAdmin) -> None:
    """Leases of the dead run out, and every carrier had all the time it may take."""
    while sandbox.counts()["requests"]:
        time.sleep(0.01)
    models.CarrierIntent.objects.update(sent_at=F("sent_at") - timedelta(minutes=1))
    stage.hasten(but=())


def finish(case_id: UUID, *, state: str, sandbox: SandboxAdmin) -> models.Case:
    """A clean worker goes on until the case is where it should get to and nothing is owed now."""
    for _ in range(30):
        stage.work()
        case = models.Case.objects.get(id=case_id)
        owed = models.Due.objects.exclude(step__in=LATER).exists()
        if case.state == state and not owed:
            return case
        let_time_pass(sandbox)
    raise AssertionError(f"still {case.state}, owed {list(models.Due.objects.values())}")


def codes(case: models.Case) -> Mapping[str, int]:
    """How often each kind of event happened to a case."""
    return Counter(models.Event.objects.filter(case_id=case.id).values_list("code", flat=True))


def require_once(
    case: models.Case, *, sandbox: SandboxAdmin, box: stage.Mailbox, ops: list[str]
) -> None:
    """Whatever was killed: everything happened, and nothing happened twice."""
    assert models.Case.objects.count() == 1
    executed = [row["op"] for row in sandbox.ledger(iccid=case.line.iccid)]
    assert executed == ops
    _require_money_once(case, sandbox=sandbox)
    _require_proof_once(case)
    _require_mail(box)
    assert not models.Attention.objects.exists()
    repeated = {code for code, times in codes(case).items() if times > 1}
    assert repeated <= {"notice.sent", *PER_REFUND}


def _require_money_once(case: models.Case, *, sandbox: SandboxAdmin) -> None:
    refunds = list(models.PaymentIntent.objects.filter(case_id=case.id))
    paid = [row for row in sandbox.pay_ledger() if row["kind"] == "refund"]
    assert Counter(row["key"] for row in paid) == Counter(each.key for each in refunds)
    assert sum(row["minor"] for row in paid) == sum(each.minor for each in refunds)
    assert {each.state for each in refunds} <= {"done"}
    entries = list(models.JournalEntry.objects.filter(case_id=case.id))
    assert all(sum(each.minors) == 0 for each in entries)
    assert len({(each.code, each.source) for each in entries}) == len(entries)
    totals: Counter[str] = Counter()
    for each in entries:
        totals.update(dict(zip(each.accounts, each.minors, strict=True)))
    # Nothing is owed to either side any more, and what left the house is what was to be refunded.
    assert (totals["subscriber"], totals["refunds_payable"]) == (0, 0)
    assert totals["cash"] == -sum(each.minor for each in refunds)


def _require_proof_once(case: models.Case) -> None:
    keys = registry.signers["installation"].trusted_keys()
    assert models.Certificate.objects.get().case_id == case.id
    assert verify(papers.certificate_json(case.id), trusted_keys=keys).ok
    places = models.Event.objects.filter(case_id=case.id).order_by("seq")
    assert list(places.values_list("seq", flat=True)) == list(range(1, case.last_seq + 1))
    assert audit(trusted_keys=keys) == []


def _require_mail(box: stage.Mailbox) -> None:
    sent = models.Notice.objects.all()
    assert {each.state for each in sent} == {"sent"}
    # A repetition is the same message to every mail program: the id does not change.
    assert len({message["Message-ID"] for message in box.messages}) == len(sent)
