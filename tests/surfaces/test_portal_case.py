"""A case for its subscriber: where it stands, what is needed, taking it back, and the papers."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import stage
from signoff.channels.portal import progress
from signoff.channels.portal.progress import Place
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.domain.reasons import DeclineReason, ReturnReason
from signoff.ports import registry
from signoff.records import models
from signoff.testing.documents import photo
from signoff.usecases import look
from signoff.usecases.verify_certificate import verify
from signoff.wording.catalogue import LANGUAGES
from signoff.workflows import act
from signoff.workflows.work import clock
from surfaces.portal_pages import Page, browser, text

pytestmark = pytest.mark.django_db

PNG = photo(kind="PNG")


class Scene:
    """A subscriber's declared case and a browser."""

    def __init__(self, kind: CardKind = CardKind.UNLIMITED, *, settled: bool = False) -> None:
        self.people = stage.cast(stage.BRANDS[kind][0])
        self.line = stage.line(kind, holder=self.people.subscriber, settled=settled)
        declared = act.declare_line(stage.declaration(self.line), user_id=self.people.subscriber.id)
        self.case_id: UUID = declared.case_id
        self.me: Client = browser(self.people.subscriber)

    def page(self) -> Page:
        return self.me.get(reverse("portal:case", args=[self.case_id]))

    def press(self, name: str, **data: object) -> Page:
        path = reverse(f"portal:{name}", args=[self.case_id])
        return self.me.post(path, data, follow=True)

    def on_line(self, name: str, **data: object) -> Page:
        path = reverse(f"portal:{name}", args=[self.line.id])
        return self.me.post(path, {**data, "case": str(self.case_id)}, follow=True)

    def to_review(self) -> None:
        with stage.mail():
            stage.work()

    def ask(self, reason: ReturnReason, words: str) -> None:
        seen = look.mark(self.case_id)
        agent = self.people.agent.id
        act.ask(self.case_id, agent=agent, seen=seen, reason=reason, words=words)

    @property
    def case(self) -> models.Case:
        return models.Case.objects.get(id=self.case_id)

    @property
    def way(self) -> list[tuple[str, Place]]:
        view = look.case_of(self.case_id, user_id=self.people.subscriber.id, now=clock())
        return [(step.code, step.place) for step in progress.steps(view)]


def test_the_page_of_a_new_case_says_what_was_received_and_what_comes() -> None:
    scene = Scene()

    shown = text(scene.page())

    assert "Received" in shown
    assert scene.case.number in shown
    assert "Receipt (PDF)" in shown
    assert "Take the request back" in shown
    assert scene.way == [
        ("declared", Place.PAST),
        ("reviewed", Place.NOW),
        ("approved", Place.NEXT),
        ("ending", Place.NEXT),
        ("ended", Place.NEXT),
        ("closed", Place.NEXT),
    ]


def test_the_receipt_can_be_downloaded_at_once() -> None:
    """F3: even before any worker has seen the case."""
    scene = Scene()

    for language in LANGUAGES:
        me = browser(scene.people.subscriber, language=language)
        answer = me.get(reverse("portal:receipt", args=[scene.case_id]))
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")


def test_the_promised_date_of_a_review_is_shown() -> None:
    """R2."""
    scene = Scene()
    scene.to_review()

    shown = text(scene.page())

    due = scene.case.review_due_at
    assert due is not None
    assert "Under review" in shown
    assert f"by {due:%B} {due.day}" in shown


def test_what_is_open_can_be_settled_on_the_page_of_the_case() -> None:
    scene = Scene()
    scene.to_review()

    page = scene.on_line("upload", document=SimpleUploadedFile("id.png", PNG))

    assert page.redirect_chain[-1][0] == f"/cases/{scene.case_id}#documents"
    assert "Your document has arrived" in text(page)
    assert models.Event.objects.filter(case_id=scene.case_id, code="document.received").exists()


def test_the_agents_question_is_shown_and_answered() -> None:
    """R4: the case goes on with its first time stamp."""
    scene = Scene()
    scene.to_review()
    first = scene.case.declared_at
    scene.ask(ReturnReason.DOCUMENT_UNREADABLE, "The left corner is cut off. <b>Sorry</b>")

    asked = scene.page()
    scene.on_line("upload", document=SimpleUploadedFile("id.png", PNG))
    answered = scene.press("answer", words="Here it is, 请查收")

    assert "The left corner is cut off. <b>Sorry</b>" in text(asked)
    assert "<b>Sorry" not in asked.content.decode()
    assert "Your document cannot be read" in text(asked)
    assert ("needs_input", Place.NOW) not in scene.way
    assert "Your request goes on" in text(answered)
    assert scene.case.state == State.DECLARED
    assert scene.case.declared_at == first


def test_answering_what_was_not_asked_changes_nothing() -> None:
    scene = Scene()

    page = scene.press("answer", words="hello")

    assert "can no longer be done" in text(page)
    assert scene.case.state == State.DECLARED


def test_too_many_words_are_not_cut_off_silently() -> None:
    scene = Scene()
    scene.to_review()
    scene.ask(ReturnReason.QUESTION, "Which line?")

    page = scene.press("answer", words="x" * 2001)

    assert "too long" in text(page)
    assert scene.case.state == State.NEEDS_INPUT


def test_a_request_is_taken_back_once() -> None:
    """The line is free again; a second press is told so, not done twice."""
    scene = Scene()

    page = scene.press("withdraw")
    again = scene.press("withdraw")

    assert "taken back" in text(page)
    assert "Withdrawn" in text(page)
    assert "too late to take the request back" in text(again)
    assert models.Notice.objects.filter(name="withdrawn").count() == 1
    assert models.Line.objects.get(id=scene.line.id).case_id is None
    assert scene.way[-1] == ("withdrawn", Place.HALTED)


def test_a_declined_case_says_why_and_what_to_do() -> None:
    """R3."""
    scene = Scene()
    scene.to_review()
    act.decline(
        scene.case_id,
        agent=scene.people.agent.id,
        seen=look.mark(scene.case_id),
        reason=DeclineReason.NOT_OUR_CONTRACT,
        words="Sold by another company.",
    )

    shown = text(scene.page())

    assert "The contract for this line is not with us" in shown
    assert "Sold by another company." in shown
    assert "Make a new request" in shown
    assert "Take the request back" not in shown


def test_there_is_no_certificate_before_the_end() -> None:
    scene = Scene()

    for name in ("certificate-json", "certificate-pdf"):
        answer = scene.me.get(reverse(f"portal:{name}", args=[scene.case_id]))
        assert answer.status_code == 404


def test_restoring_what_is_not_ended_is_refused() -> None:
    scene = Scene()

    page = scene.press("restore")

    assert "can no longer be done" in text(page)
    assert not models.Due.objects.filter(subject=scene.case_id, step="restore").exists()


@pytest.mark.django_db(transaction=True)
def test_from_the_form_to_certificate_and_back() -> None:
    """The whole way on the pages of one case: ended, proven, papers, then restored (T2, X2)."""
    people = stage.cast("farwander")
    me = browser(people.subscriber)
    with stage.sandbox() as sandbox, stage.mail():
        line = stage.line(CardKind.TRAVEL, holder=people.subscriber, sandbox=sandbox, settled=True)
        declared = act.declare_line(stage.declaration(line), user_id=people.subscriber.id)
        case_id = declared.case_id
        stage.to_the_end(case_id, agent=people.agent)
        ended = me.get(reverse("portal:case", args=[case_id]))
        json = me.get(reverse("portal:certificate-json", args=[case_id]))
        pdf = me.get(reverse("portal:certificate-pdf", args=[case_id]))
        listed = me.get("/lines")
        asked = me.post(reverse("portal:restore", args=[case_id]), follow=True)
        stage.work()
        restored = me.get(reverse("portal:case", args=[case_id]))

    keys = registry.signers["installation"].trusted_keys()
    shown = text(ended)
    assert "Your certificate" in shown
    assert "Restore the line" in shown
    assert "The carrier's own system reports the line as off" in shown
    assert "US$23.50" in shown
    assert verify(json.content, trusted_keys=keys).trusted
    assert verify(pdf.content, trusted_keys=keys).trusted
    assert "See the request" in text(listed)
    assert "The carrier is asked to restore the line" in text(asked)
    assert "Restored" in text(restored)
    assert "works again" in text(restored)


def test_the_link_in_the_mail_leads_to_the_certificate() -> None:
    scene = Scene(CardKind.TRAVEL)

    answer = scene.me.get(reverse("portal:certificate", args=[scene.case_id]))

    assert answer.headers["Location"] == f"/cases/{scene.case_id}#certificate"


def test_after_the_window_the_line_cannot_be_restored() -> None:
    """X2: told plainly."""
    scene = Scene(CardKind.TRAVEL)
    over = clock() - timedelta(days=1)
    models.Case.objects.update(
        state="ended", ended_at=over, restore_until=over, proof={"reference": "r"}
    )

    page = scene.press("restore")

    assert "The time in which the line could be restored is over" in text(page)
    assert "Restore the line" not in text(scene.page())


def test_who_of_the_staff_worked_on_it_stays_with_them() -> None:
    scene = Scene()
    scene.to_review()
    act.claim(scene.case_id, agent=scene.people.agent.id)

    page = scene.page()

    assert "took the case in hand" not in text(page)
    assert scene.people.agent.email not in page.content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", list(State))
def test_every_state_has_its_page(state: State, language: str) -> None:
    scene = Scene(CardKind.INTERNET)
    models.Case.objects.update(state=state.value, outcome_reason="unpaid_bill")

    me = browser(scene.people.subscriber, language=language)
    page = me.get(reverse("portal:case", args=[scene.case_id]))

    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.content.decode()


def test_the_checklist_asks_the_database_the_same_for_few_and_many() -> None:
    """Q1: a constant number of queries."""
    people = stage.cast("boundlark")
    line = stage.line(CardKind.UNLIMITED, holder=people.subscriber)
    me = browser(people.subscriber)
    path = reverse("portal:prepare", args=[line.id])
    me.get(path)

    with CaptureQueriesContext(connection) as few:
        me.get(path)
    account = models.Account.objects.get(id=line.account_id)
    bill = account.facts["bills"][1]
    account.facts["bills"] = [{**bill, "id": f"b{number}"} for number in range(24)]
    account.save()
    with CaptureQueriesContext(connection) as many:
        me.get(path)

    assert len(many) == len(few) <= 12
