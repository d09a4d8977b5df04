"""Texts to a message centre that speaks SMPP 3.4 over TCP (C6, N1): what it says is what we report.

The centre is of signoff.testing.texting, with byte layouts of its own.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from signoff.integrations.messaging.smpp import SmppMessenger
from signoff.integrations.messaging.smpp_session import SmppServer
from signoff.ports.messaging import (
    MessageKind,
    MessageOutcome,
    MessengerLockedOut,
    OutgoingMessage,
)
from signoff.ports.texting import Fate, IncomingText, Receipt, TextEvent
from signoff.testing.texting import MessageCentre, NobodyListens, running_centre

US = "+12025550111"
PHONE = "+14155550123"


class Intake:
    """Keeps what comes in; raises so many times first."""

    def __init__(self) -> None:
        self.events: list[TextEvent] = []
        self.failing = 0

    def __call__(self, events: Sequence[TextEvent]) -> None:
        if self.failing:
            self.failing -= 1
            raise OSError("database away")
        self.events += events


@pytest.fixture
def centre() -> Iterator[MessageCentre]:
    with running_centre() as centre:
        yield centre


@pytest.fixture
def intake() -> Intake:
    return Intake()


Make = Callable[..., SmppMessenger]


@pytest.fixture
def make(centre: MessageCentre, intake: Intake) -> Iterator[Make]:
    made: list[SmppMessenger] = []

    def build(*, sender: str = US, payload: bool = False, **options: object) -> SmppMessenger:
        server = SmppServer(
            host="127.0.0.1", port=centre.port, user="signoff", password="sms-pass", timeout_s=0.5
        )
        server = replace(server, **options)  # type: ignore[arg-type]
        made.append(SmppMessenger(server=server, sender=sender, take_in=intake, payload=payload))
        return made[-1]

    yield build
    for each in made:
        each.close()


def message(number: int, *, to: str = PHONE, body: str = "482913 is your code.") -> OutgoingMessage:
    return OutgoingMessage(id=UUID(int=number), to=to, subject="", body=body)


def said(outcomes: Sequence[MessageOutcome]) -> list[tuple[MessageKind, str | None]]:
    return [(outcome.kind, outcome.code) for outcome in outcomes]


def until(found: Callable[[], object], *, timeout_s: float = 5.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_plain_text_goes_as_septets(centre: MessageCentre, make: Make) -> None:
    """C6: data_coding 0, one part, numbers without their plus, valid for a day."""
    (outcome,) = make().send([message(1, body="You owe €5 — it’s due")])

    (told,) = centre.submitted
    assert (outcome.id, outcome.kind) == (UUID(int=1), MessageKind.DONE)
    assert outcome.reference
    assert (told.source, told.source_ton) == ("12025550111", 1)
    assert (told.destination, told.destination_ton) == ("14155550123", 1)
    assert (told.data_coding, told.esm_class, told.validity) == (0, 0, "000001000000000R")
    assert told.content == b"You owe \x1b\x655 - it's due"
    assert centre.bubbles[0].text == "You owe €5 - it's due"


def test_chinese_goes_as_ucs2(centre: MessageCentre, make: Make) -> None:
    """C6: data_coding 8, high octet first; an emoji is two units."""
    make().send([message(1, body="您的线路已终止😀")])

    (told,) = centre.submitted
    assert (told.data_coding, told.esm_class) == (8, 0)
    assert told.content.decode("utf-16-be") == "您的线路已终止😀"


@pytest.mark.parametrize(
    ("body", "coding", "octets"),
    [("a" * 200, 0, [159, 53]), ("长" * 100, 8, [140, 72])],
)
def test_a_long_text_goes_in_parts(
    centre: MessageCentre, make: Make, body: str, coding: int, octets: list[int]
) -> None:
    """C6: a user data header on each part, one reference, the receipt asked for with the last."""
    (outcome,) = make().send([message(1, body=body)])

    heads = [told.content[:6] for told in centre.submitted]
    assert outcome.kind is MessageKind.DONE
    assert [told.data_coding for told in centre.submitted] == [coding, coding]
    assert [told.esm_class for told in centre.submitted] == [0x40, 0x40]
    assert [len(told.content) for told in centre.submitted] == octets
    assert [head[:3] + head[4:] for head in heads] == [b"\5\0\3\2\1", b"\5\0\3\2\2"]
    assert heads[0][3] == heads[1][3]
    assert [told.registered_delivery for told in centre.submitted] == [0, 1]
    assert centre.bubbles[0].text == body


def test_a_long_text_may_go_whole(centre: MessageCentre, make: Make) -> None:
    """C6: message_payload, where the message centre cuts."""
    make(payload=True).send([message(1, body="长" * 100)])

    (told,) = centre.submitted
    assert told.in_payload
    assert told.esm_class == 0
    assert told.content.decode("utf-16-be") == "长" * 100


@pytest.mark.parametrize(
    ("sender", "address"),
    [("Signoff", ("Signoff", 5)), ("72345", ("72345", 0)), (US, ("12025550111", 1))],
)
def test_a_sender_is_a_number_a_short_code_or_a_name(
    centre: MessageCentre, make: Make, sender: str, address: tuple[str, int]
) -> None:
    """C6."""
    make(sender=sender).send([message(1)])

    assert (centre.submitted[0].source, centre.submitted[0].source_ton) == address


def test_sets_share_one_connection(centre: MessageCentre, make: Make) -> None:
    """C6: 25 messages, more than go at once, over two calls and four threads: one bind."""
    messenger = make()
    threads = [
        threading.Thread(target=messenger.send, args=([message(n) for n in range(25)],))
        for _ in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(centre.submitted) == 100
    assert centre.binds == 1


def test_one_refusal_does_not_stop_the_others(centre: MessageCentre, make: Make) -> None:
    """N1: throttling waits, a wrong number is refused, a wrong sender is ours to mend."""
    centre.moods.refuse = {"+14155550001": 0x0B, "+14155550003": 0x0A, "+14155550004": 0x14}
    centre.moods.throttle = {"+14155550002": 9}
    numbers = [f"+1415555000{n}" for n in range(1, 6)]

    outcomes = make().send([message(n, to=to) for n, to in enumerate(numbers)])

    assert said(outcomes) == [
        (MessageKind.REFUSED, "ESME 0x0000000b"),
        (MessageKind.RETRY_AFTER, "ESME 0x00000058"),
        (MessageKind.NEEDS_HUMAN, "ESME 0x0000000a"),
        (MessageKind.RETRY_AFTER, "ESME 0x00000014"),
        (MessageKind.DONE, None),
    ]
    assert outcomes[1].retry_after_s == 5
    assert [each.number for each in centre.bubbles] == ["+14155550005"]


def test_the_rest_of_a_text_follows_when_it_was_throttled(
    centre: MessageCentre, make: Make
) -> None:
    """N1: a part was taken, so the others are sent again at once, and no part twice."""
    messenger = make()
    messenger.send([message(0)])
    taken, body = len(centre.submitted), "长" * 150
    original = centre.moods.throttle

    class OnlyTheSecond(dict[str, int]):
        seen = 0

        def get(self, key: str, default: int = 0) -> int:  # type: ignore[override]
            self.seen += 1
            return 1 if self.seen == 2 else 0

        def __setitem__(self, key: str, value: int) -> None:
            pass

        def __getitem__(self, key: str) -> int:
            return 1

    centre.moods.throttle = OnlyTheSecond()
    (outcome,) = messenger.send([message(1, body=body)])
    centre.moods.throttle = original

    places = [told.content[5] for told in centre.submitted[taken:]]
    assert outcome.kind is MessageKind.DONE
    assert sorted(places) == [1, 2, 3]
    assert centre.bubbles[-1].text == body


def test_no_answer_is_unknown_and_the_rest_waits(centre: MessageCentre, make: Make) -> None:
    """N1, C6: what was handed over and not answered is not claimed to be sent, or not sent."""
    centre.moods.silent = {"+14155550001"}
    asked = [message(n) for n in range(11)]
    asked[0] = message(0, to="+14155550001")

    outcomes = make().send(asked)

    assert said(outcomes[:2]) == [(MessageKind.UNKNOWN, "NO_ANSWER"), (MessageKind.DONE, None)]
    assert said(outcomes[10:]) == [(MessageKind.RETRY_AFTER, "CONNECT")]


def test_a_broken_connection_is_unknown_and_the_next_set_goes(
    centre: MessageCentre, make: Make
) -> None:
    """N1: it hung up with the message in hand; a new connection is made for the next."""
    centre.moods.hang_up_on = {"+14155550001"}
    messenger = make()

    first = messenger.send([message(1, to="+14155550001")])
    second = messenger.send([message(2)])

    assert said(first) == [(MessageKind.UNKNOWN, "NO_ANSWER")]
    assert said(second) == [(MessageKind.DONE, None)]
    assert centre.binds == 2


def test_nobody_there_is_retry_after() -> None:
    """N1."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        server = SmppServer(host="127.0.0.1", port=one.getsockname()[1])

    outcomes = SmppMessenger(server=server, sender=US, take_in=Intake()).send([message(1)])

    assert said(outcomes) == [(MessageKind.RETRY_AFTER, "CONNECT")]


def test_a_centre_that_does_not_answer_the_bind_is_retry_after(
    centre: MessageCentre, make: Make
) -> None:
    """N1."""
    centre.moods.deaf = True

    assert said(make().send([message(1)])) == [(MessageKind.RETRY_AFTER, "CONNECT")]
    assert centre.submitted == []


def test_a_wrong_password_is_raised(centre: MessageCentre, make: Make) -> None:
    """N1: nothing was sent, and the password stands nowhere."""
    with pytest.raises(MessengerLockedOut) as caught:
        make(password="hush-hush").send([message(1)])

    assert "0x0000000e" in str(caught.value)
    assert "hush" not in str(caught.value)
    assert centre.submitted == []


@pytest.mark.parametrize("to", ["", "14155550123", "+1415x", "+1 415 555 0123", "+", "a@b.example"])
def test_what_is_no_number_is_refused_here(centre: MessageCentre, make: Make, to: str) -> None:
    """N1: the others of the set go out."""
    outcomes = make().send([message(1, to=to), message(2)])

    assert said(outcomes) == [(MessageKind.REFUSED, "MALFORMED"), (MessageKind.DONE, None)]
    assert len(centre.submitted) == 1


def test_a_text_without_end_is_refused(centre: MessageCentre, make: Make) -> None:
    """C6: more parts than anybody would read."""
    outcomes = make().send([message(1, body="长" * 671)])

    assert said(outcomes) == [(MessageKind.REFUSED, "MALFORMED")]
    assert centre.submitted == []


def test_an_empty_set_needs_no_centre(centre: MessageCentre, make: Make) -> None:
    """N1."""
    assert list(make().send([])) == []
    assert centre.binds == 0


def test_receipts_name_the_message_they_are_about(
    centre: MessageCentre, make: Make, intake: Intake
) -> None:
    """C6: delivered or not, by the reference of the outcome."""
    centre.moods.undelivered = {"+14155550002"}

    first, second = make().send([message(1), message(2, to="+14155550002")])

    until(lambda: len(intake.events) == 2)
    assert sorted(intake.events, key=lambda each: "UNDELIV" in repr(each)) == [
        Receipt(reference=str(first.reference), fate=Fate.DELIVERED, code="DELIVRD"),
        Receipt(reference=str(second.reference), fate=Fate.FAILED, code="UNDELIV"),
    ]


@pytest.mark.parametrize("text", ["STOP", "我要注销我的号码", "长" * 150 + "end", "€{}"])
def test_what_people_write_comes_in_whole(
    centre: MessageCentre, make: Make, intake: Intake, text: str
) -> None:
    """C6: in either alphabet, in one part or several."""
    make().listen()
    centre.wait_bound()

    status = centre.write(sender=PHONE, to=US, text=text)

    assert status == 0
    assert intake.events == [IncomingText(id="", sender=PHONE, text=text)]


def test_what_could_not_be_kept_is_left_with_the_centre(
    centre: MessageCentre, make: Make, intake: Intake
) -> None:
    """C6: ESME_RX_T_APPN, so that it is delivered again; a STOP is never lost."""
    make().listen()
    centre.wait_bound()
    intake.failing = 1

    refused = centre.write(sender=PHONE, to=US, text="STOP")
    taken = centre.write(sender=PHONE, to=US, text="STOP")

    assert (refused, taken) == (0x64, 0)
    assert [event.text for event in intake.events if isinstance(event, IncomingText)] == ["STOP"]


def test_a_listener_comes_back_after_a_break(centre: MessageCentre, make: Make) -> None:
    """C6."""
    make().listen()
    centre.wait_bound()

    centre.drop()
    until(lambda: centre.binds == 2)

    assert centre.write(sender=PHONE, to=US, text="HELP") == 0


def test_silence_is_broken_by_a_question(centre: MessageCentre, make: Make) -> None:
    """C6: enquire_link keeps a listening connection alive."""
    make(enquire_s=0.1).listen()
    centre.wait_bound()

    assert centre.enquired.wait(2.0)
    time.sleep(0.5)
    assert centre.binds == 1


def test_a_centre_gone_deaf_is_given_up(centre: MessageCentre, make: Make) -> None:
    """C6: nobody answered the question, so the connection is made anew."""
    make(enquire_s=0.1).listen()
    centre.wait_bound()

    centre.moods.deaf = True
    until(lambda: not centre.connections)
    centre.moods.deaf = False
    until(lambda: centre.binds == 2, timeout_s=8)


def test_a_connection_nobody_needs_is_given_back(centre: MessageCentre, make: Make) -> None:
    """C6: without a listener it is let go; the next message makes another."""
    messenger = make(enquire_s=0.1, linger_s=0.2)
    messenger.send([message(1)])

    until(lambda: not centre.connections)

    assert said(messenger.send([message(2)])) == [(MessageKind.DONE, None)]


def test_closing_unbinds_and_stays_away(centre: MessageCentre, make: Make) -> None:
    """C6."""
    messenger = make()
    messenger.listen()
    centre.wait_bound()

    messenger.close()

    until(lambda: not centre.connections)
    with pytest.raises(NobodyListens):
        centre.write(sender=PHONE, to=US, text="STOP")


@pytest.mark.parametrize(
    "rubbish",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\0\0\0\1" + bytes(12),
        b"\xff\xff\xff\xff" + bytes(12),
        b"\0\0\0\x10\x80\0\0\x09",
    ],
)
def test_what_is_no_smpp_is_retry_after(rubbish: bytes) -> None:
    """N1: a wrong port, a proxy, half a frame."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(200)
                connection.sendall(rubbish)

        thread = threading.Thread(target=answer)
        thread.start()
        server = SmppServer(host="127.0.0.1", port=listening.getsockname()[1], timeout_s=1)
        outcomes = SmppMessenger(server=server, sender=US, take_in=Intake()).send([message(1)])
        thread.join()

    assert said(outcomes) == [(MessageKind.RETRY_AFTER, "CONNECT")]


def test_no_number_or_text_reaches_outcome_repr_or_log(
    centre: MessageCentre, make: Make, intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    """C6: personal data stays out of what is written down."""
    caplog.set_level(logging.DEBUG)
    centre.moods.refuse = {"+14155550001": 0x0B}
    messenger = make()
    messenger.listen()
    centre.wait_bound()
    asked = [message(1, to="+14155550001"), message(2, body="secret words")]

    outcomes = messenger.send(asked)
    intake.failing = 1
    centre.write(sender=PHONE, to=US, text="secret words")
    centre.write(sender=PHONE, to=US, text="secret words")

    shown = repr(outcomes) + repr(asked) + repr(intake.events) + caplog.text
    for secret in ("4155550123", "4155550001", "secret words", "sms-pass"):
        assert secret not in shown
