"""Texts that come in: STOP ends texts and never a line; answers are few, and short (C6)."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.conf import settings

import stage
import texts
from signoff.domain.account import CardKind
from signoff.domain.steps import Step
from signoff.ports.texting import Fate, IncomingText, Receipt
from signoff.records import models
from signoff.testing.texting import MessageCentre
from signoff.usecases import text_messages
from signoff.workflows import act, runner, texting
from signoff.workflows.work import clock

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = "+14155550123"


@pytest.fixture
def centre() -> Iterator[MessageCentre]:
    with texts.network() as centre:
        yield centre


def came(text: str, *, sender: str = PHONE, id: str = "") -> None:
    """A text came in, and what is owed for it is sent."""
    texting.take_in([IncomingText(id=id, sender=sender, text=text)])
    runner.run(Step.SEND_NOTICE)


@pytest.mark.parametrize(
    ("text", "answer", "link"),
    [
        ("STOP", "This does not end your line", True),
        ("退订", "您的线路不受影响", True),
        ("退訂", "您的線路不受影響", True),
        ("I want to cancel my line", "Nothing has been ended by your text", True),
        ("我要注销我的号码", "仅凭短信不会终止任何线路", True),
        ("HELP", "Nobody reads texts", True),
        ("where is my parcel", "Nobody reads texts", True),
        ("帮助", "此号码的短信无人查看", True),
    ],
)
def test_every_text_has_its_answer(
    centre: MessageCentre, text: str, answer: str, link: bool
) -> None:
    """C6: in the language of the text, in two parts at most, with where to go on."""
    came(text)

    (bubble,) = centre.bubbles
    assert bubble.number == PHONE
    assert answer in bubble.text
    assert (settings.SIGNOFF_BASE_URL in bubble.text) is link
    assert bubble.parts <= 2


@pytest.mark.parametrize("text", ["STOP", "退订", "CANCEL", "end", "cancel my line", "注销"])
def test_no_word_ever_ends_a_line(centre: MessageCentre, text: str) -> None:
    """C6: lines, cases and what is owed for them are as they were."""
    people = stage.cast("farwander")
    line = stage.line(CardKind.TRAVEL, holder=people.subscriber)
    models.Line.objects.filter(id=line.id).update(msisdn=PHONE)
    before = list(models.Line.objects.values())

    came(text)

    assert list(models.Line.objects.values()) == before
    assert not models.Case.objects.exists()
    assert not models.Due.objects.exists()


def test_stop_is_confirmed_once_and_undone_by_start(centre: MessageCentre) -> None:
    """C6: 47 CFR 64.1200(a)(12): one confirmation; START brings texts back."""
    came("STOP")
    came("STOP")
    silent = text_messages.opted_out([PHONE, "+14155550124"])
    came("START")

    assert silent == {PHONE}
    assert text_messages.opted_out([PHONE]) == set()
    assert [each.text.partition(" ")[0] for each in centre.bubbles] == ["No", "You"]


def test_an_opt_out_holds_no_number(centre: MessageCentre) -> None:
    """C6: a keyed digest alone, so that it can be kept when everything else is erased."""
    came("STOP")

    (row,) = models.TextOptOut.objects.values()
    assert "4155550123" not in str(row)
    assert len(row["digest"]) == 64


def test_an_opt_out_survives_a_new_key(settings: object) -> None:
    """C6: under the key before, as long as it is named."""
    text_messages.opt_out(PHONE, now=clock())
    old = settings.SECRET_KEY  # type: ignore[attr-defined]
    settings.SECRET_KEY = "another key that is long enough to be one"  # type: ignore[attr-defined]
    settings.SECRET_KEY_FALLBACKS = [old]  # type: ignore[attr-defined]

    assert text_messages.opted_out([PHONE]) == {PHONE}
    assert text_messages.opt_out(PHONE, now=clock()) is False
    assert text_messages.opt_in(PHONE) is True
    assert text_messages.opted_out([PHONE]) == set()


def test_two_machines_fall_silent(centre: MessageCentre) -> None:
    """C6: an answering machine gets three answers a day; another number its own."""
    for _ in range(6):
        came("I am out of office")
    came("hello", sender="+14155550124")

    assert [each.number for each in centre.bubbles] == [PHONE] * 3 + ["+14155550124"]


def test_the_same_delivery_again_changes_nothing(centre: MessageCentre) -> None:
    """C6: a gateway that did not hear our answer."""
    came("HELP", id="m1")
    came("HELP", id="m1")
    came("HELP", id="m2")

    assert len(centre.bubbles) == 2


@pytest.mark.parametrize("sender", ["72345", "Bank", "", "+1"])
def test_nobody_is_behind_a_short_code(centre: MessageCentre, sender: str) -> None:
    """C6: nothing is written down, nothing is sent."""
    came("STOP", sender=sender)

    assert centre.bubbles == []
    assert not models.TextOptOut.objects.exists()
    assert not models.Notice.objects.exists()


def test_a_text_over_the_air_is_answered_over_the_air(centre: MessageCentre) -> None:
    """C6: deliver_sm in, submit_sm out, through the wired messenger."""
    with texting.listening():
        centre.wait_bound()
        status = centre.write(sender=PHONE, to=texts.NUMBER, text="退订")
    runner.run(Step.SEND_NOTICE)

    assert status == 0
    assert "已退订" in centre.bubbles[0].text
    assert text_messages.opted_out([PHONE]) == {PHONE}


# ---------------------------------------------------------------- receipts
def sent(reference: str, *, state: str = "sent") -> models.Notice:
    return models.Notice.objects.create(
        id=UUID(int=1),
        name="text_help",
        language="en",
        medium="sms",
        recipient=PHONE,
        values={},
        check_code="H7KQ-2MPX-94TW",
        state=state,
        at=clock(),
        sent_at=clock(),
        reference=reference,
    )


@pytest.mark.parametrize(
    ("said", "told"), [("1A", "1A"), ("1A", "1a"), ("1A", "26"), ("26", "1A"), ("abc-1", "abc-1")]
)
def test_a_receipt_finds_its_text(said: str, told: str) -> None:
    """C6: also where the message centre writes its ids in two ways."""
    notice = sent(said)

    texting.take_in([Receipt(reference=told, fate=Fate.FAILED, code="UNDELIV")])

    notice.refresh_from_db()
    assert (notice.state, notice.code) == ("refused", "UNDELIV")


def test_a_delivered_text_stays_sent() -> None:
    """C6: with the network's word; a second receipt changes nothing."""
    notice = sent("1A")

    for fate, code in ((Fate.DELIVERED, "DELIVRD"), (Fate.DELIVERED, "DELIVRD")):
        texting.take_in([Receipt(reference="1A", fate=fate, code=code)])

    notice.refresh_from_db()
    assert (notice.state, notice.code) == ("sent", "DELIVRD")


def test_a_receipt_for_nothing_of_ours_is_taken() -> None:
    """C6: a code's, or another installation's."""
    notice = sent("1A")

    texting.take_in([Receipt(reference="ZZ", fate=Fate.FAILED, code="UNDELIV")])

    notice.refresh_from_db()
    assert notice.state == "sent"


def test_a_receipt_that_overtakes_the_record_comes_again() -> None:
    """C6: a text is being handed over, so it may be that one's."""
    sent("", state="sending")

    with pytest.raises(texting.NotYet):
        texting.take_in([Receipt(reference="1A", fate=Fate.FAILED, code="UNDELIV")])


def test_a_failed_text_of_a_case_stands_in_its_timeline() -> None:
    """R7."""
    people = stage.cast("farwander")
    line = stage.line(CardKind.TRAVEL, holder=people.subscriber, settled=True)
    with stage.mail():
        case_id = act.declare_line(stage.declaration(line), user_id=people.subscriber.id).case_id
    notice = sent("1A")
    models.Notice.objects.filter(id=notice.id).update(case_id=case_id, name="declared")

    texting.take_in([Receipt(reference="1A", fate=Fate.FAILED, code="EXPIRED")])

    event = models.Event.objects.filter(case_id=case_id).latest("seq")
    assert event.code == "notice.failed"
    assert event.facts == {"notice": "declared", "medium": "sms", "code": "EXPIRED"}
