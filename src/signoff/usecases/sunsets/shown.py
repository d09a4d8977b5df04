"""The shapes staff see of sunsets: what look.py fills in for console and command line (O1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from signoff.domain.sunset import Row, RunAct, Selection, Stage
from signoff.domain.sunset_terms import Concern, Terms


@dataclass(frozen=True, slots=True)
class MoneyTotal:
    """What lines owe and get back in one currency, in minor units."""

    currency: str
    owed: int
    refund: int
    fees: int
    owing_lines: int
    refunded_lines: int


@dataclass(frozen=True, slots=True)
class CarrierShare:
    """What a run asks of one carrier: lines, requests, and about how many seconds they take."""

    carrier: str
    lines: int
    requests: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What the dry run counted. `rows` is the list's length, `lines` how many will be ended.

    `refused` counts every other row by why it is left out, `blocked` splits those of BLOCKED by
    what is in the way (domain.sunset.Block). `carriers` work side by side.
    """

    rows: int
    lines: int
    refused: Mapping[Row, int]
    blocked: Mapping[str, int]
    money: tuple[MoneyTotal, ...]
    carriers: tuple[CarrierShare, ...]

    @property
    def seconds(self) -> int:
        """How long the slowest carrier takes."""
        return max((share.seconds for share in self.carriers), default=0)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Who confirmed a run, and when."""

    by: int
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Acted:
    """What somebody did about a run. `lines` is how many were confirmed or tried again, `step` and
    `code` which of those that failed; empty is all."""

    act: RunAct
    at: datetime
    by: int
    name: str
    lines: int | None
    step: str
    code: str


@dataclass(frozen=True, slots=True)
class WaveView:
    """A notice ahead: when, how many were told, how many have no address to be told at."""

    number: int
    at: datetime
    reminder: bool
    told: int
    without_address: int
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What the lines that have ended came to in one currency, in minor units."""

    currency: str
    owed: int
    refund: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: rows by code, lines finished of `lines`, pace and time left.

    `per_second` is of the last minute, or of the whole run where nothing finished in it;
    `seconds_left` is None before there is a pace. `open_parts` is how many parts are under way.
    """

    lines: int
    finished: int
    counts: Mapping[Row, int]
    open_parts: int
    per_second: float
    seconds_left: int | None
    elapsed_s: int
    money: tuple[Settled, ...]

    @property
    def share(self) -> float:
        """What part of the lines is finished, 0 to 1."""
        return self.finished / self.lines if self.lines else 1.0


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in a list."""

    id: UUID
    number: int
    brand: str
    title: str
    stage: Stage
    selection: Selection
    rows: int
    lines: int
    finished: int
    failed: int
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class RunView:
    """One run with everything its page shows. `may` are the acts this person may ask for now.

    `mark` is the standing that is shown: an act that names another one is refused as stale.
    """

    row: RunRow
    plan: str
    terms: Terms
    concerns: tuple[Concern, ...]
    totals: Totals | None
    rehearsed_at: datetime | None
    confirmed: tuple[Confirmed, ...]
    acts: tuple[Acted, ...]
    waves: tuple[WaveView, ...]
    progress: Progress
    started_at: datetime | None
    ended_at: datetime | None
    may: frozenset[RunAct]
    reported: bool
    mark: str


@dataclass(frozen=True, slots=True)
class Failures:
    """Lines of a run that wait for a person, by the step that failed and why."""

    step: str
    code: str
    lines: int


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A line that waits for a person. `attention_id` is the open matter (see act.retry)."""

    row: int
    given: str
    step: str
    code: str
    at: datetime
    case_id: UUID
    case_number: str
    attention_id: int


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is not ended by the run, and why: `why` is the first row of a duplicate, what
    blocks a line, or empty."""

    row: int
    given: str
    code: Row
    why: str
