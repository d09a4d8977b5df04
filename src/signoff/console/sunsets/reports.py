"""The reconciliation of a run that is over: a page to read and print, and its two files."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from signoff.console.access import now, sunsets_only, user_id
from signoff.console.page import named
from signoff.console.sunsets import shown
from signoff.console.sunsets.views import head
from signoff.domain.canonical import parse_time
from signoff.domain.money import Money
from signoff.domain.sunset import AT_REST, REFUSED, Row
from signoff.domain.sunset_report import Flaw
from signoff.ports import registry
from signoff.usecases import desk
from signoff.usecases.certify import SIGNER
from signoff.usecases.sunsets import look
from signoff.usecases.sunsets.reconcile import NotYet
from signoff.usecases.sunsets.verifying import verify_report
from signoff.wording.tags import sentence
from signoff.workflows import sunsets

_ON_ITS_WAY = ("planned", "sent", "unknown")
_BY_HAND = ("manual", "refused")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many rows came to the same, and why where there is a reason."""

    code: str
    count: int
    parts: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Refunds:
    """What was to be paid back in one currency, and what became of it."""

    decided: Money
    paid: Money
    on_its_way: Money
    by_hand: Money

    @property
    def even(self) -> bool:
        """Whether what was decided is what became of it."""
        return self.decided == self.paid + self.on_its_way + self.by_hand


@require_GET
@sunsets_only
def report(request: HttpRequest, *, run_id: UUID) -> HttpResponse:
    """Every line accounted for, money in equal to money out, and how to check it."""
    you = user_id(request)
    view = look.run(run_id, user_id=you, now=now())
    file = _signed(run_id, by=you)
    document = json.loads(file)
    told: dict[str, Any] = document["report"]
    names = desk.names_of([*told["confirmed_by"], *(each["by"] for each in told.get("acts", ()))])
    context = head(view) | {
        "told": told,
        "signature": document["signature"],
        "genuine": _genuine(file, told),
        "ended_at": parse_time(told["ended_at"]),
        "started_at": parse_time(told["started_at"]) if told["started_at"] else None,
        "confirmed_by": [names.get(each, str(each)) for each in told["confirmed_by"]],
        "acts": [_act(each, names) for each in told.get("acts", ())],
        "ended": told["outcomes"].get(Row.ENDED, 0),
        "groups": _groups(told),
        "whole": sum(told["outcomes"].values()),
        "refunds": [_refunds(of, each) for each, of in sorted(told["refunds"].items())],
        "owed": [Money(minor, each) for each, minor in sorted(told["owed"].items()) if minor],
        "ledger": [_ledger(of, each) for each, of in sorted(told["ledger"].items())],
        "states": [
            (named(("console.line",), state) if state else sentence("sunset_desk.report.unread"),
             count)
            for state, count in sorted(told["carrier_states"].items())
        ],
        "kilobytes": -(-told["csv"]["size"] // 1024),
    }  # fmt: skip
    return render(request, "console/sunsets/report.html", context)


def _act(told: Mapping[str, Any], names: Mapping[int, str], /) -> shown.Act:
    return shown.Act(
        what=told["act"],
        at=parse_time(told["at"]),
        name=names.get(told["by"], str(told["by"])),
        about=shown.about(told["lines"], step=told["step"], code=told["code"]),
    )


def _signed(run_id: UUID, *, by: int) -> bytes:
    try:
        return sunsets.report_json(run_id, by=by)
    except NotYet as error:
        raise Http404 from error


def _genuine(file: bytes, told: Mapping[str, Any], /) -> bool:
    """Whether the signature is this installation's; the rows have a digest of their own."""
    keys = registry.signers[SIGNER].trusted_keys()
    found = verify_report(file, csv_sha256=told["csv"]["sha256"], trusted=keys)
    return not set(found) & {Flaw.NOT_A_REPORT, Flaw.WRONG_SIGNATURE, Flaw.UNKNOWN_KEY}


def _groups(told: Mapping[str, Any]) -> list[tuple[str, list[Outcome], int]]:
    """The outcomes in the order they are read: ended, going on, waiting, left out."""
    going_on: list[Row] = [code for code in AT_REST if code not in (Row.ENDED, Row.FAILED)]
    sorts: dict[str, list[Row]] = {
        "ended": [Row.ENDED],
        "kept": going_on,
        "failed": [Row.FAILED],
        "out": list(REFUSED),
    }
    sorted_already = {code for codes in sorts.values() for code in codes}
    sorts["open"] = [code for code in Row if code not in sorted_already]
    found = []
    for name, codes in sorts.items():
        outcomes = [_outcome(code, told) for code in codes if told["outcomes"].get(code.value)]
        if outcomes:
            found.append((name, outcomes, sum(each.count for each in outcomes)))
    return found


def _outcome(code: Row, told: Mapping[str, Any], /) -> Outcome:
    parts: list[tuple[str, int]] = []
    if code is Row.FAILED:
        for why, count in told["failed"].items():
            step, _, reason = why.partition(":")
            said = shown.why_words(reason) if reason else ""
            parts.append((": ".join(filter(None, [shown.step_words(step), said])), count))
    if code is Row.BLOCKED:
        parts = [(shown.block_words(why), count) for why, count in told["blocked"].items()]
    return Outcome(code.value, told["outcomes"][code.value], tuple(parts))


def _refunds(of: Mapping[str, int], currency: str, /) -> Refunds:
    def summed(*states: str) -> Money:
        return Money(sum(of.get(state, 0) for state in states), currency)

    return Refunds(summed("decided"), summed("done"), summed(*_ON_ITS_WAY), summed(*_BY_HAND))


def _ledger(of: Mapping[str, int], currency: str, /) -> tuple[str, list[tuple[str, Money]], Money]:
    rows = [
        (named(("sunset_desk.account",), account.replace(":", "_")), Money(minor, currency))
        for account, minor in sorted(of.items())
    ]
    return currency, rows, Money(sum(of.values()), currency)


# ---------------------------------------------------------------- the files
@require_GET
@sunsets_only
def signed_json(request: HttpRequest, *, run_id: UUID) -> HttpResponse:
    """The signed summary."""
    response = HttpResponse(
        _signed(run_id, by=user_id(request)), content_type="application/json; charset=utf-8"
    )
    response["Content-Disposition"] = _attachment(run_id, "json", by=user_id(request))
    return response


@require_GET
@sunsets_only
def rows_csv(request: HttpRequest, *, run_id: UUID) -> StreamingHttpResponse:
    """Every row and what came of it, piece by piece: ten million rows need no memory."""
    try:
        pieces: Iterator[bytes] = sunsets.report_csv(run_id, by=user_id(request))
    except NotYet as error:
        raise Http404 from error
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = _attachment(run_id, "csv", by=user_id(request))
    return response


def _attachment(run_id: UUID, ending: str, *, by: int) -> str:
    number = look.seen(run_id, user_id=by).number
    return f'attachment; filename="sunset-{number}.{ending}"'
