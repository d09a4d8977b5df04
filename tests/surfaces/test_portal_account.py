"""The pages for several lines and the whole account, as a person without script uses them (E8)."""

import re
from typing import Any

import pytest

import stage
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.domain.steps import Step
from signoff.records import models
from signoff.testing import facts
from surfaces.portal_pages import Page, browser, hidden, text
from usecases.scenes import nothing_happens, run, window_over

pytestmark = pytest.mark.django_db


def family(many: int = 3, **account: Any) -> tuple[stage.Cast, list[models.Line]]:
    people = stage.cast("farwander")
    return people, stage.lines_of_one_account(many, holder=people.subscriber, **account)


def address(lines: list[models.Line], page: str) -> str:
    picked = "&".join(f"line={line.id}" for line in lines)
    return f"/accounts/{lines[0].account_id}/{page}?{picked}"


def filled(page: Page, lines: list[models.Line], **changed: Any) -> dict[str, Any]:
    """The form as it stands on the page, with what a person adds."""
    fields: dict[str, Any] = {
        name: value for name, value in hidden(page).items() if name in ("key", "shown")
    }
    wishes = {"line": [line.id for line in lines], "reason": "left_country", "agreed": "1"}
    return {**fields, **wishes, "balance": "refund", **changed}


def declared(client: Any, lines: list[models.Line], **changed: Any) -> Page:
    page = client.get(address(lines, "leave"))
    return client.post(
        f"/accounts/{lines[0].account_id}/leave", filled(page, lines, **changed), follow=True
    )


# ---------------------------------------------------------------- the way through
def test_a_person_ends_the_whole_account() -> None:
    """E8: from the list of lines to one request that shows every line."""
    people, lines = family()
    client = browser(people.subscriber)

    listing = client.get("/lines")
    assert f"/accounts/{lines[0].account_id}/lines" in listing.content.decode()
    picking = client.get(f"/accounts/{lines[0].account_id}/lines")
    assert picking.content.decode().count('type="checkbox"') == 3
    prepare = client.get(f"/accounts/{lines[0].account_id}/prepare?whole=1")
    assert "With these lines the account closes" in text(prepare)
    answer = declared(client, lines)

    request = models.AccountRequest.objects.get()
    assert answer.redirect_chain[-1][0] == f"/requests/{request.id}"
    shown = text(answer)
    assert request.number in shown
    for case in models.Case.objects.all():
        assert case.number in shown
        assert f"/cases/{case.id}" in answer.content.decode()
    assert "goes its own way" in shown


def test_the_form_shows_every_line_the_account_and_the_sum() -> None:
    """F2, M4: what is declared is exactly what stands on the page with the final button."""
    people, lines = family(bills=(facts.bill("b1", 1000),))
    page = browser(people.subscriber).get(address(lines, "leave"))

    shown = text(page)
    assert "End the whole account, 3 lines" in shown
    assert "you get US$13.50 back" in shown, "23.50 less the unpaid bill of 10.00"
    assert "Everything together" in shown


def test_some_lines_leave_the_account_as_it_is() -> None:
    """E8: no balance to choose about, and the page says that it stays."""
    people, lines = family()
    page = browser(people.subscriber).get(address(lines[:2], "leave"))

    assert 'name="balance"' not in page.content.decode()
    assert "stay with the lines that go on" in text(page)


def test_the_receipt_lists_every_line(pdftotext: str, tmp_path: Any) -> None:
    """F3: case numbers, numbers, dates and choices, in one PDF."""
    import subprocess

    people, lines = family()
    client = browser(people.subscriber)
    declared(client, lines)
    request = models.AccountRequest.objects.get()

    answer = client.get(f"/requests/{request.id}/receipt.pdf")

    path = tmp_path / "receipt.pdf"
    path.write_bytes(answer.content)
    read = subprocess.run([pdftotext, "-layout", path, "-"], capture_output=True, check=True)
    words = read.stdout.decode()
    assert request.number in words
    for case in models.Case.objects.all():
        assert case.number in words
        assert case.line.msisdn[-4:] in words
    assert "whole account" in words


# ---------------------------------------------------------------- what is wrong
def test_no_line_ticked_is_said_beside_the_lines() -> None:
    """Q6: and what was seen is still there."""
    people, lines = family()
    client = browser(people.subscriber)

    with nothing_happens():
        answer = client.get(f"/accounts/{lines[0].account_id}/prepare")

    assert answer.status_code == 422
    assert "No line is ticked" in text(answer)


def test_a_missing_reason_and_tick_are_named_and_what_was_chosen_stays() -> None:
    """Q6."""
    people, lines = family()
    client = browser(people.subscriber)
    page = client.get(address(lines, "leave"))
    chosen = filled(page, lines, reason="", agreed="", words="Keep this.")

    with nothing_happens():
        answer = client.post(f"/accounts/{lines[0].account_id}/leave", chosen)

    assert answer.status_code == 422
    shown = answer.content.decode()
    assert 'href="#reason"' in shown
    assert 'href="#agreed"' in shown
    assert "Keep this." in shown


@pytest.mark.parametrize("whose", ["stranger's", "own other account's"])
def test_a_line_of_another_account_is_not_there(whose: str) -> None:
    """Q3, E8: 404 at every step, and nothing moves."""
    people, lines = family()
    holder = people.stranger if whose == "stranger's" else people.subscriber
    other = stage.line(CardKind.TRAVEL, holder=holder)
    client = browser(people.subscriber)
    page = client.get(address(lines, "leave"))
    mixed = [*lines, other]

    with nothing_happens():
        answers = [
            client.get(address(mixed, "prepare")),
            client.get(address(mixed, "leave")),
            client.post(f"/accounts/{lines[0].account_id}/leave", filled(page, mixed)),
            client.get(f"/accounts/{other.account_id}/prepare?line={lines[0].id}"),
        ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]


def test_another_persons_account_and_request_are_not_there() -> None:
    """Q3: stranger, and staff without their desk."""
    people, lines = family()
    declared(browser(people.subscriber), lines)
    request = models.AccountRequest.objects.get()

    for who in (people.stranger, people.agent):
        client = browser(who)
        with nothing_happens():
            answers = [
                client.get(f"/accounts/{lines[0].account_id}/lines"),
                client.get(address(lines, "prepare")),
                client.get(f"/requests/{request.id}"),
                client.get(f"/requests/{request.id}/receipt.pdf"),
                client.post(f"/requests/{request.id}/withdraw"),
            ]
        assert [answer.status_code for answer in answers] == [404] * 5
        assert not any(lines[0].msisdn[-4:] in text(answer) for answer in answers)


def test_changed_choices_are_shown_before_they_are_taken() -> None:
    """F2: the page with the button shows what is declared, also where the choice was made last."""
    people, lines = family()
    client = browser(people.subscriber)
    account = lines[0].account
    page = client.get(address(lines, "leave"))
    account.facts["balance"]["minor"] = 1000
    account.save()

    with nothing_happens():
        answer = client.post(f"/accounts/{account.id}/leave", filled(page, lines))

    assert answer.status_code == 409
    assert "This is what it comes to now" in text(answer)
    assert "you get US$10.00 back" in text(answer)
    again = client.post(f"/accounts/{account.id}/leave", filled(answer, lines), follow=True)
    assert again.redirect_chain[-1][0].startswith("/requests/")


def test_a_second_press_finds_the_first_request() -> None:
    """F5: the same form again."""
    people, lines = family()
    client = browser(people.subscriber)
    page = client.get(address(lines, "leave"))
    sent = filled(page, lines)
    client.post(f"/accounts/{lines[0].account_id}/leave", sent)

    with nothing_happens():
        answer = client.post(f"/accounts/{lines[0].account_id}/leave", sent, follow=True)

    assert answer.redirect_chain[-1][0] == f"/requests/{models.AccountRequest.objects.get().id}"
    assert "had been received already" in text(answer)


def test_a_second_tab_is_kept_out_with_words() -> None:
    """F5, E8: another form with a line that is being ended already takes nothing."""
    people, lines = family()
    client = browser(people.subscriber)
    second = filled(client.get(address(lines, "leave")), lines)
    declared(client, lines[:1])

    with nothing_happens():
        answer = client.post(f"/accounts/{lines[0].account_id}/leave", second, follow=True)

    assert "One of these lines is being ended already" in text(answer)
    free = re.findall(r'name="line" value="(\d+)"( checked)?', answer.content.decode())
    assert free == [(str(line.id), " checked") for line in lines[1:]]


# ---------------------------------------------------------------- afterwards
def test_all_are_taken_back_but_the_one_that_has_ended() -> None:
    """E8: one in review, one ended; the page says how many could not be taken back."""
    with stage.sandbox() as sandbox, stage.mail():
        people, lines = family(sandbox=sandbox)
        client = browser(people.subscriber)
        declared(client, lines)
        first = models.Case.objects.get(line=lines[0])
        models.Due.objects.exclude(subject=first.id).filter(step=Step.ASSESS).delete()
        stage.work()
        second = models.Case.objects.get(line=lines[1])
        models.Case.objects.filter(id=second.id).update(state=State.IN_REVIEW)
        request = models.AccountRequest.objects.get()

        answer = client.post(f"/requests/{request.id}/withdraw", follow=True)

        shown = text(answer)
        assert "2 lines are taken back" in shown
        assert "One line could not be taken back any more" in shown
        states = models.Case.objects.order_by("line_id").values_list("state", flat=True)
        assert list(states) == ["ended", "withdrawn", "withdrawn"]


def test_the_log_in_says_that_the_account_is_closed_and_shows_its_past() -> None:
    """X1, E8: read-only, with the dates of restoring and erasure; papers stay."""
    with stage.sandbox() as sandbox, stage.mail():
        people, lines = family(2, sandbox=sandbox)
        client = browser(people.subscriber)
        declared(client, lines)
        stage.work()

        listing = client.get("/lines")

        shown = text(listing)
        assert "Account closed" in shown
        assert "Your personal data is due to be erased from" in shown
        assert "you can have a line back" in shown
        assert f"/accounts/{lines[0].account_id}/lines" not in listing.content.decode()
        case = models.Case.objects.get(line=lines[0])
        assert client.get(f"/cases/{case.id}").status_code == 200
        assert client.get(f"/cases/{case.id}/certificate.pdf").status_code == 200
        with nothing_happens():
            picked = client.get(address(lines, "leave"), follow=True)
        assert "No line is left to be ended here" in text(picked) or "already" in text(picked)

        for each in models.Case.objects.all():
            window_over(each.id)
            run(Step.PURGE)
        assert "The time to have a line back is over" in text(client.get("/lines"))


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_every_page_reads_in_every_language(language: str) -> None:
    """Q5: no key without words on any of the pages."""
    people, lines = family()
    client = browser(people.subscriber, language=language)
    pages = [
        client.get(f"/accounts/{lines[0].account_id}/lines"),
        client.get(address(lines, "prepare")),
        client.get(address(lines, "leave")),
        declared(client, lines),
        client.get("/lines"),
    ]

    assert [page.status_code for page in pages] == [200] * 5
