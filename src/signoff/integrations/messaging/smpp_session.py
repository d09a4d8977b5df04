"""One connection to a message centre over SMPP 3.4, bound as transceiver.

A thread reads; another takes in what people and the network send us, so that a slow database never
holds up the answers to our own messages. Requests wait for their answers by sequence number, so
several threads may send at once.
"""

import logging
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as NoAnswerInTime
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from signoff.integrations.messaging.smpp_pdu import (
    HEADER,
    LARGEST,
    RESPONSE,
    VERSION,
    Command,
    Cursor,
    Malformed,
    Pdu,
    ShortMessage,
    Status,
    c_string,
)
from signoff.ports.messaging import MessengerLockedOut

log = logging.getLogger(__name__)

_KNOWN_WRONG = (Status.BIND_FAILED, Status.INVALID_PASSWORD, Status.INVALID_SYSTEM_ID)
_CONNECT_S = 10.0
_LAST_SEQUENCE = 0x7FFFFFFF


class SessionDown(Exception):
    """The message centre is not reached, or does not let us in now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmppServer:
    """Where the message centre is, and who we are to it."""

    host: str
    port: int
    tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    system_type: str = ""
    timeout_s: float = 10.0
    """How long an answer may take."""
    enquire_s: float = 30.0
    """After so long a silence we ask whether anybody is there."""
    linger_s: float = 90.0
    """A connection nobody listens on is given up after so long without a message."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request came to: a status and the id a message got; neither where no answer came."""

    status: int | None
    message_id: str = ""


class Session:
    """A bound connection; `closed` is set once it is over."""

    def __init__(
        self, server: SmppServer, *, delivered: Callable[[ShortMessage], None], kept: bool = False
    ) -> None:
        """Connect and bind. `delivered` may raise: the message then comes again.

        Raises SessionDown, and MessengerLockedOut where our name or password is wrong.
        """
        self.closed = threading.Event()
        self.kept = kept
        self._server = server
        self._delivered = delivered
        self._writing = threading.Lock()
        self._sequence = count()
        self._pending: dict[int, Future[Pdu]] = {}
        self._inbox: queue.SimpleQueue[Pdu | None] = queue.SimpleQueue()
        self._used = time.monotonic()
        self._asked = False
        try:
            self._socket = _connected(server)
        except OSError as error:
            raise SessionDown("CONNECT") from error
        for act, name in ((self._read_all, "smpp-read"), (self._take_in_all, "smpp-take-in")):
            threading.Thread(target=act, name=name, daemon=True).start()
        self._bind()

    def submit(self, messages: Sequence[ShortMessage]) -> list[Answer]:
        """Send messages without waiting in between, then wait for all their answers."""
        self._used = time.monotonic()
        asked = [self._ask(Command.SUBMIT_SM, message.packed) for message in messages]
        deadline = time.monotonic() + self._server.timeout_s
        answers = [self._answer(future, deadline=deadline) for future in asked]
        self._used = time.monotonic()
        return answers

    def close(self) -> None:
        """Unbind where that is still possible, and hang up."""
        if not self.closed.is_set():
            with suppress(NoAnswerInTime, SessionDown):
                self._ask(Command.UNBIND).result(timeout=1.0)
        self._hang_up()

    def _bind(self) -> None:
        words = (self._server.user, self._server.password, self._server.system_type)
        body = b"".join(map(c_string, words)) + bytes([VERSION, 0, 0]) + c_string("")
        try:
            answer = self._ask(Command.BIND_TRANSCEIVER, body).result(self._server.timeout_s)
        except (NoAnswerInTime, SessionDown):
            self._hang_up()
            raise SessionDown("CONNECT") from None
        if answer.status == Status.OK:
            return
        self._hang_up()
        if answer.status in _KNOWN_WRONG:
            raise MessengerLockedOut(code_of(answer.status))
        raise SessionDown(code_of(answer.status))

    def _ask(self, command: Command, body: bytes = b"") -> "Future[Pdu]":
        future: Future[Pdu] = Future()
        with self._writing:
            sequence = 1 + next(self._sequence) % _LAST_SEQUENCE
            self._pending[sequence] = future
            if self.closed.is_set():
                future.set_exception(SessionDown("CLOSED"))
                return future
            try:
                self._socket.sendall(Pdu(command, 0, sequence, body).packed)
            except OSError:
                self._hang_up()
        return future

    def _answer(self, future: "Future[Pdu]", *, deadline: float) -> Answer:
        try:
            pdu = future.result(timeout=max(0.0, deadline - time.monotonic()))
            message_id = Cursor(pdu.body).text() if pdu.status == Status.OK and pdu.body else ""
        except (NoAnswerInTime, SessionDown, Malformed):
            return Answer(None)
        return Answer(pdu.status, message_id)

    def _say(self, request: Pdu, status: int, *, body: bytes = b"") -> None:
        answer = Pdu(request.command | RESPONSE, status, request.sequence, body)
        with self._writing, suppress(OSError):
            self._socket.sendall(answer.packed)

    # ------------------------------------------------------------ reading
    def _read_all(self) -> None:
        try:
            while not self.closed.is_set():
                self._handle(self._next())
        except (OSError, Malformed, EOFError) as error:
            if not self.closed.is_set():
                log.info("the message centre hung up", extra={"error": type(error).__name__})
        finally:
            self._hang_up()

    def _next(self) -> Pdu:
        head = self._exactly(HEADER.size, may_be_silent=True)
        size, command, status, sequence = HEADER.unpack(head)
        if not HEADER.size <= size <= LARGEST:
            raise Malformed("a PDU of impossible length")
        return Pdu(command, status, sequence, self._exactly(size - HEADER.size))

    def _exactly(self, size: int, *, may_be_silent: bool = False) -> bytes:
        found = b""
        while len(found) < size:
            try:
                piece = self._socket.recv(size - len(found))
            except TimeoutError:
                if found or not may_be_silent:
                    raise
                self._after_silence()
                continue
            if not piece:
                raise EOFError
            found += piece
        return found

    def _after_silence(self) -> None:
        idle = time.monotonic() - self._used
        if self._asked or (not self.kept and idle > self._server.linger_s):
            raise EOFError
        self._asked = True
        self._ask(Command.ENQUIRE_LINK)

    def _handle(self, pdu: Pdu) -> None:
        self._asked = False
        if pdu.command & RESPONSE:
            future = self._pending.pop(pdu.sequence, None)
            if future is not None:
                with suppress(InvalidStateError):
                    future.set_result(pdu)
        elif pdu.command == Command.DELIVER_SM:
            self._inbox.put(pdu)
        elif pdu.command == Command.ENQUIRE_LINK:
            self._say(pdu, Status.OK)
        elif pdu.command == Command.UNBIND:
            self._say(pdu, Status.OK)
            raise EOFError
        else:
            nack = Pdu(Command.GENERIC_NACK, 0, pdu.sequence)
            self._say(nack, Status.INVALID_COMMAND)

    # ------------------------------------------------------------ taking in
    def _take_in_all(self) -> None:
        while (pdu := self._inbox.get()) is not None:
            self._say(pdu, self._taken_in(pdu), body=c_string(""))

    def _taken_in(self, pdu: Pdu) -> Status:
        try:
            self._delivered(ShortMessage.read(pdu.body))
        except Malformed:
            log.warning("a text cannot be read")
        except Exception as error:
            # Not kept, so not ours yet: the message centre holds it and delivers it again.
            log.warning("a text was not taken in", extra={"error": type(error).__name__})
            return Status.TRY_LATER
        return Status.OK

    def _hang_up(self) -> None:
        self.closed.set()
        self._inbox.put(None)
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for future in list(self._pending.values()):
            with suppress(InvalidStateError):
                future.set_exception(SessionDown("CLOSED"))


def code_of(status: int) -> str:
    """A status as operators look it up."""
    return f"ESME {status:#010x}"


def _connected(server: SmppServer) -> socket.socket:
    plain = socket.create_connection((server.host, server.port), timeout=_CONNECT_S)
    plain.settimeout(server.enquire_s)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not server.tls:
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=server.host)
    except OSError:
        plain.close()
        raise
