"""A message centre: a TCP server that speaks SMPP 3.4, keeps what it gets and can be awkward."""

import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

from signoff.domain.sms_text import Alphabet, encoded, from_gsm7, parts
from signoff.testing.texting import frames
from signoff.testing.texting.frames import Frame, Submitted
from signoff.testing.texting.phones import Bubble


class NobodyListens(Exception):
    """No client is bound that a text could be delivered to."""


@dataclass
class Moods:
    """How it treats numbers (with their +), and everybody."""

    refuse: dict[str, int] = field(default_factory=dict)
    """Answers submit_sm with this status."""
    throttle: dict[str, int] = field(default_factory=dict)
    """Answers ESME_RTHROTTLED so many times, then takes it."""
    silent: set[str] = field(default_factory=set)
    """Takes the message and does not answer."""
    hang_up_on: set[str] = field(default_factory=set)
    """Takes the message and hangs up."""
    undelivered: set[str] = field(default_factory=set)
    """Takes the message, and reports later that the phone never got it."""
    deaf: bool = False
    """Answers nothing at all, not even enquire_link."""


class MessageCentre(socketserver.ThreadingTCPServer):
    """Takes binds with one name and password, on a free port of the loopback unless told."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        user: str = "signoff",
        password: str = "sms-pass",
        got: Callable[[Bubble], None] = lambda bubble: None,
        receipts: bool = True,
    ) -> None:
        """Bind the port; `got` is told of every whole message."""
        super().__init__((host, port), _Connection)
        self.port: int = self.server_address[1]
        self.names = (user, password)
        self.got = got
        self.receipts = receipts
        self.moods = Moods()
        self.submitted: list[Submitted] = []
        self.bubbles: list[Bubble] = []
        self.binds = 0
        self.enquired = threading.Event()
        self.connections: list[_Connection] = []
        self.ids = count(1)

    def write(self, *, sender: str, to: str, text: str, timeout_s: float = 5.0) -> int:
        """Have a phone write to a bound client; returns the last status it answers with.

        Raises NobodyListens, also where no answer comes.
        """
        cut = parts(text)
        status, reference = frames.OK, next(self.ids) % 256
        for number, each in enumerate(cut.texts, start=1):
            octets, esm_class = encoded(each, cut.alphabet), 0
            if len(cut) > 1:
                octets = bytes([5, 0, 3, reference, len(cut), number]) + octets
                esm_class = 0x40
            body = frames.deliver_sm(
                source=sender.lstrip("+"),
                destination=to.lstrip("+"),
                esm_class=esm_class,
                coding=8 if cut.alphabet is Alphabet.UCS2 else 0,
                text=octets,
            )
            status = self._bound().deliver(body, timeout_s=timeout_s)
        return status

    def drop(self) -> None:
        """Break every connection."""
        for connection in list(self.connections):
            connection.hang_up()

    def wait_bound(self, *, timeout_s: float = 5.0) -> None:
        """Wait until somebody is bound. Raises NobodyListens."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if any(each.bound for each in self.connections):
                return
            time.sleep(0.01)
        raise NobodyListens

    def _bound(self) -> "_Connection":
        for connection in list(self.connections):
            if connection.bound:
                return connection
        raise NobodyListens


class _Connection(socketserver.BaseRequestHandler):
    server: MessageCentre
    request: socket.socket

    def setup(self) -> None:
        self.bound = False
        self._writing = threading.Lock()
        self._sequence = count(1)
        self._waiting: dict[int, tuple[threading.Event, list[int]]] = {}
        self._open: dict[tuple[str, int], dict[int, str]] = {}
        self.server.connections.append(self)

    def handle(self) -> None:
        """Answer until the client goes."""
        with suppress(OSError, EOFError):
            while True:
                self._handle(self._next())

    def finish(self) -> None:
        self.bound = False
        with suppress(ValueError):
            self.server.connections.remove(self)

    def hang_up(self) -> None:
        """Break the connection."""
        self.bound = False
        with suppress(OSError):
            self.request.shutdown(socket.SHUT_RDWR)

    def deliver(self, body: bytes, *, timeout_s: float) -> int:
        """Send a deliver_sm and wait for its answer. Raises NobodyListens."""
        sequence, answered, said = next(self._sequence), threading.Event(), list[int]()
        self._waiting[sequence] = answered, said
        self._send(Frame(frames.DELIVER_SM, 0, sequence, body))
        if not answered.wait(timeout_s):
            raise NobodyListens
        return said[0]

    def _handle(self, frame: Frame) -> None:
        if self.server.moods.deaf:
            return
        if frame.command & frames.ANSWER:
            if frame.sequence in self._waiting:
                answered, said = self._waiting.pop(frame.sequence)
                said.append(frame.status)
                answered.set()
        elif frame.command == frames.BIND_TRANSCEIVER:
            self._bind(frame)
        elif frame.command == frames.SUBMIT_SM:
            self._submit(frame)
        elif frame.command in (frames.ENQUIRE_LINK, frames.UNBIND):
            self.server.enquired.set()
            self._answer(frame, frames.OK)
            if frame.command == frames.UNBIND:
                raise EOFError
        else:
            self._send(Frame(frames.GENERIC_NACK, frames.INVALID_COMMAND, frame.sequence))

    def _bind(self, frame: Frame) -> None:
        known = frames.bind_names(frame.body) == self.server.names
        self._answer(frame, frames.OK if known else frames.INVALID_PASSWORD, body=b"centre\0")
        if known:
            self.server.binds += 1
            self.bound = True

    def _submit(self, frame: Frame) -> None:
        told, moods = frames.submitted(frame.body), self.server.moods
        number = f"+{told.destination}"
        if not self.bound:
            self._answer(frame, frames.INVALID_BIND_STATE)
        elif moods.throttle.get(number, 0) > 0:
            moods.throttle[number] -= 1
            self._answer(frame, frames.THROTTLED)
        elif number in moods.refuse:
            self._answer(frame, moods.refuse[number])
        else:
            self._take(frame, told, number=number)

    def _take(self, frame: Frame, told: Submitted, *, number: str) -> None:
        moods = self.server.moods
        self.server.submitted.append(told)
        self._put_together(told, number=number)
        if number in moods.hang_up_on:
            raise EOFError
        if number in moods.silent:
            return
        message_id = f"{next(self.server.ids):08X}"
        self._answer(frame, frames.OK, body=message_id.encode() + b"\0")
        if self.server.receipts and told.registered_delivery & 1:
            stat = "UNDELIV" if number in moods.undelivered else "DELIVRD"
            self._send_receipt(told, message_id=message_id, stat=stat)

    def _send_receipt(self, told: Submitted, *, message_id: str, stat: str) -> None:
        line = (
            f"id:{message_id} sub:001 dlvrd:{int(stat == 'DELIVRD'):03} "
            f"submit date:2611010905 done date:2611010906 stat:{stat} err:000 text:"
        )
        body = frames.deliver_sm(
            source=told.destination,
            destination=told.source,
            esm_class=0x04,
            coding=0,
            text=line.encode(),
        )
        self._send(Frame(frames.DELIVER_SM, 0, next(self._sequence), body))

    def _put_together(self, told: Submitted, *, number: str) -> None:
        """Tell `got` of a message once all its parts are there."""
        content, total, place, reference = told.content, 1, 1, 0
        if told.esm_class & 0x40:
            reference, total, place = content[3], content[4], content[5]
            content = content[1 + content[0] :]
        ucs2 = told.data_coding == 8
        text = content.decode("utf-16-be") if ucs2 else from_gsm7(content)
        held = self._open.setdefault((number, reference), {})
        held[place] = text
        if len(held) < total:
            return
        del self._open[number, reference]
        bubble = Bubble(
            number=number,
            text="".join(piece for _, piece in sorted(held.items())),
            at=time.time(),
            ours=True,
            alphabet=(Alphabet.UCS2 if ucs2 else Alphabet.GSM7).value,
            parts=total,
        )
        self.server.bubbles.append(bubble)
        self.server.got(bubble)

    def _answer(self, frame: Frame, status: int, *, body: bytes = b"") -> None:
        self._send(Frame(frame.command | frames.ANSWER, status, frame.sequence, body))

    def _send(self, frame: Frame) -> None:
        with self._writing:
            self.request.sendall(frame.to_bytes())

    def _next(self) -> Frame:
        size, command, status, sequence = struct.unpack("!4I", self._exactly(16))
        return Frame(command, status, sequence, self._exactly(size - 16))

    def _exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            piece = self.request.recv(size - len(found))
            if not piece:
                raise EOFError
            found += piece
        return found


@contextmanager
def running_centre(**options: object) -> Iterator[MessageCentre]:
    """Run a message centre in this process."""
    centre = MessageCentre(**options)  # type: ignore[arg-type]
    thread = threading.Thread(
        target=centre.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield centre
    finally:
        centre.drop()
        centre.shutdown()
        centre.server_close()
