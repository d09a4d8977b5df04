"""What surfaces may do while a case waits and after its end: write, tick off, ask for the pack.

As in `act`, each call is one transaction on a set of one. LookupError (NotYours) means that for
this person there is no such thing.
"""

from uuid import UUID

from signoff.records import models
from signoff.records.casefiles import CaseFile
from signoff.usecases import aftercare, archives, conversation, evidence_pack, look
from signoff.usecases.conversation import Said
from signoff.workflows import act, handing_in
from signoff.workflows.work import changing, clock

_EVIDENCE = models.Archive.Kind.EVIDENCE
_Side = models.Message.Side


def write(case_id: UUID, *, user_id: int, words: str, attached: bytes | None = None) -> UUID:
    """Write to the brand about a person's own case, with a document where one is asked for.

    Raises NotYours, NothingWritten, TooManyWaiting, DocumentRefused.
    """
    look.require_own(case_id, user_id=user_id)
    if attached:
        line_id = models.Case.objects.values_list("line_id", flat=True).get(id=case_id)
        handing_in.upload(line_id, [attached], user_id=user_id)
    with changing() as changes:
        look.require_own(case_id, user_id=user_id)
        return conversation.write(
            act.locked(case_id),
            words=words,
            user_id=user_id,
            channel="web",
            attached=attached or b"",
            changes=changes,
        )


def read_by_subscriber(case_id: UUID, *, user_id: int) -> None:
    """What the brand wrote has been shown to the subscriber. Raises NotYours."""
    look.require_own(case_id, user_id=user_id)
    conversation.read(case_id, side=_Side.STAFF, now=clock())


def tick(case_id: UUID, *, user_id: int, item: str, done: bool) -> None:
    """Tick an item of the after-care list off, or not. Raises NotYours, NoSuchItem."""
    with changing():
        look.require_own(case_id, user_id=user_id)
        aftercare.tick(act.locked(case_id), item, done=done)


def choose_mail(case_id: UUID, *, user_id: int, by_mail: bool) -> None:
    """Have reminders by mail, or none. Raises NotYours."""
    with changing() as changes:
        look.require_own(case_id, user_id=user_id)
        aftercare.choose_mail(act.locked(case_id), by_mail=by_mail, changes=changes)


def ask_pack(case_id: UUID, *, user_id: int, language: str) -> UUID:
    """Owe the evidence pack of a person's own case. Raises NotYours."""
    with changing() as changes:
        look.require_own(case_id, user_id=user_id)
        return evidence_pack.ask(
            act.locked(case_id), user_id=user_id, language=language, notes=False, changes=changes
        )


def pack_for(file: CaseFile, *, user_id: int) -> models.Archive | None:
    """The pack this person asked for last of a case they may see."""
    return archives.newest(_EVIDENCE, line_id=file.line_id, case_id=file.id, user_id=user_id)


def pack_of(case_id: UUID, *, user_id: int) -> models.Archive | None:
    """The pack this person asked for last. Raises NotYours."""
    look.require_own(case_id, user_id=user_id)
    line_id = models.Case.objects.values_list("line_id", flat=True).get(id=case_id)
    return archives.newest(_EVIDENCE, line_id=line_id, case_id=case_id, user_id=user_id)


# ---------------------------------------------------------------- staff
def answer(case_id: UUID, *, agent: int, words: str) -> None:
    """Write to the subscriber, who is told by mail that there is an answer.

    Raises NotYours, NothingWritten.
    """
    with changing() as changes:
        file, _ = act.for_staff(case_id, agent=agent, roles=act.DECIDING, changes=changes)
        conversation.answer(file, words=words, agent=agent, changes=changes)


def note(case_id: UUID, *, agent: int, words: str) -> None:
    """Note something that only staff will see. Raises NotYours, NothingWritten."""
    with changing() as changes:
        file, _ = act.for_staff(case_id, agent=agent, roles=act.DECIDING, changes=changes)
        conversation.note(file, words=words, agent=agent, changes=changes)


def needs_no_answer(case_id: UUID, *, agent: int) -> None:
    """What the subscriber wrote has been read and needs no answer. Raises NotYours."""
    with changing() as changes:
        act.for_staff(case_id, agent=agent, roles=act.DECIDING, changes=changes)
        conversation.read(case_id, side=_Side.SUBSCRIBER, now=changes.now)


def conversation_of(view: look.CaseView, *, notes: bool = False) -> list[Said]:
    """The messages of a case somebody may see; notes for staff alone."""
    return conversation.messages_of(view.file.id, view.events, notes=notes)


def ask_pack_for_staff(case_id: UUID, *, agent: int, language: str) -> UUID:
    """Owe the pack with the notes in it, and write down who asked (R5). Raises NotYours."""
    with changing() as changes:
        file, _ = act.for_staff(case_id, agent=agent, roles=act.LOOKING, changes=changes)
        act.written_access(case_id, agent=agent, what="evidence", changes=changes)
        return evidence_pack.ask(
            file, user_id=agent, language=language, notes=True, changes=changes
        )


def pack_for_staff(case_id: UUID, *, agent: int) -> models.Archive | None:
    """The pack this member of staff asked for last. Raises NotYours."""
    with changing() as changes:
        file, _ = act.for_staff(case_id, agent=agent, roles=act.LOOKING, changes=changes)
    return archives.newest(_EVIDENCE, line_id=file.line_id, case_id=case_id, user_id=agent)


def pack_bytes_for_staff(case_id: UUID, *, agent: int) -> bytes:
    """The bytes of that pack, with the look written down. Raises NotYours, LookupError."""
    archive = pack_for_staff(case_id, agent=agent)
    if archive is None or archive.state != models.Archive.State.READY:
        raise LookupError(case_id)
    with changing() as changes:
        act.written_access(case_id, agent=agent, what="evidence", changes=changes)
    return archives.content(archive)


def pack_bytes(case_id: UUID, *, user_id: int) -> bytes:
    """The bytes of the pack a person asked for. Raises NotYours, and LookupError until it is
    there."""
    archive = pack_of(case_id, user_id=user_id)
    if archive is None or archive.state != models.Archive.State.READY:
        raise LookupError(case_id)
    return archives.content(archive)
