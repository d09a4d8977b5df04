"""/genuine and /api/v1/genuine: is what people received really ours? (S1, S2, S3, Q3)."""

import json
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

import stage
from signoff.domain.account import CardKind
from signoff.domain.genuine import Reason
from signoff.records import models
from signoff.usecases import public_limits
from signoff.usecases.genuine import MOST
from signoff.wording.catalogue import LANGUAGES
from signoff.workflows import act
from surfaces.api_stage import is_problem
from surfaces.portal_pages import Page, browser, text

pytestmark = pytest.mark.django_db


def ask(given: str, *, language: str = "en") -> Page:
    return browser(language=language).post("/genuine", {"text": given})


def api(given: object, *, kind: str = "application/json", query: str = "") -> Any:
    body = json.dumps(given) if kind == "application/json" else given
    return Client().post(f"/api/v1/genuine{query}", body, content_type=kind)


def notice() -> models.Notice:
    """The receipt of a declaration, with its code."""
    people = stage.cast("farwander")
    line = stage.line(CardKind.TRAVEL, holder=people.subscriber)
    act.declare_line(stage.declaration(line), user_id=people.subscriber.id)
    return models.Notice.objects.get(name="declared")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("https://www.farwander.example/", ("Yes, this is ours", "这是我们的", "這是我們的")),
        ("https://www.t-mobile.com/", ("known carrier", "已知的运营商", "已知的電信商")),
        ("https://example.net/", ("cannot confirm", "无法确认", "無法確認")),
        ("https://t-mobile.com@evil.example/", ("Dangerous", "危险", "危險")),
    ],
)
def test_each_verdict_is_told_in_each_language_with_what_to_do(
    given: str, words: tuple[str, str, str], language: str
) -> None:
    """S1: reasons in plain words, and the next step (S3)."""
    page = ask(given, language=language)

    by_language = dict(zip(("en", "zh-Hans", "zh-Hant"), words, strict=True))
    assert by_language[language] in text(page)
    assert {"en": "What to do now", "zh-Hans": "接下来", "zh-Hant": "接下來"}[language] in text(
        page
    )
    assert f'<html lang="{language}">' in page.content.decode()


def test_the_page_is_public_kept_nowhere_and_warns_before_anything_is_asked() -> None:
    """S3."""
    page = browser().get("/genuine")

    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    for warning in ("We cancel for you", "Callers who need a code", "Hotlines from a search"):
        assert warning in text(page)


@pytest.mark.parametrize("path", ["/", "/help", "/verify"])
def test_it_is_found_from_everywhere(path: str) -> None:
    assert 'href="/genuine"' in browser().get(path).content.decode()


def test_what_was_checked_is_shown_as_text_and_never_as_a_link_or_markup() -> None:
    """S1: a dangerous address is not made pressable, and nothing in it runs here."""
    page = ask("https://evil.example/<script>alert(1)</script> https://evil.example/x")
    body = page.content.decode()

    assert "evil.example" in body
    assert "<script>alert" not in body
    assert 'href="https://evil' not in body


def test_what_was_typed_is_kept_with_an_error_beside_the_field() -> None:
    empty = ask("   ")
    long = browser().post("/genuine", {"text": "x" * (MOST + 1)})

    assert "nothing to check" in text(empty)
    assert 'aria-invalid="true"' in empty.content.decode()
    assert "more than 1 MB" in text(long)
    assert long.status_code == 200


def test_a_genuine_mail_of_ours_is_ours(settings: Any) -> None:
    """S1, S2: the very mail we send, as its reader has it."""
    settings.DEFAULT_FROM_EMAIL = stage.SENDER
    with stage.mail() as inbox:
        notice()
        stage.work()
        source = inbox.messages[0].as_bytes()

    page = browser().post("/genuine", {"file": SimpleUploadedFile("letter.eml", source)})

    assert "Yes, this is ours" in text(page)
    assert "Receipt of a request to end a line" in text(page)


def test_a_cheating_mail_is_told_part_by_part() -> None:
    """S1: who sends, where answers go, where links lead, what hangs on it."""
    mail = EmailMessage()
    mail["From"] = '"T-Mobile Support" <help@secure-tmobile.example>'
    mail["Reply-To"] = "boss@gmail.com"
    mail["Subject"] = "Final notice"
    mail.set_content("Reply with your PIN within 24 hours or your line will be suspended.")
    mail.add_alternative(
        '<a href="https://evil.example/login">https://www.t-mobile.com/</a>', subtype="html"
    )
    mail.add_attachment(b"x", maintype="text", subtype="html", filename="invoice.html")

    answer = api(mail.as_bytes(), kind="message/rfc822").json()

    found = {finding["code"] for part in answer["parts"] for finding in part["findings"]}
    found |= {finding["code"] for finding in answer["findings"]}
    assert answer["verdict"] == "dangerous"
    assert {"name_pretends", "text_differs", "asks_code", "pressure", "risky_file"} <= found
    assert "invoice.html" in {part["shown"] for part in answer["parts"]}


@pytest.mark.parametrize("spelling", ["{}", " {} ", "small", "bare", "wide"])
def test_the_code_of_a_notice_says_what_we_sent_when_and_to_whose_end(spelling: str) -> None:
    """S2: kind and date; of the person only the end of the address."""
    sent = notice()
    code = sent.check_code
    typed = {"small": code.lower(), "bare": code.replace("-", ""), "wide": wide(code)}

    shown = text(ask(typed.get(spelling, spelling.format(code))))

    assert "Yes, this is ours" in shown
    assert "Farwander Travel Card" in shown
    assert "Receipt of a request to end a line" in shown
    assert "ending in …" in shown
    assert "Lin Xiaoyu" not in shown
    assert sent.recipient not in shown


def wide(code: str) -> str:
    """As a Chinese keyboard may type it."""
    return "".join(chr(ord(char) + 0xFEE0) for char in code)


def test_a_code_outlives_the_erasure_of_whom_it_went_to() -> None:
    """S2, X5: the personal part goes, the code still holds."""
    sent = notice()
    models.Notice.objects.filter(id=sent.id).update(recipient="", values={})

    shown = text(ask(sent.check_code))

    assert "Yes, this is ours" in shown
    assert "Farwander Travel Card" in shown
    assert "erased by now" in shown
    assert "ending in" not in shown


@pytest.mark.parametrize("code", ["ABCD-EFGH-JKMN", "ABCDEFGHJKMN", "2345-6789-ABCD"])
def test_any_other_code_is_not_ours(code: str) -> None:
    """S2."""
    answer = api({"text": code}).json()

    assert (answer["kind"], answer["verdict"]) == ("code", "unknown")
    assert [each["code"] for each in answer["parts"][0]["findings"]] == ["code_unknown"]
    assert answer["notices"] == []


def test_a_copied_code_does_not_whiten_a_cheat() -> None:
    """S2: our code beside a foreign link is still a foreign link."""
    sent = notice()

    answer = api({"text": f"{sent.check_code} pay at https://farwander-refund.example/"}).json()

    assert answer["verdict"] == "dangerous"
    assert [each["code"] for each in answer["notices"]] == [sent.check_code]


def test_the_api_answers_in_the_language_asked_for() -> None:
    answers = {
        language: api({"text": "611"}, query=f"?language={language}").json()
        for language in LANGUAGES
    }

    texts = {each["parts"][0]["findings"][-1]["text"] for each in answers.values()}
    assert len(texts) == 3
    assert {each["verdict"] for each in answers.values()} == {"carrier"}
    is_problem(api({"text": "611"}, query="?language=fr"), "wrong-values")


@pytest.mark.parametrize("body", ["{", "[]", '{"text": 1}', '{"words": "x"}', "[" * 100_000])
def test_a_body_that_is_not_what_was_asked_is_refused(body: str) -> None:
    answer = Client().post("/api/v1/genuine", body, content_type="application/json")

    is_problem(answer, "wrong-values")


def test_more_than_a_megabyte_is_refused() -> None:
    is_problem(api("x" * (MOST + 1), kind="text/plain"), "too-big")


@pytest.mark.parametrize("path", ["/api/v1/genuine", "/api/v1/verify"])
def test_who_asks_too_often_waits(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """S2, Q3: one count for all public checks; others are still answered."""
    cache.clear()
    monkeypatch.setattr(public_limits, "RATES", "2/m/ip")
    client, body = browser(), {"text": "ABCD-EFGH-JKMN"}

    statuses = [client.post(path, body, content_type="application/json") for _ in range(3)]
    page = client.post("/genuine", body)
    other = Client(REMOTE_ADDR="192.0.2.7").post(path, body, content_type="application/json")

    assert [each.status_code for each in statuses] == [200, 200, 429]
    is_problem(statuses[2], "too-many-requests")
    assert statuses[2].headers["Retry-After"] == "60"
    assert page.status_code == 429
    assert page.headers["Retry-After"] == "60"
    assert "Too many" in text(page)
    assert other.status_code == 200
    assert Client().get("/genuine").status_code == 200


def test_every_finding_has_its_sentence_in_three_languages() -> None:
    """Q5."""
    from signoff.domain.genuine import Why
    from signoff.domain.policy import Names
    from signoff.wording import findings

    names = Names(en="N", zh_hans="N", zh_hant="N")
    for language in LANGUAGES:
        said = {findings.words(Why(reason, "x", names), language) for reason in Reason}
        assert len(said) == len(Reason)


def test_strangers_tools_may_ask_without_cookie() -> None:
    client = Client(enforce_csrf_checks=True)

    assert client.post("/genuine", {"text": "611"}).status_code == 200
