"""Texts through an HTTP gateway (C6, N1): every answer it can give, and what we report of it."""

import hashlib
import hmac
import json
import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from signoff.integrations.messaging import sms_profiles
from signoff.integrations.messaging.sms_http import (
    HttpGateway,
    HttpSmsMessenger,
    hmac_signature,
    twilio_signature,
)
from signoff.integrations.messaging.sms_profiles import BadProfile
from signoff.ports.messaging import (
    MessageKind,
    MessageOutcome,
    MessengerLockedOut,
    OutgoingMessage,
)
from signoff.ports.texting import (
    CallbackMisread,
    CallbackRefused,
    Fate,
    IncomingText,
    Receipt,
    TextEvent,
)
from signoff.testing.texting import Answered, Gateway, running_gateway

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
US, PHONE = "+12025550111", "+14155550123"
CALLBACK = "https://signoff.example/callbacks/texts"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway() as gateway:
        yield gateway


Make = Callable[..., HttpSmsMessenger]


@pytest.fixture
def make(gateway: Gateway) -> Iterator[Make]:
    made: list[HttpSmsMessenger] = []

    def build(shape: str = "json", *, secret: str = "gateway-secret") -> HttpSmsMessenger:
        url = gateway.form_url if shape == "twilio" else gateway.json_url
        made.append(messenger(url, shape=shape, secret=secret))
        return made[-1]

    yield build
    for each in made:
        each.close()


def messenger(url: str, *, shape: str = "json", secret: str = "s", **more: str) -> HttpSmsMessenger:
    return HttpSmsMessenger(
        gateway=HttpGateway(
            url=url,
            user="AC1",
            secret=secret,
            callback_url=CALLBACK,
            callback_secret=more.get("callback_secret", "callback-secret"),
            timeout_s=0.5,
        ),
        profile=sms_profiles.load(shape),
        sender=US,
        now=lambda: NOW,
    )


def message(number: int, *, to: str = PHONE, body: str = "482913 is your code.") -> OutgoingMessage:
    return OutgoingMessage(id=UUID(int=number), to=to, subject="", body=body)


def said(outcomes: Sequence[MessageOutcome]) -> list[tuple[MessageKind, str | None]]:
    return [(outcome.kind, outcome.code) for outcome in outcomes]


def test_a_form_gateway_is_spoken_to_in_its_shape(gateway: Gateway, make: Make) -> None:
    """C6: user in the address, basic authentication, the fields it names."""
    (outcome,) = make("twilio").send([message(1, body="您的验证码 482913")])

    assert gateway.requests == [
        {"To": PHONE, "From": US, "Body": "您的验证码 482913", "StatusCallback": CALLBACK}
    ]
    assert (outcome.kind, outcome.reference) == (MessageKind.DONE, "SM000001")


def test_a_json_gateway_is_spoken_to_in_its_shape(gateway: Gateway, make: Make) -> None:
    """C6: bearer token, our own id, typographic marks made plain."""
    (outcome,) = make("json").send([message(1, body="it’s “you” {to}")])

    assert gateway.requests == [
        {
            "id": str(UUID(int=1)),
            "to": PHONE,
            "from": US,
            "text": 'it\'s "you" {to}',
            "status_url": CALLBACK,
        }
    ]
    assert (outcome.kind, outcome.reference) == (MessageKind.DONE, "SM000001")


@pytest.mark.parametrize(
    ("shape", "answered", "kind", "code", "after"),
    [
        ("json", Answered(200, {}), "done", None, None),
        ("json", Answered(200, {"id": "a b +1415555"}), "done", None, None),
        ("json", Answered(429, {}), "retry_after", "HTTP_429", 60),
        ("json", Answered(429, {}, {"Retry-After": "7"}), "retry_after", "HTTP_429", 7),
        ("json", Answered(429, {}, {"Retry-After": "999999"}), "retry_after", "HTTP_429", 3600),
        ("json", Answered(429, {}, {"Retry-After": "Wed"}), "retry_after", "HTTP_429", 60),
        ("json", Answered(400, {"error": {"code": "busy"}}), "retry_after", "busy", 60),
        ("json", Answered(400, {"error": {"code": "bad_to"}}), "refused", "bad_to", None),
        ("json", Answered(422, {"error": "x"}), "refused", "HTTP_422", None),
        ("json", Answered(400, {"error": {"code": f"no {PHONE}"}}), "refused", "HTTP_400", None),
        ("json", Answered(402, {"error": {"code": "no_credit"}}), "needs_human", "no_credit", None),
        ("json", Answered(404, {}), "needs_human", "HTTP_404", None),
        ("json", Answered(307, {}, {"Location": "/v2"}), "needs_human", "HTTP_307", None),
        ("json", Answered(500, {"error": {"code": "busy"}}), "unknown", "HTTP_500", None),
        ("json", Answered(503, {}, {"Retry-After": "7"}), "unknown", "HTTP_503", None),
        ("json", Answered(hang_up=True), "unknown", "NO_ANSWER", None),
        ("json", Answered(wait_s=0.8), "unknown", "NO_ANSWER", None),
        ("twilio", Answered(400, {"code": 21211}), "refused", "21211", None),
        ("twilio", Answered(400, {"code": 21610}), "refused", "21610", None),
        ("twilio", Answered(400, {"code": 21606}), "needs_human", "21606", None),
        ("twilio", Answered(400, {"code": 21611}), "retry_after", "21611", 60),
        ("twilio", Answered(429, {"code": 20429}), "retry_after", "20429", 60),
    ],
)
def test_every_answer_has_its_meaning(
    gateway: Gateway,
    make: Make,
    *,
    shape: str,
    answered: Answered,
    kind: str,
    code: str | None,
    after: int | None,
) -> None:
    """N1: 429 waits, 4xx is the recipient's or ours, 5xx and silence are unknown."""
    gateway.answers[PHONE] = answered

    (outcome,) = make(shape).send([message(1)])

    assert (outcome.kind, outcome.code, outcome.retry_after_s) == (kind, code, after)


def test_one_refusal_does_not_stop_the_others(gateway: Gateway, make: Make) -> None:
    """N1."""
    gateway.answers["+14155550001"] = Answered(400, {"error": {"code": "bad_to"}})
    asked = [message(1, to="+14155550001"), message(2, to="no number"), message(3)]

    outcomes = make().send(asked)

    assert [one.id for one in outcomes] == [one.id for one in asked]
    assert said(outcomes) == [
        (MessageKind.REFUSED, "bad_to"),
        (MessageKind.REFUSED, "MALFORMED"),
        (MessageKind.DONE, None),
    ]


def test_after_silence_the_rest_waits(gateway: Gateway, make: Make) -> None:
    """C6: one unknown is enough; who comes after it was certainly not sent."""
    gateway.answers["+14155550001"] = Answered(hang_up=True)

    outcomes = make().send([message(1, to="+14155550001"), message(2), message(3)])

    assert said(outcomes) == [
        (MessageKind.UNKNOWN, "NO_ANSWER"),
        (MessageKind.RETRY_AFTER, "CONNECT"),
        (MessageKind.RETRY_AFTER, "CONNECT"),
    ]
    assert len(gateway.requests) == 1


def test_nobody_there_is_retry_after() -> None:
    """N1."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{one.getsockname()[1]}/"

    assert said(messenger(url).send([message(1)])) == [(MessageKind.RETRY_AFTER, "CONNECT")]


@pytest.mark.parametrize("shape", ["json", "twilio"])
def test_a_wrong_secret_is_raised(gateway: Gateway, make: Make, shape: str) -> None:
    """N1: nothing was sent, and the secret stands nowhere."""
    with pytest.raises(MessengerLockedOut) as caught:
        make(shape, secret="hush-hush").send([message(1)])

    assert "hush" not in str(caught.value)
    assert gateway.bubbles == []


def test_an_empty_set_needs_no_gateway(gateway: Gateway, make: Make) -> None:
    """N1."""
    assert list(make().send([])) == []
    assert gateway.requests == []


# ---------------------------------------------------------------- callbacks
@pytest.mark.parametrize(
    ("fields", "signature"),
    [
        (
            [
                ("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675309"), ("Digits", "1234"),
                ("From", "+14158675309"), ("To", "+18005551212"),
            ],
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        ),
        (
            [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"),
             ("Digits", "1234")],
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
    ],
)  # fmt: skip
def test_twilios_published_signatures_come_out(
    fields: list[tuple[str, str]], signature: str
) -> None:
    """C6: vectors of Twilio's own libraries (reference/channels.md 3.2)."""
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"

    assert twilio_signature("12345", url, body=urlencode(fields).encode()) == signature


Told = dict[str, str]


def signed(shape: str, told: Told, *, secret: str = "callback-secret", at: datetime = NOW) -> Told:
    """Headers and body as the gateway would send them; the body under `body`."""
    if shape == "twilio":
        body = urlencode(told)
        return {
            "X-Twilio-Signature": twilio_signature(secret, CALLBACK, body=body.encode()),
            "body": body,
        }
    body, stamp = json.dumps(told), str(int(at.timestamp()))
    mac = hmac.new(secret.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Signoff-Signature": f"sha256={mac}", "X-Signoff-Timestamp": stamp, "body": body}


def parsed(shape: str, given: Told) -> Sequence[TextEvent]:
    headers = {name: value for name, value in given.items() if name != "body"}
    return messenger("http://127.0.0.1:1/", shape=shape).parse_callback(
        headers, given["body"].encode(), url=CALLBACK
    )


@pytest.mark.parametrize(
    ("shape", "told", "events"),
    [
        (
            "twilio",
            {"MessageSid": "SM1", "From": PHONE, "To": US, "Body": "STOP"},
            [IncomingText(id="SM1", sender=PHONE, text="STOP")],
        ),
        (
            "json",
            {"id": "m1", "from": PHONE, "text": "退订"},
            [IncomingText(id="m1", sender=PHONE, text="退订")],
        ),
        (
            "json",
            {"id": "m1", "from": PHONE, "text": ""},
            [IncomingText(id="m1", sender=PHONE, text="")],
        ),
        (
            "twilio",
            {"MessageSid": "SM1", "MessageStatus": "undelivered", "From": US, "To": PHONE},
            [Receipt(reference="SM1", fate=Fate.FAILED, code="undelivered")],
        ),
        ("twilio", {"MessageSid": "SM1", "MessageStatus": "queued"}, []),
        (
            "json",
            {"message": "m1", "status": "delivered"},
            [Receipt(reference="m1", fate=Fate.DELIVERED, code="delivered")],
        ),
        ("json", {"message": "m1", "status": "on its way"}, []),
    ],
)  # fmt: skip
def test_a_signed_callback_is_read(shape: str, told: Told, events: list[TextEvent]) -> None:
    """C6: texts and receipts, and statuses that are not the last word."""
    assert parsed(shape, signed(shape, told)) == events


TOLD = {"id": "m1", "from": PHONE, "text": "STOP", "MessageSid": "SM1", "From": PHONE, "Body": "x"}


@pytest.mark.parametrize("shape", ["twilio", "json"])
@pytest.mark.parametrize(
    ("_case", "spoil"),
    [
        ("a byte changed", lambda given: {**given, "body": given["body"].replace("S", "T", 1)}),
        ("no signature", lambda given: {"body": given["body"]}),
        ("an empty signature", lambda given: dict.fromkeys(given, "") | {"body": given["body"]}),
        ("not ASCII", lambda given: dict.fromkeys(given, "签名") | {"body": given["body"]}),
    ],
)
def test_a_spoiled_callback_is_refused(
    shape: str, _case: str, spoil: Callable[[Told], Told]
) -> None:
    """C6."""
    with pytest.raises(CallbackRefused):
        parsed(shape, spoil(signed(shape, TOLD)))


@pytest.mark.parametrize("shape", ["twilio", "json"])
def test_another_secret_is_refused(shape: str) -> None:
    """C6: also an empty one, where callbacks are not set up."""
    with pytest.raises(CallbackRefused):
        parsed(shape, signed(shape, TOLD, secret="another"))
    given = signed(shape, TOLD, secret="")
    closed = messenger("http://127.0.0.1:1/", shape=shape, callback_secret="")
    with pytest.raises(CallbackRefused, match="NOT_SET_UP"):
        closed.parse_callback(given, given["body"].encode(), url=CALLBACK)


@pytest.mark.parametrize("minutes", [-6, 6, 60_000])
def test_a_stale_callback_is_refused(minutes: int) -> None:
    """C6: what was overheard cannot be played again later."""
    with pytest.raises(CallbackRefused, match="TIME"):
        parsed("json", signed("json", TOLD, at=NOW + timedelta(minutes=minutes)))


@pytest.mark.parametrize("body", ["{", "[]", '"x"', "{}", '{"from": "nobody", "text": "x"}', "1"])
def test_a_signed_callback_that_says_nothing_is_misread(body: str) -> None:
    """C6: without repeating what it said."""
    stamp = str(int(NOW.timestamp()))
    given = {
        "X-Signoff-Signature": hmac_signature("callback-secret", stamp, body=body.encode()),
        "X-Signoff-Timestamp": stamp,
        "body": body,
    }

    with pytest.raises(CallbackMisread) as caught:
        parsed("json", given)
    assert "nobody" not in str(caught.value)


def test_no_number_text_or_secret_is_written_down(
    gateway: Gateway, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """C6."""
    for name in ("signoff", "httpx"):
        caplog.set_level(logging.DEBUG, logger=name)
    gateway.answers["+14155550001"] = Answered(400, {"error": {"code": "to +14155550001"}})
    asked = [message(1, to="+14155550001"), message(2, body="secret words")]

    outcomes = make().send(asked)

    shown = repr(outcomes) + repr(asked) + caplog.text + repr(HttpGateway(url="x", secret="pw1"))
    for secret in ("4155550123", "4155550001", "secret words", "gateway-secret", "pw1"):
        assert secret not in shown


# ---------------------------------------------------------------- profiles
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("body =", "own.toml: "),
        ('body = "xml"\nauth = "basic"\n[fields]\n', "own.toml: body: "),
        ('body = "json"\nauth = "bearer"\n[fields]\nx = "{stranger}"\n', "'stranger' is none of"),
        ('body = "json"\nauth = "bearer"\n[fields]\nx = "{"\n', "fields"),
        ('body = "json"\nauth = "bearer"\ncolour = "red"\n[fields]\n', "own.toml: colour"),
        ('body = "json"\nauth = "bearer"\n[fields]\n[answer]\nok = "x"\n', "answer.ok"),
    ],
)
def test_a_wrong_profile_says_where(tmp_path: Path, content: str, told: str) -> None:
    """N2: in one line, with the place."""
    file = tmp_path / "own.toml"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(BadProfile) as caught:
        sms_profiles.load(str(file))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_profile_names_the_shipped_ones() -> None:
    """N2."""
    with pytest.raises(BadProfile, match="shipped are json, twilio"):
        sms_profiles.load("nobody")


def test_a_gateway_that_answers_200_to_all_can_be_told_apart(
    gateway: Gateway, tmp_path: Path
) -> None:
    """N2: a profile of one's own, with nested fields and a code that is no refusal."""
    file = tmp_path / "own.toml"
    file.write_text(
        'body = "json"\nauth = "bearer"\n'
        '[fields]\nto = "{to}"\ntext = "{text}"\nlist = ["{to}"]\nflash = false\n'
        'from = { name = "{sender}" }\n'
        '[answer]\nreference = "messages.0.id"\ncode = "messages.0.status"\nok = ["0"]\n',
        encoding="utf-8",
    )
    own = HttpSmsMessenger(
        gateway=HttpGateway(url=gateway.json_url, secret="gateway-secret"),
        profile=sms_profiles.load(str(file)),
        sender="Signoff",
        now=lambda: NOW,
    )
    contents: list[dict[str, Any]] = [
        {"messages": [{"id": "x1", "status": 0}]},
        {"messages": [{"status": 6}]},
        {},
        {"messages": []},
    ]
    for number, content in enumerate(contents):
        gateway.answers[f"+1415555000{number}"] = Answered(200, content)

    outcomes = own.send([message(n, to=f"+1415555000{n}") for n in range(4)])
    own.close()

    assert said(outcomes) == [
        (MessageKind.DONE, None),
        (MessageKind.REFUSED, "6"),
        (MessageKind.UNKNOWN, "MISREAD"),
        (MessageKind.UNKNOWN, "MISREAD"),
    ]
    assert outcomes[0].reference == "x1"
    assert gateway.requests[0]["from"] == {"name": "Signoff"}
    assert gateway.requests[0]["list"] == ["+14155550000"]
    assert gateway.requests[0]["flash"] is False
