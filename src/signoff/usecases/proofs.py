"""The proof of what was settled on the checklist, on paper (P6)."""

from datetime import datetime

from signoff.domain.items import POINTS
from signoff.domain.settling import Settled
from signoff.records.linefiles import LineFile
from signoff.usecases import board
from signoff.usecases.certify import named
from signoff.wording.catalogue import shipped
from signoff.wording.moments import moment_words, number_words
from signoff.wording.receipt import Facts, Paragraph, Table, receipt_pdf


def proof_pdf(line_id: int, *, user_id: int, language: str, now: datetime) -> bytes:
    """Everything that was settled on a line, with what, how, when and by whom. Raises NotYours."""
    line, settled = board.proofs(line_id, user_id=user_id)
    say, zone = shipped().say, line.policy.time_zone
    rows = [
        (
            _what(each, language=language),
            say(f"proved.{each.remedy}", language),
            moment_words(each.at, language, zone=zone),
        )
        for each in settled
    ]
    heads = tuple(say(f"proof.{head}", language) for head in ("what", "how", "when"))
    body = Table(heads=heads, rows=rows) if rows else Paragraph(say("proof.none", language))
    return receipt_pdf(
        language=language,
        issuer=line.policy.operator,
        reference=line.snapshot.account.details.account_number,
        title=say("proof.title", language),
        subtitle=named(line.policy.names, language),
        blocks=[Facts(_facts(line, now=now, language=language)), body, _who(language)],
        footer=say("proof.footer", language, brand=named(line.policy.names, language)),
    )


def _facts(line: LineFile, *, now: datetime, language: str) -> list[tuple[str, str]]:
    say = shipped().say
    made = moment_words(now, language, zone=line.policy.time_zone)
    return [
        (say("proof.line", language), number_words(line.msisdn)),
        (say("proof.holder", language), line.snapshot.account.details.name),
        (say("proof.made_at", language), made),
    ]


def _what(settled: Settled, *, language: str) -> str:
    if settled.id == POINTS:
        return shipped().say("proof.points", language, points=settled.label)
    return settled.label


def _who(language: str) -> Paragraph:
    return Paragraph(shipped().say("proof.who", language))
