"""Imports of an account book: batches, CSV, files that cannot be read."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from signoff.records import models
from signoff.usecases.import_book import FileUnusable, Refused, import_files
from signoff.usecases.importing.checking import check
from signoff.usecases.importing.sources import Raw
from usecases.book_files import (
    ACCOUNT,
    CALL,
    LINE,
    NOW,
    WRONG_ICCID,
    Import,
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


def test_what_the_database_refuses_takes_no_other_along(imported: Import) -> None:
    accounts = [changed(ACCOUNT, external_id=f"A-{n}") for n in range(20)]
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE records_account ADD CONSTRAINT planted CHECK (external_id <> 'A-7')"
        )

    result, refused = imported(*accounts)

    assert counts(result, "account") == (19, 0, 0)
    assert [(each.line, each.external_id) for each in refused] == [(8, "A-7")]
    assert "was refused by the database" in refused[0].findings[0].what
    assert "lin.xiaoyu" not in str(refused)


def test_more_records_than_a_batch_in_any_order_that_makes_sense(imported: Import) -> None:
    records = []
    for n in range(1_200):
        records += [
            changed(ACCOUNT, external_id=f"A-{n}"),
            changed(CALL, external_id=f"R-{n}") if n else LINE | {"account": "A-0"},
        ]

    result, refused = imported(*records)

    assert not refused
    assert counts(result, "account") == (1_200, 0, 0)
    assert counts(result, "usage") == (1_199, 0, 0)
    assert models.Line.objects.get().facts["usage"]["calls"] == 1_199


HEAD = "brand,external_id,email,name,place,currency,balance"


def test_csv_says_column_and_line(imported: Import) -> None:
    result, refused = imported(
        HEAD,
        "boundlark,A-1,a@example.com,林,us-ny,USD,12.505",
        'boundlark,A-2,a@example.com,林,us-ny,USD,"1,250"',
        'boundlark,A-3,"a@example.com,林,us-ny,USD,1',
        "boundlark,A-4,a@example.com,林,us-ny,USD,1,",
        "boundlark,A-5,a@example,林,us-nyy,USD,1",
        "boundlark,A-6,,林,us-ny,USD,1",
        "boundlark,A-7,a@example.com,林,us-ny,USD,-12.5",
        name="accounts.csv",
    )

    assert [(line, at) for line, at, _ in problems(refused)] == [
        (2, "balance"),
        (3, "balance"),
        (4, ""),
        (5, ""),
        (6, "email"),
        (6, "place"),
        (7, "email"),
        (7, "contact_email"),
    ]
    assert counts(result, "account") == (1, 0, 0)
    assert models.Account.objects.get().facts["balance"] == usd(-1250)


def test_csv_from_a_spreadsheet_may_begin_with_a_mark(imported: Import) -> None:
    _, refused = imported(
        "\ufeff" + HEAD,
        "farwander,A-1,a@example.com,林,us-ny,JPY,1250",
        "farwander,A-2,a@example.com,林,us-ny,KWD,1.25",
        name="accounts.csv",
    )

    assert not refused
    found = models.Account.objects.order_by("external_id")
    assert [account.facts["balance"]["minor"] for account in found] == [1250, 1250]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.csv", "external_id;email", "columns stand apart by semicolons"),
        ("a.csv", f"{HEAD},balanse", "there is no column 'balanse'"),
        ("a.csv", f"{HEAD},name", "names the column name twice"),
        ("a.csv", "external_id,email,name", "needs the columns balance, currency, place"),
        ("a.csv", "", "has no row of column names"),
        ("a.txt", "{}", "is neither .jsonl nor .csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_before_anything_is_written(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    good = tmp_path / "good.jsonl"
    good.write_text(json.dumps(ACCOUNT), encoding="utf-8")
    (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(FileUnusable, match=problem):
        import_files([good, tmp_path / name], now=NOW, refuse=print)

    assert not models.Account.objects.exists()


def test_a_file_in_utf_16_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(HEAD, encoding="utf-16")

    with pytest.raises(FileUnusable, match="UTF-16"):
        import_files([file], now=NOW, refuse=print)


def test_records_may_be_checked_by_others(tmp_path: Path) -> None:
    file = tmp_path / "book.jsonl"
    wrong = changed(LINE, iccid=WRONG_ICCID)
    accounts = [changed(ACCOUNT, external_id=f"A-{n}") for n in range(1_100)]
    records = [*accounts, LINE | {"account": "A-0"}, wrong]
    file.write_text("\n".join(json.dumps(each) for each in records), encoding="utf-8")
    refused: list[Refused] = []

    with ThreadPoolExecutor(2) as others:
        result = import_files([file], now=NOW, refuse=refused.append, others=others)

    assert counts(result, "account") == (1_100, 0, 0)
    assert counts(result, "line") == (1, 0, 0)
    assert [each.line for each in refused] == [1_102]


def test_what_is_checked_elsewhere_can_travel() -> None:
    raws = [Raw(n, json.dumps(each).encode()) for n, each in enumerate((ACCOUNT, LINE, CALL))]

    there = pickle.loads(pickle.dumps(check(raws, brand="")))

    assert there == check(raws, brand="")
    assert [each.ready.type for each in there] == ["account", "line", "usage"]
