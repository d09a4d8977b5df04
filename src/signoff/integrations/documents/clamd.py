"""ClamAV over its daemon's socket: INSTREAM and VERSION of clamd's protocol (man 8 clamd)."""

import socket
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import urlsplit

from signoff.ports.documents import Scan, ScannerAway, Signatures

_CHUNK = 64 * 1024
_MOST_ANSWER = 4096


class Clamd:
    """A virus scanner at `unix:/run/clamav/clamd.ctl` or `tcp://host:port`."""

    def __init__(self, address: str, *, timeout_s: float = 30) -> None:
        parts = urlsplit(address)
        self._path = parts.path if parts.scheme == "unix" else ""
        self._at = (parts.hostname or "", parts.port or 3310)
        self._timeout_s = timeout_s

    def scan(self, content: bytes) -> Scan:
        """Look into a file. Raises ScannerAway."""
        chunks = (content[at : at + _CHUNK] for at in range(0, len(content), _CHUNK))
        body = b"".join(len(chunk).to_bytes(4) + chunk for chunk in chunks) + bytes(4)
        answer = self._asked(b"zINSTREAM\0" + body).removeprefix("stream: ")
        if answer == "OK":
            return Scan(found="", scanner=self.signatures().scanner)
        name, _, word = answer.rpartition(" ")
        if word != "FOUND":
            # Too long for its StreamMaxLength, signatures being loaded: it did not look.
            raise ScannerAway("the scanner could not look into the file")
        return Scan(found=name[:80], scanner=self.signatures().scanner)

    def signatures(self) -> Signatures:
        """Its version and the date of its signatures: ClamAV 1.4.3/27500/Fri Nov 21 08:25:01 2026.

        The date has no zone; it is taken for UTC, which is near enough to tell days.
        """
        version, _, rest = self._asked(b"zVERSION\0").partition("/")
        number, _, date = rest.partition("/")
        try:
            made_at = datetime.strptime(date.strip(), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
        except ValueError:
            made_at = None
        return Signatures(f"{version}/{number}".strip("/")[:80], made_at)

    def _asked(self, command: bytes) -> str:
        try:
            with closing(self._connected()) as link:
                link.sendall(command)
                answer = b""
                while not answer.endswith(b"\0") and len(answer) < _MOST_ANSWER:
                    piece = link.recv(_MOST_ANSWER)
                    if not piece:
                        break
                    answer += piece
        except OSError as error:
            raise ScannerAway(type(error).__name__) from error
        if not answer.endswith(b"\0"):
            raise ScannerAway("the answer was cut off")
        return answer.rstrip(b"\0").decode("utf-8", "replace").strip()

    def _connected(self) -> socket.socket:
        if not self._path:
            return socket.create_connection(self._at, timeout=self._timeout_s)
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(self._timeout_s)
        try:
            link.connect(self._path)
        except OSError:
            link.close()
            raise
        return link
