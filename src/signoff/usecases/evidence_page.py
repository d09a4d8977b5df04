"""The page of an evidence pack that people read: what happened, in the subscriber's language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from signoff.domain.money import Money
from signoff.records import models
from signoff.usecases.certify import carrier_name, named
from signoff.usecases.papers import statement_table
from signoff.wording.catalogue import shipped
from signoff.wording.html_paper import paper_html
from signoff.wording.moments import moment_words, money_words, number_words
from signoff.wording.receipt import Block, Facts, Heading, Paragraph, Steps, Table

if TYPE_CHECKING:
    from datetime import datetime

    from signoff.usecases.evidence_pack import Gathered


class _Words:
    """Sentences and moments in the pack's language and the brand's time zone."""

    def __init__(self, found: Gathered) -> None:
        self._language = found.language
        self._zone = found.file.policy.time_zone

    def say(self, key: str, **values: str | int) -> str:
        return shipped().say(key, self._language, **values)

    def at(self, moment: datetime) -> str:
        return moment_words(moment, self._language, zone=self._zone)

    def money(self, amount: Money) -> str:
        return money_words(amount, self._language)


def page(found: Gathered, *, parts: Sequence[tuple[str, str]]) -> bytes:
    """`index.html`; `parts` are the path and role of every other file."""
    words, file = _Words(found), found.file
    return paper_html(
        language=found.language,
        issuer=f"{file.policy.operator} · {named(file.policy.names, found.language)}",
        title=words.say("pack.title", number=file.number),
        subtitle=words.say("pack.as_of", at=words.at(found.as_of)),
        blocks=list(_blocks(found, words)),
        files=(
            words.say("pack.files"),
            [(path, words.say(f"pack.role.{role}")) for path, role in parts],
        ),
        footer=words.say("pack.foot"),
    )


def _blocks(found: Gathered, words: _Words) -> Iterator[Block]:
    yield Facts(list(_facts(found, words)))
    yield Heading(words.say("pack.happened"))
    yield _happened(found, words)
    yield Heading(words.say("pack.messages"))
    yield from _messages(found, words)
    yield Heading(words.say("pack.carrier"))
    yield from _carrier(found, words)
    final = found.file.final
    yield Heading(words.say("pack.statement_final" if final else "pack.statement_shown"))
    yield statement_table(final or found.file.shown, language=found.language)
    yield Heading(words.say("pack.refunds"))
    yield from _refunds(found, words)
    yield Heading(words.say("pack.check"))
    yield Steps([words.say(f"pack.check_{number}") for number in ("1", "2", "3")])


def _facts(found: Gathered, words: _Words) -> Iterator[tuple[str, str]]:
    file, row = found.file, found.row
    yield words.say("receipt.number"), file.number
    yield words.say("receipt.holder"), file.name
    yield words.say("receipt.line"), number_words(file.msisdn)
    yield words.say("pack.state"), words.say(f"state.{file.state.value}")
    yield words.say("receipt.declared_at"), words.at(file.declared_at)
    yield words.say("receipt.effective_at"), words.at(file.effective_at)
    if file.ended_at:
        yield words.say("case.ended_at"), words.at(file.ended_at)
    yield words.say("receipt.channel"), words.say(f"channel.{row.channel}")
    yield words.say("receipt.reason"), words.say(f"reason.{row.reason}")
    if row.words:
        yield words.say("pack.words"), row.words
    if file.proof:
        yield words.say("case.proof"), f"{words.say('case.proof_words')} {file.proof['reference']}"


def _happened(found: Gathered, words: _Words) -> Table:
    return Table(
        heads=tuple(words.say(f"pack.head.{head}") for head in ("what", "who", "when")),
        rows=[
            (_event(event, words), _actor(event, words), words.at(event.at))
            for event in found.shown
        ],
    )


def _event(event: models.Event, words: _Words) -> str:
    key, facts = f"event.{event.code}", event.facts
    values = {}
    if "amount" in shipped().placeholders(key):
        values["amount"] = words.money(Money(int(facts["amount"]), str(facts["currency"])))
    told = [words.say(key, **values)]
    if facts.get("notice"):
        told.append(words.say(f"check.notice.{facts['notice']}"))
    wrote = (event.personal or {}).get("words")
    return "\n".join([*told, f"“{wrote}”"] if wrote else told)


def _actor(event: models.Event, words: _Words) -> str:
    role, _, rest = event.actor.partition(":")
    return carrier_name(rest) if role == "carrier" else words.say(f"actor.{role}")


def _messages(found: Gathered, words: _Words) -> Iterator[Block]:
    if not found.messages:
        yield Paragraph(words.say("pack.no_messages"))
        return
    rows = []
    for each in found.messages:
        said = words.say("pack.erased") if each.words is None else each.words
        if each.document:
            said = f"{said}\n{words.say('pack.document', digest=each.document.sha256[:12])}".strip()
        rows.append((said, words.say(f"pack.side.{each.side}"), words.at(each.at)))
    heads = tuple(words.say(f"pack.head.{head}") for head in ("said", "who", "when"))
    yield Table(heads=heads, rows=rows)


def _carrier(found: Gathered, words: _Words) -> Iterator[Block]:
    if not found.intents:
        yield Paragraph(words.say("pack.no_carrier"))
        return
    heads = tuple(words.say(f"pack.head.{head}") for head in ("order", "result", "when"))
    rows = [
        (
            f"{words.say(f'pack.op.{intent.op}')} · {carrier_name(intent.carrier)}",
            "\n".join(filter(None, (words.say(f"pack.intent.{intent.state}"), intent.reference))),
            words.at(intent.answered_at or intent.sent_at),
        )
        for intent in found.intents
    ]
    yield Table(heads=heads, rows=rows)


def _refunds(found: Gathered, words: _Words) -> Iterator[Block]:
    refunds = [each for each in found.payments if each.kind == models.PaymentIntent.Kind.REFUND]
    if not refunds:
        yield Paragraph(words.say("pack.no_refunds"))
        return
    heads = tuple(words.say(f"pack.head.{head}") for head in ("result", "when", "amount"))
    rows = [
        (
            words.say(f"pack.refund.{each.state}"),
            words.at(each.answered_at or each.at),
            words.money(Money(each.minor, each.currency)),
        )
        for each in refunds
    ]
    yield Table(heads=heads, rows=rows)
