"""A peer of the HLR over GSUP, which has the nodes that serve subscribers detach them."""

import os
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signoff.carriers.core_network import gsup
from signoff.carriers.core_network.failures import Unclear
from signoff.carriers.core_network.gsup import Domain, Message, Tag, Type
from signoff.carriers.core_network.ipa import CCM, OSMO, Connection

SILENCE_S = 1.0
"""A node that is not connected is answered within milliseconds; a real SGSN's answer is dropped on
the way back. So nothing for this long means delivered: whether it was heeded is read elsewhere."""

_ID_GET, _ID_RESPONSE, _PING, _PONG = 0x04, 0x05, 0x00, 0x01
_UNIT_NUMBER, _UNIT_NAME, _SERIAL = 8, 1, 0


@dataclass(frozen=True, slots=True)
class Attachment:
    """A node that serves a subscriber in one half of the core."""

    imsi: str
    domain: Domain
    node: str


class Peer:
    """One GSUP connection, under a name of its own.

    Of two peers with one name the HLR answers the first only: the second would take its silence
    for success. The name is therefore machine, process and port.
    """

    def __init__(self, connection: Connection, *, silence_s: float = SILENCE_S) -> None:
        """Wait for the HLR's question who we are, and answer. Raises Unclear."""
        self._connection, self._silence_s = connection, silence_s
        port = connection.local[1]
        self.name = f"signoff-{socket.gethostname()[:40]}-{os.getpid()}-{port}"
        self._introduce()

    def detach(self, attachments: Sequence[Attachment]) -> set[Attachment]:
        """Have nodes detach subscribers; says which nodes the HLR could not reach.

        Raises Unclear.
        """
        asked = {(one.imsi, one.node): one for one in attachments}
        self._connection.send(
            OSMO,
            *(
                gsup.cancel(one.imsi, domain=one.domain, node=one.node, us=self.name)
                for one in attachments
            ),
        )
        unreached = set()
        for message in self._until_silence():
            if message.type == Type.ROUTING_ERROR:
                # It comes back as sent: the node that was not there is named as its source.
                node = message.elements.get(Tag.SOURCE, b"").rstrip(b"\0")
                lost = asked.get((message.imsi, node.decode("ascii", "replace")))
                unreached |= {lost} if lost else set()
        return unreached

    def _introduce(self) -> None:
        protocol, payload = self._connection.receive()
        if protocol != CCM or payload[:1] != bytes([_ID_GET]):
            raise Unclear("MISREAD")
        name = self.name.encode() + b"\0"
        parts = ((_UNIT_NUMBER, b"0/0/0\0"), (_UNIT_NAME, name), (_SERIAL, name))
        tags = b"".join(struct.pack(">HB", len(value) + 1, tag) + value for tag, value in parts)
        self._connection.send(CCM, bytes([_ID_RESPONSE]) + tags)

    def _until_silence(self) -> Iterator[Message]:
        ends = time.monotonic() + self._silence_s
        while True:
            try:
                yield self._next(within_s=ends - time.monotonic())
            except Unclear as silence:
                if silence.code != "TIMEOUT":
                    raise
                return

    def _next(self, *, within_s: float | None = None) -> Message:
        """The next message; pings on the way are answered."""
        while True:
            protocol, payload = self._connection.receive(within_s=within_s)
            if protocol == CCM and payload[:1] == bytes([_PING]):
                self._connection.send(CCM, bytes([_PONG]))
            elif protocol == OSMO:
                return gsup.parse(payload)
            elif protocol != CCM:
                raise Unclear("MISREAD")
