"""O1, R6: who did what about a run, and when, is kept for good and signed with its report."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import ProgrammingError

import stage
from signoff.domain.sunset import Objection, RunAct, Stage
from signoff.ports import registry
from signoff.records import models
from signoff.records.rows import MovedOn
from signoff.usecases.certify import SIGNER
from signoff.usecases.look import NotYours
from signoff.usecases.sunsets import look
from signoff.usecases.sunsets.verifying import verify_report
from signoff.workflows import sunsets
from usecases.sunset_scenes import Scene, scene, staff

pytestmark = pytest.mark.django_db(transaction=True)


def kept(closing: Scene) -> list[tuple[str, int]]:
    """What was done, and by whom, in order."""
    found = models.SunsetAct.objects.filter(sunset=closing.id).order_by("id")
    return list(found.values_list("act", "by"))


def test_every_act_leaves_who_did_it_and_when() -> None:
    """O1: from the repeated dry run to the resuming; the two who confirmed stay two."""
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=2)
        first, second = closing.first.id, closing.second.id
        closing.create()
        stage.work()
        assert sunsets.rehearse(closing.id, by=second).allowed
        closing.confirmed()
        assert sunsets.start(closing.id, by=second).allowed
        assert sunsets.pause(closing.id, by=first).allowed
        assert sunsets.resume(closing.id, by=second).allowed
        closing.finish()

        expected = [
            (RunAct.REHEARSE, second),
            (RunAct.CONFIRM, first),
            (RunAct.CONFIRM, second),
            (RunAct.START, second),
            (RunAct.PAUSE, first),
            (RunAct.RESUME, second),
        ]
        acts = closing.view.acts
        assert [(each.act, each.by) for each in acts] == expected
        assert [each.lines for each in acts] == [None, 2, 2, None, None, None]
        assert [each.at for each in acts] == sorted(each.at for each in acts)
        names = {first: closing.first.email, second: closing.second.email}
        assert all(names[each.by].startswith(each.name) for each in acts)


def test_the_signed_report_says_who_did_what() -> None:
    """O1: another name in it, and the signature no longer fits."""
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=1)
        closing.create()
        closing.started()
        closing.finish()
    first, second = closing.first.id, closing.second.id
    told = closing.report
    assert told["created_by"] == first
    assert [(each["act"], each["by"], each["lines"]) for each in told["acts"]] == [
        ("confirm", first, 1),
        ("confirm", second, 1),
        ("start", first, None),
    ]
    genuine = closing.run.report

    assert genuine is not None
    assert flaws(genuine) == ()
    genuine["report"]["acts"][2]["by"] = second
    assert flaws(genuine) == ("wrong_signature",)


def flaws(document: dict[str, Any]) -> tuple[str, ...]:
    keys = registry.signers[SIGNER].trusted_keys()
    digest = document["report"]["csv"]["sha256"]
    found = verify_report(json.dumps(document).encode(), csv_sha256=digest, trusted=keys)
    return tuple(each.value for each in found)


def test_an_abort_names_who_stopped_it() -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=1)
        closing.create()
        stage.work()

        assert sunsets.abort(closing.id, by=closing.second.id).allowed

    assert kept(closing) == [("abort", closing.second.id)]
    assert closing.stage is Stage.ABORTED


def test_trying_again_says_how_many_lines_and_which() -> None:
    """O1: of those that failed, only the ones of a step and reason."""
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=2)
        closing.create()
        closing.confirmed()
        barred = {"kind": "refuse", "code": "BARRED", "iccid": closing.lines[1].iccid,
                  "endpoint": "operations"}  # fmt: skip
        sandbox.behave("tmobile", faults=[barred])
        closing.start()
        closing.finish()
        (failed,) = look.failures(closing.id, user_id=closing.auditor.id)
        before = kept(closing)
        assert not sunsets.retry(closing.id, by=closing.first.id, step="cut").allowed
        assert kept(closing) == before

        again = {"step": failed.step, "code": failed.code}
        assert sunsets.retry(closing.id, by=closing.second.id, **again).allowed

    last = closing.view.acts[-1]
    assert (last.act, last.by, last.lines) == (RunAct.RETRY, closing.second.id, 1)
    assert (last.step, last.code) == (failed.step, failed.code)


def test_what_is_refused_leaves_nothing() -> None:
    """R6: the same person twice, a stranger, a stale page, a wrong count: nobody acted."""
    stranger = staff(brand="bytebrook")
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=1)
        closing.create()
        stage.work()
        sunsets.confirm(closing.id, by=closing.first.id, count=1)
        before = kept(closing)

        again = sunsets.confirm(closing.id, by=closing.first.id, count=1)
        wrong = sunsets.confirm(closing.id, by=closing.second.id, count=2)
        early = sunsets.start(closing.id, by=closing.first.id)
        with pytest.raises(NotYours):
            sunsets.abort(closing.id, by=stranger.id)
        with pytest.raises(MovedOn):
            sunsets.abort(closing.id, by=closing.first.id, seen="older")

    assert again.reasons == (Objection.SAME_PERSON,)
    assert wrong.reasons == (Objection.WRONG_COUNT,)
    assert not early.allowed
    assert kept(closing) == before == [("confirm", closing.first.id)]
    assert closing.stage is Stage.HALF_CONFIRMED


def test_what_was_done_can_neither_be_changed_nor_taken_away() -> None:
    """T1: not by us either; the database refuses."""
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=1)
        closing.create()
        closing.confirmed()
    acts, before = models.SunsetAct.objects.filter(sunset=closing.id), kept(closing)

    with pytest.raises(ProgrammingError, match="only added"), transaction.atomic():
        acts.update(by=closing.first)
    with pytest.raises(ProgrammingError, match="only added"), transaction.atomic():
        acts.delete()

    assert kept(closing) == before
    assert len(before) == 2


@pytest.mark.slow
def test_who_confirmed_a_run_of_the_release_before_is_kept() -> None:
    """O4: nothing else is known of it."""
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=1)
        closing.create()
        closing.started()
    before = closing.run
    MigrationExecutor(connection).migrate([("records", "0015_steps_that_are_gone")])
    call_command("migrate", interactive=False, verbosity=0)

    acts = closing.view.acts

    assert [(each.act, each.by, each.at, each.lines) for each in acts] == [
        (RunAct.CONFIRM, closing.first.id, before.first_at, 1),
        (RunAct.CONFIRM, closing.second.id, before.second_at, 1),
    ]
