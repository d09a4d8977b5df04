"""Running a step for sets of due rows: the same path for one case and for a million (DESIGN 4).

A step inside the database is one transaction: claim, load, decide, write, clear. A step that goes
outside is three acts: claim with a lease and write intents; call outside any transaction; record.
A set that fails is split in halves down to the one case that fails, which waits or is parked: what
was called already is then recorded in halves, never called again for it.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction

from signoff.domain.steps import MOST_ATTEMPTS, Step, pause
from signoff.records import dues, models
from signoff.records.changes import Changes
from signoff.records.dues import Claim
from signoff.workflows.leases import Lease, LeaseLost
from signoff.workflows.work import changing, clock

log = logging.getLogger(__name__)

SET = 1_000


@dataclass(frozen=True, slots=True)
class Inside:
    """A step that touches only our own database; `most` subjects are worked on at once."""

    act: Callable[[Sequence[UUID], Changes], None]
    most: int = SET


@dataclass(frozen=True, slots=True)
class Again:
    """A subject whose step is owed once more, and from when."""

    subject: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Stuck:
    """A subject whose step no repetition will mend."""

    subject: UUID
    code: str


@dataclass(frozen=True, slots=True)
class Outside:
    """A step that goes outside: plan in one transaction, call in none, record in another.

    `part` is what of a plan, and of what came of it, concerns some of its subjects.
    """

    plan: Callable[[Sequence[UUID], Changes], Any]
    call: Callable[[Any], None]
    record: Callable[..., Sequence[Again | Stuck]]
    part: Callable[[Any, Collection[UUID]], Any]


def due_steps() -> list[str]:
    """The steps for which something is due now."""
    return dues.ready_steps(clock())


def run(step: str) -> None:
    """Work through everything that is due of a step, a set at a time."""
    while run_once(Step(step)):
        pass


def run_once(step: Step, only: Sequence[UUID] = ()) -> int:
    """Work on one set of a step; says how many rows it held. `only` narrows it to subjects."""
    from signoff.workflows.steps import STEPS

    kind = STEPS[step]
    if isinstance(kind, Inside):
        return _inside(step, kind, only=only)
    return _outside(step, kind, only=only)


def _inside(step: Step, kind: Inside, *, only: Sequence[UUID]) -> int:
    try:
        with changing() as changes:
            claims = dues.hold(step, now=changes.now, most=kind.most, only=only)
            subjects = [claim.subject for claim in claims]
            if subjects:
                dues.clear(subjects, step=step)
                kind.act(subjects, changes)
        return len(claims)
    except OperationalError:
        raise
    except Exception:
        # Claimed again inside, smaller: the claim itself was rolled back with the rest.
        return _split(step, only=only, most=kind.most)


def _split(step: Step, *, only: Sequence[UUID], most: int = SET) -> int:
    """Halve a set that failed, down to the row that fails, which is put off or parked."""
    with transaction.atomic():
        claims = dues.hold(step, now=clock(), most=most, only=only)
    if len(claims) > 1:
        half = len(claims) // 2
        for part in (claims[:half], claims[half:]):
            run_once(step, only=[claim.subject for claim in part])
    elif claims:
        log.exception("step failed", extra={"step": step.value})
        with transaction.atomic():
            held = dues.hold(step, now=clock(), most=1, only=[claims[0].subject])
            _put_off(held, step=step, now=clock(), code="failed")
    return len(claims)


def _put_off(claims: Sequence[Claim], *, step: Step, now: datetime, code: str) -> None:
    for claim in claims:
        if claim.attempts + 1 >= MOST_ATTEMPTS:
            park(claim.subject, step=step, code=code, now=now)
        else:
            dues.postpone([claim], step=step, at=now + pause(claim.attempts))


def park(subject: UUID, *, step: Step, code: str, now: datetime) -> None:
    """Take a step off the queue and put it before a person."""
    dues.clear([subject], step=step)
    models.Attention.objects.get_or_create(
        subject=subject,
        step=step.value,
        resolved_at=None,
        defaults={"code": code[:80], "at": now},
    )


def _outside(step: Step, kind: Outside, *, only: Sequence[UUID]) -> int:
    try:
        with changing() as changes:
            claims = dues.hold(step, now=changes.now, most=SET, only=only)
            if not claims:
                return 0
            subjects = [claim.subject for claim in claims]
            planned = kind.plan(subjects, changes)
            lease = Lease(subjects, step=step)
    except OperationalError:
        raise
    except Exception:
        return _split(step, only=only)
    try:
        with lease.kept():
            kind.call(planned)
    except OperationalError:
        raise
    except Exception:
        # Some may have gone out: whoever comes next reads back first, as after a crash.
        lease.end(subjects)
        return _split(step, only=subjects)
    _record(step, kind, subjects=subjects, planned=planned, lease=lease)
    return len(claims)


def _record(
    step: Step, kind: Outside, *, subjects: Sequence[UUID], planned: Any, lease: Lease
) -> None:
    """Write what came of the calls, in halves where a set fails."""
    try:
        _write(step, kind, subjects=subjects, planned=planned, lease=lease)
        return
    except OperationalError:
        raise
    except LeaseLost as lost:
        log.warning("lease lost", extra={"step": step.value, "rows": len(lost.subjects)})
        left = [each for each in subjects if each not in lost.subjects]
        parts = [left] if left else []
    except Exception:
        if len(subjects) == 1:
            lease.end(subjects)
            _split(step, only=subjects)
            return
        half = len(subjects) // 2
        parts = [list(subjects[:half]), list(subjects[half:])]
    for part in parts:
        its_own = kind.part(planned, frozenset(part))
        _record(step, kind, subjects=part, planned=its_own, lease=lease)


def _write(
    step: Step, kind: Outside, *, subjects: Sequence[UUID], planned: Any, lease: Lease
) -> None:
    with changing() as changes:
        after = kind.record(subjects, planned, changes=changes)
        lease.require(subjects)
        waiting = {each.subject: each.at for each in after if isinstance(each, Again)}
        stuck = {each.subject: each.code for each in after if isinstance(each, Stuck)}
        done = [each for each in subjects if each not in waiting and each not in stuck]
        dues.clear(done, step=step)
        for subject, at in waiting.items():
            dues.give_back([subject], step=step, at=at)
        for subject, code in stuck.items():
            park(subject, step=step, code=code, now=changes.now)
