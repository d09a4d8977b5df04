"""Who may see and do what (Q3): one table for every address; a refusal moves and tells nothing."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

import stage
from signoff.domain.account import CardKind
from signoff.records import models
from signoff.usecases.look import line_of
from signoff.workflows import act
from surfaces.portal_pages import Page, browser, text

pytestmark = pytest.mark.django_db

LINE_PAGES = ("line", "prepare", "prepare-live", "proof", "data", "data-live", "leave")
LINE_ACTS = {
    "settle": {"remedy": "unbind", "entry": "m1"},
    "pay": {"bill": "b2", "method": "m1"},
    "correct": {"email": "thief@example.com", "phone": "", "address": ""},
    "data": {},
    "upload": {},
    "leave": {
        "reason": "left_country", "effective": "at_once", "number": "release", "agreed": "1",
    },
}  # fmt: skip
CASE_PAGES = (
    *("case", "case-live", "receipt", "pack", "after", "dates"),
    *("certificate", "certificate-json", "certificate-pdf"),
)
CASE_ACTS = (
    *("withdraw", "answer", "restore", "message", "resubmit", "ask-pack"),
    *("tick", "reminders"),
)


class Scene:
    """A subscriber's line, another one with a case, and everybody else."""

    def __init__(self) -> None:
        self.people = stage.cast("boundlark")
        self.line = stage.line(CardKind.UNLIMITED, holder=self.people.subscriber)
        other = stage.line(CardKind.UNLIMITED, holder=self.people.subscriber)
        declared = act.declare_line(stage.declaration(other), user_id=self.people.subscriber.id)
        self.case_id: UUID = declared.case_id
        # The stranger has a line of their own, so a lax check would let them in.
        stage.line(CardKind.TRAVEL, holder=self.people.stranger)

    def others(self) -> list[models.User]:
        return [self.people.stranger, self.people.agent, self.people.other_agent]

    def state(self) -> tuple[object, ...]:
        """Everything that could have moved."""
        return (
            list(models.Line.objects.order_by("id").values_list("id", "preparation", "case_id")),
            list(models.Account.objects.order_by("id").values_list("id", "facts", "version")),
            list(models.Case.objects.order_by("id").values_list("id", "state", "version")),
            models.Event.objects.count(),
            models.Notice.objects.count(),
            models.PaymentIntent.objects.count(),
            models.Document.objects.count(),
        )


def require_hidden(scene: Scene, answer: Page) -> None:
    assert answer.status_code == 404
    shown = text(answer)
    for secret in (scene.line.msisdn[-7:], "Lin Xiaoyu", "lin.xiaoyu@example.com", "US$"):
        assert secret not in shown


@pytest.mark.parametrize("page", LINE_PAGES)
def test_anothers_line_is_not_there(page: str) -> None:
    scene = Scene()

    for user in scene.others():
        require_hidden(scene, browser(user).get(reverse(f"portal:{page}", args=[scene.line.id])))


@pytest.mark.parametrize("name", list(LINE_ACTS))
def test_nobody_acts_on_anothers_line(name: str) -> None:
    scene = Scene()
    before = scene.state()

    for user in scene.others():
        answer = browser(user).post(
            reverse(f"portal:{name}", args=[scene.line.id]), LINE_ACTS[name]
        )
        require_hidden(scene, answer)

    assert scene.state() == before


@pytest.mark.parametrize("page", CASE_PAGES)
def test_anothers_case_is_not_there(page: str) -> None:
    scene = Scene()

    for user in scene.others():
        require_hidden(scene, browser(user).get(reverse(f"portal:{page}", args=[scene.case_id])))


@pytest.mark.parametrize("name", CASE_ACTS)
def test_nobody_acts_on_anothers_case(name: str) -> None:
    scene = Scene()
    before = scene.state()

    for user in scene.others():
        answer = browser(user).post(reverse(f"portal:{name}", args=[scene.case_id]), {"words": ""})
        require_hidden(scene, answer)

    assert scene.state() == before


def test_who_is_not_logged_in_is_asked_to_and_told_nothing() -> None:
    scene = Scene()
    before = scene.state()
    client = Client()
    calls: list[Callable[[], Page]] = []
    for page in LINE_PAGES:
        path = reverse(f"portal:{page}", args=[scene.line.id])
        calls.append(lambda path=path: client.get(path))  # type: ignore[misc]
    for name, data in LINE_ACTS.items():
        path = reverse(f"portal:{name}", args=[scene.line.id])
        calls.append(lambda path=path, data=data: client.post(path, data))  # type: ignore[misc]
    for name in (*CASE_PAGES, *CASE_ACTS):
        path = reverse(f"portal:{name}", args=[scene.case_id])
        way = client.post if name in CASE_ACTS else client.get
        calls.append(lambda path=path, way=way: way(path))  # type: ignore[misc]

    for call in calls:
        answer = call()
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/account/login/?next=")

    assert scene.state() == before


def test_a_line_of_nobody_and_a_line_of_another_answer_alike() -> None:
    scene = Scene()
    stranger = browser(scene.people.stranger)

    theirs = stranger.get(reverse("portal:line", args=[scene.line.id]))
    nobodys = stranger.get(reverse("portal:line", args=[987654]))

    assert theirs.status_code == nobodys.status_code == 404
    assert text(theirs) == text(nobodys)


def test_acts_are_not_done_by_looking() -> None:
    """A prefetched or linked address changes nothing."""
    scene = Scene()
    before = scene.state()
    me = browser(scene.people.subscriber)

    for name in ("settle", "pay", "correct", "upload"):
        assert me.get(reverse(f"portal:{name}", args=[scene.line.id])).status_code == 405
    for name in CASE_ACTS:
        assert me.get(reverse(f"portal:{name}", args=[scene.case_id])).status_code == 405

    assert scene.state() == before


def test_the_holder_gets_in() -> None:
    """The table above would also pass if nobody did."""
    scene = Scene()
    me = browser(scene.people.subscriber)

    for page in LINE_PAGES:
        assert me.get(reverse(f"portal:{page}", args=[scene.line.id])).status_code == 200
    assert me.get(reverse("portal:case", args=[scene.case_id])).status_code == 200
    assert line_of(scene.line.id, user_id=scene.people.subscriber.id).id == scene.line.id
