"""T2: what a certificate may say."""

import pickle
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from hashlib import sha256

import pytest

from signoff.domain.certificate import (
    LAYOUT,
    BadCertificate,
    CertificateBody,
    Flaw,
    has_form,
    parse_body,
    plain_text,
)
from signoff.testing.certificates import BODY


def test_the_body_comes_back_from_its_json() -> None:
    assert parse_body(BODY.to_json()) == BODY


def test_every_attribute_has_its_place() -> None:
    names = {field.name for field in fields(CertificateBody)}

    assert names == {path.replace(".", "_") for path in LAYOUT}


def test_the_event_records_the_fingerprint_of_the_body() -> None:
    facts = BODY.event_facts()

    assert facts == {
        "body_sha256": sha256(BODY.signed_bytes()).hexdigest(), "certificate": BODY.id
    }  # fmt: skip


def test_nothing_about_the_person_but_the_name_is_certified() -> None:
    asked = [path for path in LAYOUT if path.startswith("holder.")]

    assert asked == ["holder.name"]
    assert not [path for path in LAYOUT if "address" in path or "mail" in path or "reason" in path]


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("id", "5D6C9D0E-4D67-4F0B-9A3E-0C6C1F0E9B21"),
        ("issued_at", "2026-03-14"),
        ("language", "fr"),
        ("issuer_operator", ""),
        ("issuer_operator", "two\nlines"),
        ("holder_name", "name\u202egnorw"),
        ("issuer_installation", "two words"),
        ("issuer_key_id", "C14FF30999C0D33F"),
        ("issuer_verify_url", "javascript:alert(1)"),
        ("line_msisdn", "2025550143"),
        ("line_iccid", "890126012345678901x"),
        ("number_outcome", "lost"),
        ("carrier_proof_method", "believed"),
        ("statement_currency", "usd"),
        ("statement_total", 12.5),
        ("statement_total", True),
        ("statement_refund", -1),
        ("policy_sha256", None),
        ("format", "signoff-certificate/2"),
    ],
)
def test_a_malformed_value_is_refused_by_name(attribute: str, value: object) -> None:
    changed: Callable[..., CertificateBody] = partial(replace, BODY)

    with pytest.raises(BadCertificate) as refused:
        changed(**{attribute: value})

    assert refused.value.flaw is Flaw.WRONG_FORM
    assert refused.value.path.replace(".", "_") == f"body_{attribute}"


def test_a_line_needs_a_number_or_a_sim() -> None:
    assert replace(BODY, line_msisdn=None).line_iccid
    assert replace(BODY, line_iccid=None).line_msisdn
    with pytest.raises(BadCertificate, match="contradiction"):
        replace(BODY, line_msisdn=None, line_iccid=None)


def test_a_line_cannot_end_before_it_was_declared_or_after_it_was_certified() -> None:
    early, late = "2026-03-14T07:59:59.999Z", "2026-03-14T09:26:53.590Z"

    with pytest.raises(BadCertificate, match="times"):
        replace(BODY, times_ended=early)
    with pytest.raises(BadCertificate, match="times"):
        replace(BODY, times_ended=late)
    with pytest.raises(BadCertificate, match="observed_at"):
        replace(BODY, carrier_proof_observed_at=late)


def test_an_unknown_a_missing_and_a_misplaced_field_are_named() -> None:
    body = BODY.to_json()
    line = body["line"]
    assert isinstance(line, dict)

    for wrong, flaw, path in (
        ({**body, "more": 1}, Flaw.UNKNOWN_FIELD, "body.more"),
        ({**body, "line": {**line, "more": 1}}, Flaw.UNKNOWN_FIELD, "body.line.more"),
        ({**body, "line": {}}, Flaw.MISSING_FIELD, "body.line.kind"),
        ({**body, "line": []}, Flaw.WRONG_FORM, "body.line"),
    ):
        with pytest.raises(BadCertificate) as refused:
            parse_body(wrong)
        assert (refused.value.flaw, refused.value.path) == (flaw, path)


def test_a_refusal_survives_pickling() -> None:
    error = BadCertificate(Flaw.WRONG_FORM, "body.id", wanted="uuid")

    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_plain_text_takes_out_what_hides() -> None:
    assert plain_text("  e\u0301\u202e a\n\tb\x00 ") == "é a b"
    assert plain_text("a \x00\u2028\ufeff b") == "a b"
    assert len(plain_text("長" * 500)) == 200


def test_no_name_stays_in_memory() -> None:
    """X5: a cache would keep the holders of the last thousands of lines until the process ends."""
    name = "".join(["王", "小明"])
    holders = sys.getrefcount(name)

    plain_text(name)

    assert sys.getrefcount(name) == holders


def test_an_unknown_type_has_no_form() -> None:
    assert not has_form(b"2026", "time")
