"""The papers of a case, made when they are asked for: receipt, certificate as JSON and PDF."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from signoff.domain.account import Right
from signoff.domain.policy import Policy
from signoff.domain.sealed_pdf import seal
from signoff.domain.statement import UNCOUNTED, Statement
from signoff.ports import registry
from signoff.records import casefiles, models
from signoff.records.casefiles import CaseFile
from signoff.usecases.certify import SIGNER, certificate_file, named
from signoff.usecases.notify import masked
from signoff.wording import pdf
from signoff.wording.catalogue import shipped
from signoff.wording.moments import moment_words, money_words, number_words
from signoff.wording.receipt import Block, Facts, Heading, Paragraph, Steps, Table, receipt_pdf


class NotYet(LookupError):
    """This case has no such paper (yet)."""


def certificate_json(case_id: UUID) -> bytes:
    """The certificate file. Raises NotYet."""
    content = certificate_file(case_id)
    if content is None:
        raise NotYet
    return content


def certificate_pdf(case_id: UUID, *, language: str) -> bytes:
    """The certificate as a signed PDF that carries the file within. Raises NotYet."""
    content = certificate_json(case_id)
    page = pdf.certificate_pdf(content, language=language)
    signer = registry.signers[SIGNER]
    return seal(page, certificate=content, key_id=signer.key_id, sign=signer.sign)


def receipt(case_id: UUID, *, language: str) -> bytes:
    """The receipt of a declaration (F3; law.md 4.3): what was declared, when, what it leads to."""
    (file,) = casefiles.load([case_id], lock=False)
    row = models.Case.objects.select_related("declared_by").get(id=case_id)
    say = shipped().say
    return receipt_pdf(
        language=language,
        issuer=file.policy.operator,
        reference=file.number,
        title=say("receipt.title", language),
        subtitle=named(file.policy.names, language),
        blocks=_blocks(file, row, language=language),
        footer=say("receipt.footer", language, number=file.number),
    )


def _blocks(file: CaseFile, row: models.Case, *, language: str) -> Sequence[Block]:
    say, zone = shipped().say, file.policy.time_zone
    declared = file.declared_at.astimezone(ZoneInfo(zone))
    facts = (
        (say("receipt.number", language), file.number),
        (say("receipt.holder", language), file.name),
        *_declared_by(row, language=language),
        (say("receipt.line", language), number_words(file.msisdn)),
        (say("receipt.sim", language), masked(file.iccid)),
        (say("receipt.declared_at", language), declared.isoformat(sep=" ", timespec="seconds")),
        (
            say("receipt.effective_at", language),
            moment_words(file.effective_at, language, zone=zone),
        ),
        (say("receipt.channel", language), say(f"channel.{row.channel}", language)),
        (say("receipt.reason", language), say(f"reason.{row.reason}", language)),
        (say("receipt.keep_number", language), say(f"number.{row.number_choice}", language)),
    )
    return [
        Facts(facts),
        Heading(say("receipt.statement", language)),
        statement_table(file.shown, language=language),
        Heading(say("receipt.next", language)),
        Steps(next_steps(file.policy, language=language)),
        Paragraph(say("receipt.emergency", language)),
    ]


def statement_table(shown: Statement, *, language: str) -> Table:
    """A statement as a table of a paper: what, by which rule, how much."""
    say = shipped().say
    rows = [
        (
            say(f"line.{line.code.value}", language),
            say(f"rule.{line.rule}", language),
            money_words(line.amount, language),
        )
        for line in shown.lines
        if line.code not in UNCOUNTED
    ]
    total = "receipt.you_get" if shown.refund else "receipt.you_owe"
    amount = shown.refund if shown.refund else shown.owed
    return Table(
        heads=tuple(say(f"receipt.{head}", language) for head in ("what", "rule", "amount")),
        rows=rows,
        total=(say(total, language), "", money_words(amount, language)),
    )


def _declared_by(row: models.Case, *, language: str) -> list[tuple[str, str]]:
    """Who declared it for the holder, and by which right; nothing where it was the holder (A7)."""
    if row.acting == Right.HOLDER or row.declared_by is None:
        return []
    say, who = shipped().say, row.declared_by.first_name or row.declared_by.email
    acting = say(f"right.{row.acting}", language)
    return [(say("together.receipt.declared_by", language), f"{who} ({acting})")]


def next_steps(policy: Policy, *, language: str) -> list[str]:
    """What follows a declaration under this policy."""
    say = shipped().say
    steps = [say("receipt.charging_stopped", language)]
    if policy.review.by_agent:
        steps.append(say("receipt.review", language, count=policy.review.business_days))
    steps.append(say("receipt.withdraw", language))
    if policy.restore_days:
        steps.append(say("receipt.restore", language, count=policy.restore_days))
    return [*steps, say("receipt.refund", language, count=policy.refund_days)]
