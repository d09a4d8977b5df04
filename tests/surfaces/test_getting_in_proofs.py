"""A proof just before the final button; devices, second factors, and the way through an agent."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

import stage
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.domain.events import Code
from signoff.domain.steps import Step
from signoff.records import models
from signoff.testing.logins import log_in
from signoff.usecases.policies import SHIPPED
from signoff.workflows import runner
from signoff.workflows.work import clock
from surfaces.portal_pages import Page, browser, hidden, text
from surfaces.test_getting_in import Phone, code_in, mailbox, phone

__all__ = ["mailbox", "phone"]
pytestmark = pytest.mark.django_db

WISHES = {"reason": "left_country", "agreed": "1", "effective": "at_once", "number": "release"}
WISHES |= {"balance": "refund", "words": "back home for good"}


class Scene:
    """A subscriber who logged in a while ago, and the form to leave."""

    def __init__(self, *, minutes_ago: float = 60, **line: Any) -> None:
        self.people = stage.cast("farwander")
        self.user = self.people.subscriber
        self.line = stage.line(CardKind.TRAVEL, holder=self.user, settled=True, **line)
        self.path = reverse("portal:leave", args=[self.line.id])
        self.me: Client = browser()
        log_in(self.me, self.user, minutes_ago=minutes_ago)

    def send(self) -> Page:
        """Press the final button."""
        return self.me.post(self.path, {**hidden(self.me.get(self.path)), **WISHES})

    def declared(self) -> models.Event:
        return models.Event.objects.get(code=Code.DECLARED)


def test_a_fresh_login_is_proof_enough() -> None:
    """A4, F6: whoever has just logged in is asked for nothing more."""
    scene = Scene(minutes_ago=14)

    answer = scene.send()

    assert answer["Location"].startswith("/cases/")
    assert scene.declared().facts["proof"] == "password"


def test_an_old_login_is_asked_for_a_proof_and_nothing_is_declared() -> None:
    """A4."""
    scene = Scene()

    answer = scene.send()

    assert answer["Location"] == reverse("account_reauthenticate")
    assert not models.Case.objects.exists()
    assert not models.Line.objects.filter(frozen_at__isnull=False).exists()


def test_the_password_goes_on_with_the_form_as_it_was_filled_in() -> None:
    """A4: nothing is typed twice, no button pressed twice."""
    scene = Scene()
    asked = scene.me.get(scene.send()["Location"])

    answer = scene.me.post("/account/reauthenticate/", {"password": "secret-pass"})

    case = models.Case.objects.get()
    assert "What you filled in is kept" in text(asked)
    assert answer["Location"] == f"/cases/{case.id}"
    assert (case.words, case.balance_choice) == ("back home for good", "refund")
    assert scene.declared().facts["proof"] == "password"


def test_a_wrong_password_declares_nothing_and_keeps_the_form() -> None:
    """A4, Q6."""
    scene = Scene()
    scene.send()

    wrong = scene.me.post("/account/reauthenticate/", {"password": "wrong-pass"})

    assert "This is not your password" in text(wrong)
    assert not models.Case.objects.exists()
    scene.me.post("/account/reauthenticate/", {"password": "secret-pass"})
    assert models.Case.objects.count() == 1


def test_a_code_by_mail_is_a_proof(mailbox: stage.Mailbox) -> None:
    """A4."""
    scene = Scene()
    scene.send()
    way = reverse("account_prove_mail")

    scene.me.post(way, {"action": "send"})
    stage.work()
    mail = mailbox.messages[-1]
    answer = scene.me.post(way, {"code": code_in(str(mail["Subject"]))})

    assert mail["To"] == scene.user.email
    assert "about to end a line" in mail.get_content()
    assert answer["Location"].startswith("/cases/")
    assert scene.declared().facts["proof"] == "mail_code"


def test_a_code_by_text_is_a_proof(phone: Phone) -> None:
    """A4."""
    scene = Scene()
    models.User.objects.filter(id=scene.user.id).update(phone="+8613800138000")
    scene.send()
    way = reverse("account_prove_text")

    scene.me.post(way, {"action": "send"})
    stage.work()
    scene.me.post(way, {"code": code_in(phone.texts[0].body)})

    assert scene.declared().facts["proof"] == "sms_code"


def test_an_authenticator_app_is_a_proof() -> None:
    """A4."""
    scene = Scene()
    secret = "JBSWY3DPEHPK3PXP"
    totp.TOTP.activate(scene.user, secret)
    scene.send()
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    at = totp.format_hotp_value(totp.hotp_value(secret, counter))

    scene.me.post(reverse("mfa_reauthenticate"), {"code": at})

    assert scene.declared().facts["proof"] == "totp"
    assert secret not in str(Authenticator.objects.get().data)


def test_after_a_sim_change_neither_password_nor_text_is_a_proof(phone: Phone) -> None:
    """A8: e-mail, passkey and authenticator app are left."""
    scene = Scene(minutes_ago=1)
    facts = {**scene.line.facts, "sim_changed_at": clock().isoformat()}
    models.Line.objects.filter(id=scene.line.id).update(facts=facts)
    models.User.objects.filter(id=scene.user.id).update(phone=scene.line.msisdn)

    asked = scene.me.get(scene.send()["Location"], follow=True)
    by_text = scene.me.post(reverse("account_prove_text"), {"action": "send"})

    assert asked.redirect_chain[-1][0].startswith(reverse("account_prove_mail"))
    assert "text message" not in text(asked)
    assert by_text["Location"].startswith(reverse("account_prove_mail"))
    assert phone.texts == []
    assert not models.Case.objects.exists()


def test_who_cannot_prove_it_now_is_received_and_looked_at() -> None:
    """A4, F3: the clock starts, charging stops, and a person decides before the line ends."""
    scene = Scene()
    offered = scene.me.get(scene.send()["Location"])

    answer = scene.me.post(reverse("portal:leave_unproven"))
    runner.run(Step.ASSESS)

    case = models.Case.objects.get()
    assert "send my wish anyway" in text(offered)
    assert answer["Location"] == f"/cases/{case.id}"
    assert scene.declared().facts["proof"] == "none"
    assert models.Notice.objects.filter(name="declared", case_id=case.id).exists()
    assert models.Line.objects.get(id=scene.line.id).frozen_at is not None
    assert case.state == State.IN_REVIEW
    assert case.review_due_at is not None
    assert not models.CarrierIntent.objects.exists()


def test_sending_without_a_form_in_waiting_does_nothing() -> None:
    """A4: a stranger's page cannot send it for you."""
    scene = Scene()

    answer = scene.me.post(reverse("portal:leave_unproven"), follow=True)

    assert "no longer there" in text(answer)
    assert not models.Case.objects.exists()


def test_one_persons_form_never_goes_on_for_another() -> None:
    """A7, Q3: a form that waits belongs to the session's own person."""
    scene = Scene()
    scene.send()
    scene.me.post("/account/logout/")
    log_in(scene.me, scene.people.stranger)

    answer = scene.me.post(reverse("portal:leave_unproven"))

    assert answer.status_code in (302, 404)
    assert not models.Case.objects.exists()


# ---------------------------------------------------------------- a person's own log-in
def test_what_changes_a_login_asks_for_a_proof_first() -> None:
    """A4: also where there is no password and no second factor yet."""
    scene = Scene()
    models.User.objects.filter(id=scene.user.id).update(password="!none")
    log_in(scene.me, models.User.objects.get(id=scene.user.id), minutes_ago=60)

    for name in ("mfa_add_webauthn", "mfa_activate_totp", "account_set_password"):
        answer = scene.me.get(reverse(name))
        assert answer["Location"].startswith(reverse("account_prove_mail"))


def test_a_changed_password_logs_the_others_out_and_is_told(mailbox: stage.Mailbox) -> None:
    """A1, P1."""
    scene = Scene(minutes_ago=1)
    elsewhere = browser()
    log_in(elsewhere, scene.user)
    new = {"password1": "quite another one", "password2": "quite another one"}

    scene.me.post("/account/password/change/", {"oldpassword": "secret-pass", **new})

    assert scene.me.get("/lines").status_code == 200
    assert elsewhere.get("/lines").status_code == 302
    stage.work()
    assert "The password of your log-in was changed" in mailbox.messages[-1].get_content()
    assert mailbox.messages[-1]["To"] == scene.user.email


def test_devices_are_listed_and_one_or_all_are_logged_out() -> None:
    """A1."""
    user = stage.cast("farwander").subscriber
    here, phone_, tablet = browser(), browser(), browser()
    agents = ("Firefox Linux", "Chrome Android", "Safari iPad")
    for client, agent in zip((here, phone_, tablet), agents, strict=True):
        client.post(
            "/account/login/",
            {"login": user.email, "password": "secret-pass"},
            headers={"User-Agent": agent},
        )

    listed = text(here.get("/account/devices/"))
    one = UserSession.objects.get(user_agent="Chrome Android")
    here.post("/account/devices/end", {"which": str(one.id)})

    assert "Chrome · Android" in listed
    assert phone_.get("/lines").status_code == 302
    assert tablet.get("/lines").status_code == 200
    here.post("/account/devices/end", {"which": "everywhere"})
    assert [c.get("/lines").status_code for c in (here, tablet)] == [302, 302]


def test_nobody_logs_out_somebody_elses_device() -> None:
    """Q3."""
    people = stage.cast("farwander")
    me, other = browser(people.subscriber), browser()
    other.post("/account/login/", {"login": people.stranger.email, "password": "secret-pass"})
    theirs = UserSession.objects.get(user=people.stranger)

    me.post("/account/devices/end", {"which": str(theirs.id)})

    assert other.get("/lines").status_code == 200


def test_signing_up_and_moving_contacts_lead_nowhere() -> None:
    """law.md 6: a log-in's contact never moves by a few clicks."""
    me = browser(stage.cast("farwander").subscriber)

    for shut in ("email/", "confirm-email/", "phone/change/", "phone/verify/"):
        assert me.get(f"/account/{shut}")["Location"] == reverse("account_overview")


# ---------------------------------------------------------------- who cannot get in
CALL = {"brand": "farwander", "name": "Lin Xiaoyu", "words": "order O-2001, paid by Visa"}


def call(line: str, *, contact: str = "new-address@example.com", **more: str) -> Page:
    client = browser()
    client.post("/account/help", {**CALL, "line": line, "contact": contact, **more})
    return client.get("/account/help/taken")


def test_a_call_for_help_answers_known_and_unknown_alike() -> None:
    """A6, A2."""
    scene = Scene()

    known, unknown = call(scene.line.msisdn), call("+12025550000", contact="x@example.com")

    number = [each.number for each in models.AccessHelp.objects.order_by("at")]
    shown = [text(p).replace(n, "") for p, n in zip((known, unknown), number, strict=True)]
    assert shown[0][:400] == shown[1][:400]
    assert "An agent answers by" in shown[0]


def test_an_incomplete_call_keeps_what_was_typed() -> None:
    """Q6."""
    page = browser().post("/account/help", {**CALL, "line": "1", "contact": "nowhere"})

    assert page.status_code == 400
    assert "neither an e-mail address nor a phone number" in text(page)
    assert "paid by Visa" in text(page)
    assert not models.AccessHelp.objects.exists()


def test_calls_for_help_are_limited_with_a_time() -> None:
    """Q3."""
    for _ in range(3):
        call("+12025550000")
    again = {**CALL, "line": "1", "contact": "new-address@example.com"}
    page = browser().post("/account/help", again)

    assert page.status_code == 429
    assert "You can try again in" in text(page)
    assert models.AccessHelp.objects.count() == 3


def test_an_agent_sees_only_whether_it_matches_and_lets_them_in(mailbox: stage.Mailbox) -> None:
    """A6, R5, law.md 6: the old contact is told, the old ways in are gone."""
    scene = Scene()
    totp.TOTP.activate(scene.user, "JBSWY3DPEHPK3PXP")
    call(scene.line.msisdn)
    open_call = models.AccessHelp.objects.get()
    desk = browser(scene.people.agent)
    path = reverse("console:call", args=[open_call.id])

    seen = text(desk.get(path))
    old = scene.user.email
    desk.post(path, {"outcome": "let_in", "note": "order number and last top-up fit"})

    scene.user.refresh_from_db()
    assert "or was, one of this brand yes" in seen
    assert old not in seen
    assert scene.user.email == "new-address@example.com"
    assert not scene.user.has_usable_password()
    assert not Authenticator.objects.exists()
    assert scene.me.get("/lines").status_code == 302
    assert models.Access.objects.filter(case_id=open_call.id, what="access_help").exists()
    stage.work()
    assert mailbox.messages[-1]["To"] == old


def test_another_brands_agent_finds_no_call() -> None:
    """O5."""
    scene = Scene()
    call(scene.line.msisdn)
    path = reverse("console:call", args=[models.AccessHelp.objects.get().id])

    answer = browser(scene.people.other_agent).post(path, {"outcome": "let_in", "note": "x"})

    assert answer.status_code == 404
    scene.user.refresh_from_db()
    assert scene.user.has_usable_password()


def test_a_contact_of_somebody_else_is_given_to_nobody() -> None:
    """A6, A7."""
    scene = Scene()
    call(scene.line.msisdn, contact=scene.people.stranger.email)
    path = reverse("console:call", args=[models.AccessHelp.objects.get().id])

    page = browser(scene.people.agent).post(path, {"outcome": "let_in", "note": "all fits"})

    assert page.status_code == 409
    assert "somebody else logs in with this contact" in text(page)
    assert models.AccessHelp.objects.get().resolved_at is None


# ---------------------------------------------------------------- staff
def test_staff_without_a_second_factor_are_sent_to_set_one_up(settings: Any) -> None:
    """Q3: where SIGNOFF_STAFF_MFA says so."""
    agent = stage.cast("farwander").agent
    desk = browser(agent)
    free = desk.get("/desk/").status_code
    settings.SIGNOFF_STAFF_MFA = True

    shut = desk.get("/desk/")
    totp.TOTP.activate(agent, "JBSWY3DPEHPK3PXP")

    assert free == 200
    assert shut["Location"] == reverse("account_overview")
    assert desk.get("/desk/").status_code == 200


def test_a_second_factor_is_asked_for_at_login() -> None:
    """A1: with the password right, nobody is in yet."""
    user = stage.cast("farwander").subscriber
    totp.TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    client = browser()

    answer = client.post("/account/login/", {"login": user.email, "password": "secret-pass"})
    page = client.get(answer["Location"])

    assert answer["Location"] == reverse("mfa_authenticate")
    assert "Code from your authenticator app" in text(page)
    assert client.get("/lines").status_code == 302


# ---------------------------------------------------------------- a security question
@pytest.fixture
def asking_brand(settings: Any, tmp_path: Path) -> None:
    """Policies under which farwander has security questions."""
    policies = tmp_path / "policies"
    shutil.copytree(SHIPPED, policies)
    file = policies / "brands" / "farwander.toml"
    file.write_text("security_question = true\n" + file.read_text("utf-8"), "utf-8")
    settings.SIGNOFF_POLICIES = policies


def reset(client: Client, user: models.User, box: stage.Mailbox, **more: str) -> Page:
    """Ask for a code, type it, and set a new password."""
    client.post("/account/password/reset/", {"login": user.email})
    stage.work()
    code = code_in(str(box.messages[-1]["Subject"]))
    client.post("/account/password/reset/confirm/", {"code": code})
    new = {"password1": "a new long password", "password2": "a new long password", **more}
    return client.post("/account/password/reset/complete/", new)


@pytest.mark.usefixtures("asking_brand")
def test_a_security_question_is_asked_besides_the_code(mailbox: stage.Mailbox) -> None:
    """A3: the code alone is not enough then, and the answer never is."""
    scene = Scene(minutes_ago=1)
    own = {"question": "What was my first cat called?", "answer": "Mimi Miau"}
    scene.me.post("/account/question/", own)

    without = reset(browser(), scene.user, mailbox)
    wrong = reset(browser(), scene.user, mailbox, answer="Momo")
    scene.user.refresh_from_db()
    kept = scene.user.check_password("secret-pass")
    reset(browser(), scene.user, mailbox, answer=" MIMI  miau")

    scene.user.refresh_from_db()
    assert "What was my first cat called?" in text(without)
    assert "This is not the answer" in text(wrong)
    assert kept
    assert scene.user.check_password("a new long password")
    assert "mimi" not in models.SecurityAnswer.objects.get().answer.lower()


def test_a_brand_without_security_questions_offers_none() -> None:
    """A3, K3."""
    scene = Scene(minutes_ago=1)
    own = {"question": "What was my first cat called?", "answer": "Mimi Miau"}

    answer = scene.me.post("/account/question/", own)

    assert answer["Location"] == reverse("account_overview")
    assert "Security question" not in text(scene.me.get("/account/"))
    assert not models.SecurityAnswer.objects.exists()
