"""The log: without gaps under any number of writers, and never changed unseen (T1, T2, T4)."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection, connections, transaction

import stage
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.domain.events import Code
from signoff.ports import registry
from signoff.records import casefiles, models
from signoff.testing.signing import MemorySigner
from signoff.usecases import papers
from signoff.usecases.audit_log import Finding, Flaw, audit
from signoff.usecases.seal_log import seal
from signoff.usecases.verify_certificate import verify
from signoff.workflows import act
from signoff.workflows.work import changing, clock
from usecases.scenes import Scene, declared_in, scene


def keys() -> dict[str, bytes]:
    return dict(registry.signers["installation"].trusted_keys())


def seal_now() -> int:
    with transaction.atomic():
        seal(now=clock(), signer=registry.signers["installation"])
        newest = models.Checkpoint.objects.order_by("-size").first()
    return newest.size if newest else 0


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_sealing_while_others_write_leaves_no_gap() -> None:
    """T1: a writer that is slow to commit holds an earlier place than one that was quick."""
    people = stage.cast("farwander")
    cases = []
    for _ in range(6):
        line = stage.line(CardKind.TRAVEL, holder=people.subscriber)
        cases.append(
            act.declare_line(stage.declaration(line), user_id=people.subscriber.id).case_id
        )

    def write(case_id: UUID) -> None:
        for number in range(15):
            with transaction.atomic():
                with changing() as changes:
                    (file,) = casefiles.load([case_id])
                    changes.event(file, Code.CLAIMED, actor="agent:1")
                time.sleep(0.003 * (number % 3))
        connections.close_all()

    def keep_sealing() -> list[int]:
        sizes = [seal_now() for _ in range(25)]
        connections.close_all()
        return sizes

    with ThreadPoolExecutor(8) as pool:
        sealing = [pool.submit(keep_sealing) for _ in range(2)]
        for written in [pool.submit(write, each) for each in cases]:
            written.result()
        sizes = [each.result() for each in sealing]

    assert all(each == sorted(each) for each in sizes)
    assert seal_now() == models.Event.objects.count()
    assert audit(trusted_keys=keys()) == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_certificates_issued_at_once_all_verify() -> None:
    """T2: each worker seals over what the other is writing."""
    with stage.sandbox() as sandbox:
        cases = [scene(sandbox=sandbox).declare() for _ in range(12)]
        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(_work_alone) for _ in range(3)]:
                done.result()

    for each in cases:
        assert each.state == State.ENDED
        assert verify(papers.certificate_json(each.case_id), trusted_keys=keys()).ok
    assert audit(trusted_keys=keys()) == []


def _work_alone() -> None:
    stage.work(rounds=200)
    connections.close_all()


@pytest.fixture
def sealed(db: None) -> Scene:
    """Two ended cases under one checkpoint, and a declared one after it."""
    with stage.sandbox() as sandbox:
        declared_in(State.ENDED, sandbox=sandbox)
        found = declared_in(State.ENDED, sandbox=sandbox)
        seal_now()
        declared_in(State.DECLARED)
    assert audit(trusted_keys=keys()) == []
    return found


def sql(text: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def event(found: Scene, code: Code) -> models.Event:
    return models.Event.objects.get(case_id=found.case_id, code=code.value)


def change_facts(found: Scene) -> None:
    it = event(found, Code.SETTLED)
    models.Event.objects.filter(id=it.id).update(facts={**it.facts, "refund": 1})


def change_who(found: Scene) -> None:
    models.Event.objects.filter(id=event(found, Code.APPROVED).id).update(actor="agent:7")


def change_when(found: Scene) -> None:
    models.Event.objects.filter(id=event(found, Code.DECLARED).id).update(at=clock())


def change_words(found: Scene) -> None:
    it = event(found, Code.DECLARED)
    told = {**(it.personal or {}), "name": "Somebody Else"}
    models.Event.objects.filter(id=it.id).update(personal=told)


def swap(found: Scene) -> None:
    one, two = event(found, Code.LINE_BLOCKED).id, event(found, Code.LINE_CUT).id
    sql("UPDATE records_event SET id = -1 WHERE id = %s", one)
    sql("UPDATE records_event SET id = %s WHERE id = %s", one, two)
    sql("UPDATE records_event SET id = %s WHERE id = -1", two)


def drop(found: Scene) -> None:
    event(found, Code.LINE_CUT).delete()


def drop_the_newest(found: Scene) -> None:
    models.Event.objects.order_by("-id")[0].delete()


def slip_in(found: Scene) -> None:
    last = models.Event.objects.filter(case_id=found.case_id).order_by("-seq")[0]
    last.pk, last.seq = None, last.seq + 1
    last.save()


def rewrite_history(found: Scene) -> None:
    """What somebody with the database, but without the key, can do at most."""
    drop(found)
    models.EvidenceChunk.objects.all().delete()
    models.Checkpoint.objects.all().delete()
    with transaction.atomic():
        name = registry.signers["installation"].name
        seal(now=clock(), signer=MemorySigner("thief", name=name))


@pytest.mark.parametrize(
    ("tamper", "flaws"),
    [
        (change_facts, {Flaw.EVENT}),
        (change_who, {Flaw.EVENT}),
        (change_when, {Flaw.EVENT}),
        (change_words, {Flaw.EVENT}),
        (swap, {Flaw.LEAVES, Flaw.CHECKPOINT}),
        (drop, {Flaw.ORDER, Flaw.LEAVES, Flaw.CHECKPOINT}),
        (drop_the_newest, {Flaw.ORDER}),
        (slip_in, {Flaw.ORDER, Flaw.EVENT}),
        (rewrite_history, {Flaw.ORDER, Flaw.CHECKPOINT}),
    ],
)
def test_tampering_is_found(
    tamper: Callable[[Scene], None], flaws: set[Flaw], sealed: Scene
) -> None:
    """T1: altering, dropping or reordering one."""
    tamper(sealed)

    assert {each.flaw for each in audit(trusted_keys=keys())} == flaws


def test_an_altered_event_is_named(sealed: Scene) -> None:
    change_facts(sealed)

    altered = Finding(Flaw.EVENT, str(event(sealed, Code.SETTLED).id))
    assert audit(trusted_keys=keys()) == [altered]


def test_an_altered_event_whose_digest_was_mended_breaks_the_tree(sealed: Scene) -> None:
    """T1: whoever mends the row must mend the tree, and for that has no key."""
    it = event(sealed, Code.SETTLED)
    models.Event.objects.filter(id=it.id).update(digest=bytes(32))

    flaws = {each.flaw for each in audit(trusted_keys=keys())}
    assert flaws == {Flaw.EVENT, Flaw.LEAVES, Flaw.CHECKPOINT}


def test_erasing_what_is_personal_breaks_nothing(sealed: Scene) -> None:
    """T4: only a salted hash of it is in the log."""
    models.Event.objects.filter(case_id=sealed.case_id).update(personal=None)

    assert audit(trusted_keys=keys()) == []
    assert verify(papers.certificate_json(sealed.case_id), trusted_keys=keys()).ok


def test_another_installations_key_is_not_trusted(sealed: Scene) -> None:
    stranger = MemorySigner("stranger").trusted_keys()

    assert {each.flaw for each in audit(trusted_keys=stranger)} == {Flaw.CHECKPOINT}
