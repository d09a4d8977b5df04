"""Every notice in every language: complete, short, in one script, and safe to send."""

import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from signoff.domain.reasons import DeclineReason, Refusal, ReturnReason
from signoff.domain.sms_text import Alphabet, parts, plain
from signoff.ports.messaging import Attachment
from signoff.usecases.access_codes import Change
from signoff.usecases.change_course import read_token
from signoff.usecases.compose import compose
from signoff.usecases.notify import Outgoing
from signoff.wording import notices
from signoff.wording.catalogue import LANGUAGES, shipped
from signoff.wording.notices import FOLDER, BadNotice, Kind, MissingValue, UnknownNotice

NAMES = sorted(name for name, each in notices.every().items() if notices.MAIL in each.channels)
TEXTS = sorted(name for name, each in notices.every().items() if notices.SMS in each.channels)
CASE = "0192f0c1-7d3a-7c11-9f00-5b8a2f6f0001"
BASE = "https://signoff.example"
VALUES = {
    "case_id": CASE,
    "number": "SO-4821-7KQ2",
    "brand": "wavequill",
    "name": "林晓雨",
    "line": "··· 0142",
    "declared_at": "2026-11-21T10:05:00.000Z",
    "effective_at": "2026-11-30T07:00:00.000Z",
    "until": "2026-11-22T10:05:00.000Z",
    "promised_by": "2026-11-25T00:00:00.000Z",
    "restore_until": "2026-12-07T07:00:00.000Z",
    "changed_at": "2026-11-20T10:05:00.000Z",
    "reason": "unpaid_bill",
    "words": "Please pay bill B-7.\nThen answer here.",
    "amount": "12.50 USD",
    "refund": "12.50 USD",
    "owed": {"minor": 700, "currency": "USD"},
    "changed": ["email", "phone"],
    "ends_at": "2026-12-31T20:00:00.000Z",
    "refund_open_at": "2026-11-20T10:05:00.000Z",
    "request_id": CASE,
    "ask_id": CASE,
    "count": "2",
    "lines": [
        {
            "line": f"··· 014{end}",
            "number": f"SO-4821-7KQ{end}",
            "effective_at": "2026-11-30T07:00:00.000Z",
            "number_choice": "release",
        }
        for end in (2, 3)
    ],
    "account": "WQ-50001",
    "closed_at": "2026-11-30T07:00:00.000Z",
    "erase_at": "2028-01-11T07:00:00.000Z",
    "who": "林小宁",
    "code": "482913",
    "minutes": "10",
    "line_id": 7,
    "charge": "Horoscope by SMS",
    "what": "access_totp_on",
}
SIMPLIFIED = "们这个单据线码请还会让从对时间点击写终证银东为务办电话须发传讯际设应账额结项适"
TRADITIONAL = "們這個單據線碼請還會讓從對時間點擊寫終證銀東為務辦電話須發傳訊際設應帳額結項適"
FORBIDDEN = {
    "en": ["cancel", "kindly", "click here", "valued", "unfortunately", "delay"],
    "zh-Hans": ["点击此处", "尊敬的", "亲爱的", "不幸", "取消线路"],
    "zh-Hant": ["點擊此處", "尊敬的", "親愛的", "不幸", "取消線路"],
}


def outgoing(name: str, language: str, /, **changed: object) -> Outgoing:
    return Outgoing(
        id=UUID(int=7),
        case_id=UUID(CASE),
        name=name,
        language=language,
        recipient="xiaoyu@example.org",
        values={**VALUES, **changed},  # type: ignore[dict-item]
        attachment="",
        check_code="H7KQ-2MPX-94TW",
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_notice_is_composed_with_code_and_warning(name: str, language: str) -> None:
    message = compose(outgoing(name, language), base_url=BASE)

    assert message.to == "xiaoyu@example.org"
    assert message.language == language
    assert "{" not in message.subject + message.body
    assert "H7KQ-2MPX-94TW" in message.body
    assert f"{BASE}/genuine" in message.body
    assert {"en": "never ask", "zh-Hans": "绝不索要", "zh-Hant": "絕不索要"}[
        language
    ] in message.body
    assert "\n\n\n" not in message.body


def text(name: str, language: str, /, **changed: object) -> str:
    """A notice as it leaves as a text."""
    asked = replace(outgoing(name, language, **changed), medium="sms", recipient="+14155550123")
    message = compose(asked, base_url=BASE)
    assert message.subject == ""
    return plain(message.body)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", TEXTS)
def test_texts_are_few_parts_and_say_how_to_end_them(name: str, language: str) -> None:
    """C6: two parts at most; English keeps to the alphabet that costs least."""
    said = text(name, language, owed="0.00 USD")
    cut = parts(said)

    assert len(cut) <= 2
    assert (cut.alphabet is Alphabet.GSM7) is (language == "en")
    assert f"{BASE}/" in said
    assert "{" not in said
    assert any(word in said for word in ("STOP", "TD", "START")) or name == "text_wish_to_end"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted({*TEXTS} & {*NAMES}))
def test_texts_about_a_case_carry_a_code_and_nothing_personal(name: str, language: str) -> None:
    """S2, C6: whoever holds the phone reads it."""
    said = text(name, language)

    assert "H7KQ-2MPX-94TW" in said
    assert "SO-4821-7KQ2" in said
    assert "林晓雨" not in said
    assert "/cases/" not in said


@pytest.mark.parametrize("name", TEXTS)
def test_texts_keep_to_their_script_and_words(name: str) -> None:
    """Q5."""
    words = notices.of(name).texts

    assert set(TRADITIONAL).isdisjoint(words["zh-Hans"])
    assert set(SIMPLIFIED).isdisjoint(words["zh-Hant"])
    assert not any(_is_chinese(char) for char in words["en"])
    for language, forbidden in FORBIDDEN.items():
        assert [word for word in forbidden if word in words[language].lower()] == []


def test_a_line_of_a_text_without_its_optional_value_is_left_out() -> None:
    """C6."""
    said = text("ended", "en", refund="0.00 USD", restore_until="", owed="")

    assert len(said.splitlines()) == 3


def test_a_text_lacks_nothing_it_needs() -> None:
    """C6."""
    with pytest.raises(MissingValue, match="line"):
        text("declared", "en", line="")
    with pytest.raises(UnknownNotice, match="closed as a text"):
        text("closed", "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_notices_are_short(name: str, language: str) -> None:
    message = compose(outgoing(name, language), base_url=BASE)

    most_subject, most_body = (90, 1500) if language == "en" else (60, 900)
    assert len(message.subject) <= most_subject
    assert len(message.body) <= most_body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_no_notice_has_words_we_do_not_use(name: str, language: str) -> None:
    notice = notices.of(name)
    text = f"{notice.subjects[language]}\n{notice.bodies[language]}".lower()

    assert [word for word in FORBIDDEN[language] if word in text] == []


@pytest.mark.parametrize("name", NAMES)
def test_each_language_keeps_to_its_script(name: str) -> None:
    notice = notices.of(name)
    hans = notice.subjects["zh-Hans"] + notice.bodies["zh-Hans"]
    hant = notice.subjects["zh-Hant"] + notice.bodies["zh-Hant"]

    assert set(TRADITIONAL).isdisjoint(hans)
    assert set(SIMPLIFIED).isdisjoint(hant)
    assert not any(_is_chinese(char) for char in notice.subjects["en"] + notice.bodies["en"])


def _is_chinese(char: str) -> bool:
    return "CJK" in unicodedata.name(char, "")


def test_the_list_of_notices_is_what_use_cases_send() -> None:
    assert {
        "declared", "confirm", "in_review", "needs_input", "approved", "declined", "withdrawn",
        "ended", "certificate", "restored", "closed", "refund_paid", "refund_failed",
        "changed_details", "sunset_ahead", "declared_lines", "withdrawn_lines", "account_closed",
        "asked_holder", "ask_confirmed", "ask_declined", "aftercare", "message",
        "code_log_in", "code_reset", "code_step_up", "access_changed",
        "data_ready", "dispute_upheld", "dispute_rejected",
    } == set(NAMES)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", [*ReturnReason, *DeclineReason, Refusal.IDENTITY_DOCUMENT_MISSING])
def test_every_reason_has_words(code: str, language: str) -> None:
    assert shipped("notice_reasons").say(f"notices.reason.{code}", language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("change", Change)
def test_every_change_of_a_log_in_has_words(change: Change, language: str) -> None:
    """A1, P1."""
    message = compose(outgoing("access_changed", language, what=f"access_{change.value}"))

    assert f"notices.reason.access_{change.value}" in shipped("notice_reasons")
    assert "/account/help" in message.body


def test_times_stand_in_the_time_zone_of_the_brand() -> None:
    english = compose(outgoing("approved", "en"), base_url=BASE)
    chinese = compose(outgoing("approved", "zh-Hans"), base_url=BASE)

    assert "November 30, 2026, 00:00 (UTC-7)" in english.body
    assert "2026年11月30日 00:00（UTC-7）" in chinese.body


def test_a_paragraph_without_its_optional_value_is_left_out() -> None:
    message = compose(outgoing("needs_input", "en", words=""), base_url=BASE)

    assert "Our agent wrote" not in message.body
    assert "A bill is not paid yet" in message.body


def test_an_amount_of_zero_is_left_out() -> None:
    message = compose(outgoing("certificate", "en", owed="0.00 USD"), base_url=BASE)

    assert "You still owe" not in message.body
    assert "We pay US$12.50 back" in message.body


def test_words_of_an_agent_are_quoted_line_by_line() -> None:
    message = compose(outgoing("needs_input", "en"), base_url=BASE)

    assert "> Please pay bill B-7.\n> Then answer here." in message.body


@pytest.mark.parametrize("bad", ["\r\n", "\n", "\x00", "\u2028", "\u202e", "\x85"])
def test_no_value_can_end_a_header(bad: str) -> None:
    evil = f"Eve{bad}Bcc: all@example.org"

    message = compose(outgoing("declared", "en", number=evil, line=evil), base_url=BASE)

    assert len(message.subject.splitlines()) == 1
    assert bad not in message.subject
    assert all(unicodedata.category(char) not in {"Cc", "Cf"} for char in message.subject)


def test_braces_in_values_stay_what_they_are() -> None:
    message = compose(outgoing("declared", "en", name="{check_url}{0}"), base_url=BASE)

    assert "Hello {check_url}{0}," in message.body


def test_the_confirmation_link_carries_case_and_window() -> None:
    message = compose(outgoing("confirm", "zh-Hans"), base_url=BASE)

    token = message.body.split(f"{BASE}/confirm/")[1].split()[0]
    assert read_token(token) == (CASE, VALUES["until"])


def test_attachments_go_along_unchanged() -> None:
    paper = Attachment(filename="receipt.pdf", media_type="application/pdf", content=b"%PDF")

    message = compose(outgoing("declared", "en"), attachments=[paper], base_url=BASE)

    assert message.attachments == (paper,)


def test_a_reader_without_a_name_is_still_greeted() -> None:
    message = compose(outgoing("declared", "en", name=""), base_url=BASE)

    assert message.body.startswith("Hello there,")


def test_a_missing_value_sends_nothing() -> None:
    with pytest.raises(MissingValue, match="effective_at"):
        compose(outgoing("approved", "en", effective_at=""), base_url=BASE)


@pytest.mark.parametrize(("name", "language"), [("nothing", "en"), ("declared", "fr")])
def test_an_unknown_notice_or_language_is_refused(name: str, language: str) -> None:
    with pytest.raises(UnknownNotice):
        notices.render(name, language, values={})


def _breaks(change: Callable[[Path], object], folder: Path) -> str:
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    change(folder)
    with pytest.raises(BadNotice) as caught:
        notices.load(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("_case", "change", "told"),
    [
        ("a language is missing", lambda f: shutil.rmtree(f / "closed/zh-Hant"), "subject.txt"),
        ("a file is missing", lambda f: (f / "closed/en/body.txt").unlink(), "body.txt"),
        ("a text is missing", lambda f: (f / "ended/en/sms.txt").unlink(), "sms.txt"),
        (
            "a text says more in one language",
            lambda f: (f / "ended/en/sms.txt").write_text("{brand_name}"),
            "ended: sms.txt",
        ),
        (
            "a text shows what is not declared",
            lambda f: [
                (f / "ended" / each / "sms.txt").write_text("{stranger}") for each in LANGUAGES
            ],
            "ended: sms.txt",
        ),
        (
            "a channel is unknown",
            lambda f: (f / "closed/notice.toml").write_text(
                'audience = "a"\nchannels = ["pigeon"]\n[variables]\nname = "text"\n'
            ),
            "channels",
        ),
        ("a file is empty", lambda f: (f / "closed/en/body.txt").write_text(" "), "empty"),
        (
            "a variable is not declared",
            lambda f: (f / "closed/en/subject.txt").write_text("{number} {line} {stranger}"),
            "stranger",
        ),
        (
            "a variable is not used",
            lambda f: (f / "withdrawn/en/body.txt").write_text("{name} {brand_name}"),
            "status_url",
        ),
        (
            "a subject depends on an optional value",
            lambda f: (f / "ended/en/subject.txt").write_text("{number} {line} {refund}"),
            "subject",
        ),
        ("a placeholder is broken", lambda f: (f / "foot/en.txt").write_text("{brand"), "foot"),
        (
            "the foot lacks the code",
            lambda f: (f / "foot/en.txt").write_text("{brand_name}"),
            "foot",
        ),
        (
            "the declaration is no TOML",
            lambda f: (f / "ended/notice.toml").write_text("variables"),
            "notice.toml",
        ),
        (
            "a kind is unknown",
            lambda f: (f / "ended/notice.toml").write_text(
                'audience = "a"\nchannels = []\n[variables]\nname = "number"\n'
            ),
            "number",
        ),
    ],
)
def test_an_incomplete_folder_is_refused(
    _case: str, change: Callable[[Path], object], told: str, tmp_path: Path
) -> None:
    assert told in _breaks(change, tmp_path)


def test_kinds_of_variables_are_those_compose_knows() -> None:
    kinds = {kind for notice in notices.every().values() for kind in notice.variables.values()}

    assert kinds == set(Kind)
