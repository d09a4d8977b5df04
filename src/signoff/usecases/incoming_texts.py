"""Take in what people text to us, and what networks say of our texts (C6).

A text never does anything to a line. STOP ends texts to its number; a wish to end a line is
answered with where that is done. Every answer is a notice that is owed, so that a slow network
holds nothing up; few go to one number in a day, so that two machines which answer each other fall
silent.
"""

import re
from collections.abc import Sequence
from datetime import timedelta

from signoff.domain.events import Code
from signoff.domain.incoming_text import Asks, asks, language_of
from signoff.domain.steps import Step
from signoff.ports.texting import Fate, IncomingText, Receipt, TextEvent
from signoff.records import casefiles, models
from signoff.records.changes import Changes
from signoff.usecases import text_messages
from signoff.usecases.notify import check_code
from signoff.usecases.text_messages import MESSENGER

REPLIES = frozenset({"text_opted_out", "text_opted_in", "text_help", "text_wish_to_end"})
"""Notices that answer a text, and so go to whom asked for no texts as well."""

MOST_A_DAY = 3
_SOURCE = "sms"
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_IN_FLIGHT = timedelta(hours=1)


class NotYet(Exception):
    """A receipt came before the message it is about was written down; it will come again."""


def take_in_texts(events: Sequence[TextEvent], *, changes: Changes) -> None:
    """Take in texts and receipts; one that came before changes nothing. Raises NotYet."""
    _take_in_receipts([each for each in events if isinstance(each, Receipt)], changes=changes)
    for event in events:
        # A short code or a name has nobody behind it who could be answered.
        if isinstance(event, IncomingText) and _NUMBER.fullmatch(event.sender):
            _answer(event, changes=changes)


def _answer(event: IncomingText, *, changes: Changes) -> None:
    if event.id:
        _, fresh = models.SeenCallback.objects.get_or_create(
            carrier=_SOURCE, event_id=event.id, defaults={"at": changes.now}
        )
        if not fresh:
            return
    match asks(event.text):
        case Asks.OPT_OUT:
            # One confirmation and no more (47 CFR 64.1200(a)(12)).
            name = "text_opted_out" if _opt_out(event.sender, changes=changes) else ""
        case Asks.OPT_IN:
            name = "text_opted_in" if text_messages.opt_in(event.sender) else "text_help"
        case Asks.WISH_TO_END:
            name = "text_wish_to_end"
        case Asks.HELP | Asks.OTHER:
            name = "text_help"
    if name and _may_answer(event.sender, name, changes=changes):
        _owe(name, event, changes=changes)


def _opt_out(number: str, *, changes: Changes) -> bool:
    return text_messages.opt_out(number, now=changes.now)


def _may_answer(number: str, name: str, *, changes: Changes) -> bool:
    since = changes.now - timedelta(days=1)
    answered = models.Notice.objects.filter(
        medium=MESSENGER, recipient=number, name=name, at__gt=since
    )
    return answered.count() < MOST_A_DAY


def _owe(name: str, event: IncomingText, *, changes: Changes) -> None:
    notice = changes.new_id()
    changes.insert(
        models.Notice,
        id=notice,
        case_id=None,
        name=name,
        language=language_of(event.text, event.sender),
        medium=MESSENGER,
        recipient=event.sender,
        values={},
        attachment="",
        check_code=check_code(),
        state=models.Notice.State.PLANNED.value,
        code="",
        at=changes.now,
    )
    changes.owe(Step.SEND_NOTICE, notice)


# ---------------------------------------------------------------- receipts
def _take_in_receipts(receipts: Sequence[Receipt], *, changes: Changes) -> None:
    by_reference = {name: each for each in receipts for name in _spellings(each.reference)}
    if not by_reference:
        return
    found = models.Notice.objects.select_for_update().filter(
        medium=MESSENGER, reference__in=by_reference, state=models.Notice.State.SENT
    )
    told = {id(by_reference[notice.reference]): notice for notice in found.order_by("at")}
    unknown = [each for each in receipts if id(each) not in told]
    if any(each.fate is Fate.FAILED for each in unknown) and _some_in_flight(changes=changes):
        raise NotYet
    failed = {}
    for each in receipts:
        notice = told.get(id(each))
        if notice is None:
            continue
        columns = {"code": each.code[:80]}
        if each.fate is Fate.FAILED:
            columns["state"] = models.Notice.State.REFUSED.value
            failed[notice.id] = (notice, each.code)
        changes.update(models.Notice, id=notice.id, **columns)
    files = {
        file.id: file
        for file in casefiles.load([note.case_id for note, _ in failed.values() if note.case_id])
    }
    for notice, code in failed.values():
        if notice.case_id in files:
            changes.event(
                files[notice.case_id],
                Code.NOTICE_FAILED,
                actor="signoff",
                notice=notice.name,
                medium=MESSENGER,
                code=code,
            )


def _some_in_flight(*, changes: Changes) -> bool:
    """Whether a text is being handed over whose reference nobody could write down yet."""
    return models.Notice.objects.filter(
        medium=MESSENGER,
        state=models.Notice.State.SENDING,
        at__gt=changes.now - _IN_FLIGHT,
    ).exists()


def _spellings(reference: str) -> set[str]:
    """Message centres say one id in hexadecimal when they take a text, in decimal afterwards."""
    found = {reference, reference.upper(), reference.lower()}
    if reference.isascii() and reference.isdigit():
        found |= {f"{int(reference):X}", f"{int(reference):x}", f"{int(reference):08X}"}
    if re.fullmatch(r"[0-9A-Fa-f]{1,16}", reference):
        found.add(str(int(reference, 16)))
    return found
