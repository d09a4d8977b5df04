"""A run as its pages show it: codes in words, figures people can read, a bar as shapes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from signoff.console.page import named
from signoff.domain.case import State
from signoff.domain.money import Money
from signoff.domain.sunset import OVER, REFUSED, Row, RunAct, Stage
from signoff.usecases import desk
from signoff.usecases.sunsets import look
from signoff.usecases.sunsets.look import Progress, RunRow, RunView, Settled, Totals
from signoff.wording.catalogue import shipped
from signoff.wording.tags import language, sentence

FOLLOWED = frozenset(
    {
        Stage.GATHERING,
        Stage.REHEARSING,
        Stage.CONFIRMED,
        Stage.RUNNING,
        Stage.PAUSED,
        Stage.RECONCILING,
        Stage.STOPPING,
    }
)
"""Stages in which a page changes by itself, so that it looks again."""

WIDTH = 1000
"""How wide a bar is drawn; it is stretched to its place."""

_LEAST = 6
"""How wide the smallest share is drawn: one failed line of a million must be seen."""

_KEPT = (Row.WITHDRAWN, Row.DECLINED, Row.RESTORED, Row.PORTED_OUT, Row.NOT_BEGUN)


@dataclass(frozen=True, slots=True)
class Segment:
    """A state of lines in a bar: how many, from where to where."""

    code: str
    count: int
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Bar:
    """How far a run is: its lines by state."""

    segments: Sequence[Segment]
    done: int
    lines: int

    @property
    def percent(self) -> str:
        """What part is done; never 100 before all is."""
        share = self.done / self.lines if self.lines else 1.0
        return f"{min(share, 0.999) if self.done < self.lines else 1.0:.1%}".replace(".0%", "%")


_OFF = (State.ENDED.value, State.CLOSED.value)
"""States of a case whose line is off and proven so; its money may still be on its way."""

_ENOUGH = 1_000
"""Lines after which a pace says something; they come to rest by the thousand."""


def bar(progress: Progress, states: Mapping[str, int] | None = None, /) -> Bar:
    """The lines of a run by what became of them; rows that were left out are no part of it.

    `states` tells those under way apart.
    """
    counts = progress.counts
    opened = counts.get(Row.OPEN, 0)
    off = min(sum((states or {}).get(state, 0) for state in _OFF), opened)
    shares = {
        "ended": counts.get(Row.ENDED, 0),
        "off": off,
        "kept": sum(counts.get(code, 0) for code in _KEPT),
        "failed": counts.get(Row.FAILED, 0),
        "open": opened - off,
        "ready": counts.get(Row.READY, 0),
    }
    whole = sum(shares.values())
    found, x = [], 0
    for code, count in shares.items():
        if count:
            width = max(round(WIDTH * count / whole), _LEAST)
            found.append(Segment(code, count, x, width))
            x += width
    return Bar(_fitted(found, x), progress.finished, whole)


def _fitted(found: Sequence[Segment], width: int) -> list[Segment]:
    """The same within the bar: what was drawn too wide is taken from the widest."""
    if not found:
        return []
    widest = max(range(len(found)), key=lambda index: found[index].width)
    over, x, fitted = width - WIDTH, 0, []
    for index, each in enumerate(found):
        drawn = each.width - over if index == widest else each.width
        fitted.append(Segment(each.code, each.count, x, drawn))
        x += drawn
    return fitted


_FEW = 10
"""Minutes up to which seconds matter."""


def time_words(seconds: int) -> str:
    """A length of time as people say it: two units where the second one matters."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 60:
        return sentence("sunset_desk.time.seconds", count=seconds)
    if minutes < _FEW:
        return sentence("sunset_desk.time.short", minutes=minutes, seconds=seconds % 60)
    if hours < 1:
        return sentence("sunset_desk.time.minutes", count=minutes)
    if days < 2:
        return sentence("sunset_desk.time.hours", hours=hours, minutes=minutes % 60)
    return sentence("sunset_desk.time.days", days=days, hours=hours % 24)


def rate_words(per_second: float) -> str:
    """A pace: lines a second, or a minute where they are few."""
    if per_second >= 10:
        return sentence("sunset_desk.rate.second", count=f"{per_second:,.0f}")
    if per_second >= 1:
        return sentence("sunset_desk.rate.second", count=f"{per_second:.1f}")
    return sentence("sunset_desk.rate.minute", count=f"{per_second * 60:,.0f}")


@dataclass(frozen=True, slots=True)
class Listed:
    """A run in the list."""

    row: RunRow
    brand: str
    zone: str
    width: int
    over: bool


def listed(rows: Sequence[RunRow]) -> list[Listed]:
    """The runs with the names of their brands."""
    brands = desk.brands({row.brand for row in rows})
    return [
        Listed(
            row=row,
            brand=brands[row.brand].names[language()],
            zone=brands[row.brand].zone,
            width=min(WIDTH, WIDTH * row.finished // row.lines) if row.lines else 0,
            over=row.stage in OVER,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows left out for one reason; `parts` says more of those something blocks."""

    code: str
    count: int
    parts: Sequence[tuple[str, int]]


def left_out(totals: Totals) -> list[LeftOut]:
    """The rows a run leaves out, by reason."""
    blocked = [(block_words(why), count) for why, count in sorted(totals.blocked.items())]
    return [
        LeftOut(code.value, count, blocked if code is Row.BLOCKED else ())
        for code, count in totals.refused.items()
    ]


def block_words(why: str) -> str:
    """What keeps a line from being ended."""
    return named(("sunset.block", "console.refusal"), why)


def why_words(code: str) -> str:
    """Why a step was parked."""
    key = f"console.stuck.{code}"
    return str(sentence(key) if key in shipped() else sentence("console.stuck.other", code=code))


def step_words(step: str) -> str:
    """What a step is called."""
    return named(("console.step", "console.state"), step)


def carrier_words(name: str) -> str:
    """What a carrier is called."""
    return named(("console.carrier",), name)


def sums(found: Sequence[Settled]) -> list[tuple[Money, Money]]:
    """What is paid back and what is still owed, by currency."""
    return [(Money(of.refund, of.currency), Money(of.owed, of.currency)) for of in found]


def figures(view: RunView, *, by: int) -> dict[str, object]:
    """What changes by itself while somebody looks."""
    progress, stage = view.progress, view.row.stage
    states = look.under_way(view.row.id, user_id=by) if progress.open_parts else {}
    shown, counts = bar(progress, states), progress.counts
    telling = progress.finished >= min(_ENOUGH, shown.lines // 4)
    return {
        "view": view,
        "row": view.row,
        "zone": view.terms.time_zone,
        "bar": shown,
        "bar_width": WIDTH,
        "failed": counts.get(Row.FAILED, 0),
        "gone": sum(counts.get(code, 0) for code in REFUSED) - _before(view.totals),
        "rate": rate_words(progress.per_second) if progress.per_second and telling else "",
        "left": time_words(progress.seconds_left)
        if progress.seconds_left is not None and telling
        else "",
        "elapsed": time_words(progress.elapsed_s) if progress.elapsed_s else "",
        "settled": sums(progress.money),
        "waves": view.waves,
        "standing": standing(view),
        "followed": stage in FOLLOWED,
        "counting": stage in (Stage.GATHERING, Stage.REHEARSING),
        "begun": view.started_at is not None,
    }


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did about a run: what, when, who, and what goes with it."""

    what: str
    at: datetime
    name: str
    about: Sequence[str] = ()


def acts(view: RunView) -> list[Act]:
    """Who did what about a run, from its making on."""
    made = Act("create", view.row.created_at, view.row.created_by)
    return [
        made,
        *(
            Act(
                each.act.value,
                each.at,
                each.name,
                about(each.lines, step=each.step, code=each.code),
            )
            for each in view.acts
        ),
    ]


def about(lines: int | None, *, step: str, code: str) -> list[str]:
    """How many lines an act is about, and of which matter."""
    said: list[str] = (
        [] if lines is None else [sentence("sunset_desk.acts.lines", count=f"{lines:,}")]
    )
    said += [step_words(step)] if step else []
    said += [why_words(code)] if code else []
    return said


def _before(totals: Totals | None) -> int:
    return sum(totals.refused.values()) if totals else 0


def standing(view: RunView) -> str:
    """What the whole page is made for; once it differs, the whole page is looked at again."""
    acts = "".join("1" if act in view.may else "0" for act in RunAct)
    return f"{view.mark}-{acts}-{int(view.reported)}"


def money_rows(totals: Totals) -> list[Mapping[str, object]]:
    """What the dry run counted, by currency."""
    return [
        {
            "refund": Money(of.refund, of.currency),
            "owed": Money(of.owed, of.currency),
            "fees": Money(of.fees, of.currency),
            "refunded_lines": of.refunded_lines,
            "owing_lines": of.owing_lines,
        }
        for of in totals.money
    ]
