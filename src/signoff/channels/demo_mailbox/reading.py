"""Reading the Maildir the demo's mail server writes, whatever somebody sent to it.

A mail is named by a digest of its file's name, so that no part of an address ever becomes a path.
"""

import email
import mailbox
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from hashlib import sha256
from pathlib import Path

MOST = 200
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class NoSuchMail(LookupError):
    """There is no such mail, or no such attachment of it."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A mail in the list."""

    id: str
    at: datetime
    subject: str
    to: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that came with a mail."""

    number: int
    filename: str
    size: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A whole mail."""

    heading: Heading
    sender: str
    text: str
    attachments: tuple[Attached, ...]


def newest(folder: Path, *, most: int = MOST) -> list[Heading]:
    """The mails of a Maildir, the newest first; none where there is no Maildir yet."""
    found = sorted(_files(folder).items(), key=lambda item: item[1][0], reverse=True)[:most]
    return [
        _heading(mail_id, at, message=_parsed(file, headers_only=True))
        for mail_id, (at, file) in found
    ]


def read(folder: Path, mail_id: str) -> Mail:
    """One mail. Raises NoSuchMail."""
    files = _files(folder)
    if mail_id not in files:
        raise NoSuchMail(mail_id)
    at, file = files[mail_id]
    message = _parsed(file, headers_only=False)
    return Mail(
        heading=_heading(mail_id, at, message=message),
        sender=_header(message, "From"),
        text=_text(message),
        attachments=tuple(_attached(message)),
    )


def _files(folder: Path) -> dict[str, tuple[float, Path]]:
    """The files of a Maildir by id, with the time each arrived."""
    if not (folder / "new").is_dir():
        return {}
    found = {}
    for key in mailbox.Maildir(folder, create=False).iterkeys():
        for place in ("new", "cur"):
            for file in (folder / place).glob(f"{key}*"):
                found[sha256(key.encode()).hexdigest()[:20]] = (file.stat().st_mtime, file)
    return found


def _parsed(file: Path, *, headers_only: bool) -> EmailMessage:
    content = file.read_bytes()
    if headers_only:
        content = content.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    message = email.message_from_bytes(content, policy=default)
    if not isinstance(message, EmailMessage):
        raise TypeError("the default policy makes EmailMessage")
    return message


def _heading(mail_id: str, at: float, *, message: EmailMessage) -> Heading:
    return Heading(
        id=mail_id,
        at=datetime.fromtimestamp(at, UTC),
        subject=_header(message, "Subject"),
        to=_header(message, "To"),
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message[name] or "").split())
    except (ValueError, LookupError, AttributeError, IndexError):
        return ""  # the parser gave up on a header nobody would send on purpose


def _text(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    return _decoded(part) if isinstance(part, EmailMessage) else ""


def _decoded(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    raw = content if isinstance(content, bytes) else b""
    try:
        return raw.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")


def _attached(message: EmailMessage) -> list[Attached]:
    found = []
    for number, part in enumerate(message.iter_attachments()):
        content = part.get_payload(decode=True)
        raw = content if isinstance(content, bytes) else b""
        name = _UNSAFE.sub("_", part.get_filename() or "")[-80:].lstrip(".")
        found.append(Attached(number, name or f"attachment-{number}", len(raw), raw))
    return found
