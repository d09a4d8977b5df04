"""GSUP messages (OsmoHLR manual, "Generic Subscriber Update Protocol"): a type, then TLVs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from signoff.carriers.core_network.failures import Unclear


class Type(IntEnum):
    """Message types that are sent or understood here."""

    CANCEL_REQUEST = 0x1C
    ROUTING_ERROR = 0x4E


class Tag(IntEnum):
    """Information elements."""

    IMSI = 0x01
    CANCEL_TYPE = 0x06
    CLASS = 0x0A
    DOMAIN = 0x28
    SOURCE = 0x60
    DESTINATION = 0x61


class Domain(IntEnum):
    """Which half of the core: data (an SGSN serves it) or calls (an MSC with its VLR)."""

    PS = 1
    CS = 2


_EXTENSION = b"\x05"
_SUBSCRIBER = b"\x01"
_WITHDRAW = b"\x01"


@dataclass(frozen=True, slots=True)
class Message:
    """One message, taken apart."""

    type: int
    elements: Mapping[int, bytes]

    @property
    def imsi(self) -> str:
        """The subscriber it is about; empty where it names none."""
        return _digits(self.elements.get(Tag.IMSI, b""))


def cancel(imsi: str, *, domain: Domain, node: str, us: str) -> bytes:
    """Tell a node to detach a subscriber whose subscription is withdrawn."""
    return _encoded(
        Type.CANCEL_REQUEST,
        (Tag.IMSI, _bcd(imsi)),
        (Tag.CANCEL_TYPE, _WITHDRAW),
        (Tag.DOMAIN, bytes([domain])),
        (Tag.CLASS, _SUBSCRIBER),
        (Tag.SOURCE, us.encode() + b"\0"),
        (Tag.DESTINATION, node.encode() + b"\0"),
    )


def parse(payload: bytes) -> Message:
    """A message from its frame's payload. Raises Unclear."""
    if len(payload) < 2 or payload[:1] != _EXTENSION:
        raise Unclear("MISREAD")
    elements: dict[int, bytes] = {}
    rest = payload[2:]
    while rest:
        size = rest[1] if len(rest) > 1 else len(rest)
        if len(rest) < 2 + size:
            raise Unclear("MISREAD")
        elements[rest[0]] = rest[2 : 2 + size]
        rest = rest[2 + size :]
    return Message(payload[1], elements)


def _encoded(kind: Type, *elements: tuple[Tag, bytes]) -> bytes:
    tlvs = b"".join(bytes([tag, len(value)]) + value for tag, value in elements)
    return _EXTENSION + bytes([kind]) + tlvs


def _bcd(imsi: str) -> bytes:
    """Digits in swapped nibbles, filled up with F: 310999000000001 is 13909900000000f1."""
    padded = imsi + "f" * (len(imsi) % 2)
    return bytes(int(padded[at + 1] + padded[at], 16) for at in range(0, len(padded), 2))


def _digits(bcd: bytes) -> str:
    return "".join(f"{byte & 15:x}{byte >> 4:x}" for byte in bcd).rstrip("f")
