"""An HLR that speaks OsmoHLR's CTRL, GSUP and VTY, with its traps, and a ledger of what was done.

Its bytes and sentences are those of OsmoHLR 1.5.0.
"""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer

from signoff.ports.carrier import LineState, Op
from signoff.testing.carrier_contract import Mishap

_HEAD = struct.Struct(">HB")
_OSMO, _CCM = 0xEE, 0xFE
_IMSI, _CLASS, _SOURCE, _DESTINATION = 0x01, 0x0A, 0x60, 0x61
_CANCEL, _ROUTING_ERROR = 0x1C, 0x4E
_ID_GET = bytes.fromhex("0401080107010201030104010501010100")
_BOOKED = {
    LineState.SUSPENDED: Op.BLOCK,
    LineState.DEACTIVATED: Op.CUT,
    LineState.ACTIVE: Op.RESTORE,
    LineState.PURGED: Op.PURGE,
}
_BEFORE = {Mishap.HANG_BEFORE, Mishap.RESET_BEFORE, Mishap.DOWN}


@dataclass(slots=True)
class Subscription:
    """A row of the HLR. `served_by` names the node of each half: `vlr_number`, `sgsn_number`."""

    msisdn: str
    halves: dict[str, str] = field(default_factory=lambda: {"cs": "1", "ps": "1"})
    served_by: dict[str, str] = field(default_factory=dict)
    key: str = ""

    @property
    def state(self) -> LineState:
        if "1" in self.halves.values():
            return LineState.ACTIVE
        return LineState.SUSPENDED if self.msisdn else LineState.DEACTIVATED


class Hlr:
    """The rows, the nodes, the phones that are attached, and what shall go wrong next."""

    def __init__(self, *, hang_s: float = 0.6) -> None:
        self.rows: dict[str, Subscription] = {}
        self.nodes: set[str] = set()
        self.attached: set[str] = set()
        self.refused: set[str] = set()
        self.create_on_demand = False
        self.mishap: Mishap | None = None
        self.ledger: list[tuple[str, Op]] = []
        self.hang_s = hang_s
        self._lock = threading.RLock()
        self._servers = [
            _Server(self, serve) for serve in (_serve_ctrl, _serve_gsup, _serve_vty, _serve_vty)
        ]
        self.ctrl, self.gsup, self.vty, self.sgsn_vty = [each.address for each in self._servers]

    def start(self) -> None:
        """Serve in the background, on free loopback ports."""
        for each in self._servers:
            threading.Thread(target=each.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Stop serving."""
        for each in self._servers:
            each.shutdown()
            each.server_close()

    def attach(self, imsi: str, *, node: str = "SGSN-1") -> bool:
        """A phone asks for the network by a node; says whether it is let in."""
        with self._lock:
            row = self.rows.get(imsi)
            if row is None and self.create_on_demand:
                row = self.rows[imsi] = Subscription("")
            if row is None or row.halves["ps"] == "0":
                return False
            self.nodes.add(node)
            row.served_by["sgsn_number"] = node
            self.attached.add(imsi)
            return True

    # -------------------------------------------------------------- CTRL
    def answer(self, verb: str, variable: str, *, value: str) -> str:
        """What a command is answered with, without its number."""
        with self._lock:
            if variable == "subscriber.delete":
                return self._delete(value)
            imsi, _, what = variable.removeprefix("subscriber.by-imsi-").partition(".")
            row = self.rows.get(imsi)
            if row is None:
                return "!No such subscriber."
            if verb == "GET" and what == "info":
                return f"{variable} {_info(imsi, row)}"
            if verb != "SET" or what not in ("cs-enabled", "ps-enabled", "msisdn"):
                return "!Command not found"
            if imsi in self.refused:
                return "!Value failed verification."
            before = row.state
            if what == "msisdn":
                row.msisdn = "" if value == "none" else value
            else:
                row.halves[what[:2]] = value
            self._book(imsi, before=before, after=row.state)
            return f"{variable} OK"

    def _delete(self, imsi: str) -> str:
        if imsi not in self.rows:
            return "!Subscriber doesn't exist."
        if imsi in self.refused:
            return "!Value failed verification."
        self._book(imsi, before=self.rows.pop(imsi).state, after=LineState.PURGED)
        return "subscriber.delete 1"

    def _book(self, imsi: str, *, before: LineState, after: LineState) -> None:
        if before is not after:
            self.ledger.append((imsi, _BOOKED[after]))

    # -------------------------------------------------------------- GSUP
    def heard(self, payload: bytes) -> bytes | None:
        """What the HLR sends back to a peer: nothing, where a node took it."""
        elements = _elements(payload[2:])
        if payload[1] != _CANCEL:
            return None
        node = elements[_DESTINATION]
        with self._lock:
            if node.rstrip(b"\0").decode() in self.nodes:
                self.attached.discard(_digits(elements[_IMSI]))
                return None
        back = ((_IMSI, elements[_IMSI]), (_CLASS, b"\1"))
        names = ((_SOURCE, node), (_DESTINATION, elements[_SOURCE]))
        tlvs = b"".join(bytes([tag, len(value)]) + value for tag, value in (*back, *names))
        return bytes([5, _ROUTING_ERROR]) + tlvs

    # -------------------------------------------------------------- mishaps
    def strikes(self, verb: str, variable: str, *, value: str) -> Mishap | None:
        """The mishap that strikes this command; those after the fact strike an order's last."""
        last = variable == "subscriber.delete" or value == "none"
        with self._lock:
            mishap = self.mishap
            if mishap is None or verb != "SET" or not (mishap in _BEFORE or last):
                return None
            self.mishap = None
            return mishap

    def turns_away(self) -> bool:
        """Whether the next connection is closed at once."""
        with self._lock:
            if self.mishap is not Mishap.THROTTLE:
                return False
            self.mishap = None
            return True


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, hlr: Hlr, serve: Callable[[Hlr, socket.socket], None]) -> None:
        class Handler(BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError, EOFError):
                    serve(hlr, self.request)

        super().__init__(("127.0.0.1", 0), Handler)
        self.address = ("127.0.0.1", int(self.server_address[1]))


def _serve_ctrl(hlr: Hlr, connection: socket.socket) -> None:
    if hlr.turns_away():
        return
    while True:
        _, payload = _receive(connection)
        verb, number, rest = payload[1:].decode().split(" ", 2)
        variable, _, value = rest.partition(" ")
        mishap = hlr.strikes(verb, variable, value=value)
        if mishap in _BEFORE:
            _misbehave(connection, mishap, hang_s=hlr.hang_s)
            return
        said = hlr.answer(verb, variable, value=value)
        if mishap:
            _misbehave(connection, mishap, hang_s=hlr.hang_s)
            return
        kind, said = ("ERROR", said[1:]) if said.startswith("!") else (f"{verb}_REPLY", said)
        _send(connection, _OSMO, payload=b"\0" + f"{kind} {number} {said}".encode())


def _misbehave(connection: socket.socket, mishap: Mishap, *, hang_s: float) -> None:
    if mishap in (Mishap.HANG_BEFORE, Mishap.HANG_AFTER):
        time.sleep(hang_s)
    elif mishap is Mishap.GARBAGE_AFTER:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(20_000))
    elif mishap in (Mishap.RESET_BEFORE, Mishap.RESET_AFTER):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


def _serve_gsup(hlr: Hlr, connection: socket.socket) -> None:
    _send(connection, _CCM, payload=_ID_GET)
    while True:
        protocol, payload = _receive(connection)
        back = hlr.heard(payload) if protocol == _OSMO else None
        if back is not None:
            _send(connection, _OSMO, payload=back)


def _serve_vty(hlr: Hlr, connection: socket.socket) -> None:
    connection.sendall(b"Welcome\r\nOsmoHLR> ")
    for line in connection.makefile("r", newline="\r"):
        command, shown = line.strip(), ""
        if command == "show running-config":
            shown = (
                "hlr\r\n subscriber-create-on-demand 3 cs+ps\r\n" if hlr.create_on_demand else ""
            )
        elif command == "show mm-context all":
            shown = "".join(f"MM Context for IMSI {imsi}\r\n" for imsi in sorted(hlr.attached))
        connection.sendall(f"{command}\r\n{shown}OsmoHLR# ".encode())


def _info(imsi: str, row: Subscription) -> str:
    number = {"msisdn": row.msisdn} if row.msisdn else {}
    shown = {"id": "1", "imsi": imsi, **number, **row.served_by}
    shown |= {"nam_cs": row.halves["cs"], "nam_ps": row.halves["ps"], "lmsi": "00000000"}
    return "\n" + "".join(f"{name}\t{value}\n" for name, value in shown.items())


def _elements(tlvs: bytes) -> dict[int, bytes]:
    found = {}
    while tlvs:
        found[tlvs[0]] = tlvs[2 : 2 + tlvs[1]]
        tlvs = tlvs[2 + tlvs[1] :]
    return found


def _digits(bcd: bytes) -> str:
    """Swapped nibbles, filled up with F."""
    return "".join(f"{byte & 15:x}{byte >> 4:x}" for byte in bcd).rstrip("f")


def _send(connection: socket.socket, protocol: int, *, payload: bytes) -> None:
    connection.sendall(_HEAD.pack(len(payload), protocol) + payload)


def _receive(connection: socket.socket) -> tuple[int, bytes]:
    length, protocol = _HEAD.unpack(_exactly(connection, _HEAD.size))
    return protocol, _exactly(connection, length)


def _exactly(connection: socket.socket, size: int) -> bytes:
    found = connection.recv(size, socket.MSG_WAITALL)
    if len(found) < size:
        raise EOFError
    return found


@contextmanager
def running_hlr() -> Iterator[Hlr]:
    """Run an HLR until the end of the block."""
    hlr = Hlr()
    hlr.start()
    try:
        yield hlr
    finally:
        hlr.stop()
