"""The form to leave and the declaration: short, complete, received once, and never lost."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import stage
from signoff.domain.account import CardKind
from signoff.domain.events import Code
from signoff.domain.reasons import LeavingReason
from signoff.records import models
from signoff.workflows import act
from surfaces.portal_pages import Page, browser, hidden, text

pytestmark = pytest.mark.django_db

WISHES = {
    CardKind.TRAVEL: {"effective": "at_once", "number": "release", "balance": "refund"},
    CardKind.DATA: {"effective": "lapse", "number": "release", "balance": "refund"},
    CardKind.UNLIMITED: {"effective": "end_of_cycle", "number": "park"},
    CardKind.CALLING: {"effective": "at_once", "number": "port", "balance": "forfeit"},
    CardKind.INTERNET: {"effective": "end_of_cycle", "number": "release", "balance": "refund"},
}


class Scene:
    """A subscriber's line and its form."""

    def __init__(self, kind: CardKind = CardKind.TRAVEL, **changes: Any) -> None:
        self.kind = kind
        self.people = stage.cast(stage.BRANDS[kind][0])
        self.line = stage.line(kind, holder=self.people.subscriber, **changes)
        self.path = reverse("portal:leave", args=[self.line.id])
        self.me: Client = browser(self.people.subscriber)

    def filled(self, **changes: str) -> dict[str, str]:
        """The form as a subscriber sends it, with the statements of the page they see."""
        seen = hidden(self.me.get(self.path))
        return {
            **seen, "reason": "left_country", "agreed": "1", **WISHES[self.kind], **changes,
        }  # fmt: skip

    def send(self, **changes: str) -> Page:
        return self.me.post(self.path, self.filled(**changes), follow=True)


@pytest.mark.parametrize("kind", list(CardKind))
def test_a_line_of_each_kind_is_declared_in_one_form(kind: CardKind) -> None:
    """K1, F1: one page, one press."""
    scene = Scene(kind)

    page = scene.send()

    case = models.Case.objects.get()
    assert page.redirect_chain == [(f"/cases/{case.id}", 302)]
    assert "Your request is received" in text(page)
    assert case.number in text(page)
    assert (case.channel, case.language, case.reason) == ("web", "en", "left_country")
    assert case.number_choice == WISHES[kind]["number"]
    assert models.Line.objects.get(id=scene.line.id).frozen_at is not None
    assert models.Notice.objects.get(name="declared").attachment == "receipt"


def test_what_is_on_file_is_shown_and_not_asked() -> None:
    """F1: redundant entry never asked."""
    scene = Scene()

    page = scene.me.get(scene.path)

    assert "Lin Xiaoyu" in text(page)
    assert "lin.xiaoyu@example.com" in text(page)
    fields = set(re.findall(r'<(?:input|select|textarea)[^>]* name="([^"]+)"', _main(page)))
    asked = {name for name in fields if not name.startswith(("shown.", "csrf"))}
    assert asked == {"reason", "words", "effective", "number", "balance", "agreed"}


def _main(page: Page) -> str:
    source: str = page.content.decode()
    return source.partition("<main")[2].partition("</main>")[0]


def test_amounts_dates_and_consequences_stand_before_the_final_button() -> None:
    """F2."""
    scene = Scene(CardKind.UNLIMITED)

    shown = text(scene.me.get(scene.path))
    before, _, _ = shown.partition("Not now")

    for words in (
        "Unpaid bill", "US$70.36", "Fee for leaving", "You still pay", "The line ends on",
        "911", "within 14 days", "restored for 30 days", "within 2 working days",
    ):  # fmt: skip
        assert words in before
    assert before.rstrip().endswith("End this line")


def test_every_choice_has_its_statement_on_the_page() -> None:
    scene = Scene(CardKind.INTERNET)

    seen = hidden(scene.me.get(scene.path))

    shown = {name for name in seen if name.startswith("shown.")}
    assert shown == {
        f"shown.{rule}.{choice}"
        for rule in ("at_once", "end_of_cycle")
        for choice in ("refund", "move")
    }


def test_the_statement_the_subscriber_saw_is_the_one_of_the_case() -> None:
    """M4: for the chosen date and balance, not for the first ones."""
    scene = Scene(CardKind.INTERNET)

    scene.send(effective="end_of_cycle", balance="refund")

    case = models.Case.objects.get()
    assert case.effective_rule == "end_of_cycle"
    assert {line["code"]: line["amount"]["minor"] for line in case.shown["lines"]} == {
        "leaving_fee": 2500, "balance": -1000,
    }  # fmt: skip


def test_sending_twice_is_one_case_and_one_clock() -> None:
    """F5: two clicks, two tabs."""
    scene = Scene()
    form = scene.filled()

    first = scene.me.post(scene.path, form)
    second = scene.me.post(scene.path, form)

    assert first.headers["Location"] == second.headers["Location"]
    assert models.Case.objects.count() == 1
    assert models.Event.objects.filter(code=Code.DECLARED).count() == 1
    assert models.Notice.objects.filter(name="declared").count() == 1


def test_a_stale_page_is_shown_again_with_everything_filled_in() -> None:
    """The statement changed while the page was open: nothing is sent, nothing is lost."""
    scene = Scene()
    form = scene.filled(reason="unhappy", words="Too dear, 太贵了", number="port")
    account = models.Account.objects.get(id=scene.line.account_id)
    account.facts["balance"]["minor"] = 100
    account.save()

    page = scene.me.post(scene.path, form)

    assert page.status_code == 409
    assert "The amounts have changed" in text(page)
    assert "Too dear, 太贵了" in text(page)
    assert '<option value="unhappy" selected>' in page.content.decode()
    assert re.search(r'name="number" value="port" required checked', page.content.decode())
    assert not models.Case.objects.exists()
    assert not models.Notice.objects.exists()

    again = scene.me.post(scene.path, {**form, **hidden(page)})
    assert again.status_code == 302
    assert models.Case.objects.get().words == "Too dear, 太贵了"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("reason", "", "Choose a reason"),
        ("reason", "bored", "Choose a reason"),
        ("effective", "never", "Choose when the line shall end"),
        ("number", "sell", "Choose what becomes of the number"),
        ("balance", "gamble", "Choose what becomes of the balance"),
        ("balance", "", "Choose what becomes of the balance"),
        ("agreed", "", "Tick that you have seen"),
        ("words", "x" * 2001, "too long"),
    ],
)
def test_a_wrong_entry_is_said_and_the_rest_is_kept(field: str, value: str, said: str) -> None:
    scene = Scene()

    page = scene.send(**{"words": "kept words", field: value})

    assert said in text(page)
    assert field == "words" or "kept words" in text(page)
    assert not models.Case.objects.exists()
    assert not models.Notice.objects.exists()


def test_moving_a_balance_to_nowhere_is_refused() -> None:
    scene = Scene()

    page = scene.send(balance="move", balance_to="")

    assert page.status_code == 409
    assert "not said to which line" in text(page)
    assert not models.Case.objects.exists()


def test_a_balance_is_never_given_up_by_default() -> None:
    """P2: the calling card offers to give up or move; nothing is selected for its holder."""
    scene = Scene(CardKind.CALLING)

    page = scene.me.get(scene.path)

    assert 'name="balance" value="forfeit" required>' in page.content.decode()
    assert "Choose above what becomes of your balance" in text(page)
    form = {name: value for name, value in scene.filled().items() if name != "balance"}
    assert "Choose what becomes of the balance" in text(scene.me.post(scene.path, form))
    assert not models.Case.objects.exists()


def test_what_is_open_never_stops_the_declaration() -> None:
    """F3, DESIGN 2: it is received at once and waits with its date."""
    scene = Scene(CardKind.UNLIMITED)

    shown = text(scene.me.get(scene.path))
    scene.send()

    assert "Still open: the approval waits for it" in shown
    assert models.Case.objects.count() == 1


def test_lost_and_stolen_block_at_once() -> None:
    """W1."""
    scene = Scene()

    scene.send(reason="stolen")

    case = models.Case.objects.get()
    assert models.Due.objects.filter(subject=case.id, step="block").exists()


@pytest.mark.parametrize("reason", list(LeavingReason))
def test_every_reason_is_taken(reason: LeavingReason) -> None:
    """W1: none of them is asked to prove anything."""
    scene = Scene()

    scene.send(reason=reason.value)

    assert models.Case.objects.get().reason == reason


def test_an_open_case_leads_to_its_page() -> None:
    scene = Scene()
    declared = act.declare_line(stage.declaration(scene.line), user_id=scene.people.subscriber.id)

    answer = scene.me.get(scene.path)

    assert answer.headers["Location"] == f"/cases/{declared.case_id}"


def test_an_ended_line_is_not_ended_again() -> None:
    scene = Scene()
    models.Line.objects.update(state="terminated")

    answer = scene.me.get(scene.path, follow=True)

    assert "This line is ended" in text(answer)
    assert scene.me.post(scene.path, {"reason": "left_country"}).status_code == 302
    assert not models.Case.objects.exists()


def test_a_german_line_has_the_words_of_the_law_on_its_button() -> None:
    """L1: exact where the law words it, and understandable all the same."""
    scene = Scene(place="de")

    assert "jetzt kündigen · End this line" in text(scene.me.get(scene.path))


def test_the_balance_of_an_account_with_other_lines_stays_with_them() -> None:
    """E8: it is settled with the last line, so it is not asked about."""
    scene = Scene()
    sister = models.Line.objects.get(id=scene.line.id)
    sister.pk, sister.external_id, sister.iccid = None, "sister", "8901260999999999999"
    sister.save()

    page = scene.me.get(scene.path)

    assert "settled with the last line" in text(page)
    assert 'name="balance"' not in page.content.decode()
    form = {**scene.filled()}
    form.pop("balance")
    assert scene.me.post(scene.path, form).status_code == 302


def test_leaving_takes_no_more_pages_than_one_needs() -> None:
    """F6: log-in, the list, the form. No page in between offers anything."""
    scene = Scene()

    listed = scene.me.get("/lines").content.decode()
    line = scene.me.get(reverse("portal:line", args=[scene.line.id])).content.decode()

    assert reverse("portal:line", args=[scene.line.id]) in listed
    assert scene.path in line
