"""The bytes of SMPP 3.4 that we speak: header, a handful of PDUs, and what their statuses mean.

Numbers are those of the SMPP Protocol Specification v3.4, issue 1.2: header 3.2, commands 5.1.2.1,
statuses 5.1.3, esm_class 5.2.12, data_coding 5.2.19, optional parameters 5.3.2.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from signoff.domain.sms_text import Alphabet, from_gsm7

HEADER = struct.Struct(">IIII")
LARGEST = 128 * 1024
"""No PDU is longer: a message_payload has 64 KiB at most."""
RESPONSE = 0x80000000
VERSION = 0x34


class Command(IntEnum):
    """The requests we send or answer."""

    GENERIC_NACK = 0x80000000
    BIND_TRANSCEIVER = 0x00000009
    SUBMIT_SM = 0x00000004
    DELIVER_SM = 0x00000005
    UNBIND = 0x00000006
    ENQUIRE_LINK = 0x00000015


class Status(IntEnum):
    """The statuses that mean something to us; all others are a refusal of the message."""

    OK = 0x00
    INVALID_COMMAND = 0x03
    SYSTEM_ERROR = 0x08
    INVALID_SOURCE = 0x0A
    BIND_FAILED = 0x0D
    INVALID_PASSWORD = 0x0E
    INVALID_SYSTEM_ID = 0x0F
    QUEUE_FULL = 0x14
    THROTTLED = 0x58
    TRY_LATER = 0x64
    """Of an ESME that cannot take a message now (ESME_RX_T_APPN)."""


class Tag(IntEnum):
    """Optional parameters we read or write."""

    RECEIPTED_MESSAGE_ID = 0x001E
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


LATIN_1 = 0x03
UCS2 = 0x08
ASCII = 0x01
IS_RECEIPT = 0x04
HAS_HEADER = 0x40
"""esm_class: the message begins with a user data header (UDHI)."""
_KIND = 0x3C
TON_INTERNATIONAL, TON_NATIONAL, TON_ALPHANUMERIC = 1, 2, 5
NPI_ISDN = 1


class Malformed(ValueError):
    """These bytes are no PDU."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """A PDU, its body not yet read."""

    command: int
    status: int
    sequence: int
    body: bytes = field(default=b"", repr=False)

    @property
    def packed(self) -> bytes:
        """Its bytes."""
        head = HEADER.pack(16 + len(self.body), self.command, self.status, self.sequence)
        return head + self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A number or a name, with what kind it is."""

    ton: int
    npi: int
    digits: str = field(repr=False)

    @classmethod
    def of(cls, written: str) -> "Address":
        """`+14155550123` is international, up to 8 digits are a short code, all else a name."""
        if written.startswith("+"):
            return cls(ton=TON_INTERNATIONAL, npi=NPI_ISDN, digits=written[1:])
        if written.isascii() and written.isdigit():
            return cls(ton=0 if len(written) <= 8 else TON_INTERNATIONAL, npi=1, digits=written)
        return cls(ton=TON_ALPHANUMERIC, npi=0, digits=written)

    @property
    def written(self) -> str:
        """As E.164 where the network says or the length shows that it is a whole number."""
        whole = self.ton == TON_INTERNATIONAL or len(self.digits) > 10
        return f"+{self.digits}" if self.digits.isdigit() and whole else self.digits

    @property
    def packed(self) -> bytes:
        return bytes([self.ton, self.npi]) + c_string(self.digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortMessage:
    """The body of submit_sm and deliver_sm. `content` has its header, if any, still in front."""

    source: Address
    destination: Address
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0
    validity: str = ""
    content: bytes = field(repr=False)
    options: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    @property
    def packed(self) -> bytes:
        """Its bytes."""
        options = (
            struct.pack(">HH", tag, len(value)) + value for tag, value in self.options.items()
        )
        return b"".join(
            (
                c_string(""),
                self.source.packed,
                self.destination.packed,
                bytes([self.esm_class, 0, 0]),
                c_string(""),
                c_string(self.validity),
                bytes([self.registered_delivery, 0, self.data_coding, 0, len(self.content)]),
                self.content,
                *options,
            )
        )

    @classmethod
    def read(cls, body: bytes) -> "ShortMessage":
        """Read a body. Raises Malformed."""
        at = Cursor(body)
        _ = at.text()
        source, destination = at.address(), at.address()
        esm_class, _, _ = at.take(3)
        _, validity = at.text(), at.text()
        registered, _, coding, _ = at.take(4)
        content = at.take(at.octet())
        options = at.options()
        return cls(
            source=source,
            destination=destination,
            esm_class=esm_class,
            registered_delivery=registered,
            data_coding=coding,
            validity=validity,
            content=content or options.get(Tag.MESSAGE_PAYLOAD, b""),
            options=options,
        )

    @property
    def is_receipt(self) -> bool:
        """Whether it is a delivery receipt of the network (5.2.12.1)."""
        return self.esm_class & _KIND == IS_RECEIPT

    @property
    def part(self) -> tuple[int, int, int] | None:
        """Reference, total and number of a part of several; None where it is whole."""
        for kind, value in self._elements():
            if kind == 0x00 and len(value) == 3:
                return value[0], value[1], value[2]
            if kind == 0x08 and len(value) == 4:
                return int.from_bytes(value[:2], "big"), value[2], value[3]
        return None

    @property
    def text(self) -> str:
        """What it says, in the alphabet it names."""
        raw = self.content[self._header_size :]
        if self.data_coding == UCS2:
            return raw.decode("utf-16-be", "replace")
        if self.data_coding in (LATIN_1, ASCII):
            return raw.decode("latin-1")
        return from_gsm7(raw)

    @property
    def _header_size(self) -> int:
        has = self.esm_class & HAS_HEADER and self.content
        return 1 + self.content[0] if has else 0

    def _elements(self) -> list[tuple[int, bytes]]:
        found, rest = [], self.content[1 : self._header_size]
        while len(rest) >= 2:
            found.append((rest[0], rest[2 : 2 + rest[1]]))
            rest = rest[2 + rest[1] :]
        return found


class Cursor:
    """Reads a body from front to back. Every method raises Malformed at its end."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def take(self, size: int) -> bytes:
        """So many octets."""
        if self._at + size > len(self._body):
            raise Malformed("too short")
        self._at += size
        return self._body[self._at - size : self._at]

    def octet(self) -> int:
        """One octet."""
        return self.take(1)[0]

    def text(self) -> str:
        """A C-octet string."""
        end = self._body.find(b"\0", self._at)
        if end < 0:
            raise Malformed("a string without its end")
        return self.take(end + 1 - self._at)[:-1].decode("latin-1")

    def address(self) -> Address:
        """An address with its kind."""
        return Address(ton=self.octet(), npi=self.octet(), digits=self.text())

    def options(self) -> dict[int, bytes]:
        """All that is left."""
        found = {}
        while self._at < len(self._body):
            tag, size = struct.unpack(">HH", self.take(4))
            found[tag] = self.take(size)
        return found


def c_string(value: str) -> bytes:
    """A C-octet string; a NUL inside would end it early. Raises Malformed."""
    if "\0" in value:
        raise Malformed("a NUL in a string")
    return value.encode("latin-1", "replace") + b"\0"


CODING = {Alphabet.GSM7: 0x00, Alphabet.UCS2: UCS2}
"""0 is the default alphabet of the message centre, which is GSM's, a septet an octet."""


def concatenation_header(reference: int, *, total: int, number: int) -> bytes:
    """The user data header of a part (3GPP TS 23.040, 9.2.3.24.1)."""
    return bytes([0x05, 0x00, 0x03, reference % 256, total, number])
