"""The link in a mail: looking changes nothing; used, old and forged ones each say so (F4)."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client

import stage
from signoff.domain.account import CardKind
from signoff.domain.canonical import format_time
from signoff.domain.case import State
from signoff.domain.steps import Step
from signoff.records import models
from signoff.usecases.change_course import confirmation_token
from signoff.workflows import act, runner
from signoff.workflows.work import clock
from surfaces.portal_pages import browser, text

pytestmark = pytest.mark.django_db


class Scene:
    """A case that waits for its link, and a browser nobody is logged in with."""

    def __init__(self) -> None:
        self.people = stage.cast("wavequill")
        line = stage.line(CardKind.INTERNET, holder=self.people.subscriber)
        declared = act.declare_line(stage.declaration(line), user_id=self.people.subscriber.id)
        self.case_id: UUID = declared.case_id
        runner.run(Step.ASSESS)
        self.nobody: Client = browser(language="en")

    @property
    def case(self) -> models.Case:
        return models.Case.objects.get(id=self.case_id)

    @property
    def path(self) -> str:
        until = self.case.confirm_until
        assert until is not None
        return f"/confirm/{confirmation_token(str(self.case_id), format_time(until))}"


def test_looking_changes_nothing() -> None:
    """Mail programs open links by themselves."""
    scene = Scene()

    for _ in range(3):
        page = scene.nobody.get(scene.path)
        scene.nobody.head(scene.path)

    assert "Opening this page has changed nothing" in text(page)
    assert scene.case.state == State.CONFIRMING


def test_the_page_tells_a_stranger_no_account_facts() -> None:
    scene = Scene()

    shown = text(scene.nobody.get(scene.path))

    for secret in ("Lin Xiaoyu", "lin.xiaoyu@example.com", "+1 202", "US$"):
        assert secret not in shown


def test_the_button_confirms() -> None:
    scene = Scene()

    page = scene.nobody.post(scene.path)

    assert "it is confirmed" in text(page)
    assert scene.case.confirmed_at is not None


def test_a_second_press_is_told_so() -> None:
    scene = Scene()
    path = scene.path
    scene.nobody.post(path)
    events = models.Event.objects.count()

    pressed, looked = scene.nobody.post(path), scene.nobody.get(path)

    assert "This is confirmed already" in text(pressed)
    assert "This is confirmed already" in text(looked)
    assert models.Event.objects.count() == events


def test_an_old_link_says_that_nothing_is_lost() -> None:
    scene = Scene()
    past = clock() - timedelta(hours=1)
    models.Case.objects.update(confirm_until=past)

    looked, pressed = scene.nobody.get(scene.path), scene.nobody.post(scene.path)

    assert looked.status_code == pressed.status_code == 410
    assert "Your request is not lost" in text(looked)
    assert scene.case.confirmed_at is None


def test_a_link_of_an_earlier_mail_is_worthless() -> None:
    scene = Scene()
    old = scene.path
    models.Case.objects.update(confirm_until=clock() + timedelta(hours=30))

    page = scene.nobody.post(old)

    assert page.status_code == 410
    assert scene.case.confirmed_at is None


@pytest.mark.parametrize("change", ["cut", "altered", "made up", "another key"])
def test_a_forged_link_is_called_one(change: str) -> None:
    scene = Scene()
    path = {
        "cut": scene.path[:-4],
        "altered": scene.path[:-1] + ("A" if scene.path[-1] != "A" else "B"),
        "made up": "/confirm/hello",
        "another key": "/confirm/WyJ4IiwieSJd:1abcde:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    }[change]

    looked, pressed = scene.nobody.get(path), scene.nobody.post(path)

    assert looked.status_code == pressed.status_code == 404
    assert "not one of ours" in text(looked)
    assert scene.case.state == State.CONFIRMING


def test_a_link_of_a_withdrawn_request_ends_nothing() -> None:
    scene = Scene()
    path = scene.path
    act.withdraw(scene.case_id, user_id=scene.people.subscriber.id)

    page = scene.nobody.post(path)

    assert page.status_code == 410
    assert scene.case.state == State.WITHDRAWN
