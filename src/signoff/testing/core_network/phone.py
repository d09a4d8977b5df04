"""A base station and one phone, as bytes over UDP to a real SGSN: to see a phone lose its network.

NS and BSSGP carry the phone's frames (3GPP TS 48.016, 48.018), LLC frames them (TS 44.064), GMM is
what the phone says (TS 24.008). Only as much of it as attaching and being detached takes.
"""

import socket
import time
from dataclasses import dataclass, field

_CELL = bytes.fromhex("139099000101" + "0007")
"""Routing area 310-999, location area 1, routing area 1; cell 7."""
_AREA = _CELL[:6]
_TLLI = bytes.fromhex("78000001")
_IMEI = bytes.fromhex("3a65870921436587")
_BVC = 2
_STEP_S = 0.25

ACCEPT, REJECT, DETACH = 0x02, 0x04, 0x05
_IDENTITY, _COMPLETE, _DETACHED = 0x15, b"\x08\x03", b"\x08\x06"


@dataclass(frozen=True, slots=True)
class Heard:
    """What the network said to the phone, and when: seconds since the phone was switched on."""

    at: float
    message: bytes

    @property
    def type(self) -> int:
        """The GMM message type: `ACCEPT`, `REJECT`, `DETACH`."""
        return self.message[1]


@dataclass
class Phone:
    """A phone at a base station of its own, in the log of which everything heard is kept."""

    imsi: str
    sgsn: tuple[str, int]
    log: list[Heard] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._frames = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.sgsn[0], 0))
        self._socket.connect(self.sgsn)
        self._began = time.monotonic()

    def switch_on(self) -> None:
        """Bring the base station up: NS reset and unblock, BVC resets, flow control."""
        for frame in (
            bytes.fromhex("020081000182006504820065"),
            b"\x06",
            _unitdata(0, bytes.fromhex("2204820000078108")),
            _unitdata(0, bytes.fromhex("22048200020781080888") + _CELL),
            _unitdata(_BVC, bytes.fromhex("261e810105820fff038203ff01820fff1c8203ff")),
        ):
            self._socket.send(frame)
            self.listen(_STEP_S)

    def switch_off(self) -> None:
        """Gone, without a word."""
        self._socket.close()

    def attach(self) -> None:
        """Ask for the network. What comes of it is heard."""
        identity = _identity(self.imsi)
        request = bytes.fromhex("080102e5e0710a00") + bytes([len(identity)]) + identity + _AREA
        self._say(request + bytes.fromhex("0411223344"))

    def wait_for(self, kind: int, *, within_s: float) -> Heard | None:
        """The first message of a kind that is heard from now on, answering what is asked."""
        ends = time.monotonic() + within_s
        known = len(self.log)
        while time.monotonic() < ends:
            self.listen(min(0.05, max(ends - time.monotonic(), 0.001)))
            for heard in self.log[known:]:
                if heard.type == kind:
                    return heard
        return None

    def listen(self, for_s: float) -> None:
        """Hear and answer for a while."""
        ends = time.monotonic() + for_s
        while (left := ends - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                self._hear(self._socket.recv(4096))
            except TimeoutError:
                return

    def _hear(self, frame: bytes) -> None:
        if frame[:1] in (b"\x0a", b"\x06"):
            self._socket.send(b"\x0b" if frame[:1] == b"\x0a" else b"\x07")
        elif frame[:1] == b"\x00" and frame[4:5] == b"\x00":
            message = _gmm(frame[4:])
            if message[:1] == b"\x08":
                self._heard(message)

    def _heard(self, message: bytes) -> None:
        heard = Heard(time.monotonic() - self._began, message)
        self.log.append(heard)
        if heard.type == _IDENTITY:
            mine = _identity(self.imsi) if message[2] & 7 == 1 else _IMEI
            self._say(b"\x08\x16" + bytes([len(mine)]) + mine)
        elif heard.type in (ACCEPT, DETACH):
            self._say(_COMPLETE if heard.type == ACCEPT else _DETACHED)

    def _say(self, message: bytes) -> None:
        number, self._frames = self._frames, self._frames + 1
        llc = bytes([0x01, 0xC0 | number >> 6, (number & 63) << 2 | 1]) + message
        llc += _crc24(llc)
        up = b"\x01" + _TLLI + bytes(3) + b"\x08\x88" + _CELL + b"\x00\x80\x0e"
        self._socket.send(_unitdata(_BVC, up + bytes([0x80 | len(llc)]) + llc))


def _unitdata(bvc: int, content: bytes) -> bytes:
    return b"\x00\x00" + bvc.to_bytes(2, "big") + content


def _identity(imsi: str) -> bytes:
    """An odd number of digits: the first beside the type, the rest in swapped pairs."""
    rest = imsi[1:]
    pairs = bytes(int(rest[at + 1] + rest[at], 16) for at in range(0, len(rest), 2))
    return bytes([int(imsi[0]) << 4 | 9]) + pairs


def _gmm(bssgp: bytes) -> bytes:
    """The phone's message inside a downlink unitdata; empty where there is none."""
    rest = bssgp[8:]
    while len(rest) > 2:
        tag, size, head = rest[0], rest[1] & 0x7F, 2
        if not rest[1] & 0x80:
            size, head = int.from_bytes(rest[1:3], "big"), 3
        content, rest = rest[head : head + size], rest[head + size :]
        if tag == 0x0E and content[0] & 15 == 1 and content[1] & 0xE0 == 0xC0:
            return content[3:-3]
    return b""


def _crc24(content: bytes) -> bytes:
    """The frame check of LLC: reflected, low byte first (TS 44.064, 5.5)."""
    crc = 0xFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xAD85DD if crc & 1 else 0)
    return (crc ^ 0xFFFFFF).to_bytes(3, "little")
