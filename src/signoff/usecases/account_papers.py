"""One receipt for a joint request: each line with case, date, choice and statement (E8, F3)."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from signoff.domain.account import Right
from signoff.domain.policy import Policy
from signoff.domain.statement import OF_ACCOUNT, Statement, StatementLine
from signoff.records import casefiles, models
from signoff.records.casefiles import CaseFile
from signoff.usecases.certify import named
from signoff.usecases.joint_requests import cases_of
from signoff.usecases.papers import next_steps, statement_table
from signoff.wording.catalogue import shipped
from signoff.wording.moments import moment_words, money_words, number_words
from signoff.wording.receipt import Block, Facts, Heading, Paragraph, Steps, Table, receipt_pdf


def receipt(request_id: UUID, *, language: str) -> bytes:
    """The receipt of a joint request, as it was declared."""
    request = models.AccountRequest.objects.select_related("declared_by").get(id=request_id)
    rows = models.Case.objects.filter(request=request_id).order_by("id")
    files = casefiles.load(cases_of(request_id), lock=False)
    say, first = shipped().say, files[-1]
    return receipt_pdf(
        language=language,
        issuer=first.policy.operator,
        reference=request.number,
        title=say("together.receipt.title", language),
        subtitle=named(first.policy.names, language),
        blocks=_blocks(request, files, reason=rows[0].reason, language=language),
        footer=say("receipt.footer", language, number=request.number),
    )


def _blocks(
    request: models.AccountRequest, files: Sequence[CaseFile], *, reason: str, language: str
) -> list[Block]:
    say = shipped().say
    shown = [(file, Statement(file.shown.currency, _own(file))) for file in files]
    blocks: list[Block] = [
        Facts(_facts(request, files, reason=reason, language=language)),
        Heading(say("together.receipt.lines", language, count=len(files))),
        _overview(files, language=language),
    ]
    for file, own in shown:
        blocks.append(Heading(f"{number_words(file.msisdn)} · {file.number}"))
        blocks.append(_statement(own, language=language))
    if account := _account(files[-1]):
        blocks.append(Heading(say("together.receipt.account", language)))
        blocks.append(statement_table(account, language=language))
    every = tuple(line for file in files for line in file.shown.lines)
    blocks += [
        Facts([_total(Statement(files[-1].shown.currency, every), language=language)]),
        Heading(say("receipt.next", language)),
        Steps(_next(files, language=language)),
        Paragraph(say("receipt.emergency", language)),
    ]
    return blocks


def _own(file: CaseFile) -> tuple[StatementLine, ...]:
    return tuple(line for line in file.shown.lines if line.code not in OF_ACCOUNT)


def _account(file: CaseFile) -> Statement | None:
    lines = tuple(line for line in file.shown.lines if line.code in OF_ACCOUNT)
    return Statement(file.shown.currency, lines) if lines else None


def _facts(
    request: models.AccountRequest, files: Sequence[CaseFile], *, reason: str, language: str
) -> list[tuple[str, str]]:
    say, last = shipped().say, files[-1]
    declared = request.declared_at.astimezone(ZoneInfo(last.policy.time_zone))
    facts = [
        (say("together.receipt.number", language), request.number),
        (say("receipt.holder", language), last.name),
    ]
    if request.acting != Right.HOLDER:
        who = request.declared_by.first_name or request.declared_by.email
        acting = say(f"right.{request.acting}", language)
        facts.append((say("together.receipt.declared_by", language), f"{who} ({acting})"))
    whole = "whole" if request.whole else "some"
    return [
        *facts,
        (say("together.receipt.what", language), say(f"together.receipt.{whole}", language)),
        (say("receipt.declared_at", language), declared.isoformat(sep=" ", timespec="seconds")),
        (say("receipt.channel", language), say(f"channel.{request.channel}", language)),
        (say("receipt.reason", language), say(f"reason.{reason}", language)),
    ]


def _overview(files: Sequence[CaseFile], *, language: str) -> Table:
    say = shipped().say
    rows = [
        (
            f"{number_words(file.msisdn)} · {file.number}",
            moment_words(file.effective_at, language, zone=file.policy.time_zone),
            say(f"number.{file.number_choice.value}", language),
        )
        for file in files
    ]
    heads = ("receipt.line", "receipt.effective_at", "receipt.keep_number")
    return Table(heads=tuple(say(head, language) for head in heads), rows=rows)


def _statement(own: Statement, *, language: str) -> Block:
    if not own.lines:
        return Paragraph(shipped().say("statement.empty", language))
    return statement_table(own, language=language)


def _total(total: Statement, *, language: str) -> tuple[str, str]:
    """What all of it comes to."""
    say = shipped().say
    key = "receipt.you_get" if total.refund else "receipt.you_owe"
    amount = total.refund if total.refund else total.owed
    label = say("together.receipt.total", language)
    return label, f"{say(key, language)} {money_words(amount, language)}"


def _next(files: Sequence[CaseFile], *, language: str) -> list[str]:
    """What follows, once for each policy there is among the lines."""
    steps: dict[str, None] = {shipped().say("together.receipt.own_way", language): None}
    policies: dict[str, Policy] = {file.policy_digest: file.policy for file in files}
    for policy in policies.values():
        steps |= dict.fromkeys(next_steps(policy, language=language))
    return list(steps)
