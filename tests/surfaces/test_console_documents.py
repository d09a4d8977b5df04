"""Documents at the desk: read on a page, marked, logged; scanner and store in sight (A5, R5)."""

import re
from base64 import b64decode
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

import stage
from signoff.domain.account import CardKind
from signoff.domain.events import Code
from signoff.domain.reasons import LeavingReason
from signoff.domain.steps import Step
from signoff.integrations.documents.clamd import Clamd
from signoff.ports import registry
from signoff.records import models
from signoff.testing.clamd import running_clamd
from signoff.usecases.documents import NAME
from signoff.workflows import act, runner

pytestmark = pytest.mark.django_db


class Scene:
    """A case before an agent with a document, its people, and a browser for each."""

    def __init__(self, **wishes: object) -> None:
        self.people = stage.cast("boundlark")
        self.line = stage.line(CardKind.UNLIMITED, holder=self.people.subscriber, settled=True)
        declaration = stage.declaration(self.line, **wishes)
        user_id = self.people.subscriber.id
        self.case_id: UUID = act.declare_line(declaration, user_id=user_id).case_id
        runner.run(Step.ASSESS)
        self.paper = models.Document.objects.get(line=self.line)

    def browser(self, who: str, language: str = "en") -> Client:
        client = Client(headers={"accept-language": language})
        client.force_login(getattr(self.people, who))
        return client

    @property
    def url(self) -> str:
        return reverse("console:document", args=[self.case_id, self.paper.id])

    @property
    def looks(self) -> int:
        viewed = models.Event.objects.filter(case_id=self.case_id, code=Code.DOCUMENT_VIEWED)
        accesses = models.Access.objects.filter(case_id=self.case_id, what="document").count()
        assert viewed.count() == accesses
        return accesses


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_document_is_read_on_a_page_that_keeps_nothing(scene: Scene) -> None:
    """A5: inline, stored nowhere, no script, the pictures in the page, and one look logged."""
    response = scene.browser("agent").post(scene.url)

    page = response.content.decode()
    pictures = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', page)
    assert [b64decode(each)[:3] for each in pictures] == [b"\xff\xd8\xff"]
    assert response["Content-Disposition"] == "inline"
    assert "no-store" in response["Cache-Control"]
    assert "sandbox" in response["Content-Security-Policy"]
    assert "script" not in response["Content-Security-Policy"]
    assert "The look is logged" in page
    assert scene.looks == 1


def test_a_document_is_not_shown_by_following_a_link(scene: Scene) -> None:
    response = scene.browser("agent").get(scene.url)

    assert response.status_code == 303
    assert scene.looks == 0


@pytest.mark.parametrize("who", ["other_agent", "subscriber", "stranger"])
def test_nobody_else_sees_a_document(scene: Scene, who: str) -> None:
    """O5, Q3."""
    response = scene.browser(who).post(scene.url)

    assert response.status_code == 404
    assert b"data:image" not in response.content
    assert scene.looks == 0


def test_a_document_of_a_restricted_case_is_out_of_an_agents_reach() -> None:
    """W1: abuse is for the restricted team."""
    scene = Scene(reason=LeavingReason.ABUSE)

    response = scene.browser("agent").post(scene.url)

    assert response.status_code == 404
    assert scene.looks == 0


def test_a_document_of_another_line_is_not_reached(scene: Scene) -> None:
    other = Scene()
    url = reverse("console:document", args=[scene.case_id, other.paper.id])

    response = scene.browser("agent").post(url)

    assert response.status_code == 404
    assert b"data:image" not in response.content
    assert scene.looks == other.looks == 0


def test_a_shredded_document_is_told_with_when_and_why(scene: Scene) -> None:
    """T4, X5."""
    models.Document.objects.filter(id=scene.paper.id).update(
        shredded_at=scene.paper.at, shredded_for="retention", sealed_key=None
    )

    page = scene.browser("agent").get(reverse("console:case", args=[scene.case_id]))
    response = scene.browser("agent").post(scene.url)

    assert "kept as long as the policy says" in page.content.decode()
    assert scene.url not in page.content.decode()
    assert response.status_code == 404
    assert scene.looks == 0


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "scanner and store"), ("zh-hans", "病毒检查与存储"), ("zh-hant", "病毒檢查與儲存")],
)
def test_operators_see_how_scanner_and_store_fare(scene: Scene, language: str, title: str) -> None:
    """A5, O3."""
    with running_clamd() as clamd, registry.scanners.temporarily(NAME, Clamd(clamd.address)):
        page = scene.browser("agent", language).get(reverse("console:documents"))

    assert title in page.content.decode()
    assert "ClamAV 1.4.3/27500" in page.content.decode()


def test_documents_that_wait_are_told_on_the_first_page(scene: Scene) -> None:
    models.Document.objects.filter(id=scene.paper.id).update(checking=True)

    mine = scene.browser("agent").get(reverse("console:queue"))
    others = scene.browser("other_agent").get(reverse("console:queue"))

    assert "One document waits for the virus scanner" in mine.content.decode()
    assert "waits for the virus scanner" not in others.content.decode()


def test_how_they_fare_is_for_staff_alone(scene: Scene) -> None:
    response = scene.browser("subscriber").get(reverse("console:documents"))

    assert response.status_code == 404
