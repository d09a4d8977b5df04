"""The certificate of line termination on one A4 page.

In Chinese every label and sentence also stands in English, smaller, so that a bank in the United
States can read it too.
"""

from dataclasses import dataclass
from datetime import datetime

import phonenumbers

from signoff.domain import checkpoint
from signoff.domain.canonical import decode, parse_time
from signoff.domain.certificate import CertificateBody
from signoff.domain.certificate_file import Certificate, parse
from signoff.domain.money import Money
from signoff.wording.catalogue import shipped
from signoff.wording.typeset import (
    ACCENT,
    HEIGHT,
    INNER,
    MARGIN,
    SOFT,
    WIDTH,
    Page,
    fitted,
    lines_of,
    width_of,
)

_GAP = 22.0
_HALF = (INNER - _GAP) / 2
_QR = 84.0
_FOOT_TOP = HEIGHT - 158
_LAST_LINE = _FOOT_TOP - 26
_VALUE, _BESIDE = 9.5, 7.5


def certificate_pdf(certificate: bytes, *, language: str) -> bytes:
    """The unsealed PDF of a certificate file; `domain.sealed_pdf.seal` makes it verifiable.

    Raises NotCanonical or BadCertificate where the file is none. The same file gives the same
    bytes.
    """
    return _Sheet(parse(decode(certificate)), language).drawn()


def show_time(text: str) -> str:
    """A time as people and banks read it, in UTC."""
    moment: datetime = parse_time(text)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def show_number(msisdn: str) -> str:
    """A phone number as it is written internationally."""
    try:
        parsed = phonenumbers.parse(msisdn)
    except phonenumbers.NumberParseException:
        return msisdn
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@dataclass(frozen=True, slots=True)
class _Fact:
    """One label with its value, and the value in English where it differs."""

    label: str
    value: str
    english: str = ""


class _Sheet:
    """One certificate being drawn."""

    def __init__(self, certificate: Certificate, language: str) -> None:
        self._certificate = certificate
        self._body: CertificateBody = certificate.body
        self._language = language
        self._texts = shipped("pdf")
        title = f"{self._say('title')} {self._body.case_reference}"
        self._page = Page(language=language, title=title, author=self._body.issuer_operator)

    def drawn(self) -> bytes:
        y = self._head()
        y = self._statement(y)
        y = self._line(y + 6)
        y = self._section("line", y, columns=2, rows=self._line_facts())
        y = self._section("dates", y, columns=3, rows=self._dates())
        y = self._section("proof", y, columns=3, rows=self._proof())
        self._section("money", y, columns=3, rows=self._money())
        self._verification()
        return self._page.finish()

    def _say(self, key: str, **values: str | int) -> str:
        return self._texts.say(f"pdf.certificate.{key}", self._language, **values)

    def _english(self, key: str, **values: str | int) -> str:
        """The English sentence beside the Chinese one; nothing beside English."""
        if self._language == "en":
            return ""
        return self._texts.say(f"pdf.certificate.{key}", "en", **values)

    def _word(self, kind: str, code: str) -> tuple[str, str]:
        """The name of a code in the language and in English; of a code without name, itself."""
        key = f"pdf.{kind}.{code}"
        if key not in self._texts:
            return code, ""
        english = "" if self._language == "en" else self._texts.say(key, "en")
        return self._texts.say(key, self._language), english

    def _head(self) -> float:
        page, body = self._page, self._body
        page.box(x=0, y=0, width=WIDTH, height=7, color=ACCENT)
        issuer = fitted(body.issuer_operator, width=_HALF, size=10.5, bold=True)
        page.text(issuer, x=MARGIN, y=50, size=10.5, bold=True, color=ACCENT)
        reference = fitted(f"{self._say('case')}  {body.case_reference}", width=_HALF, size=9)
        page.text(reference, x=WIDTH - MARGIN, y=50, size=9, color=SOFT, align="right")
        page.text(self._say("title"), x=MARGIN, y=96, size=25, bold=True)
        if english := self._english("title"):
            page.text(english, x=MARGIN, y=115, size=11.5, color=SOFT)
            return 142
        return 124

    def _statement(self, y: float) -> float:
        body = self._body
        key = f"statement.{body.carrier_proof_method}"
        values = {"issuer": body.issuer_operator, "ended": show_time(body.times_ended)}
        y = self._page.paragraph(
            self._say(key, **values), x=MARGIN, y=y, width=INNER, size=10.5, leading=17
        )
        if english := self._english(key, **values):
            y = self._page.paragraph(
                english, x=MARGIN, y=y - 2, width=INNER, size=8, leading=11.5, color=SOFT
            )
        return y

    def _line(self, y: float) -> float:
        """The two facts everybody looks for."""
        page, body = self._page, self._body
        number = show_number(body.line_msisdn) if body.line_msisdn else self._say("no_number")
        page.box(x=MARGIN, y=y, width=INNER, height=58)
        page.box(x=MARGIN, y=y, width=4, height=58, color=ACCENT)
        for x, key, value in (
            (MARGIN + 20, "number", number),
            (MARGIN + _HALF + _GAP, "ended", show_time(body.times_ended)),
        ):
            self._label(key, x=x, y=y + 20)
            end = page.text(value, x=x, y=y + 43, size=15, bold=True)
            if key == "number" and not body.line_msisdn:
                page.text(self._english("no_number"), x=end + 8, y=y + 43, size=9, color=SOFT)
        return y + 58 + 24

    def _label(self, key: str, *, x: float, y: float) -> None:
        end = self._page.text(self._say(key), x=x, y=y, size=8, color=SOFT)
        if english := self._english(key):
            self._page.text(english, x=end + 5, y=y, size=7, color=SOFT)

    def _section(self, key: str, y: float, *, columns: int, rows: list[list[_Fact]]) -> float:
        page = self._page
        y = self._room(y, 40)
        end = page.text(self._say(key), x=MARGIN, y=y, size=10, bold=True, color=ACCENT)
        if english := self._english(key):
            page.text(english, x=end + 6, y=y, size=8, color=SOFT)
        page.rule(x=MARGIN, y=y + 6, width=INNER)
        y += 20
        width = (INNER + _GAP) / columns
        for row in rows:
            # The last fact of a row may use the columns that are left over.
            widths = [width - _GAP] * len(row)
            widths[-1] = INNER - width * (len(row) - 1)
            y = self._room(y, max(map(self._height, row, widths)))
            y = max(
                self._fact(fact, x=MARGIN + number * width, y=y, width=widths[number])
                for number, fact in enumerate(row)
            )
        return y + 6

    def _room(self, y: float, height: float) -> float:
        """Where something of this height goes: here, or on a new sheet."""
        if y + height <= _LAST_LINE:
            return y
        self._page.turn()
        return 60

    def _height(self, fact: _Fact, width: float) -> float:
        return 13.5 * len(lines_of(fact.value, width=width, size=_VALUE)) + (
            10.5 * len(lines_of(fact.english, width=width, size=_BESIDE)) if fact.english else 0
        )

    def _fact(self, fact: _Fact, *, x: float, y: float, width: float) -> float:
        page = self._page
        self._label(fact.label, x=x, y=y)
        end = x
        for line in lines_of(fact.value, width=width, size=_VALUE):
            y += 13.5
            end = page.text(line, x=x, y=y, size=_VALUE)
        if fact.english and fact.english != fact.value:
            if end - x + 6 + width_of(fact.english, size=_BESIDE) <= width:
                page.text(fact.english, x=end + 6, y=y, size=_BESIDE, color=SOFT)
            else:
                y = page.paragraph(
                    fact.english, x=x, y=y + 10.5, width=width, size=_BESIDE, leading=10.5,
                    color=SOFT,
                ) - 10.5  # fmt: skip
        return y + 17

    def _line_facts(self) -> list[list[_Fact]]:
        body = self._body
        kind, kind_en = self._word("kind", body.line_kind)
        return [
            [
                _Fact("holder", body.holder_name),
                _Fact("brand", body.brand_name, self._beside(body.brand_name_en)),
            ],
            [
                _Fact("product", body.line_product, self._beside(body.line_product_en)),
                _Fact("kind", kind, kind_en),
            ],
            [
                _Fact("iccid", body.line_iccid or self._say("no_iccid")),
                _Fact("carrier", body.line_carrier_name),
            ],
        ]

    def _beside(self, english: str) -> str:
        return "" if self._language == "en" else english

    def _dates(self) -> list[list[_Fact]]:
        body = self._body
        until = body.times_restorable_until
        outcome, outcome_en = self._word("outcome", body.number_outcome)
        restorable = (
            _Fact("restorable_until", show_time(until))
            if until
            else _Fact(
                "restorable_until", self._say("not_restorable"), self._english("not_restorable")
            )
        )
        return [
            [
                _Fact("declared", show_time(body.times_declared)),
                _Fact("charging_stopped", show_time(body.times_charging_stopped)),
                _Fact("effective", show_time(body.times_effective)),
            ],
            [restorable, _Fact("number_outcome", outcome, outcome_en)],
        ]

    def _proof(self) -> list[list[_Fact]]:
        body = self._body
        return [
            [
                _Fact("state", *self._word("state", body.carrier_proof_state)),
                _Fact("observed", show_time(body.carrier_proof_observed_at)),
                _Fact("method", *self._word("method", body.carrier_proof_method)),
            ],
            [_Fact("reference", body.carrier_proof_reference)],
        ]

    def _money(self) -> list[list[_Fact]]:
        body = self._body
        total = Money(abs(body.statement_total), body.statement_currency)
        amounts = {
            "refund": Money(body.statement_refund, body.statement_currency),
            "owed": Money(body.statement_owed, body.statement_currency),
        }
        if body.statement_total:
            side = "in_favour" if body.statement_total < 0 else "to_pay"
            result = _Fact(
                "total",
                self._say(side, amount=str(total)),
                self._english(side, amount=str(total)),
            )
        else:
            result = _Fact("total", str(total))
        return [[result, *(_Fact(key, str(amount)) for key, amount in amounts.items())]]

    def _verification(self) -> None:
        page, body = self._page, self._body
        top, url = _FOOT_TOP, body.issuer_verify_url
        page.rule(x=MARGIN, y=top - 14, width=INNER, color=ACCENT, weight=1)
        page.qr(url, x=MARGIN, y=top, side=_QR)
        page.link(url, x=MARGIN, y=top, width=_QR, height=_QR)
        x, width = MARGIN + _QR + 18, INNER - _QR - 18
        end = page.text(self._say("verify"), x=x, y=top + 8, size=10, bold=True, color=ACCENT)
        if english := self._english("verify"):
            page.text(english, x=end + 6, y=top + 8, size=8, color=SOFT)
        place = url.partition("/verify")[0] + "/verify"
        y = page.paragraph(
            self._say("verify_how", url=place), x=x, y=top + 23, width=width, size=8, leading=11.5
        )
        y += 3
        for key, value in self._marks():
            page.text(self._say(key), x=x, y=y, size=6.8, color=SOFT)
            page.text(value, x=x + 62, y=y, size=6.8)
            y += 9.6
        self._foot()

    def _marks(self) -> list[tuple[str, str]]:
        body, inclusion = self._body, self._certificate.inclusion
        origin = checkpoint.parse(self._certificate.checkpoint).checkpoint.origin
        entry = self._say(
            "log_entry", origin=origin, entry=inclusion.leaf_index + 1, size=inclusion.tree_size
        )
        return [
            ("id", body.id),
            ("issued", show_time(body.issued_at)),
            ("fingerprint", body.sha256()),
            ("log", entry),
            ("key", body.issuer_key_id),
        ]

    def _foot(self) -> None:
        until = self._body.times_restorable_until
        key = "note_restorable" if until else "note_final"
        values = {"until": show_time(until)} if until else {}
        y = self._page.paragraph(
            self._say(key, **values), x=MARGIN, y=HEIGHT - 46, width=INNER, size=7.5, leading=10.5,
            color=SOFT,
        )  # fmt: skip
        if english := self._english(key, **values):
            self._page.paragraph(
                english, x=MARGIN, y=y, width=INNER, size=7, leading=10, color=SOFT
            )
