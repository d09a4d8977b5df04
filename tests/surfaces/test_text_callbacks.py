"""Callbacks of a gateway for texts: signed ones are kept once, others change nothing (C6)."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

import texts
from signoff.integrations.messaging import sms_profiles
from signoff.integrations.messaging.sms_http import HttpGateway, HttpSmsMessenger
from signoff.ports import registry
from signoff.records import models
from signoff.usecases import text_messages
from surfaces.api_stage import is_problem

pytestmark = pytest.mark.django_db

PHONE = "+14155550123"
SECRET = "a callback secret of some length"


@pytest.fixture
def gateway() -> Iterator[HttpSmsMessenger]:
    messenger = HttpSmsMessenger(
        gateway=HttpGateway(url="http://127.0.0.1:1/", secret="x", callback_secret=SECRET),
        profile=sms_profiles.load("json"),
        sender="+12025550100",
        now=lambda: datetime.now(UTC),
    )
    with registry.messengers.temporarily("sms", messenger):
        yield messenger
    messenger.close()


def call_back(told: dict[str, str], *, secret: str = SECRET, age_s: int = 0) -> Any:
    body, stamp = json.dumps(told).encode(), str(int(time.time()) - age_s)
    mac = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"X-Signoff-Signature": f"sha256={mac}", "X-Signoff-Timestamp": stamp}
    client = Client(enforce_csrf_checks=True)
    return client.post("/callbacks/texts", body, content_type="application/json", headers=headers)


STOP = {"id": "m1", "from": PHONE, "text": "STOP"}


def test_a_signed_stop_is_kept_and_answered_once(gateway: HttpSmsMessenger) -> None:
    """C6: delivered twice, it counts once; the answer is owed, not sent in the request."""
    answers = [call_back(STOP).status_code, call_back(STOP).status_code]

    notice = models.Notice.objects.get()
    assert answers == [204, 204]
    assert text_messages.opted_out([PHONE]) == {PHONE}
    assert (notice.name, notice.recipient, notice.state) == ("text_opted_out", PHONE, "planned")
    assert models.Due.objects.get().subject == notice.id


@pytest.mark.parametrize(
    ("_case", "changes"),
    [
        ("another secret", {"secret": "a secret of somebody else's"}),
        ("an old one, played again", {"age_s": 900}),
    ],
)
def test_a_forged_callback_changes_nothing(
    gateway: HttpSmsMessenger, _case: str, changes: dict[str, Any]
) -> None:
    """C6."""
    response = call_back(STOP, **changes)

    is_problem(response, "callback-refused")
    assert not models.TextOptOut.objects.exists()
    assert not models.Notice.objects.exists()


def test_a_callback_without_sense_is_told_so(gateway: HttpSmsMessenger) -> None:
    """C6: and does not come back in the answer."""
    response = call_back({"from": "nobody at all"})

    is_problem(response, "callback-misread")
    assert "nobody" not in response.content.decode()


def test_a_receipt_that_came_too_soon_is_asked_for_again(gateway: HttpSmsMessenger) -> None:
    """C6: 5xx, so that the gateway repeats it."""
    models.Notice.objects.create(
        id="00000000-0000-4000-8000-000000000001",
        name="declared",
        language="en",
        medium="sms",
        recipient=PHONE,
        values={},
        check_code="H7KQ-2MPX-94TW",
        state="sending",
        at=datetime.now(UTC),
    )

    response = call_back({"message": "x1", "status": "failed"})

    is_problem(response, "callback-too-soon")


def test_without_a_gateway_there_is_no_such_address() -> None:
    """C6: neither where no texts are sent, nor where they go over SMPP."""
    none = call_back(STOP).status_code
    with texts.network():
        smpp = call_back(STOP).status_code

    assert (none, smpp) == (404, 404)
    assert not models.TextOptOut.objects.exists()


def test_only_post_is_answered(gateway: HttpSmsMessenger) -> None:
    """C6."""
    assert Client().get("/callbacks/texts").status_code == 405
