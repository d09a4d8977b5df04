"""What phones got and wrote, in a folder: one writer (the network), any number of readers.

messages.jsonl    a message a line, in order
replies/*.json    what a phone wrote and the network has not yet taken
"""

import json
import secrets
import threading
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """A message as a phone shows it. `at` is seconds since 1970; `ours` came from Signoff."""

    number: str
    text: str
    at: float
    ours: bool
    alphabet: str = "gsm7"
    parts: int = 1


class Phones:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def add(self, bubble: Bubble) -> None:
        """Keep a message."""
        self._folder.mkdir(parents=True, exist_ok=True)
        line = json.dumps(asdict(bubble), ensure_ascii=False) + "\n"
        with self._lock, self._file.open("a", encoding="utf-8") as file:
            file.write(line)

    def bubbles(self, number: str = "") -> list[Bubble]:
        """All messages in order, or those of one phone; a line that is not whole is left out."""
        try:
            lines = self._file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        found = [bubble for line in lines if (bubble := _bubble(line))]
        return [bubble for bubble in found if number in ("", bubble.number)]

    def write_back(self, *, number: str, text: str) -> None:
        """Have a phone write to Signoff; the network takes it within a second."""
        folder = self._folder / "replies"
        folder.mkdir(parents=True, exist_ok=True)
        name = secrets.token_hex(8)
        draft = folder / f"{name}.draft"
        draft.write_text(json.dumps({"number": number, "text": text}), encoding="utf-8")
        draft.replace(folder / f"{name}.json")

    def replies(self) -> list[tuple[Path, str, str]]:
        """What phones wrote and nobody has taken: file, number and text, the oldest first."""
        waiting = (self._folder / "replies").glob("*.json")
        found = []
        for file in sorted(waiting, key=lambda each: each.stat().st_mtime):
            told = json.loads(file.read_text(encoding="utf-8"))
            found.append((file, str(told["number"]), str(told["text"])))
        return found

    @property
    def _file(self) -> Path:
        return self._folder / "messages.jsonl"


def _bubble(line: str) -> Bubble | None:
    try:
        return Bubble(**json.loads(line))
    except (ValueError, TypeError):
        return None
