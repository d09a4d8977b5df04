"""IPA frames, in which Osmocom programs talk: length, protocol, payload, over one connection.

`uint16` big endian length of the payload, one byte protocol, payload (libosmocore, `ipa.h`).
"""

import socket
import struct

from signoff.carriers.core_network.failures import NotSent, Unclear

OSMO = 0xEE
CCM = 0xFE
_HEAD = struct.Struct(">HB")


class Connection:
    """One connection. Raises Unclear where it breaks, is silent for too long, or is no IPA."""

    def __init__(self, address: tuple[str, int], *, timeout_s: float) -> None:
        """Connect. Raises NotSent."""
        try:
            self._socket = socket.create_connection(address, timeout=timeout_s)
        except OSError as error:
            raise NotSent("CONNECT") from error
        self._timeout_s = timeout_s
        self._rest = b""

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    @property
    def local(self) -> tuple[str, int]:
        """Our own address and port."""
        address, port = self._socket.getsockname()[:2]
        return str(address), int(port)

    def send(self, protocol: int, *payloads: bytes) -> None:
        """Send frames of one protocol, in one go."""
        frames = b"".join(_HEAD.pack(len(each), protocol) + each for each in payloads)
        try:
            self._socket.sendall(frames)
        except OSError as error:
            raise Unclear("BROKEN_CONNECTION") from error

    def receive(self, *, within_s: float | None = None) -> tuple[int, bytes]:
        """The next frame: protocol and payload. `within_s` instead of the usual time-out."""
        self._socket.settimeout(self._timeout_s if within_s is None else max(within_s, 0.001))
        length, protocol = _HEAD.unpack(self._exactly(_HEAD.size))
        return protocol, self._exactly(length)

    def _exactly(self, size: int) -> bytes:
        while len(self._rest) < size:
            try:
                more = self._socket.recv(65_536)
            except TimeoutError as error:
                raise Unclear("TIMEOUT") from error
            except OSError as error:
                raise Unclear("BROKEN_CONNECTION") from error
            if not more:
                raise Unclear("BROKEN_CONNECTION")
            self._rest += more
        found, self._rest = self._rest[:size], self._rest[size:]
        return found
