"""Mail through any SMTP server, at ports.messaging.

The server is named by one URL: `smtp://`, `smtp+tls://` or `smtps://`, then
`user:password@host:port`. Plain `smtp` upgrades itself where the server offers STARTTLS; with a
password it insists on it, except on the loopback. Addresses never reach a log or an outcome.
"""

import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from signoff.ports.messaging import (
    MessageKind,
    MessageOutcome,
    MessengerLockedOut,
    OutgoingMessage,
)

_PAUSE_S = 60
_TAKEN = 250
_WILL_FORWARD = 251
# Seven bits pass every server, and signatures survive them.
_POLICY = SMTP.clone(cte_type="7bit")
_SCHEMES = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where to hand mail in, and as whom."""

    host: str
    port: int
    scheme: str = "smtp"
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> "SmtpServer":
        """Read a server's URL; the message of the ValueError never repeats it."""
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise ValueError("write smtp://, smtp+tls:// or smtps://, then user:password@host")
        return cls(
            host=parts.hostname,
            port=parts.port or _SCHEMES[parts.scheme],
            scheme=parts.scheme,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    @property
    def is_loopback(self) -> bool:
        """Whether mail to this server never leaves the machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


class SmtpMessenger:
    """Sends each set of messages through one connection."""

    def __init__(
        self,
        *,
        server: SmtpServer,
        sender: str,
        now: Callable[[], datetime],
        name: str = "mail",
        timeout_s: float = 30.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Connect to nothing yet. `sender` is an address, or `Name <address>`."""
        self._server = server
        self._sender = sender
        self._address = parseaddr(sender)[1]
        self._domain = self._address.rpartition("@")[2] or "localhost"
        self._now = now
        self._name = name
        self._timeout_s = timeout_s
        self._tls = tls or ssl.create_default_context()

    @property
    def name(self) -> str:
        """The key in the registry."""
        return self._name

    def send(self, messages: Sequence[OutgoingMessage]) -> Sequence[MessageOutcome]:
        """Hand messages in, one after the other."""
        if not messages:
            return []
        outcomes: list[MessageOutcome] = []
        try:
            with self._connection() as connection:
                for message in messages:
                    outcomes.append(self._send(connection, message))
                    if outcomes[-1].code == "BROKEN_CONNECTION":
                        break
        except MessengerLockedOut:
            raise
        except (OSError, smtplib.SMTPException):
            pass  # the connection was not made: what follows is the answer for all
        rest = messages[len(outcomes) :]
        return [*outcomes, *(_later(message, code="CONNECT") for message in rest)]

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        connection = self._connect()
        try:
            self._secure(connection)
            self._log_in(connection)
            yield connection
        finally:
            _say_goodbye(connection)

    def _connect(self) -> smtplib.SMTP:
        host, port, timeout = self._server.host, self._server.port, self._timeout_s
        if self._server.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port, timeout=timeout, context=self._tls)
        return smtplib.SMTP(host, port, timeout=timeout)

    def _secure(self, connection: smtplib.SMTP) -> None:
        connection.ehlo()
        if self._server.scheme == "smtps":
            return
        must = self._server.scheme == "smtp+tls"
        must = must or (self._server.password is not None and not self._server.is_loopback)
        if connection.has_extn("starttls") and (must or not self._server.is_loopback):
            connection.starttls(context=self._tls)
            connection.ehlo()
        elif must:
            raise MessengerLockedOut("NO_STARTTLS")

    def _log_in(self, connection: smtplib.SMTP) -> None:
        if self._server.user is None:
            return
        try:
            connection.login(self._server.user, self._server.password or "")
        except smtplib.SMTPAuthenticationError as error:
            raise MessengerLockedOut(_code(error.smtp_code, error.smtp_error)) from None
        except smtplib.SMTPNotSupportedError:
            raise MessengerLockedOut("NO_AUTH") from None

    def _send(self, connection: smtplib.SMTP, message: OutgoingMessage) -> MessageOutcome:
        try:
            mail = self._mail(message)
        except (MessageError, ValueError, LookupError):
            return _outcome(message, MessageKind.REFUSED, code="MALFORMED")
        if not message.to.isascii() and not connection.has_extn("smtputf8"):
            return _outcome(message, MessageKind.REFUSED, code="NO_SMTPUTF8")
        try:
            refusal = self._envelope(connection, message)
        except (OSError, smtplib.SMTPException):
            connection.close()
            return _later(message, code="BROKEN_CONNECTION")
        if refusal is not None:
            return refusal
        try:
            status, text = connection.data(mail.as_bytes())
        except smtplib.SMTPDataError as error:
            return _refused(message, status=error.smtp_code, text=error.smtp_error)
        except (OSError, smtplib.SMTPException):
            # It broke between DATA and its answer: the server may have taken the message.
            connection.close()
            return _outcome(message, MessageKind.UNKNOWN, code="BROKEN_CONNECTION")
        if status != _TAKEN:
            return _refused(message, status=status, text=text)
        return _outcome(message, MessageKind.DONE, reference=str(mail["Message-ID"]))

    def _envelope(
        self, connection: smtplib.SMTP, message: OutgoingMessage
    ) -> MessageOutcome | None:
        """Name sender and recipient; return the outcome where the server refuses one of them."""
        options = () if message.to.isascii() else ("SMTPUTF8",)
        status, text = connection.mail(self._address, options)
        if status != _TAKEN:
            connection.rset()
            if 400 <= status < 500:
                return _later(message, code=_code(status, text))
            return _outcome(message, MessageKind.NEEDS_HUMAN, code=_code(status, text))
        status, text = connection.rcpt(message.to)
        if status not in (_TAKEN, _WILL_FORWARD):
            connection.rset()
            return _refused(message, status=status, text=text)
        return None

    def _mail(self, message: OutgoingMessage) -> EmailMessage:
        mail = EmailMessage(policy=_POLICY)
        address = Address(addr_spec=message.to)
        mail["Message-ID"] = f"<{message.id}@{self._domain}>"
        mail["Date"] = format_datetime(self._now())
        mail["From"] = self._sender
        mail["To"] = address
        mail["Subject"] = message.subject
        mail.set_content(message.body)
        for attachment in message.attachments:
            kind, _, subkind = attachment.media_type.partition("/")
            mail.add_attachment(
                attachment.content, maintype=kind, subtype=subkind, filename=attachment.filename
            )
        # After the content: setting it clears and moves every Content- field.
        mail["Content-Language"] = message.language
        mail["Auto-Submitted"] = "auto-generated"
        for name, value in message.headers.items():
            del mail[name]
            mail[name] = value
        return mail


def _say_goodbye(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        connection.close()


def _refused(message: OutgoingMessage, *, status: int, text: bytes | str) -> MessageOutcome:
    code = _code(status, text)
    if 400 <= status < 500:
        return _later(message, code=code)
    return _outcome(message, MessageKind.REFUSED, code=code)


def _later(message: OutgoingMessage, *, code: str) -> MessageOutcome:
    return _outcome(message, MessageKind.RETRY_AFTER, code=code, retry_after_s=_PAUSE_S)


def _outcome(
    message: OutgoingMessage,
    kind: MessageKind,
    *,
    code: str | None = None,
    reference: str | None = None,
    retry_after_s: int | None = None,
) -> MessageOutcome:
    return MessageOutcome(
        id=message.id, kind=kind, reference=reference, code=code, retry_after_s=retry_after_s
    )


def _code(status: int, text: bytes | str) -> str:
    """Keep the reply code and the enhanced code (RFC 3463); the text may hold the address."""
    words = (text.decode("ascii", "replace") if isinstance(text, bytes) else text).split()
    first = words[0] if words else ""
    enhanced = len(first) <= 9 and first.count(".") == 2 and first.replace(".", "").isdigit()
    return f"{status} {first}" if enhanced else str(status)
