"""`signoff mailbox`: the demo's mail server. Takes any mail over SMTP, keeps it in a Maildir."""

import argparse
import mailbox
import signal
import threading
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

_LARGEST = 25 * 1024 * 1024


class _Keeper:
    """Writes each mail, whole, before it is acknowledged."""

    def __init__(self, folder: Path) -> None:
        self._maildir = mailbox.Maildir(folder, create=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, PLR0917
        recipients = ", ".join(envelope.rcpt_tos)
        content = envelope.original_content or b""
        try:
            self._maildir.add(f"X-Envelope-To: {recipients}\r\n".encode() + content)
        except OSError as error:
            return f"452 cannot keep it: {error.strerror}"
        return "250 kept"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, required=True, help="the Maildir to keep mails in")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)


def run(options: argparse.Namespace) -> int:
    """Takes mail until SIGTERM or SIGINT."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    options.folder.parent.mkdir(parents=True, exist_ok=True)
    server = Controller(
        _Keeper(options.folder),
        hostname=options.host,
        port=options.port,
        data_size_limit=_LARGEST,
        enable_SMTPUTF8=True,
    )
    server.start()
    ended.wait()
    server.stop()
    return 0
