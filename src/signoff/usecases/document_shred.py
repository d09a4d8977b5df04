"""Shred documents: drop the key, keep the proof, remove the bytes afterwards (A5, X5, T4)."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from signoff.domain.case import State
from signoff.domain.documents import UNDECIDED, Shredding, shred_at
from signoff.domain.events import Code
from signoff.domain.policy import ShredAfter
from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.ports.documents import DocumentsError
from signoff.records import casefiles, models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.records.rows import update_rows
from signoff.usecases.rules import policy_of

log = logging.getLogger(__name__)

_NAME = "identity"
_LATER = 1
_LOOK_AGAIN = timedelta(days=30)
_RETRY = timedelta(hours=1)
_DECIDED = (Code.APPROVED, Code.DECLINED, Code.WITHDRAWN)


def shred(
    rows: Sequence[models.Document],
    *,
    because: Shredding,
    files: Mapping[int, CaseFile],
    changes: Changes,
) -> None:
    """Drop the keys of documents: from the commit on nobody can read them. Their rows stay.

    `files` are the cases it is written down in, by line.
    """
    for row in rows:
        file = files.get(row.line_id)
        changes.update(
            models.Document,
            id=row.id,
            sealed_key=None,
            checking=False,
            shredded_at=changes.now,
            shredded_for=because.value,
            case_id=file.id if file else None,
        )
        changes.owe(Step.DISCARD_OBJECT, row.object_id, lane=_LATER)
        if file:
            changes.event(
                file,
                Code.DOCUMENT_SHREDDED,
                actor="signoff",
                document=str(row.id),
                because=because.value,
            )
            if file.state is State.DECLARED:
                changes.owe(Step.ASSESS, file.id, lane=file.lane)


def decided(file: CaseFile, *, changes: Changes) -> None:
    """A case was decided: from now on its documents are kept only as long as the policy says."""
    _owe(file, ShredAfter.DECISION, changes=changes)


def closed(file: CaseFile, *, changes: Changes) -> None:
    """A case is over: as `decided`, for policies that count from there."""
    _owe(file, ShredAfter.CLOSE, changes=changes)


def _owe(file: CaseFile, since: ShredAfter, *, changes: Changes) -> None:
    terms = file.policy.documents
    if terms.shred is since and file.documents + file.checking:
        due_at = changes.now + timedelta(days=terms.keep_days)
        changes.owe(Step.SHRED_DOCUMENTS, file.id, lane=_LATER, due_at=due_at)


def shred_due(subjects: Sequence[UUID], *, changes: Changes) -> None:
    """Shred what need not be kept any longer. A subject is a document, or a case and all of its.

    Dates are computed anew: what was decided or withdrawn since may have moved them.
    """
    lines = models.Case.objects.filter(id__in=subjects).values("line_id")
    found = models.Document.objects.filter(
        Q(id__in=subjects) | Q(line_id__in=lines), shredded_at=None
    )
    rows = list(
        found.select_related("line__account").order_by("id").select_for_update(of=("self",))
    )
    newest = _newest([row.line_id for row in rows])
    dated = {row.id: _date(row, newest.get(row.line_id)) for row in rows}
    due = [row for row in rows if (at := dated[row.id]) and at <= changes.now]
    for row in rows:
        if row not in due:
            again = dated[row.id] or changes.now + _LOOK_AGAIN
            changes.owe(Step.SHRED_DOCUMENTS, row.id, lane=_LATER, due_at=again)
    cases = {newest[row.line_id].case_id for row in due if row.line_id in newest}
    files = {file.line_id: file for file in casefiles.load(sorted(cases))}
    for because in (Shredding.RETENTION, Shredding.UNDECIDED):
        chosen = [row for row in due if _because(newest.get(row.line_id)) is because]
        shred(chosen, because=because, files=files, changes=changes)


@dataclass(frozen=True, slots=True)
class _Newest:
    """The newest case of a line, and when it was decided and closed."""

    case_id: UUID
    policy_digest: str
    decided_at: datetime | None
    closed_at: datetime | None


def _newest(line_ids: Collection[int]) -> dict[int, _Newest]:
    cases: dict[int, models.Case] = {}
    for case in models.Case.objects.filter(line_id__in=line_ids).order_by("declared_at", "id"):
        cases[case.line_id] = case
    events = models.Event.objects.filter(
        case_id__in=[case.id for case in cases.values()], code__in=[code.value for code in _DECIDED]
    )
    decided_at = dict(events.order_by("at").values_list("case_id", "at"))
    return {
        line_id: _Newest(
            case.id,
            case.policy_digest,
            # A case that was declined and taken up again is undecided once more.
            None if State(case.state) in UNDECIDED else decided_at.get(case.id),
            case.closed_at,
        )
        for line_id, case in cases.items()
    }


def _date(row: models.Document, newest: _Newest | None) -> datetime | None:
    if newest is None:
        policy, _ = policy_of(row.line.brand, row.line.account.place)
        terms = policy.documents
    else:
        policies = casefiles.policies_by_digest({newest.policy_digest})
        terms = policies[newest.policy_digest].documents
    return shred_at(
        terms,
        taken_at=row.at,
        decided_at=newest.decided_at if newest else None,
        closed_at=newest.closed_at if newest else None,
    )


def _because(newest: _Newest | None) -> Shredding:
    is_decided = newest is not None and newest.decided_at is not None
    return Shredding.RETENTION if is_decided else Shredding.UNDECIDED


# ---------------------------------------------------------------- the bytes
@dataclass(slots=True)
class Removal:
    """Objects nobody has a key to, and those of them that are still there after the call."""

    objects: Sequence[UUID]
    left: set[UUID] = field(default_factory=set)

    def part(self, objects: Collection[UUID]) -> "Removal":
        """What of it concerns these objects."""
        return Removal([each for each in self.objects if each in objects], self.left)


def remove_bytes(removal: Removal) -> None:
    """Remove objects from the vault, each on its own: one that cannot be is left for later."""
    for key in removal.objects:
        try:
            registry.vaults[_NAME].destroy(key)
        except DocumentsError as error:
            log.warning("bytes left for later", extra={"reason": str(error)})
            removal.left.add(key)


def removed(removal: Removal, *, changes: Changes) -> dict[UUID, datetime]:
    """Write down which bytes are gone; says which are tried again, and when."""
    gone = [key for key in removal.objects if key not in removal.left]
    rows = models.Document.objects.filter(object_id__in=gone).exclude(shredded_at=None)
    update_rows(
        models.Document,
        [{"id": key, "bytes_gone_at": changes.now} for key in rows.values_list("id", flat=True)],
    )
    return {key: changes.now + _RETRY for key in removal.objects if key in removal.left}
