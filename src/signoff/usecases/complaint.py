"""A complaint that is already written: from the facts of a case, in three languages (X7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings

from signoff.domain.case import State
from signoff.records import models
from signoff.records.casefiles import CaseFile
from signoff.usecases.advice import Way, ways_in
from signoff.usecases.certify import named
from signoff.usecases.look import CaseView
from signoff.wording.catalogue import shipped
from signoff.wording.moments import moment_words, money_words, number_words
from signoff.wording.receipt import Block, Facts, Heading, Paragraph, receipt_pdf


class About(StrEnum):
    """What a complaint is about; each has its own sentences."""

    SLOW = "slow"
    REFUSED = "refused"
    CHARGED = "charged"
    REFUND = "refund"
    SILENT = "silent"


class NoSuchWay(LookupError):
    """There is no such way to complain in this place."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as plain parts: shown as text, set as PDF."""

    title: str
    blocks: Sequence[Block]
    closing: str

    @property
    def text(self) -> str:
        """The letter to copy."""
        parts = [self.title]
        for block in self.blocks:
            if isinstance(block, Facts):
                parts.append("\n".join(f"{label}: {value}" for label, value in block.rows))
            elif isinstance(block, Heading | Paragraph):
                parts.append(block.text)
        return "\n\n".join([*parts, self.closing])


def way(code: str, *, place: str) -> Way:
    """A way to complain that exists in a place. Raises NoSuchWay."""
    for each in ways_in(place):
        if each.code == code:
            return each
    raise NoSuchWay(code)


def likely(view: CaseView, *, now: datetime) -> About:
    """What a complaint about this case would most likely be about."""
    file = view.file
    if file.state is State.DECLINED:
        return About.REFUSED
    if file.ended_at is None:
        return About.SLOW if file.effective_at < now else About.SILENT
    open_refund = any(
        each.kind == models.PaymentIntent.Kind.REFUND
        and each.state != models.PaymentIntent.State.DONE
        for each in view.payments
    )
    if open_refund and now > file.ended_at + timedelta(days=file.policy.refund_days):
        return About.REFUND
    return About.CHARGED


def letter(file: CaseFile, to: Way, *, about: About, language: str) -> Letter:
    """The letter: who, which line, what happened when, what is wrong, what is asked."""
    say, zone = shipped().say, file.policy.time_zone

    def at(moment: datetime) -> str:
        return moment_words(moment, language, zone=zone)

    values = {
        "number": file.number,
        "brand": named(file.policy.names, language),
        "operator": file.policy.operator,
        "line": number_words(file.msisdn),
        "declared": at(file.declared_at),
        "effective": at(file.effective_at),
        "url": f"{settings.SIGNOFF_BASE_URL}/verify",
        "days": str(file.policy.refund_days),
        "amount": money_words((file.final or file.shown).refund, language),
    }

    def sentence(key: str) -> str:
        wanted = shipped().placeholders(key)
        return say(key, language, **{name: values[name] for name in wanted})

    return Letter(
        title=sentence("complaint.letter.subject"),
        blocks=[
            Paragraph(sentence(f"complaint.to.{to.code}")),
            Facts(_facts(file, language=language)),
            Paragraph(sentence(f"complaint.letter.{about.value}")),
            Paragraph(sentence(f"complaint.ask.{about.value}")),
            Paragraph(sentence("complaint.letter.evidence")),
        ],
        closing=f"{file.name}\n{file.email}",
    )


def _facts(file: CaseFile, *, language: str) -> list[tuple[str, str]]:
    say, zone = shipped().say, file.policy.time_zone
    account = file.snapshot.account.details.account_number
    moments = [
        ("receipt.declared_at", file.declared_at),
        ("receipt.effective_at", file.effective_at),
        ("case.ended_at", file.ended_at),
    ]
    return [
        (say("receipt.number", language), file.number),
        (say("receipt.holder", language), file.name),
        (say("receipt.line", language), number_words(file.msisdn)),
        *([(say("complaint.account", language), account)] if account else []),
        (say("complaint.brand", language), named(file.policy.names, language)),
        (say("complaint.operator", language), file.policy.operator),
        *(
            (say(key, language), moment_words(moment, language, zone=zone))
            for key, moment in moments
            if moment
        ),
        (say("pack.state", language), say(f"state.{file.state.value}", language)),
    ]


def letter_pdf(file: CaseFile, written: Letter, *, language: str) -> bytes:
    """The letter on paper; the sender is the subscriber, not the brand."""
    return receipt_pdf(
        language=language,
        issuer=file.name,
        reference=file.number,
        title=written.title,
        subtitle="",
        blocks=[*written.blocks, *map(Paragraph, written.closing.split("\n"))],
        footer=shipped().say("complaint.letter.foot", language),
    )
