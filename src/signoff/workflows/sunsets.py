"""What surfaces may do with sunsets: each call is one transaction, and wakes who is next (O1).

`by` is a staff member; creating and every act want the role operator or supervisor of the brand,
looking also allows auditors. For anybody else there is no such run or brand: NotYours.
`seen` is the standing of the run that was shown (RunView.mark); where it is given and the run has
moved on since, nothing happens: MovedOn.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO
from uuid import UUID

from signoff.domain.sunset import RunVerdict, Selection
from signoff.domain.sunset_terms import Terms
from signoff.records.rows import MovedOn
from signoff.usecases.sunsets import deciding, gather, look, reconcile, stages
from signoff.usecases.sunsets.gather import PlanMissing, TermsRefused
from signoff.workflows.work import changing

__all__ = [
    "PlanMissing",
    "TermsRefused",
    "abort",
    "confirm",
    "create",
    "pause",
    "rehearse",
    "report_csv",
    "report_json",
    "resume",
    "retry",
    "start",
]


def create(
    *,
    brand: str,
    title: str,
    terms: Terms,
    by: int,
    selection: Selection,
    plan: str = "",
    given: BinaryIO | None = None,
) -> UUID:
    """Make a run: its list is read here, looked up and rehearsed by a worker.

    `given` is the list, a CSV with a column msisdn or iccid, for Selection.LIST; `plan` the plan's
    name for Selection.PLAN, and narrows a list. Raises NotYours, UnknownBrand, TermsRefused,
    ListUnusable, PlanMissing.
    """
    with changing() as changes:
        deciding.require_brand(brand, user_id=by)
        return gather.create(
            brand=brand,
            title=title,
            terms=terms,
            by=by,
            selection=selection,
            plan=plan,
            given=given,
            changes=changes,
        )


def rehearse(run_id: UUID, *, by: int, seen: str | None = None) -> RunVerdict:
    """Count everything anew, as the book stands now; a confirmation given so far lapses."""
    return _act(run_id, by, act=deciding.rehearse, seen=seen)


def confirm(run_id: UUID, *, by: int, count: int, seen: str | None = None) -> RunVerdict:
    """One of the two confirmations; `count` is the number of lines the person typed."""

    return _act(run_id, by, act=partial(deciding.confirm, count=count), seen=seen)


def start(run_id: UUID, *, by: int, seen: str | None = None) -> RunVerdict:
    """Begin to end lines; nothing moves at any carrier before."""
    return _act(run_id, by, act=deciding.start, seen=seen)


def pause(run_id: UUID, *, by: int, seen: str | None = None) -> RunVerdict:
    """Open no more cases, and hold those back that are not yet at their carrier."""
    return _act(run_id, by, act=deciding.pause, seen=seen)


def resume(run_id: UUID, *, by: int, seen: str | None = None) -> RunVerdict:
    """Go on after a pause."""
    return _act(run_id, by, act=deciding.resume, seen=seen)


def abort(run_id: UUID, *, by: int, seen: str | None = None) -> RunVerdict:
    """Stop for good: what is not cut yet goes on as before, what is cut is brought to its end."""
    return _act(run_id, by, act=deciding.abort, seen=seen)


def retry(
    run_id: UUID, *, by: int, step: str = "", code: str = "", seen: str | None = None
) -> RunVerdict:
    """Owe failed lines again: all, or those of one step and reason (usecases.sunsets.look)."""

    return _act(run_id, by, act=partial(deciding.retry, step=step, code=code), seen=seen)


def report_json(run_id: UUID, *, by: int) -> bytes:
    """The signed reconciliation report. Raises NotYours, NotYet."""
    return reconcile.report_json(look.seen(run_id, user_id=by))


def report_csv(run_id: UUID, *, by: int) -> Iterator[bytes]:
    """Every row and what came of it, piece by piece; the same bytes every time. Raises as above."""
    return reconcile.report_csv(look.seen(run_id, user_id=by))


def _act(run_id: UUID, by: int, *, act: Callable[..., RunVerdict], seen: str | None) -> RunVerdict:
    with changing() as changes:
        run = deciding.own(run_id, user_id=by)
        if seen is not None and seen != stages.mark(run):
            raise MovedOn
        return act(run, by=by, changes=changes)
