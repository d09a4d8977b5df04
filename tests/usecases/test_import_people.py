"""People beside the holder come in with the account book (A7)."""

import json
from pathlib import Path
from typing import Any

import pytest

from signoff.records import models
from signoff.usecases.import_book import Refused, import_files
from usecases.book_files import ACCOUNT, LINE, NOW, changed

pytestmark = pytest.mark.django_db

HELPER = {"email": "Bo@example.com", "right": "authorised", "name": "林博", "language": "en"}
USER = {"email": "ning@example.com", "right": "user", "name": "林宁"}


def imported(path: Path, *records: Any) -> list[Refused]:
    file = path / "book.jsonl"
    file.write_text("\n".join(json.dumps(each) for each in records) + "\n", encoding="utf-8")
    refused: list[Refused] = []
    import_files([file], now=NOW, refuse=refused.append)
    return refused


def rights() -> set[tuple[str, bool, str]]:
    found = models.Entitlement.objects.select_related("user")
    return {(each.user.email, each.line_id is not None, each.right) for each in found}


def test_people_log_in_with_the_right_their_record_gives(tmp_path: Path) -> None:
    """A7: on every line of the account, or on one."""
    refused = imported(tmp_path, changed(ACCOUNT, people=[HELPER]), changed(LINE, people=[USER]))

    assert not refused
    assert rights() == {("bo@example.com", False, "authorised"), ("ning@example.com", True, "user")}
    person = models.User.objects.get(email="ning@example.com")
    assert (person.first_name, person.has_usable_password()) == ("林宁", False)


def test_who_is_left_out_of_a_changed_record_has_no_right_any_more(tmp_path: Path) -> None:
    """A7: a record names exactly who has one; the same again changes nothing."""
    imported(tmp_path, changed(ACCOUNT, people=[HELPER]), changed(LINE, people=[USER]))
    before = list(models.Entitlement.objects.order_by("id").values())
    imported(tmp_path, changed(ACCOUNT, people=[HELPER]), changed(LINE, people=[USER]))
    assert list(models.Entitlement.objects.order_by("id").values()) == before

    heir = {**USER, "right": "heir"}
    refused = imported(tmp_path, ACCOUNT, changed(LINE, people=[heir]))

    assert not refused
    assert rights() == {("ning@example.com", True, "heir")}


@pytest.mark.parametrize(
    ("people", "at", "what"),
    [
        ([{**USER, "email": "ning"}], "people[0].email", "is no e-mail address"),
        ([{**USER, "right": "owner"}], "people[0].right", "is none of the choices"),
        ([{**USER, "name": "x" * 151}], "people[0].name", "is longer than 150 characters"),
        ([{"email": "ning@example.com"}], "people[0].right", "is missing"),
        ([{**USER, "phone": "1"}], "people[0].phone", "is not known here"),
    ],
)
def test_a_wrong_person_is_refused_with_field_and_reason(
    tmp_path: Path, people: list[Any], at: str, what: str
) -> None:
    """Q6: the record is refused whole."""
    (refused,) = imported(tmp_path, ACCOUNT, changed(LINE, people=people))

    (found,) = refused.findings
    assert (found.at, what in found.what) == (at, True)
    assert not models.Line.objects.exists()


def test_a_column_names_the_user_of_a_line(tmp_path: Path) -> None:
    """A7, K5: CSV."""
    imported(tmp_path, ACCOUNT)
    file = tmp_path / "lines.csv"
    file.write_text(
        "brand,external_id,account,msisdn,iccid,carrier,currency,plan,plan_fee,cycle_starts_at,"
        "cycle_ends_at,user_email,user_name\n"
        f"boundlark,L-9,A-1,+12125550179,{LINE['iccid']},verizon,USD,Family,45.00,"
        "2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,ning@example.com,Ning\n",
        encoding="utf-8",
    )
    refused: list[Refused] = []

    import_files([file], now=NOW, refuse=refused.append)

    assert not refused
    assert rights() == {("ning@example.com", True, "user")}
