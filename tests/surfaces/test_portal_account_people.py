"""Family members on one account see and decide only what is theirs (A7)."""

from typing import Any

import pytest

import stage
from signoff.domain.steps import Step
from signoff.records import models
from signoff.testing import facts
from surfaces.portal_pages import browser, text
from usecases.scenes import nothing_happens, run

pytestmark = pytest.mark.django_db

SECRETS = ("US$", "Lin Xiaoyu", "lin.xiaoyu@example.com", "Visa", "b1")


class Family:
    """A holder, a user of the second of three lines, and somebody authorised for all."""

    def __init__(self, **account: Any) -> None:
        people = stage.cast("farwander")
        self.holder, self.user, self.helper = people.subscriber, people.stranger, people.agent
        models.StaffRole.objects.filter(user=self.helper).delete()
        self.lines = stage.lines_of_one_account(
            3,
            holder=self.holder,
            bills=(facts.bill("b1", 1000),),
            payment_methods=(facts.card("m1"),),
            **account,
        )
        self.used = self.lines[1]
        account_row = self.used.account
        models.Entitlement.objects.create(
            account=account_row, line=self.used, user=self.user, right="user"
        )
        models.Entitlement.objects.create(account=account_row, user=self.helper, right="authorised")
        models.User.objects.filter(id=self.user.id).update(first_name="Ning")
        models.User.objects.filter(id=self.helper.id).update(first_name="Bo")

    def asked(self) -> models.Ask:
        browser(self.user).post(
            f"/lines/{self.used.id}/ask",
            {"reason": "not_needed", "number": "release", "words": "I have a new one."},
        )
        return models.Ask.objects.get()


def test_a_user_sees_their_line_and_nothing_of_the_account() -> None:
    """A7: no other line, no charge, no card, no name of the holder's details."""
    family = Family()
    client = browser(family.user)

    pages = [
        client.get(address)
        for address in ("/lines", f"/lines/{family.used.id}", f"/lines/{family.used.id}/prepare")
    ]

    for page in pages:
        shown = text(page)
        assert page.status_code == 200
        assert family.used.msisdn[-4:] in shown
        assert not [secret for secret in SECRETS if secret in shown]
        assert not [line for line in family.lines[::2] if line.msisdn[-4:] in shown]


def test_a_user_settles_only_what_is_their_lines() -> None:
    """A7, Q3: linked services, yes; the account's cards, bills, details and data, no."""
    family = Family()
    client = browser(family.user)
    used = family.used.id

    with nothing_happens():
        answers = [
            client.post(f"/lines/{used}/settle", {"remedy": "unbind", "entry": "m1"}),
            client.post(f"/lines/{used}/pay", {"bill": "b1", "method": "m1"}),
            client.post(f"/lines/{used}/details", {"email": "x@example.com"}),
            client.get(f"/accounts/{family.used.account_id}/lines"),
            client.get(f"/lines/{family.lines[0].id}"),
        ]
    ticked = client.post(f"/lines/{used}/settle", {"remedy": "tick", "entry": "bank"})

    assert [answer.status_code for answer in answers] == [404] * 5
    assert ticked.status_code == 302
    family.used.refresh_from_db()
    assert family.used.preparation["linked_done"] == ["bank"]


def test_a_user_cannot_declare_where_the_holder_decides() -> None:
    """A7: the form leads to asking; posting to it moves nothing."""
    family = Family()
    client = browser(family.user)

    with nothing_happens():
        answer = client.post(
            f"/lines/{family.used.id}/leave",
            {"reason": "not_needed", "effective": "at_once", "number": "release", "agreed": "1"},
        )

    assert answer.headers["Location"] == f"/lines/{family.used.id}/ask"


def test_the_holder_confirms_by_declaring() -> None:
    """A7: a mail and a note; the holder's form is the confirmation, and the user is told."""
    with stage.mail() as box:
        family = Family()
        ask = family.asked()
        run(Step.SEND_NOTICE)
        client = browser(family.holder)
        listing, page = client.get("/lines"), client.get(f"/asks/{ask.id}")
        assert "Ning asks you to end a line" in text(listing)
        assert "I have a new one." in text(page)
        form = client.get(f"/lines/{family.used.id}/leave")
        from surfaces.portal_pages import hidden

        sent = {
            **hidden(form),
            "reason": "not_needed",
            "effective": "at_once",
            "number": "release",
            "agreed": "1",
        }
        client.post(f"/lines/{family.used.id}/leave", sent)
        run(Step.SEND_NOTICE)

        ask.refresh_from_db()
        assert ask.state == "confirmed"
        told = {str(mail["to"]) for mail in box.messages}
        assert told == {"lin.xiaoyu@example.com", family.user.email}
        case = models.Case.objects.get()
        shown = text(browser(family.user).get(f"/cases/{case.id}"))
        assert case.number in shown
        assert not [secret for secret in SECRETS if secret in shown]


def test_the_holder_declines() -> None:
    """A7: the line goes on; it can be asked again."""
    with stage.mail() as box:
        family = Family()
        ask = family.asked()

        answer = browser(family.holder).post(f"/asks/{ask.id}", follow=True)
        run(Step.SEND_NOTICE)

        assert "You have declined it" in text(answer)
        assert not models.Case.objects.exists()
        assert sum(str(mail["to"]) == family.user.email for mail in box.messages) == 1
        again = browser(family.holder).post(f"/asks/{ask.id}", follow=True)
        assert "answered already" in text(again)
        assert browser(family.user).get(f"/lines/{family.used.id}/ask").status_code == 200


def test_a_wish_is_asked_once_and_may_be_taken_back() -> None:
    """A7, F5."""
    family = Family()
    ask = family.asked()
    client = browser(family.user)

    with nothing_happens():
        twice = client.post(
            f"/lines/{family.used.id}/ask",
            {"reason": "not_needed", "number": "release"},
            follow=True,
        )
    assert "has been asked about this line already" in text(twice)

    answer = client.post(f"/asks/{ask.id}", follow=True)
    ask.refresh_from_db()
    assert ask.state == "withdrawn"
    assert "You have taken it back" in text(answer)


def test_nobody_else_sees_or_answers_a_wish() -> None:
    """Q3: a stranger, and a user of another line of the same account."""
    family = Family()
    ask = family.asked()
    other = models.User.objects.create_user("other@example.com", "secret-pass")
    models.Entitlement.objects.create(
        account=family.used.account, line=family.lines[2], user=other, right="user"
    )

    with nothing_happens():
        answers = [browser(other).get(f"/asks/{ask.id}"), browser(other).post(f"/asks/{ask.id}")]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_a_wish_without_a_reason_is_shown_again() -> None:
    """Q6: what was typed stays."""
    family = Family()

    answer = browser(family.user).post(
        f"/lines/{family.used.id}/ask", {"number": "release", "words": "Stay."}
    )

    assert answer.status_code == 422
    assert "Stay." in answer.content.decode()
    assert not models.Ask.objects.exists()


def test_an_authorised_person_acts_for_the_holder_and_it_is_noted() -> None:
    """A7: in the declaration's event, on the receipt, and on the request."""
    family = Family()
    client = browser(family.helper)
    picked = "&".join(f"line={line.id}" for line in family.lines)
    page = client.get(f"/accounts/{family.used.account_id}/leave?{picked}")
    assert "You act for the holder" in text(page)
    from surfaces.portal_pages import hidden

    sent = {name: value for name, value in hidden(page).items() if name in ("key", "shown")}
    wishes = {"line": [line.id for line in family.lines], "balance": "refund", "agreed": "1"}
    client.post(
        f"/accounts/{family.used.account_id}/leave",
        {**sent, **wishes, "reason": "left_country"},
    )

    request = models.AccountRequest.objects.get()
    assert (request.acting, request.declared_by_id) == ("authorised", family.helper.id)
    declared = models.Event.objects.filter(code="case.declared")
    assert {each.facts["acting"] for each in declared} == {"authorised"}
    assert {case.acting for case in models.Case.objects.all()} == {"authorised"}
    receipt = client.get(f"/requests/{request.id}/receipt.pdf")
    assert receipt.status_code == 200
    assert browser(family.holder).get(f"/requests/{request.id}").status_code == 200


def test_the_receipt_names_who_declared_for_the_holder(pdftotext: str, tmp_path: Any) -> None:
    """A7, F3: also where it was one line."""
    import subprocess

    from signoff.usecases import papers
    from signoff.workflows import act

    family = Family()
    made = act.declare_line(stage.declaration(family.used), user_id=family.helper.id)

    path = tmp_path / "receipt.pdf"
    path.write_bytes(papers.receipt(made.case_id, language="en"))

    read = subprocess.run([pdftotext, "-layout", path, "-"], capture_output=True, check=True)
    assert "Bo (authorised person)" in read.stdout.decode()
