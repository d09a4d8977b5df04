"""Mail through a real SMTP server on the loopback (N1): what it says is what we report."""

import asyncio
import email
import logging
import socket
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from signoff.integrations.messaging.smtp import SmtpMessenger, SmtpServer
from signoff.ports.messaging import (
    Attachment,
    MessageKind,
    MessageOutcome,
    MessengerLockedOut,
    OutgoingMessage,
)

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


class Server:
    """Keeps what it is sent, and answers some addresses with what they are called."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.connections = 0

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return answers

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return f"550 5.1.1 <{address}> is nobody here"
        if address.startswith("full"):
            return "452 4.2.2 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        if envelope.rcpt_tos[0].startswith("slow"):
            await asyncio.sleep(3)
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 5.7.1 looks like spam"
        return "250 taken"

    def mails(self) -> list[EmailMessage]:
        found = []
        for envelope in self.envelopes:
            assert isinstance(envelope.content, bytes)
            mail = email.message_from_bytes(envelope.content, policy=default)
            assert isinstance(mail, EmailMessage)
            found.append(mail)
        return found


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.password == b"right"
    return AuthResult(success=good, handled=False)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def controller(server: Server) -> Iterator[Controller]:
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=authenticate,
        auth_require_tls=False,
        enable_SMTPUTF8=True,
    )
    controller.start()
    yield controller
    controller.stop()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def messenger(port: int, *, user: str = "", scheme: str = "smtp") -> SmtpMessenger:
    return SmtpMessenger(
        server=SmtpServer.from_url(f"{scheme}://{user}127.0.0.1:{port}"),
        sender="Signoff <signoff@brand.example>",
        now=lambda: NOW,
        timeout_s=1.0,
    )


def message(
    number: int, *, to: str, subject: str = "Ended", body: str = "Gone."
) -> OutgoingMessage:
    return OutgoingMessage(id=UUID(int=number), to=to, subject=subject, body=body)


def said(outcomes: Sequence[MessageOutcome]) -> list[tuple[MessageKind, str | None]]:
    return [(outcome.kind, outcome.code) for outcome in outcomes]


def test_a_set_goes_through_one_connection(server: Server, controller: Controller) -> None:
    messages = [message(n, to=f"m{n}@home.example") for n in range(5)]

    outcomes = messenger(controller.port).send(messages)

    assert [one.id for one in outcomes] == [one.id for one in messages]
    assert {one.kind for one in outcomes} == {MessageKind.DONE}
    assert server.connections == 1
    assert len(server.envelopes) == 5


def test_a_mail_says_what_it_is(server: Server, controller: Controller) -> None:
    asked = OutgoingMessage(
        id=UUID(int=7),
        to="mei@home.example",
        subject="您的号码已注销",
        body="谢谢。\n" + "长" * 600,
        language="zh-Hans",
        headers={"Reply-To": "help@brand.example", "Auto-Submitted": "auto-replied"},
        attachments=[
            Attachment(filename="证书.pdf", media_type="application/pdf", content=b"%PDF-\x00")
        ],
    )

    (outcome,) = messenger(controller.port).send([asked])

    (mail,) = server.mails()
    body = mail.get_body()
    (attachment,) = mail.iter_attachments()
    assert isinstance(attachment, EmailMessage)
    assert outcome.reference == mail["Message-ID"] == f"<{UUID(int=7)}@brand.example>"
    assert mail["Subject"] == "您的号码已注销"
    assert mail["Content-Language"] == "zh-Hans"
    assert mail["Date"].datetime == NOW
    assert mail.get_all("Auto-Submitted") == ["auto-replied"]
    assert mail["Reply-To"] == "help@brand.example"
    assert body is not None
    assert body.get_content().splitlines() == asked.body.splitlines()
    assert attachment.get_filename() == "证书.pdf"
    assert attachment.get_content() == b"%PDF-\x00"


def test_a_repetition_has_the_same_message_id(server: Server, controller: Controller) -> None:
    for _ in range(2):
        messenger(controller.port).send([message(1, to="mei@home.example")])

    assert len({mail["Message-ID"] for mail in server.mails()}) == 1


def test_one_refusal_does_not_stop_the_others(server: Server, controller: Controller) -> None:
    receivers = [
        "nobody@home.example",
        "full@home.example",
        "spam@home.example",
        "mei@home.example",
    ]
    messages = [message(n, to=to) for n, to in enumerate(receivers)]

    outcomes = messenger(controller.port).send(messages)

    assert said(outcomes) == [
        (MessageKind.REFUSED, "550 5.1.1"),
        (MessageKind.RETRY_AFTER, "452 4.2.2"),
        (MessageKind.REFUSED, "554 5.7.1"),
        (MessageKind.DONE, None),
    ]


@pytest.mark.parametrize(
    ("to", "subject"),
    [("no address", "x"), ("a@b.example\nBcc: c@d.example", "x"), ("a@b.example", "x\nBcc: y")],
)
def test_nothing_can_be_smuggled_into_the_head(
    server: Server, controller: Controller, to: str, subject: str
) -> None:
    outcomes = messenger(controller.port).send([message(1, to=to, subject=subject)])

    assert said(outcomes) == [(MessageKind.REFUSED, "MALFORMED")]
    assert server.envelopes == []


def test_no_answer_to_data_is_unknown_and_the_rest_waits(
    server: Server, controller: Controller
) -> None:
    messages = [message(1, to="slow@home.example"), message(2, to="mei@home.example")]

    outcomes = messenger(controller.port).send(messages)

    assert [one.kind for one in outcomes] == [MessageKind.UNKNOWN, MessageKind.RETRY_AFTER]


def test_refused_connection_is_retry_after() -> None:
    outcomes = messenger(free_port()).send([message(1, to="mei@home.example")])

    assert said(outcomes) == [(MessageKind.RETRY_AFTER, "CONNECT")]


def test_a_server_that_hangs_up_at_once_is_retry_after() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        thread = threading.Thread(target=lambda: listening.accept()[0].close())
        thread.start()

        outcomes = messenger(port).send([message(1, to="mei@home.example")])

        thread.join()
    assert said(outcomes) == [(MessageKind.RETRY_AFTER, "CONNECT")]


def test_the_right_password_is_let_in(server: Server, controller: Controller) -> None:
    outcomes = messenger(controller.port, user="us:right@").send(
        [message(1, to="mei@home.example")]
    )

    assert outcomes[0].kind is MessageKind.DONE


def test_a_wrong_password_is_raised(server: Server, controller: Controller) -> None:
    with pytest.raises(MessengerLockedOut) as caught:
        messenger(controller.port, user="us:wrong@").send([message(1, to="mei@home.example")])

    assert caught.value.permanent
    assert "wrong" not in str(caught.value)
    assert server.envelopes == []


def test_demanded_encryption_is_never_given_up(server: Server, controller: Controller) -> None:
    with pytest.raises(MessengerLockedOut, match="NO_STARTTLS"):
        messenger(controller.port, scheme="smtp+tls").send([message(1, to="mei@home.example")])

    assert server.envelopes == []


def test_an_empty_set_needs_no_server() -> None:
    assert list(messenger(free_port()).send([])) == []


def test_no_address_reaches_outcome_repr_or_log(
    server: Server, controller: Controller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="signoff")
    asked = [message(1, to="nobody@home.example"), message(2, to="mei@home.example")]

    outcomes = messenger(controller.port, user="us:right@").send(asked)

    ours = " ".join(one.getMessage() for one in caplog.records if one.name.startswith("signoff"))
    shown = repr(outcomes) + repr(asked) + repr(SmtpServer.from_url("smtp://u:pw1@h")) + ours
    assert "home.example" not in shown
    assert "pw1" not in shown


@pytest.mark.parametrize("url", ["http://u:pw1@mail", "smtp://:pw1@", "mail.example:25/pw1"])
def test_a_wrong_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="smtps://") as caught:
        SmtpServer.from_url(url)

    assert "pw1" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "port", "password"),
    [
        ("smtp://mail.example", 25, None),
        ("smtp+tls://u:p%40ss@mail.example", 587, "p@ss"),
        ("smtps://u:p@mail.example:4465", 4465, "p"),
    ],
)
def test_a_url_names_the_server(url: str, port: int, password: str | None) -> None:
    server = SmtpServer.from_url(url)

    assert (server.host, server.port, server.password) == ("mail.example", port, password)
