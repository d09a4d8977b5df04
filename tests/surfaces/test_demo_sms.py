"""The demo's phones: every text as a bubble, whatever was in it, and a way to write back (C6)."""

import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse

from signoff.integrations.messaging.smpp import SmppMessenger
from signoff.integrations.messaging.smpp_session import SmppServer
from signoff.ports.texting import IncomingText, TextEvent
from signoff.testing.texting import Bubble, Phones
from signoff.testing.texting.network import Network

pytestmark = [pytest.mark.urls("surfaces.demo_urls"), pytest.mark.django_db]

PHONE = "+14155550123"


@pytest.fixture
def phones(tmp_path: Path, settings: Any) -> Phones:
    settings.SIGNOFF_HOME = tmp_path
    return Phones(tmp_path / "texts")


def put(phones: Phones, text: str, *, number: str = PHONE, at: float = 1.8e9) -> None:
    phones.add(Bubble(number=number, text=text, at=at, ours=True))


def client(language: str = "en") -> Client:
    return Client(headers={"accept-language": language})


def address(number: str = "") -> str:
    """The page of the newest phone."""
    page = client().get("/demo/sms").content.decode()
    return "/demo/sms/" + page.partition('href="/demo/sms/')[2].partition('"')[0]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "No texts yet."), ("zh-hans", "还没有短信"), ("zh-hant", "還沒有簡訊")],
)
def test_without_texts_it_says_what_will_come(phones: Phones, language: str, said: str) -> None:
    """C6, Q5."""
    assert said in client(language).get("/demo/sms").content.decode()


def test_phones_come_newest_first(phones: Phones) -> None:
    """C6."""
    for number, at in (("+14155550001", 3), ("+14155550002", 9), ("+14155550003", 6)):
        put(phones, f"text to {number}", number=number, at=1.8e9 + at)

    shown = client().get("/demo/sms").content.decode()

    places = [shown.index(f"text to +1415555000{last}") for last in (2, 3, 1)]
    assert places == sorted(places)


def test_no_number_stands_in_an_address(phones: Phones) -> None:
    """C6: addresses end up in logs."""
    put(phones, "hello")

    assert "415555" not in address()


def test_a_phone_shows_its_own_texts_alone(phones: Phones) -> None:
    """C6: with links that can be followed, and in how many parts each went."""
    put(phones, "for another", number="+14155550001")
    put(phones, "see https://signoff.example/ now", at=1.8e9 + 1)

    shown = client().get(address()).content.decode()

    assert '<a href="https://signoff.example/" rel="nofollow">' in shown
    assert "one part" in shown
    assert "for another" not in shown


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        'http://x.example/"onmouseover="alert(1)',
        "javascript:alert(1)",
        "{{ settings.SECRET_KEY }}{% debug %}",
    ],
)
def test_nothing_in_a_text_becomes_markup(phones: Phones, evil: str) -> None:
    """C6: on the list, on the phone, and on its way back."""
    put(phones, evil)
    phones.write_back(number=PHONE, text=evil)
    at = address()

    shown = client().get("/demo/sms").content.decode() + client().get(at).content.decode()

    assert "<script>alert" not in shown
    assert 'onmouseover="alert' not in shown
    assert 'href="javascript' not in shown
    assert settings.SECRET_KEY not in shown


def test_a_reply_waits_until_the_network_takes_it(phones: Phones) -> None:
    """C6: posted, it is shown as on its way; the page is not posted again by looking again."""
    put(phones, "hello")
    at = address()

    answer = client().post(at, {"text": "  退订 "})
    shown = client().get(at).content.decode()

    assert answer.status_code == 302
    assert [(number, text) for _, number, text in phones.replies()] == [(PHONE, "退订")]
    assert "on its way to Signoff" in shown


@pytest.mark.parametrize(
    ("text", "said"), [("", "Write something first."), ("   ", "first."), ("x" * 481, "480")]
)
def test_an_empty_or_endless_reply_is_refused_beside_the_field(
    phones: Phones, text: str, said: str
) -> None:
    """C6: what was typed is kept, and nothing is sent."""
    put(phones, "hello")

    answer = client().post(address(), {"text": text})

    shown = answer.content.decode()
    assert answer.status_code == 400
    assert said in shown
    assert 'aria-invalid="true"' in shown
    assert f">{text}</textarea>" in shown
    assert phones.replies() == []


def test_another_sites_form_cannot_write(phones: Phones) -> None:
    """C6."""
    put(phones, "hello")
    at = address()

    answer = Client(enforce_csrf_checks=True).post(at, {"text": "STOP"})

    assert answer.status_code == 403
    assert phones.replies() == []


@pytest.mark.parametrize("place", ["nothing", "0" * 16, "..%2f..%2fsecret", PHONE])
def test_an_unknown_phone_is_not_found(phones: Phones, place: str) -> None:
    """C6: neither to read nor to write from."""
    put(phones, "hello")

    assert client().get(f"/demo/sms/{place}").status_code == 404
    assert client().post(f"/demo/sms/{place}", {"text": "STOP"}).status_code == 404
    assert phones.replies() == []


def test_a_line_that_is_half_written_hides_no_other(phones: Phones, tmp_path: Path) -> None:
    """C6: the network writes while the page reads."""
    put(phones, "whole")
    with (tmp_path / "texts" / "messages.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"number": "+1415')

    assert "whole" in client().get(address()).content.decode()


def test_the_network_carries_both_ways(phones: Phones, tmp_path: Path) -> None:
    """C6: SMPP to the phone, and what it writes back to Signoff; it is then a bubble."""
    network = Network(tmp_path / "texts")
    network.start()
    events: list[TextEvent] = []
    server = SmppServer(
        host="127.0.0.1", port=network.centre.port, user="signoff", password="sms-pass"
    )
    messenger = SmppMessenger(server=server, sender="+12025550100", take_in=events.extend)
    messenger.listen()
    try:
        put(phones, "hello")
        client().post(address(), {"text": "TD"})
        deadline = time.monotonic() + 10
        while phones.replies() and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        messenger.close()
        network.stop()

    texts = [event for event in events if isinstance(event, IncomingText)]
    assert texts == [IncomingText(id="", sender=PHONE, text="TD")]
    assert [(each.text, each.ours) for each in phones.bubbles()] == [("hello", True), ("TD", False)]


@pytest.mark.urls("signoff.config.urls")
def test_without_the_demo_there_are_no_phones() -> None:
    """C6: never in production."""
    with pytest.raises(NoReverseMatch):
        reverse("demo_sms:listing")
    with pytest.raises(Exception, match="demo/sms"):
        resolve("/demo/sms")
