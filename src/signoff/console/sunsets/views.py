"""Looking at runs: the list, one run and its live part, rows left out, lines that wait."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from signoff.console.access import now, sunsets_only, user_id
from signoff.console.sunsets import shown
from signoff.domain.sunset import OVER, PEOPLE, REFUSED, Row, RunAct, Stage
from signoff.usecases import desk
from signoff.usecases.sunsets import look
from signoff.usecases.sunsets.look import RefusedRow, RunView
from signoff.wording.tags import language, sentence

MOST = 100
"""Rows on one page."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An act that was not carried out: what to say, and what was typed."""

    told: str
    status: int = 409
    typed: str = ""


@require_GET
@sunsets_only
def runs(request: HttpRequest) -> HttpResponse:
    """All runs of the brands this person looks after, the newest first."""
    you = user_id(request)
    found = shown.listed(look.runs(you))
    context = {
        "here": "sunsets",
        "open": [each for each in found if not each.over],
        "over": [each for each in found if each.over],
        "may_create": bool(look.may_create(you)),
    }
    return render(request, "console/sunsets/runs.html", context)


@require_GET
@sunsets_only
def run(request: HttpRequest, *, run_id: UUID) -> HttpResponse:
    """One run with all that is known of it."""
    return run_page(request, run_id)


def run_page(request: HttpRequest, run_id: UUID, *, refused: Refused | None = None) -> HttpResponse:
    """The page of a run; `refused` says why an act just asked for changed nothing."""
    you = user_id(request)
    view = look.run(run_id, user_id=you, now=now())
    totals = view.totals
    context = {
        **head(view),
        **shown.figures(view, by=you),
        **deciding(view, you=you),
        "totals": totals,
        "money": shown.money_rows(totals) if totals else [],
        "left_out": shown.left_out(totals) if totals else [],
        "estimated": shown.time_words(totals.seconds) if totals else "",
        "shares": [
            (shown.carrier_words(each.carrier), each, shown.time_words(each.seconds))
            for each in (totals.carriers if totals else ())
        ],
        "terms": view.terms,
        "acts": shown.acts(view),
        "refused": refused,
    }
    status = refused.status if refused else 200
    return render(request, "console/sunsets/run.html", context, status=status)


def head(view: RunView) -> dict[str, object]:
    """What every page of a run says above."""
    brand = desk.brands([view.row.brand])[view.row.brand]
    return {
        "here": "sunsets",
        "view": view,
        "row": view.row,
        "zone": view.terms.time_zone,
        "brand": brand.names[language()],
        "over": view.row.stage in OVER,
    }


def deciding(view: RunView, *, you: int) -> dict[str, object]:
    """What this person may do about the run now, and what keeps them from the rest."""
    stage = view.row.stage
    first = view.confirmed[0] if view.confirmed else None
    return {
        "may": {act.value: act in view.may for act in PEOPLE},
        "looks_only": view.row.brand not in look.may_create(you),
        "waits_for_confirmation": stage in (Stage.READY, Stage.HALF_CONFIRMED),
        "yours_already": stage is Stage.HALF_CONFIRMED and first is not None and first.by == you,
        "too_early": stage is Stage.CONFIRMED and RunAct.START not in view.may,
    }


@require_GET
@sunsets_only
def live(request: HttpRequest, *, run_id: UUID) -> HttpResponse:
    """The part of a run's page that changes by itself."""
    you = user_id(request)
    view = look.run(run_id, user_id=you, now=now())
    return render(request, "console/sunsets/live.html", shown.figures(view, by=you))


# ---------------------------------------------------------------- rows that were left out
@dataclass(frozen=True, slots=True)
class Excluded:
    """A row that is left out, with what goes with its reason."""

    row: int
    given: str
    code: str
    more: str


@require_GET
@sunsets_only
def left_out(request: HttpRequest, *, run_id: UUID) -> HttpResponse:
    """The rows a run leaves out, by reason, a page at a time."""
    you = user_id(request)
    view = look.run(run_id, user_id=you, now=now())
    code = _one_of({each.value for each in REFUSED}, request.GET.get("why", ""))
    found = look.refused_rows(run_id, user_id=you, code=code, after=_after(request), most=MOST + 1)
    rows = [_excluded(each) for each in found[:MOST]]
    counts = {each.value: view.progress.counts.get(each, 0) for each in REFUSED}
    context = head(view) | {
        "rows": rows,
        "chosen": code,
        "counts": [(each, count) for each, count in counts.items() if count],
        "whole": sum(counts.values()),
        "next": _next(rows[-1].row, {"why": code}) if len(found) > MOST else "",
        "first": not _after(request),
    }
    return render(request, "console/sunsets/left_out.html", context)


def _excluded(row: RefusedRow) -> Excluded:
    more = ""
    if row.code is Row.DUPLICATE:
        more = sentence("sunset_desk.left_out.first", row=row.why)
    elif row.code is Row.BLOCKED:
        more = shown.block_words(row.why)
    return Excluded(row.row, row.given, row.code.value, more)


# ---------------------------------------------------------------- lines that wait for a person
@require_GET
@sunsets_only
def waiting(request: HttpRequest, *, run_id: UUID) -> HttpResponse:
    """The work list of a run: lines that wait for a person, by reason."""
    return waiting_page(request, run_id)


def waiting_page(
    request: HttpRequest, run_id: UUID, *, refused: Refused | None = None
) -> HttpResponse:
    """The work list; `refused` says why nothing is tried again."""
    you = user_id(request)
    view = look.run(run_id, user_id=you, now=now())
    groups = look.failures(run_id, user_id=you)
    step = _one_of({each.step for each in groups}, request.GET.get("step", ""))
    code = _one_of({each.code for each in groups}, request.GET.get("code", ""))
    rows = look.failed_rows(
        run_id, user_id=you, step=step, code=code, after=_after(request), most=MOST + 1
    )
    context = head(view) | {
        "may_retry": RunAct.RETRY in view.may,
        "groups": [_group(each.step, each.code) | {"lines": each.lines} for each in groups],
        "chosen": _group(step, code) if step or code else None,
        "rows": [(each, shown.step_words(each.step), shown.why_words(each.code))
                 for each in rows[:MOST]],
        "waiting": view.progress.counts.get(Row.FAILED, 0),
        "parts": Counter(each.step for each in groups),
        "next": _next(rows[MOST - 1].row, {"step": step, "code": code})
        if len(rows) > MOST else "",
        "refused": refused,
        "back": reverse("console:sunset", args=[run_id]),
    }  # fmt: skip
    status = refused.status if refused else 200
    return render(request, "console/sunsets/waiting.html", context, status=status)


def _group(step: str, code: str, /) -> dict[str, object]:
    return {
        "step": step,
        "code": code,
        "title": shown.step_words(step),
        "why": shown.why_words(code),
    }


def _one_of(known: set[str], asked: str, /) -> str:
    return asked if asked in known else ""


def _after(request: HttpRequest) -> int:
    """After which row the page begins; nonsense is the beginning."""
    text = request.GET.get("after", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _next(after: int, more: Mapping[str, str], /) -> str:
    """The query of the next page. Row numbers and codes only: nothing personal."""
    return "?" + urlencode({**{key: value for key, value in more.items() if value}, "after": after})
