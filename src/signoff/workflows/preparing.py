"""What surfaces may do while a line is prepared, and with disputes: one transaction each."""

from uuid import UUID

from signoff.domain.disputes import RejectReason
from signoff.domain.items import Remedy
from signoff.domain.settling import Verdict
from signoff.records import models
from signoff.usecases import archives, disputes, export, prepare
from signoff.workflows.work import changing, clock

_DATA = models.Archive.Kind.DATA


class NoArchive(LookupError):
    """There is no such file for this person, or no more."""


def ask_for_data(line_id: int, *, user_id: int, language: str, password: str = "") -> bool:
    """Owe the archive of a line's data; says whether one was being made already, which it is then.

    Raises NotYours.
    """
    with changing() as changes:
        line = prepare.own_line(line_id, user_id=user_id)
        last = archives.newest(_DATA, line_id=line.id, case_id=None, user_id=user_id)
        if last and last.state == models.Archive.State.ASKED:
            return True
        archive = archives.ask(
            _DATA,
            line_id=line.id,
            case_id=None,
            user_id=user_id,
            language=language,
            options={export.SEALED: True} if password else None,
            changes=changes,
        )
        if password:
            export.keep_password(archive, password)
    return False


def data_file(line_id: int, archive: UUID, *, user_id: int) -> bytes:
    """A person's archive, and the item of the checklist marked as done.

    Raises NotYours, NoArchive.
    """
    with changing() as changes:
        line = prepare.own_line(line_id, user_id=user_id)
        found = models.Archive.objects.filter(
            id=archive,
            line_id=line.id,
            asked_by=user_id,
            kind=_DATA,
            state=models.Archive.State.READY,
        ).first()
        if found is None or found.ready_at is None:
            raise NoArchive(archive)
        if clock() > found.ready_at + archives.KEPT:
            raise NoArchive(archive)
        if line.snapshot.preparation.exported_at is None:
            prepare.settle_item(line, Remedy.EXPORT, entry="", to="", changes=changes)
    return archives.content(found)


def decide_dispute(
    dispute_id: int, *, agent: int, verdict: Verdict, reason: RejectReason | None, words: str
) -> UUID | None:
    """Decide a dispute; says the open case of its line. Raises as usecases.disputes.decide."""
    with changing() as changes:
        line = disputes.decide(
            dispute_id, agent=agent, verdict=verdict, reason=reason, words=words, changes=changes
        )
    return line.case_id
