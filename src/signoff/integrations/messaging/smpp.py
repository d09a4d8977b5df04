"""Texts through a message centre that speaks SMPP 3.4, at ports.messaging and ports.texting.

Own code of a few hundred lines: `smpplib` is LGPL, and `aiosmpplib` queues, repeats and forgets on
its own account, which is what may not happen to a message that must go out at most once
(docs/decisions/0017). An answer that does not come is UNKNOWN; so is a message of several parts of
which some were taken.
"""

import logging
import re
import secrets
import threading
import time
from collections.abc import Sequence
from itertools import count

from signoff.domain.sms_text import encoded, parts, plain
from signoff.integrations.messaging.smpp_incoming import Assembly, events_of
from signoff.integrations.messaging.smpp_pdu import (
    CODING,
    HAS_HEADER,
    Address,
    ShortMessage,
    Status,
    Tag,
    concatenation_header,
)
from signoff.integrations.messaging.smpp_session import (
    Answer,
    Session,
    SessionDown,
    SmppServer,
    code_of,
)
from signoff.ports.messaging import (
    MessageKind,
    MessageOutcome,
    MessengerError,
    MessengerLockedOut,
    OutgoingMessage,
)
from signoff.ports.texting import TakeIn

log = logging.getLogger(__name__)

MOST_PARTS = 10
NO_ANSWER = "NO_ANSWER"
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_WINDOW = 10
"""Messages on their way at once, and so the most that one break leaves unknown."""
_PAUSE_S = 60
_BUSY = {Status.THROTTLED: 5, Status.QUEUE_FULL: 30, Status.SYSTEM_ERROR: _PAUSE_S}
_ONE_DAY = "000001000000000R"
"""Validity (7.1.1, relative): a notice a day late says what is no longer so."""
_ROUNDS = 3
_LONGEST_PAUSE_S = 60.0


class SmppMessenger:
    """Sends texts over one connection a process, which is opened when there is something to do."""

    def __init__(
        self,
        *,
        server: SmppServer,
        sender: str,
        take_in: TakeIn,
        name: str = "sms",
        payload: bool = False,
    ) -> None:
        """Connect to nothing yet.

        `payload` sends long texts whole, as message_payload, where the message centre cuts them.
        """
        self._server = server
        self._sender = Address.of(sender)
        self._take_in = take_in
        self._name = name
        self._payload = payload
        self._assembly = Assembly()
        self._opening = threading.Lock()
        self._session: Session | None = None
        self._listening = False
        self._stop = threading.Event()
        self._references = count(secrets.randbelow(256))

    @property
    def name(self) -> str:
        """The key in the registry."""
        return self._name

    def send(self, messages: Sequence[OutgoingMessage]) -> Sequence[MessageOutcome]:
        """Hand texts in, several at a time."""
        outcomes: list[MessageOutcome] = []
        for start in range(0, len(messages), _WINDOW):
            window = messages[start : start + _WINDOW]
            try:
                session = self._open()
            except MessengerLockedOut:
                if not outcomes:
                    raise
                session = None
            except SessionDown:
                session = None
            if session is None:
                rest = messages[start:]
                return [*outcomes, *(_later(each, code="CONNECT") for each in rest)]
            outcomes += self._send(session, window)
            if any(outcome.code == NO_ANSWER for outcome in outcomes[start:]):
                session.close()
                rest = messages[start + len(window) :]
                return [*outcomes, *(_later(each, code="CONNECT") for each in rest)]
        return outcomes

    def listen(self) -> None:
        """Stay bound until `close`, again after every break; returns at once."""
        if self._listening:
            return
        self._listening = True
        threading.Thread(target=self._stay, name="smpp-stay", daemon=True).start()

    def close(self) -> None:
        """Unbind and stay away."""
        self._listening = False
        self._stop.set()
        with self._opening:
            if self._session is not None:
                self._session.close()

    def _stay(self) -> None:
        pause = 1.0
        while not self._stop.is_set():
            try:
                session = self._open()
            except (SessionDown, MessengerError) as error:
                log.warning("no connection for texts", extra={"error": type(error).__name__})
                self._stop.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
                continue
            session.closed.wait()
            pause = 1.0
            self._stop.wait(pause)

    def _open(self) -> Session:
        with self._opening:
            if self._session is None or self._session.closed.is_set():
                self._session = Session(
                    self._server, delivered=self._delivered, kept=self._listening
                )
            self._session.kept = self._listening
            return self._session

    def _delivered(self, message: ShortMessage) -> None:
        events = events_of(message, self._assembly)
        if events:
            self._take_in(events)

    # ------------------------------------------------------------ sending
    def _send(self, session: Session, messages: Sequence[OutgoingMessage]) -> list[MessageOutcome]:
        asked: list[tuple[OutgoingMessage, list[ShortMessage]]] = []
        for message in messages:
            fits = _NUMBER.fullmatch(message.to) is not None
            asked.append((message, self._pdus(message) if fits else []))
        answers = self._submit(session, [pdus for _, pdus in asked])
        return [
            _outcome(message, answered, fits=0 < len(pdus) <= MOST_PARTS)
            for (message, pdus), answered in zip(asked, answers, strict=True)
        ]

    def _submit(self, session: Session, sets: Sequence[list[ShortMessage]]) -> list[list[Answer]]:
        """Submit sets of parts; where some of a set are taken and others throttled, again those."""
        places = [
            (one, part)
            for one, pdus in enumerate(sets)
            if len(pdus) <= MOST_PARTS
            for part in range(len(pdus))
        ]
        found: dict[tuple[int, int], Answer] = {}
        for left in reversed(range(_ROUNDS)):
            given = session.submit([sets[one][part] for one, part in places])
            found.update(zip(places, given, strict=True))
            begun = {one for (one, _), answer in found.items() if answer.status == Status.OK}
            places = [
                place
                for place, answer in found.items()
                if place[0] in begun and answer.status in _BUSY
            ]
            if not places or not left:
                break
            time.sleep(1.0)
        return [
            [found[one, part] for part in range(len(pdus)) if (one, part) in found]
            for one, pdus in enumerate(sets)
        ]

    def _pdus(self, message: OutgoingMessage) -> list[ShortMessage]:
        text = plain(message.body)
        cut = parts(text)
        coding = CODING[cut.alphabet]
        if self._payload and len(cut) > 1:
            options = {int(Tag.MESSAGE_PAYLOAD): encoded(text, cut.alphabet)}
            return [self._pdu(message, coding=coding, options=options, receipt=True)]
        reference, pdus = next(self._references), []
        for number, each in enumerate(cut.texts, start=1):
            content = encoded(each, cut.alphabet)
            last = number == len(cut)
            if len(cut) > 1:
                head = concatenation_header(reference, total=len(cut), number=number)
                content = head + content
            pdus.append(
                self._pdu(
                    message, coding=coding, content=content, receipt=last, header=len(cut) > 1
                )
            )
        return pdus

    def _pdu(
        self,
        message: OutgoingMessage,
        *,
        coding: int,
        receipt: bool,
        content: bytes = b"",
        header: bool = False,
        options: dict[int, bytes] | None = None,
    ) -> ShortMessage:
        return ShortMessage(
            source=self._sender,
            destination=Address.of(message.to),
            esm_class=HAS_HEADER if header else 0,
            registered_delivery=int(receipt),
            data_coding=coding,
            validity=_ONE_DAY,
            content=content,
            options=options or {},
        )


def _outcome(message: OutgoingMessage, answers: Sequence[Answer], *, fits: bool) -> MessageOutcome:
    if not fits:
        return MessageOutcome(id=message.id, kind=MessageKind.REFUSED, code="MALFORMED")
    statuses = {answer.status for answer in answers}
    if statuses == {Status.OK}:
        return MessageOutcome(
            id=message.id, kind=MessageKind.DONE, reference=answers[-1].message_id or None
        )
    if None in statuses:
        return MessageOutcome(id=message.id, kind=MessageKind.UNKNOWN, code=NO_ANSWER)
    if Status.OK in statuses:
        return MessageOutcome(id=message.id, kind=MessageKind.UNKNOWN, code="PARTLY")
    status = next(answer.status for answer in answers if answer.status is not None)
    if status in _BUSY:
        return _later(message, code=code_of(status), after_s=_BUSY[Status(status)])
    ours = status == Status.INVALID_SOURCE
    kind = MessageKind.NEEDS_HUMAN if ours else MessageKind.REFUSED
    return MessageOutcome(id=message.id, kind=kind, code=code_of(status))


def _later(message: OutgoingMessage, *, code: str, after_s: int = _PAUSE_S) -> MessageOutcome:
    return MessageOutcome(
        id=message.id, kind=MessageKind.RETRY_AFTER, code=code, retry_after_s=after_s
    )
