"""What surfaces may do with sunsets: each call is one transaction, and wakes who is next (O1).

`by` is a staff member; creating and every act want the role operator or supervisor of the brand,
looking also allows auditors. For anybody else there is no such run or brand: NotYours.
"""

from collections.abc import Iterator
from typing import BinaryIO
from uuid import UUID

from signoff.domain.sunset import RunVerdict, Selection
from signoff.domain.sunset_terms import Terms


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
    name for Selection.PLAN, and narrows a list. Raises NotYours, TermsRefused, ListUnusable.
    """
    raise NotImplementedError


def rehearse(run_id: UUID, *, by: int) -> RunVerdict:
    """Count everything anew, as the book stands now; a confirmation given so far lapses."""
    raise NotImplementedError


def confirm(run_id: UUID, *, by: int, count: int) -> RunVerdict:
    """One of the two confirmations; `count` is the number of lines the person typed."""
    raise NotImplementedError


def start(run_id: UUID, *, by: int) -> RunVerdict:
    """Begin to end lines; nothing moves at any carrier before."""
    raise NotImplementedError


def pause(run_id: UUID, *, by: int) -> RunVerdict:
    """Open no more cases, and hold those back that are not yet at their carrier."""
    raise NotImplementedError


def resume(run_id: UUID, *, by: int) -> RunVerdict:
    """Go on after a pause."""
    raise NotImplementedError


def abort(run_id: UUID, *, by: int) -> RunVerdict:
    """Stop for good: what is not cut yet goes on as before, what is cut is brought to its end."""
    raise NotImplementedError


def retry(run_id: UUID, *, by: int, step: str = "", code: str = "") -> RunVerdict:
    """Owe failed lines again: all, or those of one step and reason (usecases.sunsets.look)."""
    raise NotImplementedError


def report_json(run_id: UUID, *, by: int) -> bytes:
    """The signed reconciliation report. Raises NotYours, NotYet."""
    raise NotImplementedError


def report_csv(run_id: UUID, *, by: int) -> Iterator[bytes]:
    """Every row and what came of it, piece by piece; the same bytes every time. Raises as above."""
    raise NotImplementedError
