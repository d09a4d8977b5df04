"""Identity documents on the subscriber's pages: taken whole, refused with a cure, taken back."""

import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

import stage
from signoff.config.uploads import MOST_BYTES
from signoff.domain.account import CardKind
from signoff.domain.documents import MOST_PER_LINE
from signoff.domain.files import FileProblem
from signoff.domain.reasons import ReturnReason
from signoff.ports import registry
from signoff.ports.documents import DocumentsError
from signoff.records import models
from signoff.testing.documents import photo
from signoff.usecases import documents, look
from signoff.wording.catalogue import LANGUAGES, shipped
from signoff.workflows import act, handing_in
from surfaces.portal_pages import Page, browser, text

pytestmark = pytest.mark.django_db

HEIC = b"\0\0\0\x18ftypheic" + bytes(200)
ODD_NAMES = [
    "我的护照📷.jpg",
    "\u202egpj.exe",
    "../../../etc/passwd",
    "..\\..\\keys\\documents.key",
    "x" * 300 + ".jpg",
    "a\x00b.jpg",
    '"><script>alert(1)</script>.jpg',
]


class Scene:
    """A subscriber whose line asks for a document, and a browser."""

    def __init__(self, kind: CardKind = CardKind.UNLIMITED, *, language: str = "en") -> None:
        self.people = stage.cast(stage.BRANDS[kind][0])
        self.line = stage.line(kind, holder=self.people.subscriber)
        self.me: Client = browser(self.people.subscriber, language=language)

    def send(self, *contents: bytes, name: str = "id.jpg", **data: object) -> Page:
        files = [SimpleUploadedFile(name, content) for content in contents]
        path = reverse("portal:upload", args=[self.line.id])
        return self.me.post(path, {"document": files, **data}, follow=True)

    def remove(self, document: models.Document) -> Page:
        path = reverse("portal:remove_document", args=[self.line.id, document.id])
        return self.me.post(path, follow=True)

    @property
    def kept(self) -> list[models.Document]:
        rows = models.Document.objects.filter(line=self.line, shredded_at=None)
        return list(rows.order_by("at", "id"))

    def declare(self) -> uuid.UUID:
        declaration = stage.declaration(self.line)
        return act.declare_line(declaration, user_id=self.people.subscriber.id).case_id


@pytest.fixture
def scene() -> Scene:
    return Scene()


def error_of(page: Page) -> str:
    """What stands beside the field."""
    found = re.findall(r'<p class="error"[^>]*>(.*?)</p>', page.content.decode(), re.DOTALL)
    return unescape(" ".join(found)).strip()


def nothing_is_kept() -> bool:
    owed = models.Due.objects.filter(step__in=("scan_document", "shred_documents"))
    return not models.Document.objects.exists() and not owed.exists()


# ---------------------------------------------------------------- taken
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_taken(scene: Scene, kind: str) -> None:
    """A5, P11."""
    page = scene.send(photo(kind=kind))

    assert "Your document has arrived" in text(page)
    assert "1 page" in text(page)
    assert [(row.media_type, row.pages) for row in scene.kept] == [(f"image/{kind.lower()}", 1)]


def test_front_and_back_come_together(scene: Scene) -> None:
    """P11: several pages of one document, in one go."""
    scene.send(photo("front"), photo("back"))

    assert len(scene.kept) == 2


def test_the_same_file_again_is_the_same_document(scene: Scene) -> None:
    """A5: after a lost connection it is simply sent again."""
    scene.send(photo())

    page = scene.send(photo())

    assert "already have this file" in text(page)
    assert len(scene.kept) == 1


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_does_no_harm(scene: Scene, name: str) -> None:
    """A5: names are neither believed nor kept."""
    page = scene.send(photo(), name=name)

    assert "Your document has arrived" in text(page)
    assert "script>alert" not in page.content.decode()
    assert len(scene.kept) == 1


def test_the_page_says_how_and_how_long(scene: Scene) -> None:
    """P11, X5: how to photograph, and when it is destroyed, before anything is handed in."""
    page = scene.me.get(reverse("portal:prepare", args=[scene.line.id]))

    assert "All four corners" in text(page)
    assert "destroyed 7 days after the decision" in text(page)
    assert 'capture="environment"' in page.content.decode()


def test_a_line_that_needs_none_asks_for_none() -> None:
    """P11: never more than this very case needs; what is sent all the same is not kept."""
    scene = Scene(CardKind.TRAVEL)

    page = scene.me.get(reverse("portal:prepare", args=[scene.line.id]))
    sent = scene.send(photo())

    assert 'type="file"' not in page.content.decode()
    assert sent.status_code == 422
    assert nothing_is_kept()


# ---------------------------------------------------------------- refused
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", FileProblem.EMPTY),
        (b"MZ\x90\0 a program", FileProblem.WRONG_TYPE),
        (HEIC, FileProblem.HEIC),
        (photo()[:5000], FileProblem.DAMAGED),
        (photo() + b"PK\x05\x06" + bytes(18), FileProblem.TWO_IN_ONE),
        (b"%PDF-1.7 and no more", FileProblem.DAMAGED),
    ],
    ids=["empty", "program", "heic", "cut off", "polyglot", "broken pdf"],
)
def test_a_wrong_file_says_beside_the_field_how_to_do_it_right(
    language: str, content: bytes, problem: FileProblem
) -> None:
    """A5, Q5, Q6: in three languages, and nothing is kept."""
    scene = Scene(language=language)

    page = scene.send(content)

    assert page.status_code == 422
    assert error_of(page) == shipped().say(f"document_refused.{problem.value}", language)
    assert 'aria-invalid="true"' in page.content.decode()
    assert nothing_is_kept()


def test_one_wrong_file_keeps_the_others_out_too(scene: Scene) -> None:
    """A5: nothing is half done."""
    page = scene.send(photo("front"), b"no photo")

    assert page.status_code == 422
    assert nothing_is_kept()


def test_no_file_at_all_is_said_too(scene: Scene) -> None:
    page = scene.send()

    assert page.status_code == 422
    assert "No file has arrived" in error_of(page)


def test_a_file_that_is_too_big_is_read_to_its_end_and_told(scene: Scene) -> None:
    """A5: a 50 MB photo is forgotten while it comes, and the page still answers."""
    page = scene.send(photo() + bytes(50 << 20))

    assert page.status_code == 422
    assert "larger than 10 MB" in error_of(page)
    assert nothing_is_kept()


def test_an_upload_without_end_is_cut_off(scene: Scene) -> None:
    """Q3: above what anything needs, nothing is read."""
    page = scene.send(bytes(65 << 20))

    assert page.status_code == 400
    assert nothing_is_kept()


def test_who_is_not_logged_in_sends_nothing(scene: Scene) -> None:
    """Q3: only who is logged in is read beyond what any page takes."""
    huge = SimpleUploadedFile("id.png", bytes(MOST_BYTES))
    path = reverse("portal:upload", args=[scene.line.id])

    page = Client(enforce_csrf_checks=True).post(path, {"document": huge})

    assert page.status_code in (400, 403)
    assert nothing_is_kept()


def test_a_line_holds_a_number_of_files_and_no_more(scene: Scene) -> None:
    scene.send(*(photo(f"page {n}") for n in range(MOST_PER_LINE)))

    page = scene.send(photo("one more"))

    assert page.status_code == 422
    assert len(scene.kept) == MOST_PER_LINE


def test_a_store_that_is_away_is_told_and_nothing_kept(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A5: late is not lost: try again."""

    def away(*args: Any, **more: Any) -> bytes:
        raise DocumentsError("away")

    monkeypatch.setattr(registry.vaults[documents.NAME], "put", away)

    page = scene.send(photo())

    assert page.status_code == 503
    assert "Try again in a few minutes" in error_of(page)
    assert nothing_is_kept()


# ---------------------------------------------------------------- replaced, removed
def test_a_document_is_replaced_before_declaring(scene: Scene) -> None:
    """A5: the old one's key is gone at once, and its bytes with the next work."""
    scene.send(photo("blurred"))
    (old,) = scene.kept

    scene.send(photo("sharp"), replaces=str(old.id))
    stage.work()

    old.refresh_from_db()
    assert [row.id for row in scene.kept] != [old.id]
    assert len(scene.kept) == 1
    assert (old.shredded_for, old.sealed_key) == ("replaced", None)
    assert old.bytes_gone_at is not None


def test_a_wrong_file_replaces_nothing_and_is_told_where_it_was_chosen(scene: Scene) -> None:
    scene.send(photo())
    (old,) = scene.kept

    page = scene.send(b"no photo", replaces=str(old.id))

    assert page.status_code == 422
    assert f'id="document-{old.id}-error" role="alert">This kind' in page.content.decode()
    assert [row.id for row in scene.kept] == [old.id]


def test_a_document_is_taken_back_before_declaring(scene: Scene) -> None:
    """A5: removed is destroyed."""
    scene.send(photo())
    (row,) = scene.kept

    page = scene.remove(row)

    row.refresh_from_db()
    assert "Removed and destroyed" in text(page)
    assert (row.shredded_for, row.sealed_key) == ("removed", None)


def test_after_declaring_nothing_is_taken_back_or_replaced(scene: Scene) -> None:
    """A5: what was handed in with a request stays its evidence."""
    scene.send(photo())
    (row,) = scene.kept
    scene.declare()

    removed = scene.remove(row)
    replaced = scene.send(photo("other"), replaces=str(row.id))

    assert "can no longer be removed" in text(removed)
    assert replaced.status_code in (200, 422)
    assert [each.id for each in scene.kept] == [row.id]


@pytest.mark.parametrize("name", ["upload", "remove_document"])
def test_nobody_touches_another_persons_documents(scene: Scene, name: str) -> None:
    """Q3: for a stranger there is no such line."""
    scene.send(photo())
    (row,) = scene.kept
    more = [row.id] if name == "remove_document" else []
    stranger = browser(scene.people.stranger)

    answer = stranger.post(
        reverse(f"portal:{name}", args=[scene.line.id, *more]),
        {"document": SimpleUploadedFile("id.jpg", photo("mine"))},
    )

    assert answer.status_code == 404
    assert [each.id for each in scene.kept] == [row.id]


def test_a_document_of_another_line_cannot_be_taken_back(scene: Scene) -> None:
    other = Scene()
    other.send(photo())
    (row,) = other.kept

    page = scene.remove(row)

    assert "can no longer be removed" in text(page)
    assert len(other.kept) == 1


# ---------------------------------------------------------------- in a case
def test_an_agent_may_ask_where_the_policy_does_not() -> None:
    """P11, R4: the field is there for this very case, and says that it was asked for."""
    scene = Scene(CardKind.CALLING)
    case_id = scene.declare()
    with stage.mail():
        stage.work()
    agent, seen = scene.people.agent.id, look.mark(case_id)
    act.ask(case_id, agent=agent, seen=seen, reason=ReturnReason.NAME_DIFFERS, words="Which one?")

    page = scene.me.get(reverse("portal:case", args=[case_id]))
    sent = scene.send(photo(), case=str(case_id))

    assert "has asked for a document" in text(page)
    assert sent.redirect_chain[-1][0] == f"/cases/{case_id}#documents"
    assert models.Event.objects.filter(case_id=case_id, code="document.received").exists()


def test_a_wrong_file_is_told_on_the_page_of_the_case(scene: Scene) -> None:
    case_id = scene.declare()
    with stage.mail():
        stage.work()

    page = scene.send(b"no photo", case=str(case_id))

    assert page.status_code == 422
    assert "This kind of file" in error_of(page)
    assert models.Case.objects.get(id=case_id).number in text(page)


def test_what_dies_while_it_is_kept_leaves_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Q2: killed between the vault and the row: the bytes have no key, and are cleared away."""
    made: list[uuid.UUID] = []
    vault = registry.vaults[documents.NAME]
    put = vault.put

    def dies(key: uuid.UUID, content: bytes) -> bytes:
        made.append(key)
        put(key, content)
        raise KeyboardInterrupt

    monkeypatch.setattr(vault, "put", dies)
    with pytest.raises(KeyboardInterrupt):
        handing_in.upload(scene.line.id, [photo()], user_id=scene.people.subscriber.id)
    monkeypatch.undo()

    stage.hasten()
    stage.work()

    assert nothing_is_kept()
    with pytest.raises(LookupError):
        vault.get(made[0], sealed_key=b"")
