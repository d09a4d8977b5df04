"""Imports of an account book: what is taken, what is refused and why, and that nothing is lost."""

import json
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from signoff.records import codec, models
from signoff.usecases.import_book import FileUnusable, Refused, Result, import_files
from signoff.usecases.importing.checking import check
from signoff.usecases.importing.sources import Raw

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "account-book"
ICCID = "8914800000001001003"
WRONG_ICCID = ICCID[:-1] + str((int(ICCID[-1]) + 1) % 10)
OTHER_ICCID = "8901260000002001002"

Json = dict[str, Any]
Imported = tuple[Result, list[Refused]]
Import = Callable[..., Imported]


def usd(minor: int) -> Json:
    return {"minor": minor, "currency": "USD"}


ACCOUNT: Json = {
    "type": "account",
    "brand": "boundlark",
    "external_id": "A-1",
    "holder": {"email": "Lin.Xiaoyu@example.com", "name": "林晓雨", "language": "zh-Hans"},
    "place": "us-ny",
    "facts": {
        "currency": "USD",
        "details": {"name": "林晓雨", "email": "lin.xiaoyu@example.com"},
        "balance": usd(1250),
        "bills": [
            {
                "id": "B-1",
                "issued_on": "2026-11-01",
                "due_on": "2026-11-21",
                "amount": usd(7036),
                "paid": usd(0),
            }
        ],
        "payment_methods": [{"id": "M-1", "label": "Visa 4242", "token": "tok_1"}],
    },
}
LINE: Json = {
    "type": "line",
    "brand": "boundlark",
    "external_id": "L-1",
    "account": "A-1",
    "msisdn": "+1 (212) 555-0171",
    "iccid": ICCID,
    "carrier": "verizon",
    "facts": {
        "plan": {"name": "Unlimited Plus", "fee": usd(6500), "prepaid": False},
        "cycle": {"starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-12-01T00:00:00Z"},
        "usage": {"unbilled": usd(500), "contacts": 52},
    },
}
CALL: Json = {
    "type": "usage",
    "brand": "boundlark",
    "external_id": "R-1",
    "line": "L-1",
    "at": "2026-11-03T14:02:11Z",
    "kind": "call",
    "outgoing": True,
    "peer": "+12125550133",
    "seconds": 187,
}


def changed(record: Json, **fields: Any) -> Json:
    """A copy with some values replaced: `facts__balance=...`; None takes the field away."""
    made = deepcopy(record)
    for path, value in fields.items():
        *way, last = path.split("__")
        place = made
        for part in way:
            place = place[part]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return made


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    """Imports records, or a text as it is, and says what came of it."""

    def act(*records: Json | str, name: str = "book.jsonl", **options: Any) -> Imported:
        file = tmp_path / name
        lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        refused: list[Refused] = []
        return import_files([file], now=NOW, refuse=refused.append, **options), refused

    return act


def counts(result: Result, kind: str) -> tuple[int, int, int]:
    written = result.by_type[kind]
    return written.created, written.updated, written.unchanged


def problems(refused: list[Refused]) -> list[tuple[int, str, str]]:
    return [(each.line, found.at, found.what) for each in refused for found in each.findings]


# ---------------------------------------------------------------- taken
def test_account_line_and_call_go_in_whole(imported: Import) -> None:
    result, refused = imported(ACCOUNT, LINE, CALL)

    assert not refused
    assert [counts(result, kind) for kind in ("account", "line", "usage")] == [(1, 0, 0)] * 3
    line = models.Line.objects.select_related("account__holder").get()
    assert (line.msisdn, line.iccid, line.state) == ("+12125550171", ICCID, "active")
    assert line.account.holder is not None
    assert line.account.holder.email == "lin.xiaoyu@example.com"
    assert not line.account.holder.has_usable_password()
    assert codec.ACCOUNT.validate_python(line.account.facts).debt.minor == 7036
    assert codec.LINE.validate_python(line.facts).usage.calls == 1
    assert models.UsageRecord.objects.get().seconds == 187


def test_the_same_again_changes_nothing(imported: Import) -> None:
    imported(ACCOUNT, LINE, CALL)

    result, refused = imported(ACCOUNT, LINE, CALL)

    assert not refused
    assert [counts(result, kind) for kind in ("account", "line", "usage")] == [(0, 0, 1)] * 3
    assert models.Account.objects.get().version == 1


def test_the_same_again_brings_nothing_back_that_was_settled(imported: Import) -> None:
    imported(ACCOUNT, LINE)
    account = models.Account.objects.get()
    account.facts["payment_methods"] = []
    account.save()

    imported(ACCOUNT, LINE)

    assert models.Account.objects.get().facts["payment_methods"] == []


def test_a_changed_record_replaces_the_facts(imported: Import) -> None:
    imported(ACCOUNT, LINE)

    result, refused = imported(
        changed(ACCOUNT, facts__balance=usd(990)), changed(LINE, iccid=OTHER_ICCID)
    )

    assert not refused
    assert counts(result, "account") == counts(result, "line") == (0, 1, 0)
    account, line = models.Account.objects.get(), models.Line.objects.get()
    assert (account.facts["balance"]["minor"], account.version) == (990, 2)
    assert line.iccid == OTHER_ICCID


def test_a_record_that_stands_twice_in_a_file_counts_as_its_last(imported: Import) -> None:
    result, refused = imported(ACCOUNT, changed(ACCOUNT, facts__balance=usd(1)), LINE)

    assert not refused
    assert counts(result, "account") == (1, 1, 0)
    assert models.Account.objects.get().facts["balance"]["minor"] == 1


def test_calls_are_counted_whatever_the_line_says_later(imported: Import) -> None:
    imported(ACCOUNT, LINE, CALL, changed(CALL, external_id="R-2", kind="message", seconds=0))

    imported(changed(LINE, facts__usage__calls=400))

    usage = codec.LINE.validate_python(models.Line.objects.get().facts).usage
    assert (usage.calls, usage.messages, usage.contacts) == (1, 1, 52)


def test_a_corrected_call_is_corrected(imported: Import) -> None:
    imported(ACCOUNT, LINE, CALL)

    result, _ = imported(changed(CALL, seconds=200))

    assert counts(result, "usage") == (0, 1, 0)
    assert models.UsageRecord.objects.get().seconds == 200


def test_one_person_holds_accounts_of_two_brands(imported: Import) -> None:
    imported(ACCOUNT, changed(ACCOUNT, brand="farwander"))

    assert models.User.objects.count() == 1
    assert models.Account.objects.count() == 2


def test_a_suspended_line_is_kept_as_suspended(imported: Import) -> None:
    imported(ACCOUNT, changed(LINE, facts__suspended_on="2026-11-10"))

    assert models.Line.objects.get().state == "suspended"


def test_brand_may_be_said_once_for_all(imported: Import) -> None:
    _, refused = imported(changed(ACCOUNT, brand=None), LINE, brand="boundlark")

    assert not refused


def test_a_dry_run_says_the_same_and_changes_nothing(imported: Import) -> None:
    result, refused = imported(ACCOUNT, LINE, changed(LINE, account="A-9"), dry_run=True)

    assert counts(result, "line") == (1, 0, 0)
    assert problems(refused) == [(3, "account", "there is no account 'A-9' of boundlark")]
    assert not models.Account.objects.exists()
    assert not models.User.objects.exists()


def test_the_examples_in_the_documentation_are_taken_whole() -> None:
    refused: list[Refused] = []
    files = [EXAMPLES / f"{name}.csv" for name in ("accounts", "lines", "usage")]

    result = import_files([EXAMPLES / "subscribers.jsonl", *files], now=NOW, refuse=refused.append)

    assert not refused
    assert [counts(result, kind)[0] for kind in result.by_type] == [4, 4, 6, 0]
    facts = codec.ACCOUNT.validate_python(models.Account.objects.get(external_id="D-4001").facts)
    assert str(facts.debt) == "10.00 USD"


# ---------------------------------------------------------------- refused
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


# ---------------------------------------------------------------- cases
def test_an_open_case_freezes_line_and_account(imported: Import) -> None:
    imported(ACCOUNT, LINE, CALL)
    models.Line.objects.update(case_id=uuid4(), frozen_at=NOW)
    changes = (
        changed(ACCOUNT, facts__balance=usd(1)),
        changed(LINE, facts__usage__contacts=1),
    )

    result, refused = imported(*changes)

    assert [found for _, _, found in problems(refused)] == [
        "is frozen: its last line is being ended by an open case",
        "is frozen: an open case is ending it",
    ]
    assert models.Account.objects.get().facts["balance"]["minor"] == 1250
    assert models.Line.objects.get().facts["usage"]["contacts"] == 52

    models.Line.objects.update(case_id=None, frozen_at=None)
    result, refused = imported(*changes)

    assert not refused
    assert counts(result, "line") == (0, 1, 0)


def test_an_account_whose_other_line_goes_on_is_not_frozen(imported: Import) -> None:
    other = changed(LINE, external_id="L-2", msisdn="+12125550172", iccid=OTHER_ICCID)
    imported(ACCOUNT, LINE, other)
    models.Line.objects.filter(external_id="L-1").update(case_id=uuid4())

    _, refused = imported(changed(ACCOUNT, facts__balance=usd(1)))

    assert not refused


def test_an_ended_line_and_a_settled_account_stay_ended(imported: Import) -> None:
    imported(ACCOUNT, LINE)
    case = uuid4()
    models.Line.objects.update(case_id=case, state="terminated")
    models.Account.objects.update(settled_case=case)

    _, refused = imported(
        changed(ACCOUNT, facts__balance=usd(1)),
        changed(LINE, facts__usage__contacts=1),
        changed(LINE, external_id="L-2", msisdn="+12125550172", iccid=OTHER_ICCID),
        CALL,
    )

    assert [found for _, _, found in problems(refused)] == [
        "was settled when its last line ended",
        "has been ended",
        "was settled when its last line ended",
        "has been ended",
    ]


def test_an_account_with_lines_keeps_its_currency(imported: Import) -> None:
    wallet = changed(ACCOUNT, brand="farwander", facts__bills=[])
    imported(wallet, changed(LINE, brand="farwander", carrier="tmobile"))

    euro = {"minor": 1, "currency": "EUR"}
    _, refused = imported(changed(wallet, facts__currency="EUR", facts__balance=euro))

    assert problems(refused)[0][1] == "facts.currency"


# ---------------------------------------------------------------- batches and files
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


CONTACT: Json = {
    "type": "contact",
    "brand": "boundlark",
    "external_id": "K-1",
    "line": "L-1",
    "name": "陈柏安",
    "phones": ["+8613800138000"],
}


def test_an_address_book_is_kept_to_be_taken_along(imported: Import) -> None:
    """P9: new, the same again, changed; the line counts what is kept of it."""
    first, _ = imported(ACCOUNT, LINE, CONTACT)
    same, _ = imported(CONTACT)
    other, _ = imported(changed(CONTACT, name="陈柏安 (办公室)", emails=["chen@example.com"]))

    assert counts(first, "contact") == (1, 0, 0)
    assert counts(same, "contact") == (0, 0, 1)
    assert counts(other, "contact") == (0, 1, 0)
    kept = models.Contact.objects.get()
    assert (kept.name, kept.emails) == ("陈柏安 (办公室)", ["chen@example.com"])
    assert models.Line.objects.get().facts["usage"]["contacts"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "", "phones": []},
        {"name": "x" * 201},
        {"phones": ["1"] * 21},
        {"line": "nobody"},
        {"nickname": "x"},
    ],
)
def test_a_contact_that_cannot_be_is_refused(imported: Import, wrong: Json) -> None:
    """Q6."""
    _, refused = imported(ACCOUNT, LINE, changed(CONTACT, **wrong))

    assert len(refused) == 1
    assert not models.Contact.objects.exists()
