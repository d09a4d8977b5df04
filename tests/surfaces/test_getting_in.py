"""Getting in by address or number, with password, code or a new password; known and unknown."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import stage
from signoff.domain.account import CardKind
from signoff.ports import registry
from signoff.ports.messaging import MessageKind, MessageOutcome, OutgoingMessage
from signoff.records import models
from signoff.testing.logins import log_in
from signoff.usecases import logins
from signoff.workflows.work import clock
from surfaces.portal_pages import Page, browser, text

pytestmark = pytest.mark.django_db

PHONE = "+8613800138000"
NOBODY = "nobody-at-all@example.com"
ASK, CONFIRM = "/account/login/code/", "/account/login/code/confirm/"
RESET = "/account/password/reset/"


class Phone:
    """What arrived as text messages: a messenger that hands everything over."""

    name = "sms"

    def __init__(self) -> None:
        self.texts: list[OutgoingMessage] = []

    def send(self, messages: Sequence[OutgoingMessage]) -> Sequence[MessageOutcome]:
        self.texts.extend(messages)
        return [MessageOutcome(id=each.id, kind=MessageKind.DONE) for each in messages]


@pytest.fixture
def phone() -> Iterator[Phone]:
    """A way out for text messages."""
    with registry.messengers.temporarily("sms", Phone()) as phone:
        assert isinstance(phone, Phone)
        yield phone


@pytest.fixture
def mailbox() -> Iterator[stage.Mailbox]:
    """A way out for mail."""
    with stage.mail() as box:
        yield box


def person(*, phone: str = PHONE) -> models.User:
    """A subscriber with a number."""
    user = stage.cast("farwander").subscriber
    user.phone = phone
    user.save()
    return user


def code_in(message: str) -> str:
    found = re.search(r"\b(\d{6})\b", message)
    assert found, message
    return found[1]


def mailed(box: stage.Mailbox) -> str:
    """The code of the newest mail, after the worker sent what is owed."""
    stage.work()
    return code_in(str(box.messages[-1]["Subject"]))


def logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


# ---------------------------------------------------------------- password
@pytest.mark.parametrize(
    ("_case", "typed"),
    [
        ("E.164", "+8613800138000"),
        ("as written in China", "138 0013 8000"),
        ("with a country code and dashes", "+86-138-0013-8000"),
    ],
)
def test_a_number_in_any_usual_spelling_logs_in_with_the_password(_case: str, typed: str) -> None:
    """A1."""
    person()
    client = browser()

    client.post("/account/login/", {"login": typed, "password": "secret-pass"})

    assert logged_in(client)


@pytest.mark.parametrize(
    ("number", "typed"),
    [
        ("+12025550170", "(202) 555-0170"),
        ("+85251234567", "5123 4567"),
        ("+886912345678", "0912-345-678"),
        ("+13105550101", "1 310 555 0101"),
    ],
)
def test_national_spellings_of_four_places_are_understood(number: str, typed: str) -> None:
    """A1."""
    assert number in logins.numbers(typed)


def test_a_number_that_two_people_share_logs_in_neither() -> None:
    """A1, A7: whose account it would be is not ours to guess."""
    person()
    person()
    client = browser()

    page = client.post("/account/login/", {"login": PHONE, "password": "secret-pass"})

    assert "do not fit together" in text(page)
    assert not logged_in(client)


def test_tries_by_number_are_counted_per_person() -> None:
    """Q3: another person's wrong tries pause nobody else."""
    person()
    other = person(phone="+85251234567")
    guess = {"login": PHONE, "password": "wrong"}
    address: Any = {"REMOTE_ADDR": "192.0.2.78"}
    for _ in range(6):
        paused = browser().post("/account/login/", guess, **address)
    client = browser()

    client.post("/account/login/", {"login": other.phone, "password": "secret-pass"})

    assert "You can try again in 5 minutes" in text(paused)
    assert logged_in(client)


# ---------------------------------------------------------------- code
def test_a_code_by_mail_logs_in_once(mailbox: stage.Mailbox) -> None:
    """A1."""
    user, client = person(), browser()

    client.post(ASK, {"login": user.email})
    code = mailed(mailbox)
    client.post(CONFIRM, {"code": code})

    assert logged_in(client)
    again = browser()
    again.post(ASK, {"login": user.email})
    again.post(CONFIRM, {"code": code})
    assert not logged_in(again)


def test_a_code_by_text_logs_in_and_names_the_site_in_its_last_line(phone: Phone) -> None:
    """A1, C6: browsers offer the code to the right site alone (WICG SMS one-time codes)."""
    person()
    client = browser(language="zh-Hans")

    client.post(ASK, {"login": "13800138000"})
    stage.work()
    (message,) = phone.texts
    code = code_in(message.body)
    client.post(CONFIRM, {"code": code})

    assert message.to == PHONE
    assert message.body.endswith(f"\n\n@127.0.0.1 #{code}")
    assert len(message.body) <= 70
    assert logged_in(client)


def test_a_code_is_a_notice_that_the_site_verifies_and_forgets(mailbox: stage.Mailbox) -> None:
    """S2, S4: the mail carries our mark; the code is in no row once it was handed over."""
    user = person()

    browser().post(ASK, {"login": user.email})
    code = mailed(mailbox)

    notice = models.Notice.objects.get()
    body = mailbox.messages[-1].get_content()
    assert notice.check_code in body
    assert code not in str(notice.values)
    assert notice.state == models.Notice.State.SENT


def test_wrong_codes_are_counted_and_the_third_ends_it(mailbox: stage.Mailbox) -> None:
    """A1: three tries, then the right one works no more."""
    user, client = person(), browser()
    client.post(ASK, {"login": user.email})
    code = mailed(mailbox)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"

    first = client.post(CONFIRM, {"code": wrong})
    client.post(CONFIRM, {"code": wrong})
    client.post(CONFIRM, {"code": wrong})
    client.post(CONFIRM, {"code": code})

    assert "This is not the code" in text(first)
    assert not logged_in(client)


def test_a_code_works_in_the_browser_that_asked_alone(mailbox: stage.Mailbox) -> None:
    """A1: read out to a cheat on the phone, it opens nothing for them without their own session."""
    user = person()
    browser().post(ASK, {"login": user.email})
    code = mailed(mailbox)
    stranger = browser()

    answer = stranger.post(CONFIRM, {"code": code})

    assert answer.status_code == 302
    assert not logged_in(stranger)


def test_after_a_sim_change_the_code_goes_to_the_mailbox(
    phone: Phone, mailbox: stage.Mailbox
) -> None:
    """A8: whoever has the SIM now may be somebody else."""
    user = person(phone="+12025559999")
    _line_with_lately_changed_sim(user)

    browser().post(ASK, {"login": "+12025559999"})
    stage.work()

    assert phone.texts == []
    assert mailbox.messages[-1]["To"] == user.email


def test_no_code_goes_to_the_number_of_an_ended_line(phone: Phone, mailbox: stage.Mailbox) -> None:
    """channels.md 4: the number is given out again, and a code would reach a stranger."""
    user = person(phone="+12025559998")
    line = stage.line(CardKind.TRAVEL, holder=user)
    models.Line.objects.filter(id=line.id).update(msisdn=user.phone, state="terminated")

    browser().post(ASK, {"login": user.phone})
    stage.work()

    assert phone.texts == []
    assert mailbox.messages[-1]["To"] == user.email


def _line_with_lately_changed_sim(user: models.User) -> models.Line:
    line = stage.line(CardKind.TRAVEL, holder=user)
    facts = {**line.facts, "sim_changed_at": clock().isoformat()}
    models.Line.objects.filter(id=line.id).update(msisdn=user.phone, facts=facts)
    return line


def test_a_code_that_waited_too_long_is_not_sent(mailbox: stage.Mailbox) -> None:
    """Q6: a mail server that comes back after an hour delivers no dead codes."""
    user = person()
    browser().post(ASK, {"login": user.email})
    models.Notice.objects.update(at=clock() - timedelta(minutes=11))

    stage.work()

    assert mailbox.messages == []
    assert models.Notice.objects.get().code == "too_late"


# ---------------------------------------------------------------- known and unknown
def without_marks(page: Page, typed: str) -> bytes:
    """A page's bytes, but for its CSRF marks and what was typed."""
    body = re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", page.content)
    return body.replace(typed.encode(), b"TYPED")


@pytest.mark.parametrize("start", [ASK, RESET])
@pytest.mark.parametrize(("known", "unknown"), [("mail", NOBODY), ("number", "+85298765432")])
def test_known_and_unknown_get_the_same_bytes(start: str, known: str, unknown: str) -> None:
    """A2: the page after asking, the page of the code, and the page after a wrong one."""
    user = person()
    answers = []
    for typed in (user.email if known == "mail" else PHONE, unknown):
        client = browser()
        asked = client.post(start, {"login": typed})
        shown = client.get(asked["Location"])
        wrong = client.post(asked["Location"], {"code": "000000x"})
        answers.append(
            (
                asked.status_code,
                asked["Location"],
                without_marks(shown, typed),
                wrong.status_code,
                without_marks(wrong, typed),
                sorted(client.cookies),
            )
        )

    assert answers[0] == answers[1]


@pytest.mark.parametrize("start", [ASK, RESET])
def test_known_and_unknown_cost_the_same_statements(
    start: str,
) -> None:
    """A2: nothing is sent in the request, and the same rows are written for nobody."""
    user = person()
    counts = []
    browser().post(start, {"login": "warm@example.com"})  # the count exists, a worker is woken
    for typed in (user.email, NOBODY):
        client = browser()
        with CaptureQueriesContext(connection) as asked:
            client.post(start, {"login": typed})
        counts.append(len(asked))

    assert counts[0] == counts[1]
    states = sorted(models.Notice.objects.values_list("state", "recipient"))
    assert states == [("planned", user.email), ("skipped", ""), ("skipped", "")]
    assert models.Due.objects.filter(step="send_notice").count() == 3


def test_nothing_is_sent_to_an_address_nobody_has(mailbox: stage.Mailbox) -> None:
    """A2: nobody can flood strangers from here."""
    browser().post(ASK, {"login": NOBODY})
    browser().post(RESET, {"login": NOBODY})

    stage.work()

    assert mailbox.messages == []


def test_what_is_neither_address_nor_number_is_said_beside_the_field() -> None:
    """Q6."""
    page = browser().post(ASK, {"login": "not an address"})

    assert "neither an e-mail address nor a phone number" in text(page)
    assert 'value="not an address"' in page.content.decode()
    assert not models.Notice.objects.exists()


def test_asking_for_codes_again_and_again_is_paused_with_a_time() -> None:
    """Q3."""
    person()

    pages = [browser().post(ASK, {"login": NOBODY}) for _ in range(4)]

    assert "You can try again in one minute" in text(pages[-1])


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Too many tries"), ("zh-Hans", "尝试次数过多"), ("zh-Hant", "嘗試次數過多")],
)
def test_the_page_of_too_many_requests_says_when(language: str, words: str) -> None:
    """Q3, Q5: a page with a time, not a bare 429."""
    client = browser(language=language)
    for _ in range(4):
        page = client.post(RESET, {"login": NOBODY}, REMOTE_ADDR="192.0.2.90")

    assert page.status_code == 429
    assert words in text(page)
    assert page["Retry-After"] == "60"


# ---------------------------------------------------------------- a new password
def set_password(client: Client, code: str, **more: str) -> Page:
    """Type the code, then the new password."""
    client.post("/account/password/reset/confirm/", {"code": code})
    new = {"password1": "a new long password", "password2": "a new long password", **more}
    return client.post("/account/password/reset/complete/", new, follow=True)


def test_a_code_sets_a_new_password_and_every_device_is_out(mailbox: stage.Mailbox) -> None:
    """A2: and the change is told."""
    user, elsewhere, client = person(), browser(), browser()
    log_in(elsewhere, user)
    client.post(RESET, {"login": user.email})

    page = set_password(client, mailed(mailbox))

    user.refresh_from_db()
    assert user.check_password("a new long password")
    assert page.status_code == 200
    assert elsewhere.get("/lines").status_code == 302
    stage.work()
    assert "A new password was set" in mailbox.messages[-1].get_content()


def test_a_new_password_by_text(phone: Phone) -> None:
    """A2."""
    user, client = person(), browser()
    client.post(RESET, {"login": PHONE})
    stage.work()

    set_password(client, code_in(phone.texts[0].body))

    user.refresh_from_db()
    assert user.check_password("a new long password")


def test_after_a_sim_change_no_number_sets_a_password(phone: Phone, mailbox: stage.Mailbox) -> None:
    """A8."""
    user = person(phone="+12025559997")
    _line_with_lately_changed_sim(user)

    browser().post(RESET, {"login": user.phone})
    stage.work()

    assert phone.texts == []
    assert mailbox.messages[-1]["To"] == user.email


def test_a_wrong_code_sets_no_password(mailbox: stage.Mailbox) -> None:
    """A2."""
    user, client = person(), browser()
    client.post(RESET, {"login": user.email})
    code = mailed(mailbox)

    set_password(client, f"{(int(code) + 1) % 1_000_000:06}")

    user.refresh_from_db()
    assert user.check_password("secret-pass")
