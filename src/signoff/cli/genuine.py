"""`signoff genuine TEXT|FILE`: whether a link, sender, number, message or mail is really official.

Codes of notices are known to the site alone. Exit status: 0 ours or a known carrier's, 1 unknown,
3 dangerous, 2 the file could not be read.
"""

import argparse
import json
import sys
from pathlib import Path

from signoff.cli.errors import Refused
from signoff.domain.genuine import Answer, Verdict, Why
from signoff.usecases import official
from signoff.usecases.genuine import MOST, check
from signoff.wording import findings
from signoff.wording.catalogue import LANGUAGES, shipped

_STATUS = {Verdict.OURS: 0, Verdict.CARRIER: 0, Verdict.UNKNOWN: 1, Verdict.DANGEROUS: 3}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", metavar="TEXT|FILE", help="what was received; - reads it from input"
    )
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the findings")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Prints the findings; returns the exit status."""
    given = _given(options.what)
    mail = options.what.endswith(".eml")
    answer = check(given, lists=official.lists(), codes=lambda codes: {}, mail=mail).answer
    print(_as_json(answer) if options.json else _as_text(answer, options.language))
    return _STATUS[answer.verdict]


def _given(what: str) -> str | bytes:
    """The text itself, or the bytes of the file it names."""
    if what == "-":
        return sys.stdin.buffer.read(MOST)
    try:
        path = Path(what)
        if not (path.suffix == ".eml" or path.is_file()):
            return what
        with path.open("rb") as opened:
            return opened.read(MOST)
    except ValueError:  # a text with a zero byte names no file
        return what
    except OSError as error:
        if len(what) > 200:  # too long for a file's name
            return what
        raise Refused(f"cannot read {what}: {error.strerror}") from error


def _as_json(answer: Answer) -> str:
    def told(whys: tuple[Why, ...]) -> list[dict[str, str]]:
        return [{"code": why.reason, "about": why.about} for why in whys]

    shown = {
        "kind": answer.kind,
        "verdict": answer.verdict,
        "findings": told(answer.whys),
        "parts": [
            {
                "kind": part.kind,
                "shown": part.shown,
                "verdict": part.verdict,
                "findings": told(part.whys),
            }
            for part in answer.parts
        ],
    }
    return json.dumps(shown, ensure_ascii=False, indent=2)


def _as_text(answer: Answer, language: str) -> str:
    say = shipped("genuine").say
    lines = [say(f"genuine.verdict.{answer.verdict}", language)]
    lines += [f"  {findings.words(why, language)}" for why in answer.whys]
    for part in answer.parts:
        kind = say(f"genuine.kind.{part.kind}", language)
        lines.append(f"{kind}: {part.shown} ({say(f'genuine.short.{part.verdict}', language)})")
        lines += [f"  {findings.words(why, language)}" for why in part.whys]
    return "\n".join([*lines, "", say(f"genuine.do.{answer.verdict}", language)])
