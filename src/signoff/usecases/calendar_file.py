"""The dates after the end of a line as a calendar file (X6): iCalendar, RFC 5545."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from icalendar import Alarm, Calendar, Event

from signoff.domain.aftercare import CareItem
from signoff.records.casefiles import CaseFile
from signoff.wording.catalogue import shipped

_HALF_HOUR = timedelta(minutes=30)


def calendar(file: CaseFile, items: Sequence[CareItem], *, language: str) -> bytes:
    """One entry a date, with an alarm a day ahead. The same dates give the same bytes.

    An entry keeps its UID, so that a file taken in again changes entries and doubles none.
    """
    say = shipped().say
    made = Calendar()
    made.add("prodid", "-//Signoff//after-care//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", say("after.calendar", language, number=file.number))
    for item in items:
        if item.at is not None:
            made.add_component(_entry(file, item, at=item.at, language=language))
    content: bytes = made.to_ical()
    return content


def _entry(file: CaseFile, item: CareItem, *, at: datetime, language: str) -> Event:
    say = shipped().say
    title = say(f"care.title.{item.code.value}", language)
    entry = Event()
    entry.add("uid", f"{file.id}-{item.key}@signoff")
    entry.add("dtstamp", file.ended_at or at)
    entry.add("dtstart", at)
    entry.add("dtend", at + _HALF_HOUR)
    entry.add("summary", f"{title} · {file.number}")
    entry.add("description", say(f"care.means.{item.code.value}", language))
    entry.add("url", f"{settings.SIGNOFF_BASE_URL}/cases/{file.id}/after")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", timedelta(days=-1))
    alarm.add("description", title)
    entry.add_component(alarm)
    return entry
