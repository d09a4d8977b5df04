"""One-time codes and notices about a log-in: written down like every notice, sent by the worker.

A code is a notice that is owed at once, never sent in the request: a slow mail server then holds
nobody up, and asking for somebody who is not known costs the same statements as for somebody who
is (A2). Its value leaves the row as soon as it was handed over (`forget`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import connection

from signoff.domain.canonical import Json, format_time
from signoff.domain.steps import Step
from signoff.records import models
from signoff.records.changes import Changes
from signoff.records.people import Person
from signoff.usecases import logins, rules, text_messages
from signoff.usecases.notify import Outgoing, check_code
from signoff.wording.catalogue import shipped


class Purpose(StrEnum):
    """What a code is for; the message says it, so that nobody reads it out for something else."""

    LOG_IN = "log_in"
    RESET = "reset"
    STEP_UP = "step_up"


class Change(StrEnum):
    """What was changed about a log-in, as the notice to its old contact tells it."""

    PASSWORD = "password"
    RESET = "reset"
    TOTP_ON = "totp_on"
    TOTP_OFF = "totp_off"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    RECOVERY_CODES = "recovery_codes"
    QUESTION = "question"
    CONTACT = "contact"


CODES = frozenset(f"code_{purpose.value}" for purpose in Purpose)
"""The notices that carry a code."""


def owe_code(
    person: Person | None,
    *,
    code: str,
    purpose: Purpose,
    by_phone: bool,
    language: str,
    minutes: int,
    changes: Changes,
) -> str:
    """Owe a code to a person, by text where the number was asked for and proves them, else by mail.

    Says the medium. For nobody the same row is written, without an address, and never sent.
    """
    can_text = by_phone and text_messages.can_send()
    texted = can_text and person is not None and logins.may_text(person, now=changes.now)
    medium = "sms" if texted else "mail"
    to = "" if person is None else person.phone if texted else person.email
    values: dict[str, Json] = {"code": code if person else "", "minutes": str(minutes)}
    _owe(
        f"code_{purpose.value}",
        to=to,
        brand=person.brand if person else "",
        medium=medium,
        language=language,
        values=values,
        changes=changes,
    )
    return medium


def tell_change(
    person: Person, change: Change, *, language: str, changes: Changes, to: str = ""
) -> None:
    """Owe a person the news of a change, at the contact they had before it (law.md 6)."""
    _owe(
        "access_changed",
        to=to or person.email,
        brand=person.brand,
        medium="mail",
        language=language,
        values={"what": f"access_{change.value}", "changed_at": format_time(changes.now)},
        changes=changes,
    )


def _owe(
    name: str,
    *,
    to: str,
    brand: str,
    medium: str,
    language: str,
    values: dict[str, Json],
    changes: Changes,
) -> None:
    state = models.Notice.State.PLANNED if to else models.Notice.State.SKIPPED
    notice = changes.new_id()
    changes.insert(
        models.Notice,
        id=notice,
        case_id=None,
        name=name,
        language=language,
        medium=medium,
        recipient=to,
        values={"brand": brand or rules.book().brands()[0], **values},
        attachment="",
        check_code=check_code(),
        state=state.value,
        code="" if to else "nobody",
        at=changes.now,
    )
    changes.owe(Step.SEND_NOTICE, notice)


def is_stale(notice: Outgoing, *, now: datetime) -> bool:
    """Whether a code waited so long for its server that it works no more."""
    if notice.name not in CODES or notice.at is None:
        return False
    return now - notice.at > timedelta(minutes=int(str(notice.values["minutes"])))


def text(notice: Outgoing) -> str:
    """A code as a text message, its last line as browsers read it (WICG SMS one-time codes)."""
    code, host = str(notice.values["code"]), urlsplit(settings.SIGNOFF_BASE_URL).hostname
    said = shipped("text_codes").say(
        f"text_code.{notice.name.removeprefix('code_')}",
        notice.language,
        code=code,
        minutes=str(notice.values["minutes"]),
    )
    return f"{said}\n\n@{host} #{code}"


_FORGET = """
UPDATE records_notice SET values = values - 'code'
WHERE id = ANY(%s) AND name = ANY(%s)
"""


def forget(notices: Sequence[UUID]) -> None:
    """Drop the codes of these notices from their rows."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [list(notices), list(CODES)])
