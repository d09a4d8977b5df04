"""Callbacks of carriers: hints, taken in once; forged, late and repeated ones change nothing."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

import stage
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.domain.reasons import LeavingReason
from signoff.domain.steps import Step
from signoff.records import models
from signoff.testing.sandbox import SECRET, SandboxAdmin
from signoff.workflows import act, callbacks, runner
from signoff.workflows.work import clock
from surfaces.api_stage import is_problem

pytestmark = pytest.mark.django_db

CALLBACK = "/callbacks/carriers/verizon"


@dataclass(frozen=True)
class Waiting:
    """A line at the carrier that answers later, whose block was accepted and is not read yet."""

    line: models.Line
    case_id: UUID
    sandbox: SandboxAdmin

    def due(self, step: str = "block") -> models.Due:
        return models.Due.objects.get(subject=self.case_id, step=step)

    def body(self, event_id: str = "r1:1", *, iccid: str = "", code: str = "DONE") -> bytes:
        event = {
            "event_id": event_id,
            "request_id": event_id.partition(":")[0],
            "iccid": iccid or self.line.iccid,
            "code": code,
            "state": "suspended",
        }
        return json.dumps({"op": "block", "at": time.time(), "events": [event]}).encode()


@pytest.fixture
def accepted() -> Iterator[Waiting]:
    holder = stage.cast("wavequill").subscriber
    with stage.sandbox() as sandbox, stage.mail():
        sandbox.behave("verizon", execute_after_ms=60_000)
        line = stage.line(CardKind.INTERNET, holder=holder, sandbox=sandbox, settled=True)
        declared = act.declare_line(
            stage.declaration(line, reason=LeavingReason.LOST), user_id=holder.id
        )
        runner.run_once(Step.BLOCK)
        models.Due.objects.filter(subject=declared.case_id, step="block").update(
            due_at=clock() + timedelta(hours=1)
        )
        yield Waiting(line, declared.case_id, sandbox)


def send(body: bytes, *, secret: str = SECRET, age_s: int = 0, to: str = CALLBACK) -> Any:
    """A callback signed as the carrier signs it, or as somebody else would."""
    timestamp = str(int(time.time()) - age_s)
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    headers = {"X-Sandbox-Timestamp": timestamp, "X-Sandbox-Signature": signed.hexdigest()}
    client = Client(enforce_csrf_checks=True)
    return client.post(to, body, content_type="application/json", headers=headers)


def test_a_callback_makes_the_waiting_step_due_and_wakes_a_worker(accepted: Waiting) -> None:
    forget_wake_ups()

    answer = send(accepted.body())

    assert (answer.status_code, answer.content) == (204, b"")
    assert accepted.due().due_at <= clock()
    assert wake_ups() == ["people:block"]
    assert models.SeenCallback.objects.count() == 1


def test_a_carrier_that_was_asked_calls_back_over_http(live_server: Any) -> None:
    people = stage.cast("wavequill")

    with stage.sandbox() as sandbox, stage.mail():
        listening = callbacks.subscribe(live_server.url)
        line = stage.line(CardKind.INTERNET, holder=people.subscriber, sandbox=sandbox)
        wish = stage.declaration(line, reason=LeavingReason.LOST)
        act.declare_line(wish, user_id=people.subscriber.id)
        runner.run_once(Step.BLOCK)
        deadline = time.monotonic() + 10
        while not models.SeenCallback.objects.exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    assert listening == ["verizon"]
    (seen,) = models.SeenCallback.objects.all()
    assert seen.carrier == "verizon"
    assert seen.event_id.endswith(line.iccid)


def test_a_carrier_that_is_down_is_left_out() -> None:
    with stage.sandbox() as sandbox:
        sandbox.behave("verizon", faults=[{"kind": "down"}])

        assert callbacks.subscribe("http://127.0.0.1:9") == []


def test_a_callback_is_only_a_hint(accepted: Waiting) -> None:
    """E3: the carrier claims it is done, the line still reads as active: nothing is proven."""
    send(accepted.body())

    runner.run_once(Step.BLOCK)

    intent = models.CarrierIntent.objects.get(case_id=accepted.case_id)
    assert intent.state == "accepted"
    assert models.Line.objects.get(id=accepted.line.id).state == "active"
    assert accepted.due().due_at > clock()


def test_the_second_delivery_changes_nothing(accepted: Waiting) -> None:
    send(accepted.body())
    later = clock() + timedelta(hours=1)
    models.Due.objects.filter(step="block").update(due_at=later)

    answer = send(accepted.body())

    assert answer.status_code == 204
    assert accepted.due().due_at == later
    assert models.SeenCallback.objects.count() == 1


def test_a_forged_callback_changes_nothing(accepted: Waiting) -> None:
    before = accepted.due().due_at

    for answer in (
        send(accepted.body(), secret="guessed"),
        send(accepted.body(), age_s=301),
        Client().post(CALLBACK, accepted.body(), content_type="application/json"),
    ):
        is_problem(answer, "callback-refused")

    assert accepted.due().due_at == before
    assert not models.SeenCallback.objects.exists()


def test_a_callback_about_another_carriers_line_changes_nothing(accepted: Waiting) -> None:
    before = accepted.due().due_at

    answer = send(accepted.body(), to="/callbacks/carriers/tmobile")

    assert answer.status_code == 204
    assert accepted.due().due_at == before


@pytest.mark.slow
def test_a_late_callback_never_touches_the_purge() -> None:
    people = stage.cast("wavequill")
    with stage.sandbox() as sandbox, stage.mail():
        line = stage.line(
            CardKind.INTERNET, holder=people.subscriber, sandbox=sandbox, settled=True
        )
        declared = act.declare_line(stage.declaration(line), user_id=people.subscriber.id)
        case = stage.to_the_end(declared.case_id, agent=people.agent)
        waiting = Waiting(line, case.id, sandbox)
        before = waiting.due("purge").due_at

        answer = send(waiting.body())

    assert answer.status_code == 204
    assert waiting.due("purge").due_at == before
    assert models.Case.objects.get(id=case.id).state == State.ENDED


def test_a_step_a_worker_holds_is_left_alone(accepted: Waiting) -> None:
    later = clock() + timedelta(hours=1)
    models.Due.objects.filter(step="block").update(due_at=later, lease_until=later)

    send(accepted.body())

    assert (accepted.due().due_at, accepted.due().lease_until) == (later, later)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"not json", b'{"op":"block","events":7}'])
def test_a_signed_callback_that_does_not_parse_is_refused(accepted: Waiting, body: bytes) -> None:
    is_problem(send(body), "callback-misread")


def test_a_callback_beyond_the_limit_is_refused_unread(accepted: Waiting) -> None:
    is_problem(send(b" " * (256 * 1024 + 1)), "too-big")


def test_an_odd_event_id_is_kept_by_its_hash(accepted: Waiting) -> None:
    for _ in range(2):
        assert send(accepted.body("r1:" + "x" * 300)).status_code == 204

    (seen,) = models.SeenCallback.objects.all()
    assert len(seen.event_id) == 64


def forget_wake_ups() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def wake_ups() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo'")
        return [row[0] for row in cursor.fetchall()]
