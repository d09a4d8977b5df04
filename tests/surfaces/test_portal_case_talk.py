"""Writing about a case: messages, answers, notes that never leave, putting it in again (R4, R7)."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import stage
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.domain.reasons import DeclineReason
from signoff.records import models
from signoff.usecases import look
from signoff.workflows import act, waiting
from surfaces.portal_pages import Page, browser, text

pytestmark = pytest.mark.django_db


class Scene:
    """A declared case, its subscriber's browser and an agent's."""

    def __init__(self, kind: CardKind = CardKind.UNLIMITED) -> None:
        self.people = stage.cast(stage.BRANDS[kind][0])
        self.line = stage.line(kind, holder=self.people.subscriber, settled=True)
        declared = act.declare_line(stage.declaration(self.line), user_id=self.people.subscriber.id)
        self.case_id: UUID = declared.case_id
        self.me = browser(self.people.subscriber)
        self.desk = browser(self.people.agent)

    def page(self) -> Page:
        return self.me.get(reverse("portal:case", args=[self.case_id]))

    def press(self, name: str, **data: object) -> Page:
        return self.me.post(reverse(f"portal:{name}", args=[self.case_id]), data, follow=True)

    def at_desk(self, name: str = "case", **data: object) -> Page:
        path = reverse(f"console:{name}", args=[self.case_id])
        return self.desk.get(path) if name == "case" else self.desk.post(path, data, follow=True)

    def decline(self, reason: DeclineReason) -> None:
        stage.work()
        act.decline(
            self.case_id,
            agent=self.people.agent.id,
            seen=look.mark(self.case_id),
            reason=reason,
            words="We do not find you.",
        )

    @property
    def case(self) -> models.Case:
        return models.Case.objects.get(id=self.case_id)


def test_a_message_is_answered_and_the_mail_says_only_that() -> None:
    """R7: what the answer says stays behind the log-in."""
    scene = Scene()

    sent = scene.press("message", words="我的退款怎么办？<b>")
    seen = scene.at_desk()
    answered = scene.at_desk("message", words="On its way to card 4242.", sure="1")
    notice = models.Notice.objects.get(name="message")
    first, second = text(scene.page()), text(scene.page())

    assert "Your message is sent" in text(sent)
    assert "我的退款怎么办？<b>" in text(sent)
    assert "<b>" not in sent.content.decode().split('id="messages"')[1].split("</ol>")[0]
    assert "1 to answer" in text(seen)
    assert "the subscriber gets a mail" in text(answered)
    assert "4242" not in str(notice.values)
    assert "On its way to card 4242." in first
    assert "new" in first.split("Messages")[-1].split("Your message")[0]
    assert " new " not in second.split("Messages")[-1].split("Your message")[0]
    assert "1 to answer" not in text(scene.at_desk())


def test_two_answers_before_the_first_was_read_are_one_mail() -> None:
    """R7: and after reading, the next one is told of again."""
    scene = Scene()

    scene.at_desk("message", words="One.", sure="1")
    scene.at_desk("message", words="Two.", sure="1")
    once = models.Notice.objects.filter(name="message").count()
    scene.page()
    scene.at_desk("message", words="Three.", sure="1")

    assert once == 1
    assert models.Notice.objects.filter(name="message").count() == 2


def test_a_note_is_seen_by_staff_alone() -> None:
    """R5: on no page, in no mail, and the subscriber's list of events does not tell of it."""
    scene = Scene()

    kept = scene.at_desk("note", words="Sounded like somebody else.")
    mine = scene.page()

    assert "Nobody outside sees it" in text(kept)
    assert "Sounded like somebody else." in text(kept)
    assert "Sounded" not in mine.content.decode()
    assert "note" not in text(mine).lower().replace("note that", "")
    assert not models.Notice.objects.filter(name="message").exists()


def test_an_answer_without_the_tick_is_not_sent() -> None:
    """A note typed into the wrong field stays in the house, and what was typed stays in it."""
    scene = Scene()

    page = scene.at_desk("message", words="He sounds odd.")

    assert page.status_code == 400
    assert "Nothing was sent" in text(page)
    assert "He sounds odd." in page.content.decode()
    assert not models.Message.objects.exists()
    assert not models.Notice.objects.filter(name="message").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [("", "Write something"), ("   ", "Write something"), ("x" * 4001, "too long")],
)
def test_what_cannot_be_taken_is_said_beside_the_field(words: str, said: str) -> None:
    """Q6: and what was typed is still there."""
    scene = Scene()

    page = scene.press("message", words=words)

    assert page.status_code == 422
    assert said in text(page)
    assert words in page.content.decode()
    assert not models.Message.objects.exists()


def test_more_than_anybody_can_read_is_not_taken() -> None:
    scene = Scene()
    for number in range(20):
        waiting.write(scene.case_id, user_id=scene.people.subscriber.id, words=f"{number}?")

    page = scene.press("message", words="Hello?")

    assert page.status_code == 422
    assert "wait to be read already" in text(page)
    assert models.Message.objects.count() == 20


def test_a_message_makes_an_agents_page_stale() -> None:
    """R1: who decides has read what came in between."""
    scene = Scene()
    stage.work()
    seen = look.mark(scene.case_id)

    scene.press("message", words="Please wait!")

    assert look.mark(scene.case_id) > seen


def test_nobody_else_reads_or_writes() -> None:
    """Q3: for a stranger and another brand's agent the case is not there."""
    scene = Scene()
    stranger = browser(scene.people.stranger)
    other = browser(scene.people.other_agent)

    for name in ("message", "resubmit", "ask-pack", "tick", "reminders"):
        path = reverse(f"portal:{name}", args=[scene.case_id])
        assert stranger.post(path, {"words": "x", "item": "sim"}).status_code == 404
    for name in ("case-live", "pack", "after", "dates"):
        assert stranger.get(reverse(f"portal:{name}", args=[scene.case_id])).status_code == 404
    for name in ("message", "note", "read", "ask_pack", "pack"):
        path = reverse(f"console:{name}", args=[scene.case_id])
        assert other.post(path, {"words": "x", "sure": "1"}).status_code == 404

    assert not models.Message.objects.exists()
    assert not models.Archive.objects.exists()


def test_the_log_has_the_words_only_as_a_salted_hash() -> None:
    """T4: erasing the personal part takes the words away and leaves the log whole."""
    scene = Scene()
    scene.press("message", words="My secret.")
    event = models.Event.objects.get(code="message.received")
    digest = bytes(event.digest)

    models.Event.objects.filter(id=event.id).update(personal=None)

    shown = text(scene.page())
    assert "My secret." not in shown
    assert "These words were erased" in shown
    assert "secret" not in str(event.facts)
    assert bytes(models.Event.objects.get(id=event.id).digest) == digest


def test_what_was_declined_for_want_of_a_proof_is_put_in_again() -> None:
    """R4: the same case, its first time stamp; the line is frozen anew and charging stops."""
    scene = Scene()
    first = scene.case.declared_at
    scene.decline(DeclineReason.NOT_CUSTOMER)
    freed = models.Line.objects.get(id=scene.line.id)

    shown = text(scene.page())
    page = scene.press("resubmit", words="My passport shows my married name.")

    assert freed.case_id is None
    assert "It keeps its number and its first date" in shown
    assert "before the staff again" in text(page)
    case, line = scene.case, models.Line.objects.get(id=scene.line.id)
    assert case.state == State.IN_REVIEW
    assert case.declared_at == first
    assert case.closed_at is None
    assert case.review_due_at is not None
    assert line.case_id == scene.case_id
    assert line.frozen_at is not None
    assert not line.facts["plan"]["auto_renews"]
    assert act.approve(
        scene.case_id, agent=scene.people.agent.id, seen=look.mark(scene.case_id)
    ).allowed


@pytest.mark.parametrize("reason", [DeclineReason.DUPLICATE, DeclineReason.FRAUD_CONFIRMED])
def test_what_no_proof_mends_is_not_put_in_again(reason: DeclineReason) -> None:
    """R3."""
    scene = Scene()
    scene.decline(reason)

    page = scene.press("resubmit", words="Please.")

    assert "Put it in again" not in text(scene.page())
    assert "can no longer be done" in text(page)
    assert scene.case.state == State.DECLINED
    assert models.Line.objects.get(id=scene.line.id).case_id is None


def test_a_line_with_a_newer_case_keeps_that_one() -> None:
    """F5."""
    scene = Scene()
    scene.decline(DeclineReason.NOT_CUSTOMER)
    newer = act.declare_line(stage.declaration(scene.line), user_id=scene.people.subscriber.id)

    page = scene.press("resubmit", words="Please.")

    assert "can no longer be done" in text(page)
    assert scene.case.state == State.DECLINED
    assert models.Line.objects.get(id=scene.line.id).case_id == newer.case_id


def test_nothing_new_is_no_reason_to_look_again() -> None:
    scene = Scene()
    scene.decline(DeclineReason.NOT_CUSTOMER)

    page = scene.press("resubmit", words="  ")

    assert "the answer would be the same" in text(page)
    assert scene.case.state == State.DECLINED


def test_withdrawn_after_a_second_freeze_the_line_renews_as_before() -> None:
    """P6: of two freezes the last one is undone."""
    scene = Scene()
    before = models.Line.objects.get(id=scene.line.id).facts
    scene.decline(DeclineReason.NOT_CUSTOMER)
    scene.press("resubmit", words="Here.")

    scene.press("withdraw")

    after = models.Line.objects.get(id=scene.line.id).facts
    assert before["plan"]["auto_renews"] is False
    assert after["plan"]["auto_renews"] is True


def test_the_live_part_says_who_has_it() -> None:
    """R7: it follows without a reload; how often, it says itself."""
    scene = Scene()
    live = reverse("portal:case-live", args=[scene.case_id])

    fresh = scene.me.get(live)
    stage.work()
    later = scene.me.get(live)

    assert 'data-every="2000"' in fresh.content.decode()
    assert "Signoff: this takes moments" in text(fresh)
    assert 'data-every="15000"' in later.content.decode()
    assert "The staff of Boundlark" in text(later)
    assert "You need do nothing now" in text(later)


def test_a_long_conversation_asks_the_database_no_more() -> None:
    """Q1: a constant number of queries."""
    scene = Scene()
    waiting.write(scene.case_id, user_id=scene.people.subscriber.id, words="1")
    scene.page()
    with CaptureQueriesContext(connection) as few:
        scene.page()
    for number in range(15):
        waiting.write(scene.case_id, user_id=scene.people.subscriber.id, words=f"{number}")

    with CaptureQueriesContext(connection) as many:
        scene.page()

    assert len(few) == len(many)
