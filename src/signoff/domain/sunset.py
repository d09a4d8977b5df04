"""A sunset: an operator ends every line of a list, a plan or a brand (O1). What may follow what.

A run goes through stages by acts, like a case through states; `decide` is the only place that says
whether an act is allowed now. What becomes of each row of the list is one of `Row`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signoff.domain.case import State


class Stage(StrEnum):
    """Where a run stands. Nothing moves at a carrier before RUNNING."""

    GATHERING = "gathering"
    REHEARSING = "rehearsing"
    READY = "ready"
    HALF_CONFIRMED = "half_confirmed"
    CONFIRMED = "confirmed"
    RUNNING = "running"
    PAUSED = "paused"
    RECONCILING = "reconciling"
    DONE = "done"
    STOPPING = "stopping"
    ABORTED = "aborted"


class RunAct(StrEnum):
    """What moves a run. Staff ask for those in PEOPLE; the others follow from the work done."""

    REHEARSE = "rehearse"
    CONFIRM = "confirm"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"
    RETRY = "retry"
    GATHERED = "gathered"
    REHEARSED = "rehearsed"
    COMPLETE = "complete"
    REPORT = "report"


PEOPLE = (
    RunAct.REHEARSE,
    RunAct.CONFIRM,
    RunAct.START,
    RunAct.PAUSE,
    RunAct.RESUME,
    RunAct.ABORT,
    RunAct.RETRY,
)
"""The acts that staff ask for, in the order of their buttons."""

_BEFORE_THE_START = (
    Stage.GATHERING,
    Stage.REHEARSING,
    Stage.READY,
    Stage.HALF_CONFIRMED,
    Stage.CONFIRMED,
)

TRANSITIONS: Mapping[tuple[Stage, RunAct], Stage] = {
    (Stage.GATHERING, RunAct.GATHERED): Stage.REHEARSING,
    (Stage.REHEARSING, RunAct.REHEARSED): Stage.READY,
    # The book has moved on: the totals are computed anew, and confirmed anew by both.
    (Stage.READY, RunAct.REHEARSE): Stage.REHEARSING,
    (Stage.HALF_CONFIRMED, RunAct.REHEARSE): Stage.REHEARSING,
    (Stage.READY, RunAct.CONFIRM): Stage.HALF_CONFIRMED,
    (Stage.HALF_CONFIRMED, RunAct.CONFIRM): Stage.CONFIRMED,
    (Stage.CONFIRMED, RunAct.START): Stage.RUNNING,
    (Stage.RUNNING, RunAct.PAUSE): Stage.PAUSED,
    (Stage.PAUSED, RunAct.RESUME): Stage.RUNNING,
    (Stage.RUNNING, RunAct.COMPLETE): Stage.RECONCILING,
    (Stage.PAUSED, RunAct.COMPLETE): Stage.RECONCILING,
    (Stage.RECONCILING, RunAct.REPORT): Stage.DONE,
    (Stage.RUNNING, RunAct.RETRY): Stage.RUNNING,
    (Stage.PAUSED, RunAct.RETRY): Stage.PAUSED,
    # What failed may be mended afterwards; the next report takes the place of this one.
    (Stage.DONE, RunAct.RETRY): Stage.RUNNING,
    (Stage.RUNNING, RunAct.ABORT): Stage.STOPPING,
    (Stage.PAUSED, RunAct.ABORT): Stage.STOPPING,
    (Stage.STOPPING, RunAct.REPORT): Stage.ABORTED,
    **{(stage, RunAct.ABORT): Stage.ABORTED for stage in _BEFORE_THE_START},
}

AT_WORK = frozenset({Stage.RUNNING, Stage.PAUSED, Stage.STOPPING})
"""Stages in which cases of the run may be open."""

OVER = frozenset({Stage.DONE, Stage.ABORTED})


class Objection(StrEnum):
    """Why an act on a run is not allowed now."""

    NOT_IN_THIS_STAGE = "not_in_this_stage"
    NOT_CONFIRMED = "not_confirmed"
    SAME_PERSON = "same_person"
    WRONG_COUNT = "wrong_count"
    NOTHING_TO_END = "nothing_to_end"
    BEFORE_THE_END = "before_the_end"
    NOTHING_FAILED = "nothing_failed"


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """What the rules decided about an act on a run, and where it leads."""

    allowed: bool
    reasons: tuple[Objection, ...]
    at: datetime
    to: Stage | None = None


@dataclass(frozen=True, slots=True)
class RunStanding:
    """What a rule must know of a run: `lines` is how many will be ended, as the dry run counted.

    `end_at` is the announced end, `first_by` the staff member who confirmed first, `failed` how
    many lines wait for a person.
    """

    stage: Stage
    lines: int
    end_at: datetime
    first_by: int | None = None
    failed: int = 0


def decide(
    standing: RunStanding,
    act: RunAct,
    *,
    now: datetime,
    by: int | None = None,
    count: int | None = None,
) -> RunVerdict:
    """Whether the act is allowed on this run now, and where it leads.

    `by` is who confirms and `count` the number of lines they typed.
    """
    to = TRANSITIONS.get((standing.stage, act))
    if to is None:
        early = act is RunAct.START and standing.stage in _BEFORE_THE_START
        reason = Objection.NOT_CONFIRMED if early else Objection.NOT_IN_THIS_STAGE
        return RunVerdict(allowed=False, reasons=(reason,), at=now)
    reasons = _objections(standing, act, now=now, by=by, count=count)
    return RunVerdict(allowed=not reasons, reasons=reasons, at=now, to=None if reasons else to)


def _objections(
    standing: RunStanding, act: RunAct, *, now: datetime, by: int | None, count: int | None
) -> tuple[Objection, ...]:
    found = []
    match act:
        case RunAct.CONFIRM:
            if not standing.lines:
                found.append(Objection.NOTHING_TO_END)
            if by is None or by == standing.first_by:
                found.append(Objection.SAME_PERSON)
            if count != standing.lines:
                found.append(Objection.WRONG_COUNT)
        case RunAct.START if now < standing.end_at:
            # People were told until when their line works.
            found.append(Objection.BEFORE_THE_END)
        case RunAct.RETRY if not standing.failed:
            found.append(Objection.NOTHING_FAILED)
        case _:
            pass
    return tuple(found)


class Selection(StrEnum):
    """Which lines a run ends: those of a list, of one plan, or every line of the brand."""

    LIST = "list"
    PLAN = "plan"
    BRAND = "brand"


class Row(StrEnum):
    """What is known, or came, of one row of a run's list."""

    GIVEN = "given"
    """Not looked up yet."""
    MALFORMED = "malformed"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"
    OTHER_BRAND = "other_brand"
    OTHER_PLAN = "other_plan"
    ALREADY_ENDED = "already_ended"
    OWN_CASE = "own_case"
    """Its holder is leaving already; that case is theirs and is never taken over (F5)."""
    BLOCKED = "blocked"
    """The dry run found what stands in the way."""
    READY = "ready"
    OPEN = "open"
    ENDED = "ended"
    FAILED = "failed"
    """Waits for a person; may be tried again."""
    WITHDRAWN = "withdrawn"
    """Taken back before the cut, by its holder or by an abort: the line goes on."""
    DECLINED = "declined"
    RESTORED = "restored"
    PORTED_OUT = "ported_out"
    NOT_BEGUN = "not_begun"
    """The run was aborted first."""


REFUSED = (
    Row.MALFORMED,
    Row.DUPLICATE,
    Row.UNKNOWN,
    Row.OTHER_BRAND,
    Row.OTHER_PLAN,
    Row.ALREADY_ENDED,
    Row.OWN_CASE,
    Row.BLOCKED,
)
"""Rows that were never to be ended by the run."""

AT_REST = (
    Row.ENDED,
    Row.FAILED,
    Row.WITHDRAWN,
    Row.DECLINED,
    Row.RESTORED,
    Row.PORTED_OUT,
    Row.NOT_BEGUN,
)
"""Rows of lines that the run has done with, for better or worse."""

CAME_TO: Mapping[State, Row] = {
    State.ENDED: Row.ENDED,
    State.CLOSED: Row.ENDED,
    State.WITHDRAWN: Row.WITHDRAWN,
    State.DECLINED: Row.DECLINED,
    State.RESTORED: Row.RESTORED,
    State.PORTED_OUT: Row.PORTED_OUT,
}
"""What a case at rest makes of its row; one that rests in any other state waits for a person."""


class Block(StrEnum):
    """Why the dry run leaves a line out."""

    NO_CARRIER = "no_carrier"
    """Nobody is wired who speaks to its carrier."""
    CANNOT_CUT = "cannot_cut"
    """Its carrier takes no such order from us."""
    NO_POLICY = "no_policy"
    """Its place has no profile."""
    CURRENCY = "currency"
    """Its account's currency is none its policy can settle."""
