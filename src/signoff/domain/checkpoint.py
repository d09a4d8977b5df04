"""A signed statement of the log's size and root: a C2SP tlog-checkpoint in a signed note.

    <origin>
    <size>
    <base64 of the root>
    (empty line)
    — <name> <base64 of 4 bytes of key hash and the signature>

The signature covers the first three lines, line feeds included. Signing and verifying come in as
callables; this module knows only the text.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from signoff.domain.canonical import MAX_INT
from signoff.domain.merkle import HASH_SIZE

_ED25519 = b"\x01"
_KEY_HASH_SIZE = 4
_SIGNATURE_SIZE = 64
_SIGNATURE_LINE = re.compile(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/]+=*)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")


class BadCheckpoint(ValueError):
    """The text is no checkpoint."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log called `origin` has `size` leaves under `root`."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line."""

    name: str
    key_hash: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note: what it says, the very bytes that are signed, and by whom."""

    checkpoint: Checkpoint
    body: bytes
    signatures: tuple[NoteSignature, ...]


def key_hash(name: str, public_key: bytes) -> bytes:
    """The four bytes that hint at the Ed25519 key of a signature line."""
    return sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:_KEY_HASH_SIZE]


def key_id(public_key: bytes) -> str:
    """The name of a key in certificates: the first 16 hex digits of its SHA-256."""
    return sha256(public_key).hexdigest()[:16]


def body(checkpoint: Checkpoint) -> bytes:
    """The signed text of `checkpoint`."""
    if not _NAME.fullmatch(checkpoint.origin):
        raise BadCheckpoint("the origin is empty or has a space, a plus or a control character")
    if not 0 <= checkpoint.size <= MAX_INT or len(checkpoint.root) != HASH_SIZE:
        raise BadCheckpoint("the size or the root is out of range")
    root = b64encode(checkpoint.root).decode()
    return f"{checkpoint.origin}\n{checkpoint.size}\n{root}\n".encode()


def sign(
    checkpoint: Checkpoint, *, name: str, public_key: bytes, sign: Callable[[bytes], bytes]
) -> str:
    """The note of `checkpoint`, signed under `name`."""
    if not _NAME.fullmatch(name):
        raise BadCheckpoint("the name is empty or has a space, a plus or a control character")
    text = body(checkpoint)
    line = b64encode(key_hash(name, public_key) + sign(text)).decode()
    return f"{text.decode()}\n\u2014 {name} {line}\n"


def parse(note: str) -> Note:
    """The note in the text, refusing whatever `sign` would not have written."""
    text, blank, lines = note.partition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise BadCheckpoint("no empty line before the signatures, or no line feed at the end")
    parts = text.split("\n")
    if len(parts) != 3 or not _NAME.fullmatch(parts[0]) or not _SIZE.fullmatch(parts[1]):
        raise BadCheckpoint("the text is not origin, size and root")
    root = _base64(parts[2])
    if len(root) != HASH_SIZE or int(parts[1]) > MAX_INT:
        raise BadCheckpoint("the size or the root is out of range")
    checkpoint = Checkpoint(parts[0], int(parts[1]), root)
    signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    return Note(checkpoint, body(checkpoint), signatures)


def verify(
    note: Note, *, name: str, public_key: bytes, check: Callable[[bytes, bytes], bool]
) -> bool:
    """Whether `note` carries a signature of `name` with the key; `check(signature, message)`."""
    wanted = (name, key_hash(name, public_key))
    mine = [line for line in note.signatures if (line.name, line.key_hash) == wanted]
    return bool(mine) and all(check(line.value, note.body) for line in mine)


def _signature(line: str) -> NoteSignature:
    found = _SIGNATURE_LINE.fullmatch(line)
    raw = _base64(found[2]) if found else b""
    if found is None or len(raw) != _KEY_HASH_SIZE + _SIGNATURE_SIZE:
        raise BadCheckpoint("a signature line is malformed")
    return NoteSignature(found[1], raw[:_KEY_HASH_SIZE], raw[_KEY_HASH_SIZE:])


def _base64(text: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except ValueError as error:
        raise BadCheckpoint("not base64") from error
    if b64encode(raw).decode() != text:
        raise BadCheckpoint("base64 not in its canonical spelling")
    return raw
