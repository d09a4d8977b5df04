"""After the end: ticks, reminders, calendar, phone, complaints, what became of it (X1-X7)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from icalendar import Calendar

import stage
from signoff.domain.account import CardKind
from signoff.ports import registry
from signoff.records import models
from signoff.usecases import advice, rules
from signoff.usecases.complaint import About
from signoff.wording.catalogue import LANGUAGES
from signoff.workflows import act
from signoff.workflows.work import clock
from surfaces.portal_pages import Page, browser, text

pytestmark = pytest.mark.django_db


class Ended:
    """A case whose line has ended, without the way there: its rows say so."""

    def __init__(self, kind: CardKind = CardKind.TRAVEL, *, days_ago: int = 1) -> None:
        self.people = stage.cast(stage.BRANDS[kind][0])
        self.line = stage.line(kind, holder=self.people.subscriber, settled=True)
        declared = act.declare_line(stage.declaration(self.line), user_id=self.people.subscriber.id)
        self.case_id = declared.case_id
        self.at = clock() - timedelta(days=days_ago)
        case = models.Case.objects.get(id=self.case_id)
        models.Case.objects.filter(id=self.case_id).update(
            state="ended",
            ended_at=self.at,
            restore_until=self.at + timedelta(days=14),
            final=case.shown,
            proof={"reference": "r-1", "state": "deactivated"},
        )
        models.Due.objects.all().delete()
        self.me = browser(self.people.subscriber)

    def get(self, name: str, *more: str, **query: str) -> Page:
        return self.me.get(reverse(f"portal:{name}", args=[self.case_id, *more]), query)

    def post(self, name: str, **data: str) -> Page:
        return self.me.post(reverse(f"portal:{name}", args=[self.case_id]), data, follow=True)


def test_ticks_are_kept() -> None:
    """X6: and can be taken back."""
    scene = Ended()

    scene.post("tick", item="contacts", done="1")
    ticked = scene.get("after").content.decode()
    scene.post("tick", item="contacts", done="0")

    assert '<li id="item-contacts" class="is-done">' in ticked
    assert models.AfterCare.objects.get().ticked == []
    assert (
        scene.me.post(
            reverse("portal:tick", args=[scene.case_id]), {"item": "nonsense", "done": "1"}
        ).status_code
        == 404
    )


def test_the_calendar_file_holds_every_date_once() -> None:
    """X6."""
    scene = Ended()

    answer, again = scene.get("dates"), scene.get("dates")

    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert len({str(event["uid"]) for event in events}) == len(events) >= 4
    ends = [event for event in events if "restore_end" in str(event["uid"])]
    assert abs(ends[0].decoded("dtstart") - (scene.at + timedelta(days=14))) < timedelta(seconds=1)
    assert answer.content == again.content


def test_reminders_come_by_mail_at_their_dates_once() -> None:
    """X6: three days before the window ends; the step may run as often as it likes."""
    scene = Ended(days_ago=12)
    models.Due.objects.create(subject=scene.case_id, step="remind", due_at=clock())

    with stage.mail() as box:
        stage.work()
        models.Due.objects.filter(step="remind").update(due_at=clock())
        stage.work()

    told = [message for message in box.messages if "date to look at" in message["Subject"]
            or "提醒" in message["Subject"]]  # fmt: skip
    assert models.AfterCare.objects.get().reminded
    assert len(told) == len(models.AfterCare.objects.get().reminded)
    later = models.Due.objects.get(step="remind")
    assert later.due_at > clock()


def test_who_wants_no_reminders_gets_none() -> None:
    """X6: until they are wanted again."""
    scene = Ended(days_ago=12)
    page = scene.post("reminders", mail="0")
    models.Due.objects.update_or_create(
        subject=scene.case_id, step="remind", defaults={"due_at": clock()}
    )

    with stage.mail():
        stage.work()
    silent = models.Notice.objects.filter(name="aftercare").count()
    scene.post("reminders", mail="1")

    assert "No more reminders" in text(page)
    assert silent == 0
    assert models.Due.objects.filter(subject=scene.case_id, step="remind").exists()


def test_the_esim_is_not_to_be_deleted_while_the_line_can_come_back() -> None:
    """X3, X4: with the date; and afterwards it may be."""
    scene = Ended()

    open_window = text(scene.get("after"))
    models.Case.objects.update(state="closed", restore_until=clock() - timedelta(days=1))
    closed = text(scene.get("after"))

    until = scene.at + timedelta(days=14)
    assert f"Not yet: do not delete the eSIM and do not throw the card away before {until:%B}" in (
        open_window
    )
    assert "911 cannot call back" in open_window
    assert "Not yet" not in closed
    assert "may be deleted" in closed


@pytest.mark.parametrize("language", LANGUAGES)
def test_phones_of_every_family_are_told_of_with_their_source(language: str) -> None:
    """X3: general advice is marked as such, with where it was read."""
    scene = Ended()

    page = browser(scene.people.subscriber, language=language).get(
        reverse("portal:after", args=[scene.case_id])
    )

    body = page.content.decode()
    assert page.status_code == 200
    for phone in advice.phones():
        assert f'id="phone-{phone.code}"' in body
        assert phone.host in body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("about", list(About))
def test_every_letter_is_written_from_the_case(about: About, language: str) -> None:
    """X7: as text and as PDF, in the language asked for."""
    scene = Ended()
    case = models.Case.objects.get()
    query = {"about": about.value, "in": language}

    page = scene.get("letter", "fcc", **query)
    paper = scene.get("letter-pdf", "fcc", **query)

    written = page.content.decode().split('<pre class="letter"')[1].split("</pre>")[0]
    assert case.number in written
    assert "Federal Communications Commission" in written
    assert f'lang="{language}"' in written
    assert "{" not in written
    assert paper.content.startswith(b"%PDF-")


def test_a_way_of_another_place_does_not_exist_here() -> None:
    scene = Ended()

    assert scene.get("letter", "bnetza").status_code == 404
    assert scene.get("letter-pdf", "nonsense").status_code == 404


def test_every_place_has_a_regulator_a_card_and_the_brand() -> None:
    """X7: each fact with its date, and a source unless it claims nothing."""
    for place in rules.book().places():
        kinds = {way.kind.value for way in advice.ways_in(place)}
        assert kinds == {"brand", "regulator", "card"}, place
    for way in advice.ways():
        assert way.source.startswith("https://") or way.confidence.value == "policy"


def test_before_the_end_there_are_no_dates_yet() -> None:
    people = stage.cast("farwander")
    line = stage.line(CardKind.TRAVEL, holder=people.subscriber)
    case_id = act.declare_line(stage.declaration(line), user_id=people.subscriber.id).case_id
    me = browser(people.subscriber)

    page = me.get(reverse("portal:after", args=[case_id]))

    assert "The line has not ended" in text(page)
    assert "does not end it, and stops no charge" in text(page)
    assert me.get(reverse("portal:dates", args=[case_id])).status_code == 404


def test_after_the_window_the_page_says_so_plainly() -> None:
    """X2."""
    scene = Ended()
    models.Case.objects.update(state="closed", closed_at=clock())

    shown = text(scene.get("case"))

    assert "The time to restore ended on" in shown
    assert "cannot come back" in shown


@pytest.mark.django_db(transaction=True)
def test_the_public_page_says_what_became_of_a_certified_line() -> None:
    """X1: ended, and alive again once it was restored; for anybody, without log-in."""
    people = stage.cast("farwander")
    with stage.sandbox() as sandbox, stage.mail():
        line = stage.line(CardKind.TRAVEL, holder=people.subscriber, sandbox=sandbox, settled=True)
        case_id = act.declare_line(stage.declaration(line), user_id=people.subscriber.id).case_id
        stage.to_the_end(case_id, agent=people.agent)
        owed = models.Due.objects.filter(subject=case_id, step="remind")
        first = owed.get().due_at
        file = act.certificate_json(case_id, user_id=people.subscriber.id).decode()
        ended = browser().post("/verify", {"text": file})
        act.restore(case_id, user_id=people.subscriber.id)
        stage.work()
        restored = browser().post("/verify", {"text": file})

    assert first > clock()
    assert "the line is ended. It could still be restored until" in text(ended)
    assert "the line is alive again" in text(restored)
    assert "genuine" in text(restored).lower()
    assert registry.signers["installation"].trusted_keys()
