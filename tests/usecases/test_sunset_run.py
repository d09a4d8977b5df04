"""O1: a run from its list to its signed report, against the sandbox."""

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

import stage
from signoff.domain.case import State
from signoff.domain.money import Money
from signoff.domain.statement import LineCode
from signoff.domain.sunset import Objection, RunAct, Stage
from signoff.domain.sunset_report import Flaw
from signoff.ports import registry
from signoff.records import codec, models
from signoff.testing import facts
from signoff.usecases.look import NotYours
from signoff.usecases.sunsets import look
from signoff.usecases.sunsets.reconcile import NotYet
from signoff.usecases.sunsets.verifying import verify_report
from signoff.workflows import act, sunsets
from signoff.workflows.work import clock
from usecases.scenes import nothing_happens
from usecases.sunset_scenes import Scene, scene, staff, terms, waves_ahead

pytestmark = pytest.mark.django_db(transaction=True)


def files(closing: Scene) -> tuple[bytes, bytes]:
    """The report's two files."""
    summary = sunsets.report_json(closing.id, by=closing.auditor.id)
    return summary, b"".join(sunsets.report_csv(closing.id, by=closing.auditor.id))


def checked(summary: bytes, rows: bytes) -> tuple[Flaw, ...]:
    keys = registry.signers["installation"].trusted_keys()
    return verify_report(summary, csv_sha256=sha256(rows).hexdigest(), trusted=keys)


def test_every_line_of_a_list_is_ended_once_and_accounted_for() -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=3)
        closing.create(closing.listed("+12025559999999", closing.lines[0].msisdn))
        closing.started().finish()
        paid = [row["minor"] for row in sandbox.pay_ledger() if row["kind"] == "refund"]

        assert closing.stage is Stage.DONE
        assert models.Case.objects.filter(state__in=(State.ENDED, State.CLOSED)).count() == 3
        assert sorted(row["iccid"] for row in sandbox.ledger(op="cut")) == sorted(
            line.iccid for line in closing.lines
        )
    summary, rows = files(closing)
    report = json.loads(summary)["report"]
    assert report["adds_up"]
    assert report["outcomes"] == {"ended": 3, "unknown": 1, "duplicate": 1}
    assert report["refunds"]["USD"] == {"decided": sum(paid), "done": sum(paid)}
    assert report["ledger"]["USD"]["cash"] == -sum(paid)
    assert report["carrier_states"] == {"deactivated": 3}
    assert checked(summary, rows) == ()
    assert len(rows.decode().splitlines()) == 6
    assert files(closing) == (summary, rows)


def test_the_dry_run_tells_what_the_real_one_does() -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=2)
        closing.line(account={"balance": Money(-300, "USD"), "details": facts.DETAILS})
        closing.create()
        stage.work()
        told = closing.view.totals
        closing.started().finish()
        settled = closing.view.progress.money

    assert told is not None
    ((money,), (came,)) = told.money, settled
    assert (money.refund, money.owed) == (came.refund, came.owed) == (2 * 2350, 300)
    assert (money.refunded_lines, money.owing_lines) == (2, 1)


def test_what_the_account_owns_is_settled_once_with_its_last_line() -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=2)
        one, other = closing.lines
        models.Line.objects.filter(id=other.id).update(account_id=one.account_id)
        closing.create()
        stage.work()
        told = closing.view.totals
        closing.started().finish()

        assert told is not None
        assert [of.refund for of in told.money] == [2350]
        assert closing.report["refunds"]["USD"]["decided"] == 2350
        assert closing.report["adds_up"]


def test_altered_reports_and_lists_are_found_out() -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=1)
        closing.create()
        closing.started().finish()
    summary, rows = files(closing)

    assert checked(summary, rows + b" ") == (Flaw.WRONG_CSV,)
    altered = summary.replace(b'"ended": 1', b'"ended": 2')
    assert checked(altered, rows) == (Flaw.WRONG_SIGNATURE,)
    assert checked(b"[]", rows) == (Flaw.NOT_A_REPORT,)
    assert verify_report(summary, csv_sha256=sha256(rows).hexdigest(), trusted={}) == (
        Flaw.UNKNOWN_KEY,
    )


def test_two_people_confirm_and_the_count_is_typed() -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=2)
        closing.create()
        stage.work()
        with nothing_happens(sandbox):
            assert closing.start().reasons == (Objection.NOT_CONFIRMED,)
            wrong = sunsets.confirm(closing.id, by=closing.first.id, count=3)
        assert wrong.reasons == (Objection.WRONG_COUNT,)
        assert closing.run.stage == Stage.READY

        assert sunsets.confirm(closing.id, by=closing.first.id, count=2).allowed
        with nothing_happens(sandbox):
            again = sunsets.confirm(closing.id, by=closing.first.id, count=2)
        assert again.reasons == (Objection.SAME_PERSON,)
        assert closing.run.stage == Stage.HALF_CONFIRMED
        assert RunAct.CONFIRM not in closing.view.may

        assert sunsets.confirm(closing.id, by=closing.second.id, count=2).allowed
        assert closing.run.stage == Stage.CONFIRMED


@pytest.mark.parametrize("who", ["auditor", "holder", "stranger"])
def test_others_decide_nothing(who: str) -> None:
    closing = scene(lines=1)
    closing.create()
    stage.work()
    stranger = staff("operator", "bytebrook")
    people = {"auditor": closing.auditor, "holder": closing.holder, "stranger": stranger}
    by = people[who].id

    for ask in (sunsets.start, sunsets.pause, sunsets.resume, sunsets.abort, sunsets.rehearse):
        with nothing_happens(), pytest.raises(NotYours):
            ask(closing.id, by=by)
    with nothing_happens(), pytest.raises(NotYours):
        sunsets.confirm(closing.id, by=by, count=1)
    if who == "auditor":
        assert look.run(closing.id, user_id=by, now=clock()).may == frozenset()
        with pytest.raises(NotYet):
            sunsets.report_json(closing.id, by=by)
    else:
        assert look.runs(by) == []
        with pytest.raises(NotYours):
            look.run(closing.id, user_id=by, now=clock())


def test_a_dry_run_again_wants_both_confirmations_again() -> None:
    closing = scene(lines=2)
    closing.create(closing.listed())
    stage.work()
    sunsets.confirm(closing.id, by=closing.first.id, count=closing.run.lines)
    models.Line.objects.filter(id=closing.lines[0].id).update(state="terminated")

    assert sunsets.rehearse(closing.id, by=closing.second.id).allowed
    stage.work()

    assert closing.stage is Stage.READY
    assert closing.run.first_by_id is None
    assert (closing.run.lines, closing.run.rows) == (0, 2)
    assert closing.rows()[closing.lines[0].msisdn] == "already_ended"


def test_lines_nobody_can_end_are_left_out_with_the_reason() -> None:
    closing = scene(lines=1)
    closing.line(carrier="nobody")
    adrift = closing.line()
    models.Account.objects.filter(id=adrift.account_id).update(place="nowhere")
    with stage.sandbox():
        closing.create()
        stage.work()

    totals = closing.view.totals
    assert totals is not None
    assert (totals.lines, totals.blocked) == (1, {"no_carrier": 1, "no_policy": 1})


def test_nothing_starts_before_the_announced_end() -> None:
    closing = scene(lines=1)
    with stage.sandbox():
        closing.create(of=terms(**waves_ahead(clock())))
        closing.confirmed()

        with nothing_happens():
            assert closing.start().reasons == (Objection.BEFORE_THE_END,)


def test_a_case_of_its_holder_is_never_taken_over() -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=2)
        closing.create(closing.listed())
        closing.confirmed()
        own, other = closing.lines
        found = act.declare_line(stage.declaration(own), user_id=closing.holder.id)
        assert closing.start().allowed
        closing.finish()

        assert closing.rows() == {own.msisdn: "own_case", other.msisdn: "ended"}
        own.refresh_from_db()
        assert models.Case.objects.get(id=found.case_id).declared_by_id == closing.holder.id
        assert models.Case.objects.count() == 2
        assert closing.report["adds_up"]


def test_a_carriers_refusals_are_the_work_list_until_they_are_mended() -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=3)
        closing.create()
        closing.confirmed()
        barred = {"kind": "refuse", "code": "BARRED", "iccid": closing.lines[1].iccid,
                  "endpoint": "operations"}  # fmt: skip
        sandbox.behave("tmobile", faults=[barred])
        closing.start()
        closing.finish()

        (group,) = look.failures(closing.id, user_id=closing.auditor.id)
        assert (group.step, group.lines) == ("block", 1)
        (row,) = look.failed_rows(closing.id, user_id=closing.auditor.id)
        assert (row.given, row.code) == (closing.lines[1].msisdn, group.code)
        assert closing.report["outcomes"] == {"ended": 2, "failed": 1}
        assert RunAct.RETRY in closing.view.may

        sandbox.behave("tmobile", reset=True)
        with nothing_happens(sandbox):
            other = sunsets.retry(closing.id, by=closing.first.id, step="cut")
        assert (other.reasons, closing.stage) == ((Objection.NOTHING_FAILED,), Stage.DONE)
        assert sunsets.retry(closing.id, by=closing.first.id, code=group.code).allowed
        assert closing.stage is Stage.RUNNING
        closing.finish()

        assert set(closing.rows().values()) == {"ended"}
        assert len(sandbox.ledger(op="cut")) == 3
        assert not look.failures(closing.id, user_id=closing.first.id)
        assert checked(*files(closing)) == ()
        refused = sunsets.retry(closing.id, by=closing.first.id)
        assert refused.reasons == (Objection.NOTHING_FAILED,)


def test_plans_that_run_off_end_on_their_own_day() -> None:
    now = clock()
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=2)
        expired, running = closing.lines
        ended = {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-02-01T00:00:00Z"}
        models.Line.objects.filter(id=expired.id).update(facts={**expired.facts, "cycle": ended})
        closing.create(of=terms(runoff_until=(now + timedelta(days=30)).replace(microsecond=0)))
        closing.started()
        for _ in range(6):
            stage.work()
            stage.hasten(but=("purge", "sunset_run"))

        assert closing.rows() == {expired.msisdn: "ended", running.msisdn: "ready"}
        assert closing.stage is Stage.RUNNING
        part = models.SunsetPart.objects.get()
        assert part.state == "waiting"
        assert part.not_before is not None

        run = closing.run
        run.terms["runoff_until"] = (now - timedelta(seconds=30)).isoformat()
        models.Sunset.objects.filter(id=closing.id).update(terms=run.terms)
        models.SunsetPart.objects.update(not_before=now)
        closing.finish()
        assert set(closing.rows().values()) == {"ended"}


def test_debts_and_the_policys_questions_hold_nothing_up() -> None:
    """A brand with confirmation, review and documents; a bill unpaid, an order open."""
    with stage.sandbox() as sandbox:
        closing = scene(sandbox)
        bill = facts.bill("b1", 700)
        closing.line(account={"bills": (bill,), "balance": Money(0, "USD"),
                              "details": replace(facts.DETAILS, email="")})  # fmt: skip
        closing.create()
        closing.started().finish()

        case = models.Case.objects.get()
        assert set(closing.rows().values()) == {"ended"}
        final = codec.STATEMENT.validate_python(case.final)
        assert [line.code for line in final.lines] == [LineCode.UNPAID_BILL]
        assert closing.report["owed"] == {"USD": 700}
        policy = models.PolicyVersion.objects.get(digest=case.policy_digest).content
        assert (policy["operator_ends"], policy["unpaid_bills"]) == (True, "owe")
        assert (case.channel, case.declared_by_id, case.lane) == ("sunset", None, 1)


def test_people_are_told_ahead_once_and_reminded() -> None:
    now = clock()
    told: dict[str, Any] = {"account": {"details": facts.DETAILS}}
    with stage.sandbox() as sandbox, stage.mail() as box:
        closing = scene(sandbox)
        closing.line(**told)
        twin = closing.line(**told)
        models.Line.objects.filter(id=twin.id).update(account_id=closing.lines[0].account_id)
        closing.line()
        closing.create(of=terms(**waves_ahead(now)))
        closing.confirmed()
        stage.work()

        first, second = models.SunsetWave.objects.order_by("number")
        assert (first.told, first.without_address, first.finished_at is None) == (2, 1, False)
        assert second.finished_at is None
        (message,) = box.messages
        assert closing.lines[0].msisdn[-4:] in str(message["Subject"])
        assert twin.msisdn[-4:] in str(message["Subject"])

        models.SunsetWave.objects.filter(id=first.id).update(finished_at=None, next_key=0)
        stage.hasten()
        stage.work()
        assert len(box.messages) == 2
        assert models.SunsetWave.objects.get(id=second.id).told == 2


def test_whoever_is_told_reads_nothing_of_a_wish_or_of_a_way_back() -> None:
    """The operator ended the line: one mail with the certificate, and those about the money."""
    with stage.sandbox() as sandbox, stage.mail() as box:
        closing = scene(sandbox)
        closing.line(account={"details": facts.DETAILS})
        closing.create()
        closing.started().finish()
        stage.work()

    names = set(models.Notice.objects.values_list("name", flat=True))
    assert names == {"certificate", "refund_paid"}
    (mail,) = [each for each in box.messages if each.get_content_type() == "multipart/mixed"]
    body = mail.get_body()
    assert body is not None
    assert "恢复线路" not in body.get_content()
