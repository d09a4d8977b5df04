"""T2, Q5: certificates and receipts show right in three languages on any machine."""

import io
import re
from dataclasses import replace

import pytest
from pypdf import PdfReader

from signoff.domain.certificate import CertificateBody
from signoff.testing.certificates import BODY, specimen
from signoff.testing.signing import MemorySigner
from signoff.wording.catalogue import LANGUAGES
from signoff.wording.pdf import certificate_pdf, show_number
from signoff.wording.receipt import Facts, Heading, Paragraph, Steps, Table, receipt_pdf
from signoff.wording.typeset import fitted, lines_of, runs, shown, width_of

SIGNER = MemorySigner()


def drawn(body: CertificateBody = BODY, *, language: str = "zh-Hans") -> PdfReader:
    return PdfReader(io.BytesIO(certificate_pdf(specimen(SIGNER, body=body), language=language)))


def text_of(pdf: PdfReader) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pdf.pages))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-Hans", ["线路终止证明", "持有人", "已交还运营商", "Certificate of Line Termination"]),
        ("zh-Hant", ["線路終止證明", "持有人", "已交還電信商", "Certificate of Line Termination"]),
        ("en", ["Certificate of Line Termination", "Holder", "Given back to the carrier"]),
    ],
)
def test_a_certificate_says_its_facts(language: str, words: list[str]) -> None:
    text = text_of(drawn(language=language))

    facts = ["欧阳明珠", "+1 202-555-0143", "8901260123456789016", "2026-03-14 09:26:12 UTC",
             "12.50 USD", BODY.carrier_proof_reference, BODY.id]  # fmt: skip
    assert [word for word in [*words, *facts] if word not in text] == []


def test_an_english_certificate_carries_no_chinese_label() -> None:
    body = replace(BODY, holder_name="A", brand_name="B", line_product="C")

    assert not re.search(r"[\u4e00-\u9fff]", text_of(drawn(body, language="en")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_font_is_embedded_and_its_text_can_be_copied(language: str) -> None:
    fonts = [font.get_object() for page in drawn(language=language).pages
             for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]  # fmt: skip

    assert fonts
    for font in fonts:
        assert "NotoSans" in font["/BaseFont"]
        assert "/FontFile2" in font["/FontDescriptor"]
        assert "/ToUnicode" in font


def test_the_same_certificate_gives_the_same_bytes() -> None:
    data = specimen(SIGNER)

    assert certificate_pdf(data, language="zh-Hant") == certificate_pdf(data, language="zh-Hant")


def test_a_certificate_is_one_small_page() -> None:
    data = certificate_pdf(specimen(SIGNER), language="zh-Hans")

    assert len(PdfReader(io.BytesIO(data)).pages) == 1
    assert len(data) < 100_000


def test_values_of_any_length_are_shown_whole() -> None:
    body = replace(
        BODY, holder_name="霖" * 200, line_product="plan " * 39 + "x", issuer_operator="Op" * 100,
        brand_name_en="brand " * 33, carrier_proof_reference="r" * 200,
        carrier_proof_state="odd",
    )  # fmt: skip

    pdf = drawn(body)
    text = text_of(pdf).replace(" ", "")

    assert len(pdf.pages) > 1
    assert text.count("霖") == 200
    assert "plan" * 39 + "x" in text
    assert "r" * 90 in text
    assert "odd" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"line_msisdn": None, "number_outcome": "none"}, ["No number, data only"]),
        ({"line_iccid": None}, ["Not recorded"]),
        ({"times_restorable_until": None}, ["Cannot be restored"]),
        ({"statement_total": 0}, ["0.00 USD"]),
        ({"statement_total": 4399, "statement_currency": "JPY"}, ["4399 JPY charged"]),
        ({"carrier_proof_method": "agent_evidence"}, ["whose evidence is on record"]),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(changes: dict[str, object], words: list[str]) -> None:
    body = parse_changed(changes)

    text = text_of(drawn(body, language="en"))

    assert [word for word in words if word not in text] == []


def parse_changed(changes: dict[str, object]) -> CertificateBody:
    values = {name: getattr(BODY, name) for name in BODY.__slots__}
    return CertificateBody(**{**values, **changes})


def test_a_character_without_a_glyph_is_shown_as_its_code() -> None:
    assert shown("𠮷野 🐟 e\u0301\n明") == "[U+20BB7]野 [U+1F41F] é 明"


def test_names_from_the_whole_chinese_world_have_glyphs() -> None:
    names = "镕喆堃垚淼犇燚龘𬭎陳昱堃莊頤瑀歐陽靖妏姮郭台銘さくら Müller Nguyễn Владимир"

    assert shown(names) == names


def test_traditional_chinese_is_drawn_as_in_taiwan() -> None:
    regular = runs("證明，今你 A", bold=False, language="zh-Hant")

    assert ("NotoSansTC-Regular", "，今") in regular
    assert {name for name, _ in regular} == {"NotoSansTC-Regular", "NotoSansSC-Regular"}
    assert {name for name, _ in runs("證明，今你", bold=False, language="zh-Hans")} == {
        "NotoSansSC-Regular"
    }


def test_a_character_the_bold_font_lacks_is_set_in_regular() -> None:
    assert runs("明镕", bold=True, language="zh-Hans") == [
        ("NotoSansSC-Bold", "明"), ("NotoSansSC-Regular", "镕")
    ]  # fmt: skip


def test_lines_break_between_words_and_never_before_a_full_stop() -> None:
    lines = lines_of("中文。" * 20 + " some English words here", width=100, size=10)

    assert all(width_of(line, size=10) <= 100 for line in lines)
    assert not [line for line in lines if line.startswith("。")]
    assert "".join(lines).replace(" ", "") == "中文。" * 20 + "someEnglishwordshere"
    assert any("some" in line for line in lines)


def test_a_word_wider_than_the_line_is_cut() -> None:
    lines = lines_of("x" * 100, width=50, size=10)

    assert "".join(lines) == "x" * 100
    assert len(lines) > 1


def test_nothing_is_one_empty_line() -> None:
    assert lines_of("", width=50, size=10) == [""]


def test_what_is_too_wide_for_a_header_ends_in_an_ellipsis() -> None:
    cut = fitted("word " * 50, width=100, size=10)

    assert cut.endswith("…")
    assert width_of(cut, size=10) <= 100
    assert fitted("word", width=100, size=10) == "word"


def test_numbers_are_written_internationally_where_they_can_be() -> None:
    assert show_number("+8613800138000") == "+86 138 0013 8000"
    assert show_number("+999") == "+999"
    assert show_number("x") == "x"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_shows_every_block_on_as_many_pages_as_it_needs(language: str) -> None:
    data = receipt_pdf(
        language=language, issuer="Specimen Mobile LLC " * 9, reference="FW-1",
        title="终止声明回执",
        subtitle="请妥善保存", footer="foot", verify_url="https://signoff.example/verify",
        blocks=[
            Facts([("姓名", "欧阳明珠"), ("long", "value " * 60)]),
            Heading("结算"),
            Table(
                ("项目", "依据", "金额"),
                [("余额", "rule", "-12.50 USD")] * 40,
                ("合计", "", "1 USD"),
            ),
            Table(("what", "amount"), []),
            Paragraph("一段话。" * 200),
            Steps(["第一步", "second step"]),
        ],
    )  # fmt: skip
    pdf = PdfReader(io.BytesIO(data))

    text = text_of(pdf)

    assert len(pdf.pages) == 3
    assert text.count("-12.50 USD") == 40
    assert text.count("一段话") == 200
    words = [
        "终止声明回执",
        "请妥善保存",
        "合计",
        "第一步",
        "second step",
        "signoff.example/verify",
    ]
    assert [word for word in words if word not in text] == []
