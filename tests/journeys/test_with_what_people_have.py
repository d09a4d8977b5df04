"""The same pages at 400 % zoom, by keyboard alone, in the dark, and on paper (Q4)."""

import pytest

import stage
from journeys.visits import Visit, World
from signoff.domain.account import CardKind
from signoff.records import models
from signoff.wording.catalogue import LANGUAGES
from signoff.workflows import act

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]


def test_pages_before_the_log_in_are_sound(world: World) -> None:
    me = world.visit(language="zh-Hant", device="phone")

    shut = ("/account/login/", "/account/login/code/", "/account/password/reset/", "/account/help")
    for path in ("/", *shut, "/help", "/verify"):
        me.open(path).inspect()


def pages(world: World, me: Visit) -> list[str]:
    """Log in, and every page of a subscriber who has a line, a case and an ended one."""
    people = stage.cast("boundlark")
    line = stage.line(CardKind.UNLIMITED, holder=people.subscriber)
    running, ended = (
        stage.line(CardKind.TRAVEL, holder=people.subscriber, sandbox=world.sandbox, settled=True)
        for _ in range(2)
    )
    mine = people.subscriber.id
    done = act.declare_line(stage.declaration(ended), user_id=mine).case_id
    stage.to_the_end(done, agent=people.agent)
    case = act.declare_line(stage.declaration(running), user_id=mine).case_id
    me.log_in(people.subscriber)
    of_line = [f"/lines/{line.id}{rest}" for rest in ("", "/prepare", "/leave")]
    return ["/lines", *of_line, f"/cases/{case}", f"/cases/{done}", "/help", "/verify", "/nothing"]


def go(me: Visit, path: str) -> Visit:
    """Open a page; that the browser notes a 404 is no fault of the page."""
    me.page.goto(me.world.url + path)
    me.problems = [each for each in me.problems if "404" not in each]
    return me


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("device", ["zoomed", "phone"])
def test_every_page_fits_every_screen_and_reader(world: World, language: str, device: str) -> None:
    me = world.visit(language=language, device=device)

    for path in pages(world, me):
        go(me, path).inspect()


def test_every_page_is_legible_in_the_dark(world: World) -> None:
    me = world.visit(language="zh-Hans", color_scheme="dark")

    for path in pages(world, me):
        go(me, path).inspect()


def test_the_form_is_sent_by_keyboard_alone(world: World) -> None:
    people = stage.cast("bytebrook")
    line = stage.line(CardKind.DATA, holder=people.subscriber)
    me = world.visit()
    me.log_in(people.subscriber)
    me.open(f"/lines/{line.id}/leave")
    keys = me.page.keyboard

    keys.press("Tab")
    assert me.page.evaluate("document.activeElement.className") == "skip"
    keys.press("Enter")
    for _ in range(40):
        keys.press("Tab")
        focused = me.page.evaluate("document.activeElement.id || document.activeElement.name")
        if focused == "reason":
            keys.type("No longer")
        if focused == "agreed":
            keys.press("Space")
        if me.page.evaluate("document.activeElement.classList.contains('final')"):
            keys.press("Enter")
            break
    me.page.wait_for_url("**/cases/**")

    assert models.Case.objects.get().reason == "not_needed"


def test_the_statement_follows_the_choice(world: World) -> None:
    """F2: what is shown beside the button is what is chosen, and nothing else."""
    people = stage.cast("wavequill")
    line = stage.line(CardKind.INTERNET, holder=people.subscriber)
    me = world.visit()
    me.log_in(people.subscriber)
    me.open(f"/lines/{line.id}/leave")
    outcomes = me.page.locator(".outcome:visible")

    assert outcomes.count() == 1
    assert "at_once refund" in str(outcomes.first.get_attribute("class"))
    me.page.get_by_label(me.say("effective.end_of_cycle")).check()
    assert outcomes.count() == 1
    assert "end_of_cycle refund" in str(outcomes.first.get_attribute("class"))


def test_paper_shows_the_case_without_buttons(world: World) -> None:
    me = world.visit()
    path = pages(world, me)[5]
    me.open(path)

    me.page.emulate_media(media="print")

    assert (
        not me.page.locator(".site-nav, .languages, .buttons, .back").filter(visible=True).count()
    )
    assert me.page.locator("h1").is_visible()
