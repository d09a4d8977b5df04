"""The public check of certificates, as file or text (T2, X1)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

import stage
from signoff.domain.account import CardKind
from signoff.usecases import papers
from signoff.wording.catalogue import LANGUAGES
from signoff.workflows import act
from surfaces.portal_pages import Page, browser, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate(db: None) -> tuple[bytes, bytes]:
    """A certificate this installation issued, as JSON and PDF."""
    with stage.sandbox() as sandbox, stage.mail():
        people = stage.cast("farwander")
        line = stage.line(CardKind.TRAVEL, holder=people.subscriber, sandbox=sandbox, settled=True)
        declared = act.declare_line(stage.declaration(line), user_id=people.subscriber.id)
        case = stage.to_the_end(declared.case_id, agent=people.agent)
        return papers.certificate_json(case.id), papers.certificate_pdf(case.id, language="zh-Hans")


def check(content: bytes, *, language: str = "en") -> Page:
    file = SimpleUploadedFile("certificate", content)
    return browser(language=language).post("/verify", {"file": file})


@pytest.mark.parametrize("form", [0, 1], ids=["json", "pdf"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_genuine_certificate_is_told_so(
    certificate: tuple[bytes, bytes], form: int, language: str
) -> None:
    page = check(certificate[form], language=language)

    words = {"en": "Genuine", "zh-Hans": "真实有效", "zh-Hant": "真實有效"}[language]
    assert words in text(page)
    assert "Lin Xiaoyu" in text(page)


def test_pasted_text_is_as_good_as_the_file(certificate: tuple[bytes, bytes]) -> None:
    page = browser().post("/verify", {"text": certificate[0].decode()})

    assert "Genuine" in text(page)


@pytest.mark.parametrize("form", [0, 1], ids=["json", "pdf"])
def test_an_altered_one_is_told_apart_and_named(
    certificate: tuple[bytes, bytes], form: int
) -> None:
    altered = certificate[form].replace(b"Lin Xiaoyu", b"Lin Xiaoyv").replace(b"%PDF", b"%PDF")
    altered = altered if form == 0 else altered[:2000] + b"!" + altered[2001:]

    shown = text(check(altered))

    assert "Not valid" in shown
    assert "failed" in shown
    assert "Holder" not in shown


@pytest.mark.parametrize("content", [b"{}", b"%PDF-1.7 nothing", b"\x00\xff", b"[" * 100_000])
def test_rubbish_is_not_valid_and_no_error(content: bytes) -> None:
    page = check(content)

    assert page.status_code == 200
    assert "Not valid" in text(page)


def test_nothing_is_said_to_be_nothing() -> None:
    assert "nothing to check" in text(browser().post("/verify", {"text": " "}))


def test_codes_of_messages_are_asked_at_the_page_for_them() -> None:
    """S2."""
    assert 'action="/genuine"' in browser().get("/verify").content.decode()


def test_strangers_tools_may_ask_without_cookie(certificate: tuple[bytes, bytes]) -> None:
    client = Client(enforce_csrf_checks=True)

    page = client.post("/verify", {"file": SimpleUploadedFile("c.json", certificate[0])})

    assert page.status_code == 200
