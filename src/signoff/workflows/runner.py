"""Running a step for sets of due rows: the same path for one case and for a million (DESIGN 4).

A step inside the database is one transaction: claim, load, decide, write, clear. A step that goes
outside is three acts: claim with a lease and write intents; call outside any transaction; record.

What the same cases owe next is carried on with at once, with the cases still in hand: steps inside
in the same transaction, and one step outside planned there and called after it. So a case that
nothing holds up goes from its declaration to its end in three transactions, and is loaded once.

A set that fails is tried again step by step, with fresh cases, and in halves down to the one case
that fails, which waits or is parked: what was called already is then recorded in halves, never
called again for it. Where the database is away when calls are to be recorded, it is waited for.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction

from signoff.domain.steps import MOST_ATTEMPTS, Step, pause
from signoff.ports.pacing import bulk
from signoff.records import dues, models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.records.dues import Claim
from signoff.workflows.leases import Lease, LeaseLost
from signoff.workflows.work import changing, clock

log = logging.getLogger(__name__)

SET = 500

TRIES = 6
"""How often the outcome of calls is written where the database is away: half a minute in all, while
the lease lasts. A restart takes seconds; a set that waits for its lease to end takes minutes."""

carried = set(Step)
"""The steps this process carries out; a worker may be told some of them only."""


def never(file: CaseFile) -> bool:
    """A step that is always claimed anew."""
    return False


@dataclass(frozen=True, slots=True)
class Inside:
    """A step that touches only our own database, for at most `most` subjects at once.

    `load` gives what it works on: the subjects themselves, or their cases. `carry` tells for which
    cases, as they are in hand, it may follow another step in the same transaction.
    """

    act: Callable[[Sequence[Any], Changes], None]
    load: Callable[[Sequence[UUID]], Sequence[Any]] = list
    carry: Callable[[CaseFile], bool] = never
    most: int = SET


@dataclass(frozen=True, slots=True)
class Alone:
    """A step without subjects; `act` says how much it did, nothing where all is done."""

    waits: Callable[[], bool]
    act: Callable[[Changes], int]


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

    `part` is what of a plan, and of what came of it, concerns some of its subjects. `load` and
    `carry` are as in Inside.
    """

    plan: Callable[[Sequence[Any], Changes], Any]
    call: Callable[[Any], None]
    record: Callable[..., Sequence[Again | Stuck]]
    part: Callable[[Any, Collection[UUID]], Any]
    load: Callable[[Sequence[UUID]], Sequence[Any]] = list
    carry: Callable[[CaseFile], bool] = never
    most: int = SET


@dataclass(frozen=True, slots=True)
class _Errand:
    """A step outside that is planned: its subjects are leased, its intents written."""

    step: Step
    kind: Outside
    subjects: Sequence[UUID]
    work: Sequence[Any]
    planned: Any
    lease: Lease
    person: bool
    """Whether a person waits for it: their calls go before a bulk's at a carrier that is slow."""


def due() -> set[tuple[str, bool]]:
    """The steps for which something is due now, for a person (true) or in a bulk (false)."""
    from signoff.workflows.steps import STEPS

    alone = {
        (s.value, True) for s, kind in STEPS.items() if isinstance(kind, Alone) if kind.waits()
    }
    return dues.ready(clock()) | alone


def due_steps() -> list[str]:
    """The steps for which something is due now."""
    return sorted({step for step, _ in due()})


def run(step: str, *, lane: int = dues.LAST, carry: bool = True) -> None:
    """Work through everything that is due of a step up to a lane, a set at a time."""
    while run_once(Step(step), lane=lane, carry=carry):
        pass


def run_once(
    step: Step, only: Sequence[UUID] = (), *, lane: int = dues.LAST, carry: bool = True
) -> int:
    """Work on one set of a step; says how many rows it held. `only` narrows it to subjects.

    Without `carry` nothing but this step is done, and every case is loaded anew.
    """
    from signoff.workflows.steps import STEPS

    kind = STEPS[step]
    if isinstance(kind, Alone):
        with changing() as changes:
            return kind.act(changes)
    try:
        held, errand = _claimed(step, kind, only=only, lane=lane, carry=carry)
    except OperationalError:
        raise
    except Exception:
        # The claim itself was rolled back with the rest: claimed again, this step alone or smaller.
        if carry:
            return run_once(step, only, lane=lane, carry=False)
        return _split(step, most=kind.most, only=only, lane=lane)
    while errand:
        errand = _made(errand, carry=carry)
    return held


def _claimed(
    step: Step, kind: Inside | Outside, *, only: Sequence[UUID], lane: int, carry: bool
) -> tuple[int, _Errand | None]:
    """Claim a set and act on it, or plan its calls."""
    with changing() as changes:
        claims = dues.hold(step, now=changes.now, most=kind.most, only=only, lane=lane)
        subjects = [claim.subject for claim in claims]
        if not subjects:
            return 0, None
        if isinstance(kind, Outside):
            work = kind.load(subjects)
            planned = kind.plan(work, changes)
            lease = Lease.of_held(subjects, step=step)
            person = claims[0].lane == dues.PEOPLE
            return len(claims), _Errand(step, kind, subjects, work, planned, lease, person)
        dues.clear(subjects, step=step)
        kind.act(kind.load(subjects), changes)
        return len(claims), _carry_on(changes) if carry else None


def _carry_on(changes: Changes) -> _Errand | None:
    """Go on with what the cases in hand owe now; says which calls are to be made next."""
    from signoff.workflows.steps import STEPS

    for step in Step:
        kind = STEPS[step]
        if isinstance(kind, Alone) or step not in carried:
            continue
        files = [file for file in changes.owing(step) if kind.carry(file)]
        if not files:
            continue
        changes.forgive(step, files)
        if isinstance(kind, Inside):
            kind.act(files, changes)
            continue
        lease = Lease.of_new({file.id: file.lane for file in files}, step=step, now=changes.now)
        ours = [file for file in files if file.id in lease.subjects]
        subjects, planned = [file.id for file in ours], kind.plan(ours, changes)
        person = any(file.lane == dues.PEOPLE for file in ours)
        return _Errand(step, kind, subjects, ours, planned, lease, person)
    return None


def _made(errand: _Errand, *, carry: bool) -> _Errand | None:
    """Make the calls and record what came of them; says which are to be made next."""
    try:
        with errand.lease.kept(), nullcontext() if errand.person else bulk():
            errand.kind.call(errand.planned)
    except OperationalError:
        raise
    except Exception:
        # Some may have gone out: whoever comes next reads back first, as after a crash.
        errand.lease.end(errand.subjects)
        _split(errand.step, most=errand.kind.most, only=errand.subjects)
        return None
    if carry:
        try:
            return _write(errand, errand.subjects, planned=errand.planned, carry=True)
        except Exception as error:  # what is wrong shows again, with fresh cases
            log.info("set is recorded apart", extra={"error": type(error).__name__})
    _record(errand, errand.subjects, planned=errand.planned)
    return None


def _record(errand: _Errand, subjects: Sequence[UUID], *, planned: Any) -> None:
    """Write what came of the calls with fresh cases, in halves where a set fails."""
    try:
        _write_patiently(errand, subjects, planned=planned)
        return
    except OperationalError:
        raise
    except LeaseLost as lost:
        log.warning("lease lost", extra={"step": errand.step.value, "rows": len(lost.subjects)})
        left = [each for each in subjects if each not in lost.subjects]
        parts = [left] if left else []
    except Exception:
        if len(subjects) == 1:
            errand.lease.end(subjects)
            _split(errand.step, most=errand.kind.most, only=subjects)
            return
        half = len(subjects) // 2
        parts = [list(subjects[:half]), list(subjects[half:])]
    for part in parts:
        _record(errand, part, planned=errand.kind.part(planned, frozenset(part)))


def _write_patiently(errand: _Errand, subjects: Sequence[UUID], *, planned: Any) -> None:
    """Write what came of calls, again on a new connection where the database was away.

    Only this worker knows the answers. Written twice it is not: whatever was committed although
    its answer was lost, or what another worker took over meanwhile, is no longer leased to us.
    """
    for attempts in range(TRIES):
        try:
            _write(errand, subjects, planned=planned)
            return
        except OperationalError as error:
            if attempts + 1 == TRIES:
                raise
            log.warning("database away", extra={"error": type(error).__name__})
            time.sleep(pause(attempts).total_seconds())


def _write(
    errand: _Errand, subjects: Sequence[UUID], *, planned: Any, carry: bool = False
) -> _Errand | None:
    """Record what came of calls; with `carry` for the cases in hand, and go on with these."""
    step, kind = errand.step, errand.kind
    with changing() as changes:
        work = errand.work if carry else kind.load(subjects)
        after = kind.record(work, planned, changes=changes)
        errand.lease.require(subjects)
        waiting = {each.subject: each.at for each in after if isinstance(each, Again)}
        stuck = {each.subject: each.code for each in after if isinstance(each, Stuck)}
        done = [each for each in subjects if each not in waiting and each not in stuck]
        dues.clear(done, step=step)
        dues.give_back(waiting, step=step)
        park(stuck, step=step, now=changes.now)
        return _carry_on(changes) if carry else None


def _split(step: Step, *, most: int, only: Sequence[UUID] = (), lane: int = dues.LAST) -> int:
    """Halve a set that failed, down to the row that fails alone, which is put off or parked."""
    with transaction.atomic():
        claims = dues.hold(step, now=clock(), most=most, only=only, lane=lane)
    subjects = [claim.subject for claim in claims]
    if len(subjects) == 1 and subjects == list(only):
        log.exception("step failed", extra={"step": step.value})
        with transaction.atomic():
            held = dues.hold(step, now=clock(), most=1, only=subjects)
            _put_off(held, step=step, now=clock(), code="failed")
        return 1
    half = len(subjects) // 2
    for part in filter(None, (subjects[:half], subjects[half:])):
        run_once(step, only=part, carry=False)
    return len(subjects)


def _put_off(claims: Sequence[Claim], *, step: Step, now: datetime, code: str) -> None:
    for claim in claims:
        if claim.attempts + 1 >= MOST_ATTEMPTS:
            park({claim.subject: code}, step=step, now=now)
        else:
            dues.postpone([claim], step=step, at=now + pause(claim.attempts))


def park(codes: Mapping[UUID, str], *, step: Step, now: datetime) -> None:
    """Take a step off the queue and put its subjects before a person, each for its reason."""
    dues.clear(list(codes), step=step)
    models.Attention.objects.bulk_create(
        [
            models.Attention(subject=subject, step=step.value, code=code[:80], at=now)
            for subject, code in codes.items()
        ],
        ignore_conflicts=True,
    )
