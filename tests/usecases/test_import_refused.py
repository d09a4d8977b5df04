"""Imports of an account book: what is refused and why, and that it spoils no other."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from signoff.records import models
from signoff.usecases.import_book import Refused, import_files
from usecases.book_files import (
    ACCOUNT,
    ICCID,
    LINE,
    NOW,
    OTHER_ICCID,
    WRONG_ICCID,
    Import,
    Json,
    changed,
    counts,
    importer,
    problems,
    usd,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    return importer(tmp_path)


@pytest.mark.parametrize(
    ("fields", "at", "what"),
    [
        ({"brand": "boundlarc"}, "brand", "'boundlarc' is no brand of this installation"),
        ({"brand": None}, "brand", "is missing"),
        ({"place": "us-xx"}, "place", "'us-xx' is no place that is known"),
        ({"external_id": "A 1"}, "external_id", "is no id"),
        ({"holder__email": "lin"}, "holder.email", "is no e-mail address"),
        ({"holder__language": "fr"}, "holder.language", "'fr' is none of the choices"),
        ({"facts__balance": 12}, "facts.balance", "it is not an amount"),
        ({"facts__balance__minor": 12.5}, "facts.balance.minor", "12.5 is no whole number"),
        ({"facts__balance__minor": 10**16}, "facts", "holds an amount beyond all measure"),
        ({"facts__balance__currency": "EUR"}, "facts", "amount in EUR, account is in USD"),
        ({"facts__details__name": None}, "facts.details.name", "is missing"),
        ({"facts__bils": []}, "facts.bils", "is not known here"),
        ({"facts__points": {"amount": -5}}, "facts.points.amount", "is below zero"),
        ({"facts__tax_basis_points": -1}, "facts", "tax_basis_points must lie between"),
        ({"type": "acount"}, "type", "names no kind of record"),
    ],
)
def test_a_wrong_account_is_refused_with_field_and_reason(
    imported: Import, fields: Json, at: str, what: str
) -> None:
    result, refused = imported(changed(ACCOUNT, **fields))

    (found,) = refused[0].findings
    assert found.at == at
    assert what in found.what
    assert found.instead
    assert result.refused == 1
    assert not models.Account.objects.exists()
    assert not models.User.objects.exists()


@pytest.mark.parametrize(
    ("fields", "at", "what"),
    [
        ({"iccid": WRONG_ICCID}, "iccid", "has a wrong check digit"),
        ({"iccid": "8.91E+18"}, "iccid", "is no ICCID"),
        ({"msisdn": "212-555-0171"}, "msisdn", "is no number with its country"),
        ({"msisdn": "+1999555"}, "msisdn", "is a number that no country gives out"),
        ({"imsi": "123"}, "imsi", "is no IMSI"),
        ({"carrier": "att"}, "carrier", "'att' is no carrier of boundlark"),
        ({"account": "A-2"}, "account", "there is no account 'A-2' of boundlark"),
        ({"facts__plan__fee": usd(-1)}, "facts.plan", "an amount is below zero"),
        ({"facts__usage__calls": -1}, "facts.usage", "counts below zero"),
        ({"facts__cycle__ends_at": "2026-10-01T00:00:00Z"}, "facts.cycle", "ends_at must be"),
        ({"facts__cycle__ends_at": "2026-12-01T00:00:00"}, "facts.cycle", "need a time zone"),
        (
            {"facts__device": {"model": "X", "balance": usd(0), "imei": "490154203237519"}},
            "facts.device.imei",
            "is no IMEI",
        ),
    ],
)
def test_a_wrong_line_is_refused_with_field_and_reason(
    imported: Import, fields: Json, at: str, what: str
) -> None:
    _, refused = imported(ACCOUNT, changed(LINE, **fields))

    (found,) = refused[0].findings
    assert (refused[0].line, found.at) == (2, at)
    assert what in found.what
    assert found.instead
    assert not models.Line.objects.exists()


def test_a_problem_quotes_no_number_and_no_address(imported: Import) -> None:
    wrong = changed(LINE, msisdn="+19995550171", iccid=WRONG_ICCID)

    _, refused = imported(changed(ACCOUNT, holder__email="lin at example"), wrong)

    text = str([each.findings for each in refused])
    assert len(refused) == 2
    assert not any(secret in text for secret in ("9995550171", ICCID[:-1], "lin at"))


def test_wrong_lines_in_the_middle_spoil_no_other(imported: Import) -> None:
    result, refused = imported(ACCOUNT, '{"type": "account", oops', "", "[1]", LINE)

    assert [(each.line, each.findings[0].what) for each in refused] == [
        (2, "is not JSON: key must be a string"),
        (4, "is no JSON object"),
    ]
    assert counts(result, "line") == (1, 0, 0)


def test_bytes_that_are_no_text_spoil_no_other(tmp_path: Path) -> None:
    file = tmp_path / "book.jsonl"
    refused: list[Refused] = []
    file.write_bytes(b'{"type": "\xff\xfe"}\n' + json.dumps(ACCOUNT).encode())

    result = import_files([file], now=NOW, refuse=refused.append)

    assert problems(refused)[0][0] == 1
    assert counts(result, "account") == (1, 0, 0)


def test_a_line_without_end_is_passed_over(imported: Import) -> None:
    result, refused = imported('{"type": "' + "x" * 3_000_000, ACCOUNT)

    assert problems(refused) == [(1, "", "is longer than 1024 KiB")]
    assert counts(result, "account") == (1, 0, 0)


def test_a_nul_character_is_refused_before_the_database_sees_it(imported: Import) -> None:
    _, refused = imported(changed(ACCOUNT, facts__details__name="Lin\0"))

    assert problems(refused) == [(1, "", "holds a NUL character")]


def test_a_sim_of_another_line_is_refused(imported: Import) -> None:
    imported(ACCOUNT, LINE)

    _, refused = imported(
        changed(LINE, external_id="L-2", msisdn="+12125550172"),
        changed(LINE, external_id="L-3", iccid=OTHER_ICCID),
    )

    assert problems(refused) == [
        (1, "iccid", "is the SIM of line L-1 of boundlark"),
        (2, "msisdn", "is the number of line L-1 of boundlark"),
    ]
    assert models.Line.objects.count() == 1


def test_two_new_lines_of_one_file_do_not_share_a_sim(imported: Import) -> None:
    result, refused = imported(
        ACCOUNT, LINE, changed(LINE, external_id="L-2", msisdn="+12125550172")
    )

    assert problems(refused) == [(3, "iccid", "is the SIM of line L-1 of boundlark")]
    assert counts(result, "line") == (1, 0, 0)


def test_a_record_of_another_brand_than_asked_for_is_refused(imported: Import) -> None:
    _, refused = imported(ACCOUNT, brand="farwander")

    assert problems(refused) == [(1, "brand", "is not farwander, which was asked for")]


def test_what_can_be_settled_must_have_names_of_its_own(imported: Import) -> None:
    twice = deepcopy(ACCOUNT)
    twice["facts"]["bills"] *= 2

    _, refused = imported(twice)

    assert problems(refused) == [(1, "facts.bills", "has the id 'B-1' twice")]
