"""The CTRL door: commands by name, answered under the number they were asked with.

`VERB number variable [value]` in a frame of protocol ee, extension 00. `info` is the only thing
read: `info-aud` and `info-all` would carry the keys K and OPc of a SIM.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signoff.carriers.core_network.failures import Unclear
from signoff.carriers.core_network.ipa import OSMO, Connection

_EXTENSION = b"\x00"
_WINDOW = 200
"""Commands in flight at once; the HLR answered as many without loss."""


@dataclass(frozen=True, slots=True)
class Command:
    """`SET variable value`, or `GET variable` without a value."""

    variable: str
    value: str | None = None

    def encoded(self, number: int) -> bytes:
        """As it goes into a frame."""
        words = ["GET", str(number), self.variable]
        if self.value is not None:
            words = ["SET", str(number), self.variable, self.value]
        return _EXTENSION + " ".join(words).encode("ascii")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command was answered with: its value, or the HLR's words of refusal."""

    text: str
    refused: bool


class Ctrl:
    """Asks over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._number = 0

    def ask(self, commands: Sequence[Command]) -> list[Reply]:
        """The replies, in the order of the commands. Raises Unclear."""
        replies: list[Reply] = []
        for start in range(0, len(commands), _WINDOW):
            replies += self._ask_some(commands[start : start + _WINDOW])
        return replies

    def _ask_some(self, commands: Sequence[Command]) -> list[Reply]:
        first = self._number + 1
        self._number += len(commands)
        numbered = enumerate(commands, start=first)
        self._connection.send(OSMO, *(each.encoded(number) for number, each in numbered))
        found: dict[int, Reply] = {}
        for number, reply in self._replies():
            found[number] = reply
            if len(found) == len(commands):
                break
        try:
            return [found[number] for number in range(first, first + len(commands))]
        except KeyError:
            raise Unclear("MISREAD") from None

    def _replies(self) -> Iterator[tuple[int, Reply]]:
        while True:
            protocol, payload = self._connection.receive()
            if protocol != OSMO or payload[:1] != _EXTENSION:
                raise Unclear("MISREAD")
            kind, _, rest = payload[1:].decode("ascii", "replace").partition(" ")
            if kind == "TRAP":
                continue
            number, _, text = rest.partition(" ")
            if kind not in ("SET_REPLY", "GET_REPLY", "ERROR") or not number.isdecimal():
                raise Unclear("MISREAD")
            yield int(number), Reply(text.rstrip("\n"), refused=kind == "ERROR")
