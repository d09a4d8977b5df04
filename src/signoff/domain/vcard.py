"""Address books as vCard 4.0 (RFC 6350): what every phone imports."""

from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST = 75
"""Octets of a line before it is folded (RFC 6350, 3.2)."""


@dataclass(frozen=True, slots=True)
class Person:
    """One entry of an address book; numbers and addresses as their owner wrote them."""

    name: str
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


def vcards(people: Iterable[Person]) -> str:
    """The cards one after the other, lines ended by CRLF; a nameless one is called its number."""
    return "".join(f"{line}\r\n" for person in people for line in _card(person))


def _card(person: Person) -> Iterable[str]:
    called = person.name or next(iter((*person.phones, *person.emails)), "?")
    yield "BEGIN:VCARD"
    yield "VERSION:4.0"
    yield _folded(f"FN:{_escaped(called)}")
    for phone in person.phones:
        yield _folded(f"TEL:{_escaped(phone)}")
    for email in person.emails:
        yield _folded(f"EMAIL:{_escaped(email)}")
    yield "END:VCARD"


def _escaped(text: str) -> str:
    """A text value: nothing in it ends it, or the line (RFC 6350, 3.4)."""
    for plain, escaped in (("\\", "\\\\"), (",", "\\,"), (";", "\\;")):
        text = text.replace(plain, escaped)
    return "\\n".join(text.splitlines())


def _folded(line: str) -> str:
    """A long line in pieces that begin with a space, no character cut in two."""
    pieces, piece, size = [], "", 0
    for char in line:
        width = len(char.encode())
        if size + width > _LONGEST:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + char, size + width
    return "\r\n".join([*pieces, piece])
