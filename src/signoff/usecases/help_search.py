"""Finding an answer in the help centre by the words people use (C1, C8)."""

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from signoff.wording.catalogue import LANGUAGES, shipped

_FILE = Path(__file__).parents[1] / "policies" / "aftercare" / "help.toml"
MOST_TYPED = 200


@cache
def words() -> Mapping[str, tuple[str, ...]]:
    """What people type, by question, in the order the questions stand."""
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))["words"]
    return {code: tuple(map(_plain, found)) for code, found in read.items()}


def questions() -> tuple[str, ...]:
    """Every question, the entry to end a line first."""
    return tuple(words())


def find(typed: str) -> tuple[str, ...]:
    """The questions that fit what was typed, in their order; none where nothing does.

    A word people use for a question counts where it stands in what was typed, whatever the
    language of the page; otherwise every word typed must stand in question and answer.
    """
    wanted = _plain(typed[:MOST_TYPED])
    if not wanted:
        return ()
    known = [code for code, found in words().items() if any(word in wanted for word in found)]
    return tuple(known or [code for code in words() if _says(code, wanted.split())])


def _says(code: str, wanted: list[str]) -> bool:
    say = shipped().say
    texts = (
        _plain(f"{say(f'help.q.{code}', language)} {say(f'help.a.{code}', language)}")
        for language in LANGUAGES
    )
    return any(all(word in text for word in wanted) for text in texts)


def _plain(text: str) -> str:
    """Without case, width and doubled spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
