"""An upgrade with cases under way: what the release before left owed is carried on (O4).

Cases are brought to where the steps `verify` and `certify` stood, the tables are taken back to what
that release had, its rows are put there, and the migrations run over them as an operator runs them.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

import stage
from signoff.domain.canonical import Json
from signoff.domain.case import State
from signoff.domain.certificate import parse_body
from signoff.domain.events import Code
from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.records import models
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases.certify import SIGNER, certificate_file, is_issued
from signoff.usecases.verify_certificate import verify
from signoff.workflows import act
from signoff.workflows.work import clock
from usecases.scenes import ENDING, Scene, run, scene

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

BEFORE = ("records", "0005_pace")
"""The last migration of the release before."""


@pytest.fixture
def sandbox() -> Iterator[tuple[SandboxAdmin, stage.Mailbox]]:
    with stage.sandbox() as admin, stage.mail() as mail:
        yield admin, mail


@contextmanager
def release_before() -> Iterator[None]:
    """The tables as they were; in the end the migrations run over what was put there."""
    executor = MigrationExecutor(connection)
    executor.migrate([BEFORE])
    try:
        yield
    finally:
        call_command("migrate", interactive=False, verbosity=0)


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def owe(step: str, subject: UUID) -> None:
    sql(
        "INSERT INTO records_due (subject, step, lane, due_at, lease_until, attempts) "
        "VALUES (%s, %s, 0, now(), now() + interval '1 hour', 3)",
        subject,
        step,
    )


def park(step: str, subject: UUID) -> None:
    sql(
        "INSERT INTO records_attention (subject, step, code, at) VALUES (%s, %s, 'failed', now())",
        subject,
        step,
    )


def declared(sandbox: SandboxAdmin) -> Scene:
    """A case that nothing holds up, without a document: the tables of those come later."""
    return scene(sandbox=sandbox, settled=False, account={"orders": ()}).declare()


def cut_unproven(sandbox: SandboxAdmin) -> Scene:
    """The cut was carried out; the reading that would prove it was the next step."""
    found = declared(sandbox)
    run(*ENDING)
    models.Event.objects.filter(case_id=found.case_id, code=Code.LINE_VERIFIED).delete()
    models.Due.objects.filter(subject=found.case_id).delete()
    models.Line.objects.filter(id=found.line.id).update(state="pending_terminate")
    models.Case.objects.filter(id=found.case_id).update(
        proof=None, last_seq=models.Event.objects.filter(case_id=found.case_id).count()
    )
    return found


def ended_unissued(sandbox: SandboxAdmin) -> Scene:
    """Ended and settled; the certificate is fixed, its file and its mail were the next step."""
    found = declared(sandbox)
    run(*ENDING, Step.SETTLE)
    notices = models.Notice.objects.filter(case_id=found.case_id, name="certificate")
    models.Due.objects.filter(subject__in=notices.values("id")).delete()
    notices.delete()
    return found


def certificates_sent(mail: stage.Mailbox) -> int:
    return sum(
        any(part.get_content_type() == "application/json" for part in each.iter_attachments())
        for each in mail.messages
    )


def genuine(found: Scene) -> bool:
    content = certificate_file(found.case_id)
    assert content is not None
    return verify(content, trusted_keys=registry.signers[SIGNER].trusted_keys()).trusted


def test_a_reading_that_was_owed_is_made_by_the_cut(
    sandbox: tuple[SandboxAdmin, stage.Mailbox],
) -> None:
    """O4, E3: nothing is cut again; the line is read, the case ends with its proof."""
    admin, mail = sandbox
    one, both = cut_unproven(admin), cut_unproven(admin)
    with release_before():
        owe("verify", one.case_id)
        owe("verify", both.case_id)
        owe("cut", both.case_id)

    assert set(models.Due.objects.values_list("subject", "step")) >= {
        (one.case_id, "cut"),
        (both.case_id, "cut"),
    }
    assert not models.Due.objects.filter(step="verify").exists()
    models.Due.objects.update(lease_until=None)
    stage.work()

    for found in (one, both):
        assert found.state == State.ENDED
        assert found.case.proof is not None
        assert found.events().count(Code.LINE_VERIFIED) == 1
        assert genuine(found)
    assert [row["op"] for row in admin.ledger()].count("cut") == 2
    assert certificates_sent(mail) == 2


def test_a_certificate_that_was_owed_is_issued(
    sandbox: tuple[SandboxAdmin, stage.Mailbox],
) -> None:
    """O4, T2: it is signed as it was fixed, with the fingerprint the log has, and sent."""
    admin, mail = sandbox
    found, forgotten = ended_unissued(admin), ended_unissued(admin)
    fixed = models.Certificate.objects.get(case_id=found.case_id).body
    with release_before():
        owe("certify", found.case_id)

    assert not is_issued(found.case_id)
    assert certificate_file(found.case_id) is None
    stage.work()

    for each in (found, forgotten):
        assert is_issued(each.case_id)
        assert genuine(each)
        assert each.events().count("certificate.issued") == 1
    assert models.Certificate.objects.get(case_id=found.case_id).body == fixed
    assert certificates_sent(mail) == 2
    assert not models.Due.objects.filter(step="certify").exists()


def test_a_certificate_that_was_issued_stays_as_it_was(
    sandbox: tuple[SandboxAdmin, stage.Mailbox],
) -> None:
    """O4, T2: the same bytes after the upgrade, and no second mail."""
    admin, mail = sandbox
    found = declared(admin)
    stage.work()
    file, sent = certificate_file(found.case_id), len(mail.messages)
    with release_before():
        sql("UPDATE records_certificate SET content = %s WHERE case_id = %s", file, found.case_id)
        owe("certify", found.case_id)

    stage.hasten()
    stage.work()

    assert certificate_file(found.case_id) == file
    assert len(mail.messages) == sent
    assert not models.Due.objects.filter(step="certify").exists()


def test_what_waited_for_a_person_waits_under_a_step_that_can_be_retried(
    sandbox: tuple[SandboxAdmin, stage.Mailbox],
) -> None:
    """O4, E5: the desk has words for it, and trying it again brings the case to its end."""
    admin, mail = sandbox
    unproven, twice, unissued = cut_unproven(admin), cut_unproven(admin), ended_unissued(admin)
    with release_before():
        for step, found in (("verify", unproven), ("verify", twice), ("cut", twice)):
            park(step, found.case_id)
        park("certify", unissued.case_id)

    stage.work()
    waiting = models.Attention.objects.filter(resolved_at=None)
    assert set(waiting.values_list("subject", "step")) == {
        (unproven.case_id, Step.CUT),
        (twice.case_id, Step.CUT),
        (unissued.case_id, Step.CERTIFY),
    }
    assert not models.Attention.objects.filter(step="verify").exists()
    assert certificates_sent(mail) == 0

    for found in (unproven, twice, unissued):
        act.retry(found.case_id, found.attention().id, agent=found.agent)
    stage.work()

    assert {each.state for each in (unproven, twice, unissued)} == {State.ENDED}
    assert all(map(genuine, (unproven, twice, unissued)))
    assert certificates_sent(mail) == 3


def test_a_certificate_whose_key_was_replaced_is_issued_under_the_new_one(
    sandbox: tuple[SandboxAdmin, stage.Mailbox],
) -> None:
    """T2: no signature can be made any more with the key it names; the log ties the new body."""
    admin, _ = sandbox
    found = ended_unissued(admin)
    with release_before():
        row = models.Certificate.objects.values("body").get(case_id=found.case_id)
        sql(
            "UPDATE records_certificate SET body = %s WHERE case_id = %s",
            json.dumps(_under_another_key(row["body"])),
            found.case_id,
        )
        owe("certify", found.case_id)

    stage.hasten()
    stage.work()

    assert genuine(found)
    assert found.events().count("certificate.issued") == 2
    body = parse_body(models.Certificate.objects.get(case_id=found.case_id).body)
    assert body.issuer_key_id == registry.signers[SIGNER].key_id
    assert body.times_ended <= body.issued_at


def _under_another_key(body: dict[str, Json]) -> dict[str, Json]:
    issuer = body["issuer"]
    assert isinstance(issuer, dict)
    return {**body, "issuer": {**issuer, "key_id": "0123456789abcdef"}}


def test_a_row_that_failed_at_the_reading_is_named_by_the_cut() -> None:
    """O4, O1: but not in a run that is reported: its rows are as they were signed."""
    user = models.User.objects.create_user("operator@example.com", "secret-pass")
    with release_before():
        for number, report in ((1, None), (2, '{"report": {}}')):
            _run_with_failed_row(number, report, by=user.id)

    whys = models.SunsetLine.objects.order_by("id").values_list("why", flat=True)
    assert list(whys) == ["cut:gone", "verify:gone"]


def _run_with_failed_row(number: int, report: str | None, *, by: int) -> None:
    sql(
        'INSERT INTO records_sunset (id, number, brand, title, selection, plan, "column", terms, '
        "stage, rows, lines, created_by_id, created_at, paused_s, report) VALUES "
        "(gen_random_uuid(), %s, 'farwander', 'x', 'brand', '', '', '{}', 'running', 1, 1, %s, %s, "
        "0, %s)",
        number,
        by,
        clock(),
        report,
    )
    sql(
        "INSERT INTO records_sunsetline (id, given, code, why) VALUES (%s, '', 'failed', %s)",
        (number << 32) + 1,
        "verify:gone",
    )
