"""Notices as texts, through the real steps and a message centre: to whom, never twice (C6, R7)."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import stage
import texts
from signoff.domain.account import CardKind
from signoff.domain.sms_text import parts
from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.records import models
from signoff.testing import facts
from signoff.testing.texting import MessageCentre
from signoff.usecases import text_messages
from signoff.workflows import act, runner
from signoff.workflows.work import clock

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = "+14155550123"


@pytest.fixture
def centre() -> Iterator[MessageCentre]:
    with stage.mail(), texts.network() as centre:
        yield centre


def declared(
    kind: CardKind = CardKind.TRAVEL,
    *,
    phone: str = PHONE,
    email: str = "mei@example.com",
    **more: object,
) -> UUID:
    """A line declared by its holder, whose number on file is `phone`."""
    people = stage.cast(stage.BRANDS[kind][0])
    details = replace(facts.DETAILS, phone=phone, email=email)
    line = stage.line(kind, holder=people.subscriber, settled=True, account={"details": details})
    wish = stage.declaration(line, **more)
    return act.declare_line(wish, user_id=people.subscriber.id).case_id


def text_of(case_id: UUID, name: str = "declared") -> models.Notice:
    return models.Notice.objects.get(case_id=case_id, name=name, medium="sms")


def send() -> None:
    """What is owed to be sent now is sent."""
    models.Due.objects.filter(step=Step.SEND_NOTICE).update(due_at=clock(), lease_until=None)
    runner.run_once(Step.SEND_NOTICE)


def events(case_id: UUID) -> list[tuple[str, str, str | None]]:
    found = models.Event.objects.filter(case_id=case_id, code__startswith="notice.")
    return sorted((each.code, each.facts["medium"], each.facts["code"]) for each in found)


def test_a_declared_line_is_told_by_mail_and_by_text(centre: MessageCentre) -> None:
    """R7: each with a code of its own; the text in few parts, and without name or address."""
    case_id = declared()

    send()

    (bubble,) = centre.bubbles
    notice = text_of(case_id)
    mail = models.Notice.objects.get(case_id=case_id, name="declared", medium="mail")
    assert bubble.number == PHONE
    assert notice.check_code in bubble.text
    assert mail.check_code != notice.check_code
    assert bubble.parts <= 3
    assert "Lin" not in bubble.text
    assert (notice.state, mail.state) == ("sent", "sent")
    assert notice.reference
    assert events(case_id) == [("notice.sent", "mail", None), ("notice.sent", "sms", None)]


def test_the_whole_way_ends_with_a_text(centre: MessageCentre) -> None:
    """R7: the travel card tells what was declared and what has ended, and nothing between."""
    people = stage.cast("farwander")
    details = replace(facts.DETAILS, phone=PHONE)
    with stage.sandbox() as sandbox:
        line = stage.line(
            CardKind.TRAVEL,
            holder=people.subscriber,
            sandbox=sandbox,
            settled=True,
            account={"details": details},
        )
        case_id = act.declare_line(
            stage.declaration(line, language="en"), user_id=people.subscriber.id
        ).case_id
        stage.to_the_end(case_id, agent=people.agent)
        stage.work()

    assert [each.text.partition(":")[0] for each in centre.bubbles] == ["Farwander Travel Card"] * 2
    assert "we have received" in centre.bubbles[0].text
    assert "has ended" in centre.bubbles[1].text
    assert text_of(case_id, "ended").state == "sent"


@pytest.mark.parametrize(
    ("_case", "kind", "phone"),
    [
        ("the policy names no texts", CardKind.UNLIMITED, PHONE),
        ("there is no number on file", CardKind.TRAVEL, ""),
    ],
)
def test_without_reason_no_text_is_owed(
    centre: MessageCentre, _case: str, kind: CardKind, phone: str
) -> None:
    """R7: the mail goes."""
    case_id = declared(kind, phone=phone)

    send()

    assert centre.bubbles == []
    assert models.Notice.objects.filter(case_id=case_id, medium="mail", state="sent").count() == 1
    assert not models.Notice.objects.filter(medium="sms").exists()


def test_an_installation_without_texts_owes_none() -> None:
    """R7: nothing waits for ever for a way out that is not there."""
    with stage.mail():
        declared()

        send()

    assert not models.Notice.objects.filter(medium="sms").exists()
    assert not models.Due.objects.filter(step=Step.SEND_NOTICE).exists()


def test_who_has_a_number_alone_is_told_by_text(centre: MessageCentre) -> None:
    """R7: the medium a subscriber has."""
    case_id = declared(email="")

    send()

    assert [bubble.number for bubble in centre.bubbles] == [PHONE]
    assert events(case_id) == [("notice.sent", "sms", None)]


def test_who_said_stop_gets_the_mail_alone(centre: MessageCentre) -> None:
    """C6: skipped on purpose, so nothing failed; the case is as it was."""
    text_messages.opt_out(PHONE, now=clock())
    case_id = declared()

    send()

    notice = text_of(case_id)
    assert centre.bubbles == []
    assert (notice.state, notice.code) == ("skipped", "opted_out")
    assert events(case_id) == [("notice.sent", "mail", None)]
    assert not models.Due.objects.filter(subject=notice.id).exists()


def test_a_code_goes_in_spite_of_a_stop(centre: MessageCentre) -> None:
    """C6, A1: its reader asked for it just now."""
    text_messages.opt_out(PHONE, now=clock())

    assert text_messages.send_code(PHONE, "482913 is your code.")

    assert [bubble.text for bubble in centre.bubbles] == ["482913 is your code."]


def test_a_number_whose_line_ended_gets_nothing(centre: MessageCentre) -> None:
    """C6: it will be a stranger's. The line is another one of the same holder, or this one."""
    case_id = declared()
    other = models.Line.objects.get(case_id=case_id)
    models.Line.objects.filter(id=other.id).update(msisdn=PHONE, state="terminated")

    send()

    assert centre.bubbles == []
    assert (text_of(case_id).state, text_of(case_id).code) == ("skipped", "line_ended")


def test_a_text_that_waited_a_day_is_left_out(centre: MessageCentre) -> None:
    """C6: it would say what is no longer so."""
    case_id = declared()
    models.Notice.objects.filter(medium="sms").update(at=clock() - timedelta(hours=25))

    send()

    assert centre.bubbles == []
    assert (text_of(case_id).state, text_of(case_id).code) == ("skipped", "late")


def test_a_throttled_text_is_tried_again(centre: MessageCentre) -> None:
    """C6: it certainly did not go."""
    case_id = declared()
    centre.moods.throttle = {PHONE: 2}  # both of its parts

    send()
    first = text_of(case_id).state
    send()

    assert (first, text_of(case_id).state) == ("planned", "sent")
    assert len(centre.bubbles) == 1


def test_a_network_that_is_away_is_tried_again(centre: MessageCentre) -> None:
    """C6: for as long as a text is of use."""
    case_id = declared()
    centre.moods.deaf = True
    send()
    first = text_of(case_id).state
    centre.moods.deaf = False

    send()

    assert (first, text_of(case_id).state) == ("planned", "sent")
    assert len(centre.bubbles) == 1


def test_an_unknown_outcome_is_final(centre: MessageCentre) -> None:
    """C6: no network knows a repetition: it is not sent again, and nobody claims that it went."""
    case_id = declared()
    centre.moods.silent = {PHONE}

    send()
    centre.moods.silent = set()
    send()
    send()

    notice = text_of(case_id)
    assert len(centre.bubbles) == 1
    assert (notice.state, notice.code) == ("unsure", "NO_ANSWER")
    assert ("notice.unsure", "sms", "NO_ANSWER") in events(case_id)
    assert not models.Due.objects.filter(subject=notice.id).exists()


def test_a_worker_that_died_while_sending_leaves_no_second_text(centre: MessageCentre) -> None:
    """C6: the row says that it was being handed over; whoever comes next does not try."""
    case_id = declared()
    models.Notice.objects.filter(medium="sms").update(state="sending")

    send()

    notice = text_of(case_id)
    assert centre.bubbles == []
    assert (notice.state, notice.code) == ("unsure", "interrupted")


def test_a_refused_number_is_recorded(centre: MessageCentre) -> None:
    """R7: the mail goes, and the timeline says that the text did not."""
    case_id = declared()
    centre.moods.refuse = {PHONE: 0x0B}

    send()

    assert text_of(case_id).state == "refused"
    assert ("notice.failed", "sms", "ESME 0x0000000b") in events(case_id)
    assert ("notice.sent", "mail", None) in events(case_id)


def test_texts_of_a_set_cost_as_many_queries_as_one(
    centre: MessageCentre,
) -> None:
    """C6: sets, not loops."""
    counts = []
    for size in (1, 12):
        for _ in range(size):
            declared()
        models.Due.objects.exclude(step=Step.SEND_NOTICE).delete()
        models.Due.objects.update(due_at=clock())
        models.Notice.objects.filter(medium="mail").update(attachment="")
        with CaptureQueriesContext(
            connection,
        ) as caught:
            runner.run_once(Step.SEND_NOTICE)
        counts.append(len(caught))

    assert len(centre.bubbles) == 13
    assert counts[1] == counts[0]


def test_nothing_personal_is_logged(
    centre: MessageCentre, caplog: pytest.LogCaptureFixture
) -> None:
    """C6: also where nothing can be sent."""
    caplog.set_level(logging.DEBUG, logger="signoff")
    centre.moods.refuse = {PHONE: 0x0B}

    sent = text_messages.send_code(PHONE, "482913 is your code.")

    assert sent is False
    assert "415555" not in caplog.text
    assert "482913" not in caplog.text


def test_without_a_way_out_no_code_is_claimed_to_be_sent() -> None:
    """A1."""
    assert "sms" not in registry.messengers
    assert text_messages.can_send() is False
    assert text_messages.send_code(PHONE, "482913") is False
    assert len(parts("x")) == 1
