"""Q2, O1: `signoff worker` itself, killed again and again in the middle of a set of 200 lines."""

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

import stage
from crash.killing import environment
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.ports import registry
from signoff.records import models
from signoff.testing import facts
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases import papers
from signoff.usecases.audit_log import audit
from signoff.usecases.verify_certificate import verify
from signoff.workflows import act

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]

LINES = 200
WITH_MAIL = 10


@contextmanager
def worker(
    database_url: str, *, sandbox: SandboxAdmin, box: stage.Mailbox
) -> Iterator["subprocess.Popen[bytes]"]:
    """`signoff worker` as a process; whatever is left of it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "signoff", "worker"],
        env=environment(database_url, SIGNOFF_SANDBOX_URL=sandbox.url, SIGNOFF_SMTP_URL=box.url),
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(reached: Callable[[], bool], *, within: float = 60) -> None:
    over = time.monotonic() + within
    while not reached():
        assert time.monotonic() < over, "never came so far"
        time.sleep(0.01)


def executed(sandbox: SandboxAdmin, op: str) -> int:
    return len(sandbox.ledger(op=op))


def lines(sandbox: SandboxAdmin) -> list[models.Line]:
    """Lines of a carrier that takes one at a time, slowly; a few of them get mail."""
    people = stage.cast("farwander")
    silent = replace(facts.DETAILS, email="")
    sandbox.behave("tmobile", latency_ms=10)
    made = []
    for number in range(LINES):
        account = {"orders": (), "details": facts.DETAILS if number < WITH_MAIL else silent}
        line = stage.line(
            CardKind.TRAVEL,
            holder=people.subscriber,
            sandbox=sandbox,
            carrier="tmobile",
            account=account,
        )
        act.declare_line(stage.declaration(line), user_id=people.subscriber.id)
        made.append(line)
    return made


def test_a_set_survives_every_death_of_its_worker(database_url: str) -> None:
    with stage.sandbox() as sandbox, stage.mail() as box:
        made = lines(sandbox)
        refunds = 2 * LINES
        deaths: list[Callable[[], bool]] = [
            lambda: executed(sandbox, "block") >= LINES // 3,
            lambda: executed(sandbox, "cut") >= LINES // 4,
            lambda: executed(sandbox, "cut") >= 3 * LINES // 4,
            lambda: len(sandbox.pay_ledger()) >= refunds // 2,
        ]
        for reached in deaths:
            with worker(database_url, sandbox=sandbox, box=box) as process:
                wait_until(reached)
                process.send_signal(signal.SIGKILL)
                process.wait()
            stage.hasten()
        with worker(database_url, sandbox=sandbox, box=box) as process:
            wait_until(lambda: not models.Due.objects.exclude(step__in=stage.LATER).exists())
            process.terminate()
            assert process.wait(timeout=30) == 0

        _require_everything_once(made, sandbox=sandbox, box=box)


def _require_everything_once(
    made: list[models.Line], *, sandbox: SandboxAdmin, box: stage.Mailbox
) -> None:
    ops = Counter((row["iccid"], row["op"]) for row in sandbox.ledger())
    assert ops == {(line.iccid, op): 1 for line in made for op in ("block", "cut")}
    paid = Counter(row["key"] for row in sandbox.pay_ledger())
    assert paid == dict.fromkeys(models.PaymentIntent.objects.values_list("key", flat=True), 1)
    assert len(paid) == 2 * LINES
    assert models.Case.objects.filter(state=State.ENDED).count() == LINES
    keys = registry.signers["installation"].trusted_keys()
    for case in models.Case.objects.all():
        assert verify(papers.certificate_json(case.id), trusted_keys=keys).ok
    assert audit(trusted_keys=keys) == []
    assert not models.Attention.objects.exists()
    notices = models.Notice.objects.all()
    assert {notice.state for notice in notices} == {"sent"}
    assert len({message["Message-ID"] for message in box.messages}) == len(notices)
