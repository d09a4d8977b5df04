"""SMPP 3.4 as a message centre sees it: frames in and out, and the fields of submit_sm."""

import struct
from dataclasses import dataclass, field

BIND_TRANSCEIVER, BIND_TRANSMITTER, BIND_RECEIVER = 0x09, 0x02, 0x01
SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK, GENERIC_NACK = 0x04, 0x05, 0x06, 0x15, 0x80000000
ANSWER = 0x80000000
OK, INVALID_COMMAND, INVALID_BIND_STATE, INVALID_PASSWORD, THROTTLED = 0x00, 0x03, 0x04, 0x0E, 0x58


@dataclass(frozen=True, slots=True)
class Frame:
    """One PDU."""

    command: int
    status: int
    sequence: int
    body: bytes = field(default=b"", repr=False)

    def to_bytes(self) -> bytes:
        """As it stands on the wire."""
        size = 16 + len(self.body)
        return struct.pack("!4I", size, self.command, self.status, self.sequence) + self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The fields of a submit_sm; `content` is short_message, or message_payload."""

    source: str
    source_ton: int
    destination: str
    destination_ton: int
    esm_class: int
    validity: str
    registered_delivery: int
    data_coding: int
    content: bytes
    in_payload: bool


def submitted(body: bytes) -> Submitted:
    """Read a submit_sm."""
    _, rest = _string(body)
    source_ton, rest = rest[0], rest[2:]
    source, rest = _string(rest)
    destination_ton, rest = rest[0], rest[2:]
    destination, rest = _string(rest)
    esm_class, rest = rest[0], rest[3:]
    _, rest = _string(rest)
    validity, rest = _string(rest)
    registered, coding, size = rest[0], rest[2], rest[4]
    content, rest = rest[5 : 5 + size], rest[5 + size :]
    payload = _parameters(rest).get(0x0424)
    return Submitted(
        source=source,
        source_ton=source_ton,
        destination=destination,
        destination_ton=destination_ton,
        esm_class=esm_class,
        validity=validity,
        registered_delivery=registered,
        data_coding=coding,
        content=content if payload is None else payload,
        in_payload=payload is not None,
    )


def deliver_sm(*, source: str, destination: str, esm_class: int, coding: int, text: bytes) -> bytes:
    """The body of a deliver_sm."""
    return (
        b"\0\x01\x01"
        + source.encode()
        + b"\0\x01\x01"
        + destination.encode()
        + bytes([0, esm_class, 0, 0, 0, 0, 0, 0, coding, 0, len(text)])
        + text
    )


def bind_names(body: bytes) -> tuple[str, str]:
    """System id and password of a bind."""
    user, rest = _string(body)
    return user, _string(rest)[0]


def _string(body: bytes) -> tuple[str, bytes]:
    text, _, rest = body.partition(b"\0")
    return text.decode("latin-1"), rest


def _parameters(rest: bytes) -> dict[int, bytes]:
    found = {}
    while len(rest) >= 4:
        tag, size = struct.unpack("!HH", rest[:4])
        found[tag], rest = rest[4 : 4 + size], rest[4 + size :]
    return found
