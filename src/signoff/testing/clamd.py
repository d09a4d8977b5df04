"""A virus scanner as clamd speaks, over real sockets: it knows the test virus and nothing else.

with running_clamd() as clamd:
    Clamd(clamd.address).scan(...)
    clamd.stop()     # away, as after a crash
    clamd.start()    # back, at the same address
"""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from signoff.testing.documents import EICAR

_MOST = 25 * 1024 * 1024
"""StreamMaxLength of clamd.conf, as it comes."""


class _Conversation(socketserver.StreamRequestHandler):
    """One command, as clamd takes them: prefixed with z, ended by a zero byte."""

    def handle(self) -> None:
        command = b""
        while not command.endswith(b"\0"):
            byte = self.rfile.read(1)
            if not byte:
                return
            command += byte
        assert isinstance(self.server, _Tcp | _Unix)
        desk = self.server.desk
        if command == b"zVERSION\0":
            answer = f"ClamAV 1.4.3/27500/{desk.signatures:%a %b %d %H:%M:%S %Y}"
        elif command == b"zINSTREAM\0":
            answer = self._scanned()
        else:
            answer = "UNKNOWN COMMAND"
        self.wfile.write(answer.encode() + b"\0")

    def _scanned(self) -> str:
        content = b""
        while length := int.from_bytes(self.rfile.read(4)):
            content += self.rfile.read(length)
            if len(content) > _MOST:
                return "INSTREAM size limit exceeded. ERROR"
        return "stream: Eicar-Test-Signature FOUND" if EICAR in content else "stream: OK"


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    desk: "FakeClamd"


class _Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    desk: "FakeClamd"


class FakeClamd:
    """A scanner that can be stopped and started; `signatures` is the date of its signatures."""

    def __init__(self, socket_file: Path | None = None) -> None:
        self.signatures = datetime.now(UTC)
        self._socket_file = socket_file
        self._port = 0
        self._server: _Tcp | _Unix | None = None

    @property
    def address(self) -> str:
        """What Clamd and SIGNOFF_CLAMD are given."""
        if self._socket_file:
            return f"unix:{self._socket_file}"
        return f"tcp://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen."""
        if self._socket_file:
            self._socket_file.unlink(missing_ok=True)
            self._server = _Unix(str(self._socket_file), _Conversation)
        else:
            self._server = _Tcp(("127.0.0.1", self._port), _Conversation)
            self._port = self._server.server_address[1]
        self._server.desk = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Be away."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@contextmanager
def running_clamd(socket_file: Path | None = None) -> Iterator[FakeClamd]:
    """A scanner on loopback, or at a socket file, for as long as it is needed."""
    scanner = FakeClamd(socket_file)
    scanner.start()
    try:
        yield scanner
    finally:
        scanner.stop()
